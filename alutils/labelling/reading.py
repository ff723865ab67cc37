"""A pile out of a file: which rows have a text, what tells them apart, which labels are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from alutils.datasets.assembly import comparable
from alutils.errors import UserError, unknown
from alutils.exchange import Answer
from alutils.labelling import columns
from alutils.labelling.pile import Pile
from alutils.labelling.whole_numbers import as_whole
from alutils.progress import several
from alutils.tables import Table, read_table
from alutils.tables.values import labels_of, texts_of

LABEL = "label"  # the column for labels, if none is named


def read_pile(
    path: Path,
    text: str = "text",
    label: str | None = None,
    id: str | None = None,
    encoding: str | None = None,
) -> Pile:
    """Read a pile from a CSV, JSON Lines or Parquet file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    text : str
        Column of the texts. Rows without one are left out.
    label : str, optional
        Column of the labels, empty where not known. It need not be there. Left out: ``label``.
    id : str, optional
        Column that tells rows apart. Left out: ``id`` if there is one without gaps or
        duplicates, else the number of the row.
    encoding : str, optional
        Of a text file that is not UTF-8.

    Raises
    ------
    UserError
        If anything about the file or its rows is wrong.
    """
    wanted = [text] if id is None else [text, id]
    table = read_table(path, wanted, encoding=encoding)
    if len({text, label or LABEL, id}) < 3:
        raise UserError("texts, labels and ids must be three columns: name different ones")
    ours = [name for name in columns.OURS if name in table.columns]
    if ours:
        raise UserError(
            f"{path} has a column {ours[0]!r}, as files that come out of here: name the file that "
            "your texts were in at first, and pass labels of a batch with --labels or -o"
        )
    values = texts_of(path, text, table.columns[text])
    named, ids = _ids(path, table, id)
    first: dict[str, int] = {}
    of_row = np.full(len(values), -1)
    rows: list[int] = []
    for row, value in enumerate(values):
        if value is not None:
            of_row[row] = first.setdefault(comparable(value), len(first))
            if of_row[row] == len(rows):
                rows.append(row)
    if len(rows) < 2:
        have = "has one text only, however often" if rows else "has no text"
        raise UserError(f"column {text!r} of {path} {have}: name another one with --text")
    pile = Pile(
        path=path,
        table=table,
        text=text,
        label=label or LABEL,
        id=named,
        ids=tuple(ids),
        texts=tuple(value for row in rows if (value := values[row]) is not None),
        first=np.array(rows, dtype=np.int64),
        of_row=of_row,
        labels=(None,) * len(rows),
        batch=np.zeros(len(rows), dtype=np.int64),
        remarks=_about(values, len(rows)),
    )
    return _with_own_labels(pile, label)


def names_of(path: Path, column: str, values: Sequence[object]) -> list[str | None]:
    """Return the ids or labels of a column; see `alutils.tables.values.labels_of`."""
    found = labels_of(path, column, values)
    return [None if name is None else as_whole(name) for name in found]


def _with_own_labels(pile: Pile, label: str | None) -> Pile:
    """Take the labels that the file itself has."""
    known = list(pile.table.columns)
    if label is None and LABEL not in known:
        alike = [name for name in known if name.strip().casefold() == LABEL]
        notes = [f"labels in column {name!r} count if you name it with --label" for name in alike]
        return replace(pile, remarks=(*pile.remarks, *notes))
    label = pile.label
    if label not in known:
        hint = str(unknown("column", label, known))
        if "did you mean" in hint:
            raise UserError(f"{pile.path}: {hint}")
        note = f"{pile.path} has no column {label!r}: every text counts as unlabelled"
        return replace(pile, remarks=(*pile.remarks, note))
    names = names_of(pile.path, label, pile.table.columns[label])
    own = [
        Answer(pile.ids[row], name, skipped=False, text=None)
        for row, name in enumerate(names)
        if name is not None
    ]
    return pile.answered(own, pile.path)


def _ids(path: Path, table: Table, wanted: str | None) -> tuple[str, list[str]]:
    """Return the name of the column of ids, and the ids."""
    numbered = columns.ROW, [str(row) for row in range(1, table.n_rows + 1)]
    name = wanted or "id"
    if name not in table.columns:
        return numbered
    try:
        ids = names_of(path, name, table.columns[name])
    except UserError:
        if wanted is None:
            return numbered
        raise
    seen: dict[str, int] = {}
    for row, value in enumerate(ids, start=1):
        if value is None:
            problem = f"row {row} of {path} has no {name!r}"
        elif value in seen:
            problem = f"rows {seen[value]} and {row} of {path} have the same {name!r}, {value!r}"
        else:
            seen[value] = row
            continue
        if wanted is None:
            return numbered
        raise UserError(
            f"{problem}: mend it, name another column with --id, or leave --id out to tell rows "
            "apart by their numbers"
        )
    return name, list(seen)


def _about(values: Sequence[str | None], n_distinct: int) -> tuple[str, ...]:
    empty = sum(value is None for value in values)
    copies = len(values) - empty - n_distinct
    remarks = []
    if empty:
        remarks.append(f"{several(empty, 'row')} without a text: left out")
    if copies:
        remarks.append(
            f"{several(copies, 'copy', 'copies')} of other texts: one label counts for all"
        )
    return tuple(remarks)
