"""JSON Lines: an object of column and value on every line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from alutils.errors import UserError
from alutils.tables.table import Table, check_columns, decode, one_line


def read(path: Path, wanted: Sequence[str], only: bool, encoding: str | None) -> Table:
    """Read a JSON Lines file; see `alutils.tables.read_table`."""
    content, _ = decode(path, encoding)
    records = []
    # Not splitlines: a JSON text may hold U+2028 and its kin, which are no line breaks to JSON.
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"line {number} of {path} is not JSON: {one_line(error)}") from error
        if not isinstance(record, dict):
            raise UserError(f"line {number} of {path} is not a JSON object of column: value")
        records.append(record)
    known = list(dict.fromkeys(name for record in records for name in record))
    if not known:
        raise UserError(f"{path} is empty: every line must be a JSON object of column: value")
    check_columns(path, known, wanted)
    names = wanted if only else known
    return Table({name: [record.get(name) for record in records] for name in names})


def write(table: Table, suffix: str) -> bytes:
    """Return the content of a JSON Lines file."""
    rows = zip(*table.columns.values(), strict=True)
    lines = (
        json.dumps(dict(zip(table.columns, row, strict=True)), ensure_ascii=False, default=str)
        for row in rows
    )
    # Half a surrogate pair, which UTF-8 cannot hold, is written as JSON's own escape.
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
