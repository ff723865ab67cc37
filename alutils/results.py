"""The results store: what has been computed, named by everything it depends on.

Layout: ``<cell id>/<key>/<first seed>-<last seed>-<content hash>.parquet``. The key hashes the
cell, the data, the embeddings and the code, so a file is either right or not found; the content
hash in the file name reveals damage. Files are written beside their place and renamed into it, so
that a reader sees a whole file or none. Who writes holds the lock of the folder, and first removes
what a writer that was killed has left there.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from alutils.cell import Cell
from alutils.errors import UserError
from alutils.progress import say

METADATA = b"alutils"
TEMPORARY = ".writing-"

# What content that is not what it should be is found out by
_NOT_OURS = (
    OSError, LookupError, ValueError, TypeError, AttributeError, RecursionError, pa.ArrowException
)  # fmt: skip

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Provenance:
    """Everything a cell's numbers are a function of, beside the seed.

    Left out on purpose: versions of libraries (pinned, and recorded with each notebook) and the
    kind of processor. Both move numbers in their last digits at most.

    Parameters
    ----------
    cell : Cell
        The cell.
    data, embedding : str
        Fingerprints of texts and vectors.
    code : dict of str to str
        Fingerprint of each module that computes numbers, and how each part is set up.
    """

    cell: Cell
    data: str
    embedding: str
    code: dict[str, str]

    def fields(self) -> dict[str, Any]:
        """Return all of it as a plain dictionary."""
        cell = self.cell.fields()
        return {"cell": cell, "data": self.data, "embedding": self.embedding, "code": self.code}

    @property
    def key(self) -> str:
        """Hash of all of it."""
        text = json.dumps(self.fields(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def difference(self, older: dict[str, Any]) -> str:
        """Say in a few words why an older result of this cell does not count."""
        if older["data"] != self.data:
            return "the data changed"
        if older["embedding"] != self.embedding:
            return "the embeddings changed"
        changed = [m for m, h in self.code.items() if older["code"].get(m) != h]
        changed += [m for m in older["code"] if m not in self.code]
        return f"code changed: {', '.join(changed)}"


class ResultsStore:
    """Records of cells on disk.

    Parameters
    ----------
    root : pathlib.Path
        Folder; made when the first result is written.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, provenance: Provenance) -> pd.DataFrame | None:
        """Return the records of a cell for the seeds that are there, or None.

        A damaged file is named, set aside and not counted.
        """
        tables: list[pd.DataFrame] = []
        have: set[int] = set()
        for path in sorted(self._folder(provenance).glob("*.parquet")):
            table = self._verified(path, provenance)
            if table is None:
                continue
            table = table[~table["seed"].isin(have)]
            have.update(table["seed"].tolist())
            tables.append(table)
        if not tables:
            return None
        together = pd.concat(tables, ignore_index=True)
        return together.sort_values(["seed", "cycle"], ignore_index=True)

    def found(self, cell: Cell) -> list[Provenance]:
        """Return what results of a cell are made of, the newest first, whatever the code is now."""
        files = sorted(
            filter(Path.is_file, (self.root / cell.id).glob("*/*.parquet")),
            key=lambda path: path.stat().st_mtime,
            reverse=True,
        )
        made: dict[str, Provenance] = {}
        for path in files:
            with suppress(*_NOT_OURS):
                fields = json.loads(pq.read_schema(path).metadata[METADATA])
                provenance = Provenance(cell, fields["data"], fields["embedding"], fields["code"])
                made.setdefault(provenance.key, provenance)
        return list(made.values())

    def write(self, provenance: Provenance, records: pd.DataFrame) -> Path:
        """Keep the records of a cell for some seeds; atomic."""
        table = pa.Table.from_pandas(records, preserve_index=False)
        meta = json.dumps(provenance.fields(), sort_keys=True).encode()
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), METADATA: meta})
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        seeds = records["seed"]
        name = f"{seeds.min()}-{seeds.max()}"
        return _write(self._folder(provenance), name, ".parquet", buffer.getvalue())

    def locked(self, provenance: Provenance, *, wait: bool = True) -> AbstractContextManager[bool]:
        """Hold the lock of a cell, so that no two processes compute it at once.

        The lock is the system's own: it ends with the process that holds it, also when killed.

        Parameters
        ----------
        provenance : Provenance
            The cell.
        wait : bool
            Whether to wait for a process that holds the lock.

        Returns
        -------
        context manager of bool
            Whether the lock is held; always so with `wait`.
        """
        return _locked(self._folder(provenance), wait=wait)

    def reason_missing(self, provenance: Provenance) -> str:
        """Say why a cell has no result: never computed, damaged, or what changed since."""
        if any(self._folder(provenance).glob("*.damaged")):
            return "its file was damaged"
        folder = self.root / provenance.cell.id
        files = filter(Path.is_file, folder.glob("*/*.parquet"))
        older = [file for file in files if file.parent.name != provenance.key]
        if not older:
            return "new"
        newest = max(older, key=lambda path: path.stat().st_mtime)
        try:
            schema = pq.read_schema(newest)
            return provenance.difference(json.loads(schema.metadata[METADATA]))
        except _NOT_OURS:
            return "new"

    def _folder(self, provenance: Provenance) -> Path:
        return self.root / provenance.cell.id / provenance.key

    def _verified(self, path: Path, provenance: Provenance) -> pd.DataFrame | None:
        def parsed(data: bytes) -> pd.DataFrame:
            table = pq.read_table(io.BytesIO(data))
            if json.loads(table.schema.metadata[METADATA]) != provenance.fields():
                raise ValueError("another cell's")
            records = table.to_pandas()
            if not {"seed", "cycle"} <= set(records) or not len(records):
                raise ValueError("no records")
            return records

        return read_kept(path, parsed)


