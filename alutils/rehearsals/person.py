"""A rehearsal: batches answered as a person would, by a program that looks the labels up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alutils.errors import UserError
from alutils.exchange.records import LABEL, TEXT
from alutils.labelling import columns
from alutils.labelling.answers import read_ours
from alutils.streams import stream
from alutils.tables import read_text, replace_file, write_table
from alutils.tables.spreadsheet import guarded
from alutils.tables.table import check_columns

Answers = Mapping[str, str | None]
"""For each text its label, or None where the person passes."""


def person(
    texts: Sequence[str], labels: Sequence[str], passes: float = 0.0, seed: int = 0
) -> dict[str, str | None]:
    """Make up somebody who knows every label, but passes on some texts.

    Parameters
    ----------
    texts, labels : sequence of str
        N texts and their labels.
    passes : float
        Share of texts, drawn at random, that the person gives no label.
    seed : int
        Another seed, other texts.

    Returns
    -------
    dict of str to (str or None)
        What the person says to each text, whenever and how often it is asked.
    """
    if not 0 <= passes < 1:
        raise UserError(f"passes must be a share of the texts, from 0 to less than 1, not {passes}")
    passed = stream("passes", "rehearsal", seed).random(len(texts)) < passes
    told = zip(texts, labels, passed.tolist(), strict=True)
    return {text: None if skip else label for text, label, skip in told}


def answer_table(path: Path, says: Answers, text: str = "text", label: str = "label") -> int:
    """Fill in a table that `alutils select` wrote, as in a spreadsheet.

    Parameters
    ----------
    path : pathlib.Path
        The table; it is written anew. Rows that have an answer stay as they are.
    says : mapping of str to (str or None)
        As `person` returns it. Where it is None, the column for skips is filled in.
    text, label : str
        Columns.

    Returns
    -------
    int
        How many rows were answered.

    Raises
    ------
    UserError
        If the person knows a text not, or the file is no such table.
    """
    table = read_ours(path)
    check_columns(path, list(table.columns), [text, label, columns.SKIP])
    answered = 0
    for row in range(table.n_rows):
        if not table.columns[label][row] and not table.columns[columns.SKIP][row]:
            said = _said(says, table.columns[text][row], path)
            table.columns[columns.SKIP if said is None else label][row] = said or "yes"
            answered += 1
    write_table(path, guarded(path, table))
    return answered


def answer_tasks(tasks: Path, export: Path, says: Answers) -> int:
    """Answer tasks for Label Studio, and export them as it does (JSON).

    Parameters
    ----------
    tasks : pathlib.Path
        What ``alutils select --for label-studio`` wrote.
    export : pathlib.Path
        Is written. Where the person passes, the annotation is a cancelled one.
    says : mapping of str to (str or None)
        As `person` returns it.

    Returns
    -------
    int
        How many tasks were answered.

    Raises
    ------
    UserError
        If the person knows a text not.
    """
    records: list[dict[str, Any]] = json.loads(read_text(tasks))
    for record in records:
        said = _said(says, record["data"][TEXT], tasks)
        region = {
            "from_name": LABEL,
            "to_name": TEXT,
            "type": "choices",
            "value": {"choices": [said]},
        }
        made = {"result": [] if said is None else [region], "was_cancelled": said is None}
        record["annotations"] = [made]
    replace_file(export, json.dumps(records, ensure_ascii=False, indent=1).encode())
    return len(records)


def _said(says: Answers, text: str, path: Path) -> str | None:
    if text not in says:
        raise UserError(f"{path} asks about a text whose label is not known here: {text!r:.60}")
    return says[text]
