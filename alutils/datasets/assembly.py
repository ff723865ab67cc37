"""From labelled rows to a dataset: no text twice, and a test split where the source has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alutils.datasets.dataset import Dataset, Labels
from alutils.errors import UserError
from alutils.streams import stream, stream_label


@dataclass(frozen=True)
class Rows:
    """Labelled texts as a source has them: texts (N,) and class indices (N,)."""

    texts: Sequence[str]
    labels: Labels

    def at(self, rows: Labels) -> Rows:
        """Return these rows only, in this order."""
        return Rows([self.texts[row] for row in rows], self.labels[rows])


@dataclass(frozen=True)
class Source:
    """What a reader hands over: class names, the pool side, and the test side if there is one."""

    classes: tuple[str, ...]
    pool: Rows
    test: Rows | None
    provenance: str


@dataclass(frozen=True)
class Distinct:
    """What is left of some rows once no text is there twice.

    Attributes
    ----------
    rows : Rows
        What is kept, in its order.
    seen : frozenset of str
        Every text that was met, kept or not, in its comparable form.
    disputed : int
        How many texts were left out because their copies disagree on the class.
    """

    rows: Rows
    seen: frozenset[str]
    disputed: int


def by_class_name(pairs: Sequence[tuple[str, str]], provenance: str) -> Source:
    """Build a source without a test split from (text, class name) pairs; classes are sorted."""
    classes = tuple(sorted({name for _, name in pairs}))
    index = {name: label for label, name in enumerate(classes)}
    labels = np.array([index[name] for _, name in pairs], dtype=np.int64)
    return Source(classes, Rows([text for text, _ in pairs], labels), None, provenance)


def assemble(name: str, source: Source, test_size: int | None) -> Dataset:
    """Turn a source into a dataset.

    Parameters
    ----------
    name : str
        Name of the dataset.
    source : Source
        What was read.
    test_size : int or None
        How many texts to draw for the test split, if the source has none.

    Returns
    -------
    Dataset
        A text that is both in pool and test is left out of the pool. Within a split the first
        copy stays; if the copies disagree on the class, no copy does.

    Raises
    ------
    UserError
        If what remains cannot be split into a pool and a test side.
    """
    if source.test is None:
        rows = without_duplicates(source.pool).rows
        size = len(rows.texts) // 4 if test_size is None else test_size
        inside = draw_test(rows.labels, size, stream("split", stream_label(name), 0))
        pool, test = rows.at(np.flatnonzero(~inside)), rows.at(np.flatnonzero(inside))
        before = len(source.pool.texts)
    else:
        distinct = without_duplicates(source.test)
        test = distinct.rows
        pool = without_duplicates(source.pool, distinct.seen).rows
        before = len(source.pool.texts) + len(source.test.texts)
    # A class whose every text is disputed is gone: number the others without a gap.
    present = np.unique(np.concatenate([pool.labels, test.labels]))
    if len(present) < 2 or not len(test.labels):
        raise UserError(
            f"{name} has {len(pool.texts) + len(test.texts)} different texts in {len(present)} "
            "classes, which leaves nothing to learn or nothing to test on: at least two classes "
            "are needed, and more texts than classes"
        )
    return Dataset(
        name=name,
        pool_texts=tuple(pool.texts),
        pool_labels=np.searchsorted(present, pool.labels).astype(np.int64),
        test_texts=tuple(test.texts),
        test_labels=np.searchsorted(present, test.labels).astype(np.int64),
        classes=tuple(source.classes[label] for label in present),
        duplicates_removed=before - len(pool.texts) - len(test.texts),
        provenance=source.provenance,
    )


def comparable(text: str) -> str:
    """Return what two texts are compared by: white space and letter case do not count."""
    return " ".join(text.split()).casefold()


def without_duplicates(rows: Rows, elsewhere: frozenset[str] = frozenset()) -> Distinct:
    """Keep the first copy of every text, and no copy where the copies disagree on the class.

    Texts of white space only are left out.

    Parameters
    ----------
    rows : Rows
        N labelled texts.
    elsewhere : frozenset of str
        Texts to leave out altogether, in their comparable form.
    """
    first: dict[str, int] = {}
    disputed: set[str] = set()
    for row, text in enumerate(rows.texts):
        key = comparable(text)
        if rows.labels[first.setdefault(key, row)] != rows.labels[row]:
            disputed.add(key)
    out = disputed | elsewhere | {""}
    kept = [row for key, row in first.items() if key not in out]
    return Distinct(rows.at(np.array(kept, dtype=np.int64)), frozenset(first), len(disputed))


def draw_test(labels: Labels, size: int, generator: np.random.Generator) -> np.ndarray:
    """Draw a test split, stratified by class; every class keeps at least one text in the pool.

    Parameters
    ----------
    labels : ndarray of int64, shape (N,)
        Class of each text.
    size : int
        How many to draw; fewer if the pool would lose a class.
    generator : numpy.random.Generator
        Where the randomness comes from.

    Returns
    -------
    ndarray of bool, shape (N,)
        True for test.
    """
    # Spread each class evenly over (0, 1] in random order, and cut off the upper end.
    position = np.zeros(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        position[rows[1:]] = (np.arange(1, len(rows)) + 1 - generator.random()) / len(rows)
    drawable = np.flatnonzero(position > 0)
    order = drawable[np.argsort(-position[drawable], kind="stable")]
    inside = np.zeros(len(labels), dtype=bool)
    inside[order[:size]] = True
    return inside
