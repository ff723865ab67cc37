"""A batch as a file: a table for people, or tasks for a labelling tool.

In CSV, cells that a spreadsheet would compute are guarded (`alutils.tables.spreadsheet`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alutils import exchange
from alutils.errors import UserError
from alutils.labelling import columns
from alutils.labelling.answers import proposed_before
from alutils.labelling.pile import Pile
from alutils.labelling.proposal import AUDIT_WHY, Proposal
from alutils.tables import KINDS, Table, check_place, read_text, replace_file, write_table
from alutils.tables.spreadsheet import guarded


def endings(tool: str | None) -> list[str]:
    """Return what the name of a batch may end in: that of a table, or of a tool's tasks."""
    return sorted(KINDS) if tool is None else [exchange.get(tool).suffix]


def check_target(path: Path, tool: str | None, pile: Pile, encoding: str | None = None) -> None:
    """Refuse a place where no batch can go, before anything takes long.

    Parameters
    ----------
    path : pathlib.Path
        Where the batch is to go.
    tool : str or None
        The labelling tool it is for; None for a table.
    pile : Pile
        Where the texts come from.
    encoding : str, optional
        Of an earlier file that is not UTF-8 any more.

    Raises
    ------
    UserError
        If the name has another ending, the folder is not there, or texts or something else would
        be written over.
    """
    check_place(path, endings(tool))
    if not path.exists():
        return
    if tool is None:
        proposed_before(path, pile, encoding)
    else:
        _check_known(path, pile)


def write_batch(path: Path, pile: Pile, proposal: Proposal, encoding: str | None = None) -> None:
    """Write a batch as a table, after what the file has already.

    Parameters
    ----------
    path : pathlib.Path
        A new file, or one that this function wrote before: its rows stay as they are.
    pile : Pile
        Where the texts come from; every column of its file is written.
    proposal : Proposal
        The batch.
    encoding : str, optional
        Of an earlier file that is not UTF-8 any more.

    Raises
    ------
    UserError
        If the file is something else, or cannot be written.
    """
    new = _rows(pile, proposal)
    if not path.exists():
        write_table(path, guarded(path, new))
        return
    old = proposed_before(path, pile, encoding)
    names = dict.fromkeys([*old.columns, *new.columns])
    joined = {
        name: old.columns.get(name, [None] * old.n_rows)
        + new.columns.get(name, [None] * new.n_rows)
        for name in names
    }
    write_table(path, guarded(path, Table(joined, old.form)))


def write_tasks(
    path: Path, tool: str, pile: Pile, proposal: Proposal, classes: Sequence[str] = ()
) -> Path | None:
    """Write a batch as tasks for a labelling tool, and once what sets the tool up.

    Parameters
    ----------
    path : pathlib.Path
        A new file; or one whose texts are all known to the pile as labelled or waiting.
    tool : str
        ``label-studio`` or ``argilla``.
    pile, proposal : Pile, Proposal
        As for `write_batch`.
    classes : sequence of str
        Classes to choose from, besides those that have a label.

    Returns
    -------
    pathlib.Path or None
        The file that sets the tool up, if it was written: there was none, and a class is known.

    Raises
    ------
    UserError
        If texts of an earlier file there would be lost, or it cannot be written.
    """
    if path.exists():
        _check_known(path, pile)
    rows = _rows(pile, proposal)
    ids = [pile.ids[row] for row in pile.first[proposal.texts]]
    ours = (columns.GUESS, columns.CONFIDENCE, columns.SKIP)
    tasks = [
        exchange.Task(
            id=ids[at],
            text=pile.texts[u],
            guess=rows.columns[columns.GUESS][at],
            confidence=rows.columns[columns.CONFIDENCE][at],
            notes={
                name: values[at]
                for name, values in rows.columns.items()
                if name not in (pile.id, pile.text, pile.label, *ours)
            },
        )
        for at, u in enumerate(proposal.texts.tolist())
    ]
    made = exchange.get(tool)
    known = list(dict.fromkeys([*classes, *pile.classes]))
    replace_file(path, made.write(tasks, known, "alutils").encode())
    setup = path.with_suffix(made.setup_suffix)
    if not known or setup.exists():
        return None
    replace_file(setup, made.set_up(known).encode())
    return setup


def _check_known(path: Path, pile: Pile) -> None:
    texts = dict(zip(pile.ids, pile.of_row.tolist(), strict=True))
    open_texts = set(pile.open_texts().tolist())
    before = exchange.read(exchange.parse(read_text(path), path), path).answers
    if any(each.label is not None or each.skipped for each in before):
        raise UserError(f"{path} holds answers, which would be lost: name another file with -o")
    lost = [each.id for each in before if texts.get(each.id) in open_texts]
    if lost:
        raise UserError(
            f"{path} holds {len(lost):,} texts of which no answer is known: export them from the "
            "labelling tool and pass that file with --labels, or name another file with -o"
        )


def _rows(pile: Pile, proposal: Proposal) -> Table:
    """Return the rows of a batch, with all columns of the file and those of ours."""
    source = pile.table.take(pile.first[proposal.texts].tolist())
    n_rows, number = len(proposal.texts), int(pile.batch.max(initial=0)) + 1
    named: dict[str, list[Any]] = {}
    if pile.id == columns.ROW:
        named[columns.ROW] = [int(row) + 1 for row in pile.first[proposal.texts]]
    named |= source.columns
    named.setdefault(pile.label, [None] * n_rows)
    why = [
        f"{AUDIT_WHY} {reason}" if audit else reason
        for audit, reason in zip(proposal.audit, proposal.why["why"], strict=True)
    ]
    # A table of pandas has NaN where there is no head yet.
    sure = [None if c != c else round(float(c), 4) for c in proposal.why["confidence"]]
    guesses = [guess if isinstance(guess, str) else None for guess in proposal.why["guess"]]
    named |= {
        columns.BATCH: [number] * n_rows,
        columns.GUESS: guesses,
        columns.CONFIDENCE: sure,
        columns.WHY: why,
        columns.AUDIT: ["yes" if audit else None for audit in proposal.audit],
        columns.SKIP: [None] * n_rows,
    }
    return Table(named, source.form)
