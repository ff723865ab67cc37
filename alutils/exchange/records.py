"""What goes out to a labelling tool, and what comes back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Columns and questions of ours in a tool. The prefix keeps them apart from columns of a user, and
# from names that a tool gives a meaning of its own: a JSON-MIN export overwrites a column `id`.
ID = "al_id"
TEXT = "al_text"
LABEL = "al_label"
BATCH = "al_batch"  # the note that comes back with an answer


@dataclass(frozen=True)
class Task:
    """A text to be labelled.

    Attributes
    ----------
    id : str
        Names the text; comes back with its label.
    text : str
        What is to be labelled.
    guess : str or None
        Class that a head predicts, shown to the person as a suggestion.
    confidence : float or None
        Probability of that class, from 0 to 1.
    notes : mapping of str to object
        Further columns: the user's own, and why the text was picked.
    """

    id: str
    text: str
    guess: str | None
    confidence: float | None
    notes: Mapping[str, object]


@dataclass(frozen=True)
class Answer:
    """What came back for one text.

    Attributes
    ----------
    id : str
        As in the task.
    label : str or None
        The class; None if the text was skipped or still waits for a label.
    skipped : bool
        Whether a person saw the text and gave it no label on purpose.
    text : str or None
        The text as the tool has it, if it says so.
    batch : int or None
        Number of the batch that it was asked about in, if that came back too.
    """

    id: str
    label: str | None
    skipped: bool
    text: str | None
    batch: int | None = None


@dataclass(frozen=True)
class Answers:
    """What an export holds.

    Attributes
    ----------
    answers : tuple of Answer
        One for each id, in order of first appearance.
    remarks : tuple of str
        Sentences on what was decided while reading: disagreements, drafts left out.
    """

    answers: tuple[Answer, ...]
    remarks: tuple[str, ...]
