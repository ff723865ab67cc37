"""Tables in files that people keep: CSV, JSON Lines and Parquet, read and written.

Whatever is wrong with a file is a `UserError`. A kind of file is a module with `read` and `write`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from alutils.errors import UserError
from alutils.ordinary_file import check_ordinary
from alutils.tables import csv_files, jsonl_files, parquet_files
from alutils.tables.table import Table, decode, one_line

__all__ = [
    "KINDS",
    "Table",
    "check_place",
    "is_there",
    "read_table",
    "read_text",
    "replace_file",
    "write_table",
]

KINDS: dict[str, ModuleType] = {
    ".csv": csv_files,
    ".tsv": csv_files,
    ".jsonl": jsonl_files,
    ".parquet": parquet_files,
}


def read_text(path: Path, encoding: str | None = None) -> str:
    """Read a text file as `read_table` does.

    Raises
    ------
    UserError
        If it is missing, cannot be read, or is not in that encoding.
    """
    with _reading(path):
        return decode(path, encoding)[0]


def read_table(
    path: Path, wanted: Sequence[str], *, only: bool = False, encoding: str | None = None
) -> Table:
    """Read a file, one value per row and column, in the order of the file.

    Parameters
    ----------
    path : pathlib.Path
        A ``.csv``, ``.tsv``, ``.jsonl`` or ``.parquet`` file. What separates the columns of a CSV
        file is found out; numbers in it stay as they are written.
    wanted : sequence of str
        Names of columns that must be there.
    only : bool
        Leave out all other columns.
    encoding : str, optional
        Of a text file that is not UTF-8 and has no byte order mark.

    Raises
    ------
    UserError
        If the file is missing, of another kind or damaged, or has no such column.
    """
    kind = _kind(path)
    with _reading(path):
        table: Table = kind.read(path, wanted, only, encoding)
    return table


def write_table(path: Path, table: Table) -> None:
    """Write a table; a file of that name is replaced at once, or left as it was.

    Parameters
    ----------
    path : pathlib.Path
        Its ending says what kind of file is written; text files are UTF-8.
    table : Table
        If it was read from a file of the same ending, the new one is made alike.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    content: bytes = _kind(path).write(table, path.suffix.lower())
    replace_file(path, content)


def is_there(path: Path) -> bool:
    """Say whether a file is there; one that cannot be looked for is not."""
    try:
        return path.exists()
    except OSError:
        return False


def check_place(path: Path, endings: Collection[str]) -> None:
    """Refuse a place where no file can be written, before anything takes long.

    Parameters
    ----------
    path : pathlib.Path
        Of a file that may be there already.
    endings : collection of str
        What its name may end in, such as ``.csv``.

    Raises
    ------
    UserError
        If its name ends otherwise or is too long, or its folder is not there or closed.
    """
    if path.suffix.lower() not in endings:
        raise UserError(
            f"the name of {path} must end in {', '.join(sorted(endings))}: name another file"
        )
    try:
        folder = path.resolve().parent
        if not folder.is_dir():
            raise UserError(f"there is no folder {path.parent} for {path.name}: make it first")
        path.exists()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a ring
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot write {path} ({reason}): name another file") from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"cannot write {path} (its folder is read-only): name another file")


def replace_file(path: Path, content: bytes) -> None:
    """Put a file in the place of another, in one step.

    Raises
    ------
    UserError
        If it cannot be written; then the old one is still there.
    """
    try:
        place = path.resolve()  # what a link leads to, not the link
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        new = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # A temporary file is for its owner alone; this one is as any other.
            mask = os.umask(0)
            os.umask(mask)
            new.chmod(place.stat().st_mode if place.exists() else 0o666 & ~mask)
            new.replace(place)
        finally:
            new.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a ring
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"cannot write {path} ({reason}): close it elsewhere, free space, or name another file"
        ) from error


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        if not path.exists():
            raise UserError(f"there is no file {path} (seen from {Path.cwd()})")
        check_ordinary(path)
        yield
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or one_line(error)}") from error


def _kind(path: Path) -> ModuleType:
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UserError(f"{path} is of no known kind: its name must end in one of {_endings()}")
    return kind


def _endings() -> str:
    return ", ".join(sorted(KINDS))