def missing_seeds(records: pd.DataFrame | None, seeds: Sequence[int]) -> list[int]:
    """Return those of `seeds` that have no record yet."""
    have = set() if records is None else set(records["seed"].tolist())
    return [seed for seed in seeds if seed not in have]


def keep(folder: Path, name: str, suffix: str, data: bytes) -> Path:
    """Write what was computed to a file that is named by its content.

    Parameters
    ----------
    folder : pathlib.Path
        Where to; made if need be.
    name, suffix : str
        The file is called ``<name>-<content hash><suffix>``.
    data : bytes
        What to write.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UserError
        If the folder cannot be written to, or the disk is full.
    """
    with _locked(folder):
        return _write(folder, name, suffix, data)


def read_kept(path: Path, parse: Callable[[bytes], Parsed]) -> Parsed | None:
    """Read a file that `keep` wrote; if it is damaged, name it, set it aside and return None.

    Parameters
    ----------
    path : pathlib.Path
        Of the file.
    parse : callable
        Makes of its content what is returned, or raises: whoever knows how files are named can
        name any content rightly.

    Raises
    ------
    UserError
        If it cannot be read, or is damaged and cannot be set aside.
    """
    try:
        # A pipe in its place would be waited for without end.
        data = path.read_bytes() if stat.S_ISREG(path.stat().st_mode) else None
    except FileNotFoundError:  # another process has just set it aside
        return None
    except OSError as error:
        raise UserError(
            f"cannot read the result {path} ({error.strerror or error}): make it readable, or set "
            "ALUTILS_HOME to another folder"
        ) from error
    if data is not None and _content_hash(data) == path.stem.split("-")[-1]:
        with suppress(*_NOT_OURS):
            return parse(data)
    _set_aside(path)
    return None


def _content_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _set_aside(path: Path) -> None:
    aside = path.with_suffix(".damaged")
    try:
        path.replace(aside)
    except FileNotFoundError:  # another process was faster
        return
    except OSError as error:
        raise UserError(
            f"{path} is damaged and cannot be set aside ({error.strerror or error}): delete it, "
            "or set ALUTILS_HOME to a folder you can write to"
        ) from error
    say(f"{path} was damaged: set aside as {aside.name}; it is computed again")


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    with _writing(folder):
        lock = FileLock(folder / ".lock")
        with suppress(Timeout):
            lock.acquire(blocking=wait)
    try:
        if lock.is_locked:
            with _writing(folder):
                for left in folder.glob(f"{TEMPORARY}*"):  # by a process that was killed
                    left.unlink()
        yield lock.is_locked
    finally:
        lock.release()


def _write(folder: Path, name: str, suffix: str, data: bytes) -> Path:
    path = folder / f"{name}-{_content_hash(data)}{suffix}"
    with _writing(folder):
        write_atomically(path, data)
    return path


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UserError(
            f"cannot write a result to {folder}: {error.strerror or error}: "
            "free some space there, or set ALUTILS_HOME to another folder"
        ) from error


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, even when the machine stops.

    Parameters
    ----------
    path : pathlib.Path
        Where to; its folder exists.
    data : bytes
        What to write.
    """
    # Not by tempfile.mkstemp, whose files nobody else may read: a store can be shared.
    name = path.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")
    try:
        with name.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        name.replace(path)
    except BaseException:
        name.unlink(missing_ok=True)
        raise
