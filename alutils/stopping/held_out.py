"""Audit rows predicted by heads that did not see their labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from alutils import heads
from alutils.labelled_pool import LabelledPool
from alutils.streams import stream

FOLDS = 10

MOST_WORK = 10_000_000
"""Labels times classes over all heads that one estimate fits: some twenty seconds."""


def order_given(at: LabelledPool, batch: NDArray[np.int64] | None, seed: int) -> NDArray[np.int64]:
    """Sort labelled rows as they were labelled.

    Parameters
    ----------
    at : LabelledPool
        With L labels.
    batch : ndarray of int64, optional
        Shape (N,): number of the batch in which each labelled row was labelled, rising with time.
        Left out, all count as one batch.
    seed : int
        Within a batch the order is random.

    Returns
    -------
    ndarray of int64, shape (L,)
    """
    shuffled = stream("order within a batch", "stopping", seed).permutation(at.labelled)
    if batch is None:
        return shuffled
    return shuffled[np.argsort(batch[shuffled], kind="stable")]


def too_much(at: LabelledPool, sizes: Sequence[int]) -> bool:
    """Say whether heads fitted to that many labels would take too long, two folds each."""
    return 2 * sum(sizes) * len(at.classes) > MOST_WORK


def held_out(
    at: LabelledPool, audit: NDArray[np.int64], order: NDArray[np.int64], sizes: Sequence[int]
) -> NDArray[np.bool_]:
    """Predict each audit row by a head fitted to all labels but those of its fold.

    Audit rows are dealt to ten folds in the order in which they were labelled, or to fewer if
    labels and classes are very many. All other labelled rows always train: whatever they are,
    audit rows are a random sample, and each is predicted by a head that has not seen it.

    Parameters
    ----------
    at : LabelledPool
    audit : ndarray of int64, shape (A,)
        Labelled rows, one or more.
    order : ndarray of int64, shape (L,)
        The labelled rows as they were labelled.
    sizes : sequence of int
        P numbers of labels: heads are fitted to that many of the first labels, less the fold.
        Audit rows labelled later are predicted all the same.

    Returns
    -------
    ndarray of bool, shape (P, A)
        Whether each audit row is predicted rightly, for each size. A head that no label is left
        for is always wrong.
    """
    position = np.empty(len(at.known), np.int64)
    position[order] = np.arange(len(order))
    affordable = MOST_WORK // (sum(sizes) * len(at.classes))
    least = 1 if 2 * len(audit) <= len(order) else 2  # labels must be left to train on
    folds = max(least, min(FOLDS, len(audit), affordable))
    fold = np.full(len(at.known), -1)
    fold[audit[np.argsort(position[audit])]] = np.arange(len(audit)) % folds
    found = np.zeros((len(sizes), len(audit)), bool)
    for at_size, size in enumerate(sizes):
        first = order[:size]
        groups: dict[int, list[int]] = {}
        for each in range(folds):
            groups.setdefault(int((fold[first] != each).sum()), []).append(each)
        for length, members in groups.items():
            if length:  # heads fitted to as many labels are fitted together
                rows = torch.as_tensor(np.stack([first[fold[first] != each] for each in members]))
                labels = torch.as_tensor(at.known)[rows]
                head = heads.get("softmax").fit(at.pool, rows, labels, len(at.classes))
                for r, each in enumerate(members):
                    own = fold[audit] == each
                    points = at.pool[torch.as_tensor(audit[own])]
                    guess = head.replicate(r).probabilities(points)[0].argmax(dim=1).numpy()
                    found[at_size, own] = guess == at.known[audit[own]]
    return found
