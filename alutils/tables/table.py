"""What a table is, wherever it was read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alutils.errors import UserError, unknown

MARK = "\ufeff"  # of byte order


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Attributes
    ----------
    columns : dict of str to list
        Values of each column, None where there is none.
    form : mapping
        How it was written, for one that is to look alike: ``suffix``, ``separator`` and ``mark``
        (whether a byte order mark came first) of CSV, ``types`` of Parquet.
    """

    columns: dict[str, list[Any]]
    form: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), []))

    def take(self, rows: Sequence[int]) -> Table:
        """Return some rows, in this order."""
        taken = {name: [values[r] for r in rows] for name, values in self.columns.items()}
        return Table(taken, self.form)


def decode(path: Path, encoding: str | None) -> tuple[str, bool]:
    """Read a text file: UTF-8, 16 or 32 as it looks, else in the encoding named.

    Returns
    -------
    str, bool
        The text, and whether it should begin with a byte order mark when written anew: Excel
        takes a file without one for something else than UTF-8.
    """
    content = path.read_bytes()
    # By RFC 4627: a byte order mark, or where NULs are among the first characters.
    looks = json.detect_encoding(content)
    if not looks.startswith("utf-8"):
        try:
            return content.decode(looks).lstrip(MARK), True
        except UnicodeDecodeError:
            raise UserError(f"{path} is damaged {looks.upper()}: save it as UTF-8") from None
    try:
        text = content.decode()
        # Some programs put a second mark before the one that is there.
        return text.lstrip(MARK), text.startswith(MARK)
    except UnicodeDecodeError as error:
        at = error.start
    if encoding is None:
        raise UserError(
            f"{path} is not UTF-8 at byte {at}: save it as UTF-8, or name its encoding "
            "(cp1252 and gb18030 are common)"
        )
    try:
        return content.decode(encoding), True
    except LookupError:
        raise UserError(
            f"there is no encoding {encoding!r}: cp1252 and gb18030 are common ones"
        ) from None
    except (UnicodeError, ValueError):
        raise UserError(f"{path} is neither UTF-8 nor {encoding}: name its encoding") from None


def check_columns(path: Path, known: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse a file in which a column is not there, or there twice."""
    times = Counter(known)
    for name in wanted:
        if name not in times:
            raise UserError(f"{path}: {unknown('column', name, times)}")
        if times[name] > 1:
            raise UserError(f"{path} has {times[name]} columns {name!r}: rename one of them")


def one_line(error: Exception | Warning) -> str:
    """Return the message of another library's error as part of a sentence."""
    line = " ".join(str(error).split())
    return line if len(line) <= 160 else f"{line[:157]}..."
