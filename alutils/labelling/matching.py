"""Which answers are about the texts of a pile: those with its ids, and its texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from alutils.datasets.assembly import comparable
from alutils.errors import UserError
from alutils.exchange import Answer
from alutils.labelling import columns
from alutils.progress import several

if TYPE_CHECKING:
    from alutils.labelling.pile import Pile

MOST_BATCHES = 1_000_000


def matched(pile: Pile, answers: Sequence[Answer], source: Path) -> tuple[list[Answer], list[str]]:
    """Return the answers about texts of a pile, and what a person should know about the others.

    Parameters
    ----------
    pile : Pile
        The texts.
    answers : sequence of Answer
        To any texts.
    source : pathlib.Path
        Where they come from, for messages.

    Raises
    ------
    UserError
        If all are about other texts, as those of another file are, or one seems to be about a
        text that it does not name.
    """
    row_of = {name: row for row, name in enumerate(pile.ids)}
    known = [answer for answer in answers if answer.id in row_of]
    gone = [answer.id for answer in answers if answer.id not in row_of]
    texts = pile.table.columns[pile.text]
    others = [each for each in known if _is_other(each.text, texts[row_of[each.id]])]
    if others and pile.id == columns.ROW:
        raise UserError(
            f"row {others[0].id} of {pile.path} has another text than in {source}: rows are told "
            "apart by their numbers, so leave both as they were, or give rows ids (--id)"
        )
    for answer in known:
        if answer.batch is not None and not 0 <= answer.batch < MOST_BATCHES:
            raise UserError(
                f"{source} has {answer.batch} as {columns.BATCH!r} for {pile.id} {answer.id}: "
                "leave this column as it was"
            )
    remarks = []
    if others:
        remarks.append(
            f"{several(len(others), 'text')} of {pile.path} not as in {source} under the same id "
            f"(first: {pile.id} {others[0].id}): the labels count, so see that ids are what they "
            "were"
        )
    if gone:
        _check_gone(pile, gone, some_known=bool(known), source=source)
        remarks.append(
            f"{several(len(gone), 'row')} of {source} not in {pile.path} any more (first: "
            f"{pile.id} {gone[0]}): left out"
        )
    return known, remarks


def _is_other(told: str | None, text: str | None) -> bool:
    return told is not None and comparable(told) != comparable(text or "")


def _check_gone(pile: Pile, gone: Sequence[str], some_known: bool, source: Path) -> None:
    """Refuse ids that were not taken out of the file, but are none of it, or were mangled."""
    short = {each.lstrip("0"): each for each in pile.ids if each.startswith("0")}
    mangled = next((name for name in gone if name in short), None)
    if some_known and mangled is None:
        return
    hint = (
        "labels must be those of the same file, with its ids as they were"
        if mangled is None
        else f"a spreadsheet may have made that of {short[mangled]!r}, so import ids as text there"
    )
    raise UserError(
        f"{source} has the {pile.id} {mangled or gone[0]!r}, which {pile.path} has not: {hint}"
    )
