"""A pile of texts, of which some have a label: a file, and the answers that people gave."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alutils.datasets.assembly import comparable
from alutils.errors import UserError
from alutils.exchange import Answer
from alutils.labelled_pool import UNLABELLED
from alutils.labelling import columns
from alutils.labelling.matching import matched
from alutils.progress import several
from alutils.tables import Table


@dataclass(frozen=True, eq=False)
class Pile:
    """Texts, no two alike, and what is known of each.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    table : Table
        Its N rows, with all columns.
    text, label, id : str
        Names of columns; `id` may be one that only numbers the rows.
    ids : tuple of str
        Of the N rows.
    texts : tuple of str
        The U distinct ones: white space and letter case do not count.
    first : ndarray of int64, shape (U,)
        Row in which each stands first.
    of_row : ndarray of int64, shape (N,)
        Which text each row has; -1 where it has none.
    labels : tuple of str or None
        Of the U texts.
    batch : ndarray of int64, shape (U,)
        Batch in which each was proposed; 0 for none, or one not known.
    waiting : frozenset of int
        Texts that were proposed and have no answer yet.
    skipped : frozenset of int
        Texts that nobody is to be asked about, since a person passed or copies have two labels.
    remarks : tuple of str
        What a person should know about it, a sentence each.
    """

    path: Path
    table: Table
    text: str
    label: str
    id: str
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    first: NDArray[np.int64]
    of_row: NDArray[np.int64]
    labels: tuple[str | None, ...]
    batch: NDArray[np.int64]
    waiting: frozenset[int] = frozenset()
    skipped: frozenset[int] = frozenset()
    remarks: tuple[str, ...] = ()

    @property
    def classes(self) -> list[str]:
        """The classes that have a label, sorted."""
        return sorted({label for label in self.labels if label is not None})

    def classes_alike(self) -> list[list[str]]:
        """Return classes that look alike but for letter case and spaces, as after a slip."""
        groups: dict[str, list[str]] = {}
        for name in self.classes:
            groups.setdefault(comparable(_seen(name)), []).append(name)
        return [names for names in groups.values() if len(names) > 1]

    @property
    def n_labelled(self) -> int:
        """Distinct texts that have a label."""
        return sum(label is not None for label in self.labels)

    @property
    def given(self) -> NDArray[np.object_]:
        """Labels as `alutils.select` takes them: an empty text where there is none, shape (U,)."""
        return np.array([label or "" for label in self.labels], dtype=object)

    def name(self, text: int) -> str:
        """Return what to call a text: by its id, or its row in the file."""
        kind = "row" if self.id == columns.ROW else self.id
        return f"{kind} {self.ids[self.first[text]]}"

    def open_texts(self) -> NDArray[np.int64]:
        """Return the texts that may be proposed, ascending."""
        closed = self.waiting | self.skipped
        found = [u for u, label in enumerate(self.labels) if label is None and u not in closed]
        return np.array(found, dtype=np.int64)

    def answered(
        self, answers: Sequence[Answer], source: Path, remarks: Sequence[str] = ()
    ) -> Pile:
        """Return the pile with more answers, which count more than those it had.

        Parameters
        ----------
        answers : sequence of Answer
            One with neither a label nor a skip waits for one.
        source : pathlib.Path
            Where they come from, for messages.
        remarks : sequence of str
            What a person should know about them.

        Raises
        ------
        UserError
            If they are about another file, or have -1 as a label; if an id has two labels or is
            that of another text, or a batch has a number that none can have.
        """
        answers, about = matched(self, answers, source)
        row_of = {name: row for row, name in enumerate(self.ids)}
        labels, batch = list(self.labels), self.batch.copy()
        waiting, skipped = set(self.waiting), set(self.skipped)
        given: dict[int, str] = {}
        changed: list[str] = []
        disputed: set[int] = set()
        for answer in answers:
            at = int(self.of_row[row_of[answer.id]])
            if at < 0:
                continue
            if answer.batch is not None:
                batch[at] = answer.batch
            if answer.label == str(UNLABELLED):
                raise UserError(
                    f"{source} has the label {UNLABELLED}, which stands for one that is not known: "
                    "leave the cell empty, or give the class another name, such as 'negative'"
                )
            if answer.label is not None:
                if given.setdefault(at, answer.label) != answer.label:
                    disputed.add(at)
                if labels[at] not in (None, answer.label) and at not in disputed:
                    changed.append(answer.id)
                labels[at] = answer.label
                waiting.discard(at)
                skipped.discard(at)
            elif answer.skipped:
                labels[at] = None
                waiting.discard(at)
                skipped.add(at)
            elif labels[at] is None and at not in skipped:
                waiting.add(at)
        for at in disputed:
            labels[at] = None
        remarks = [*self.remarks, *(f"{source}: {each}" for each in remarks), *about]
        if changed:
            remarks.append(
                f"{several(len(changed), 'label')} in {source} other than before (first: {self.id} "
                f"{changed[0]}): what {source} says counts"
            )
        if disputed:
            remarks.append(_disputed(len(disputed), source))
        return replace(
            self,
            labels=tuple(labels),
            batch=batch,
            waiting=frozenset(waiting - disputed),
            skipped=frozenset(skipped | disputed),
            remarks=tuple(remarks),
        )


def _seen(name: str) -> str:
    """Return a name as an eye sees it: one code for one sign, none for what is not shown."""
    shown = (c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return "".join(shown)


def check_two_classes(pile: Pile) -> None:
    """Refuse a pile that a classifier cannot learn from."""
    if len(pile.classes) < 2:
        have = f"only the class {pile.classes[0]!r}" if pile.classes else "no label"
        raise UserError(
            f"there is {have} in {pile.path}: a classifier needs labels of two classes, so label "
            "what alutils select proposes first"
        )


def _disputed(number: int, source: Path) -> str:
    return (
        f"{several(number, 'text')} in {source} with more than one label: none of them is used, "
        "and none is proposed again"
    )
