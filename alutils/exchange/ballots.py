"""From what several people said of a text to the one answer for it."""

from __future__ import annotations

import reprlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from alutils.errors import UserError
from alutils.exchange.records import Answer, Answers


@dataclass(frozen=True)
class Ballot:
    """What was said of one record of an export.

    Attributes
    ----------
    where : str
        Which record it is: ``"record 3"``.
    id : str
        Of the text.
    text : str or None
        The text, if known.
    votes : tuple of str
        A class from each person who gave one.
    skipped : bool
        Whether someone skipped it.
    batch : int or None
        Number of the batch that it was asked about in.
    """

    where: str
    id: str
    text: str | None
    votes: tuple[str, ...]
    skipped: bool
    batch: int | None = None


def decide(ballots: Iterable[Ballot], remarks: Iterable[str] = ()) -> Answers:
    """Count votes: most votes win, a tie leaves the text waiting, a label outweighs a skip.

    Parameters
    ----------
    ballots : iterable of Ballot
        In order of the export.
    remarks : iterable of str
        What there is to say already.

    Returns
    -------
    Answers
        One for each id. The remarks name the texts on which people disagree.

    Raises
    ------
    UserError
        If two records of one id have different labels or different texts.
    """
    found: dict[str, tuple[str, Answer]] = {}
    ties: list[str] = []
    outvoted: list[str] = []
    for ballot in ballots:
        label = _winner(ballot.votes)
        if len(set(ballot.votes)) > 1:
            (outvoted if label is not None else ties).append(ballot.id)
        skipped = ballot.skipped and not ballot.votes
        answer = Answer(ballot.id, label, skipped, ballot.text, ballot.batch)
        where, earlier = found.get(ballot.id, (ballot.where, answer))
        found[ballot.id] = where, _merge(earlier, where, answer, ballot.where)
    said = list(remarks)
    if outvoted:
        said.append(f"people disagree on {_named(outvoted)}: the label that most gave is taken")
    if ties:
        said.append(
            f"people disagree evenly on {_named(ties)}, so no label is taken: settle it in the tool"
        )
    return Answers(tuple(answer for _, answer in found.values()), tuple(said))


def _winner(votes: Sequence[str]) -> str | None:
    ranked = Counter(votes).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _merge(one: Answer, where_one: str, other: Answer, where_other: str) -> Answer:
    both = f"{where_one} and {where_other} both have the id {reprlib.repr(one.id)}"
    if one.text is not None and other.text is not None and one.text != other.text:
        raise UserError(f"{both}, but different texts: give each text an id of its own")
    if one.label is not None and other.label is not None and one.label != other.label:
        raise UserError(
            f"{both}, but are labelled {reprlib.repr(one.label)} and {reprlib.repr(other.label)}: "
            "keep one of them"
        )
    label = other.label if one.label is None else one.label
    return replace(
        one,
        label=label,
        skipped=label is None and (one.skipped or other.skipped),
        text=other.text if one.text is None else one.text,
        batch=other.batch if one.batch is None else one.batch,
    )


def _named(ids: Sequence[str]) -> str:
    """Say how many texts these are, and the first few of them."""
    first = ", ".join(reprlib.repr(each) for each in ids[:5])
    more = ", ..." if len(ids) > 5 else ""
    return f"{len(ids)} text{'s' * (len(ids) > 1)} (id {first}{more})"
