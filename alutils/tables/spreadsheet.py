"""Cells that a spreadsheet would compute: guarded in the CSV files we make, undone when read.

A spreadsheet takes a cell that begins with one of ``= + - @`` for a formula, which can fetch, start
programs, or just show and save something else: ``+1`` comes back as ``1``, ``-item`` as an error.
Texts to be labelled come from anybody and are opened by people, so such a cell has an apostrophe
put before it, which shows that it is text (OWASP, "CSV injection"). A plain negative number is
what it is, and stays. What begins with apostrophes and then goes on so gets one more, so that
taking one away always gives back exactly what was there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from alutils.tables.table import Table

KINDS = (".csv", ".tsv")  # what spreadsheets open by themselves

# A tab or a line end is dropped by some programs, and what follows is taken for the beginning; the
# wide forms are taken for the narrow ones.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"-\d+([.,]\d+)?([eE][-+]?\d+)?")


def _is_formula(cell: str) -> bool:
    return bool(_FORMULA.match(cell)) and not _NUMBER.fullmatch(cell.lstrip("'"))


def guard(cell: Any) -> Any:
    """Return a cell that a spreadsheet shows as text; what is no text stays as it is.

    Examples
    --------
    >>> guard("=SUM(A1)"), guard("-2.5"), guard("plain"), guard(-2)
    ("'=SUM(A1)", '-2.5', 'plain', -2)
    """
    return f"'{cell}" if isinstance(cell, str) and _is_formula(cell) else cell


def unguard(cell: Any) -> Any:
    """Undo `guard`.

    Examples
    --------
    >>> unguard("'=SUM(A1)"), unguard("'tis plain")
    ('=SUM(A1)', "'tis plain")
    """
    if isinstance(cell, str) and cell.startswith("'") and _is_formula(cell):
        return cell[1:]
    return cell


def guarded(path: Path, table: Table) -> Table:
    """Guard the cells and names of a table that is to be written to `path`, if that is CSV."""
    return _changed(table, guard) if path.suffix.lower() in KINDS else table


def unguarded(path: Path, table: Table) -> Table:
    """Undo `guarded` for a table that was read from `path`."""
    return _changed(table, unguard) if path.suffix.lower() in KINDS else table


def _changed(table: Table, change: Any) -> Table:
    columns = {change(name): [change(v) for v in values] for name, values in table.columns.items()}
    return Table(columns, table.form)
