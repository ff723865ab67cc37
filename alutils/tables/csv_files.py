"""CSV, whatever separates its columns."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alutils.errors import UserError
from alutils.tables.table import MARK, Table, check_columns, decode, one_line

SEPARATORS = (",", ";", "\t", "|")
USUAL = {".csv": ",", ".tsv": "\t"}
TOLD = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n)')  # a first line by which Excel is told


def read(path: Path, wanted: Sequence[str], only: bool, encoding: str | None) -> Table:
    """Read a CSV file; see `alutils.tables.read_table`."""
    content, mark = decode(path, encoding)
    told = TOLD.match(content)
    content = content[told.end() :] if told else content
    if not content.strip():
        raise UserError(f"{path} is empty: its first line must name the columns")
    with _texts_of_any_length():
        separator = told[1] if told else _separator(content, wanted)
        header, *body = _rows(path, content, separator)
    for number, row in enumerate(body, start=1):
        if len(row) > len(header):
            raise UserError(
                f"row {number} of {path} has {len(row)} fields, where the first line names "
                f"{len(header)} columns: put texts with {separator!r} or line breaks in quotes"
            )
        row += [""] * (len(header) - len(row))
    kept = [at for at, name in enumerate(header) if name.strip() or any(row[at] for row in body)]
    names = [header[at] for at in kept]
    check_columns(path, names, wanted if only else list(dict.fromkeys([*wanted, *names])))
    columns = {header[at]: [row[at] for row in body] for at in kept}
    if only:
        columns = {name: columns[name] for name in wanted}
    form = {"suffix": path.suffix.lower(), "separator": separator, "mark": mark}
    return Table(columns, form)


def write(table: Table, suffix: str) -> bytes:
    """Return the content of a CSV file, whose name ends in `suffix`."""
    out = io.StringIO(newline="")
    alike = table.form.get("suffix") == suffix
    separator = table.form["separator"] if alike else USUAL[suffix]
    # With RFC 4180's line ending; the writer quotes only what has a character of it.
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*([_cell(v) for v in c] for c in table.columns.values()), strict=True))
    mark = MARK if table.form.get("mark") else ""
    return (mark + out.getvalue()).encode("utf-8", "backslashreplace")


@contextmanager
def _texts_of_any_length() -> Iterator[None]:
    # The limit is the whole process's: others may rely on it.
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _separator(content: str, wanted: Sequence[str]) -> str:
    """Find the separator under which the first line names most of the columns that are wanted."""
    found = {}
    for separator in SEPARATORS:
        try:
            header = next(_parse(content, separator))
        except csv.Error:
            header = []
        found[separator] = (len({*wanted} & {*header}), len(header))
    return max(SEPARATORS, key=found.__getitem__)


def _parse(content: str, separator: str) -> Iterator[list[str]]:
    lines = io.StringIO(content, newline="")
    # Strict, since a quote that is never closed would swallow the rest of the file.
    return (row for row in csv.reader(lines, delimiter=separator, strict=True) if row)


def _rows(path: Path, content: str, separator: str) -> Iterator[list[str]]:
    rows = _parse(content, separator)
    number = 0
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise UserError(
                f"{path} is not a CSV file after row {number}: {one_line(error)}"
            ) from error
        yield row
        number += 1


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
