"""How much predictions still change from batch to batch; no true label is looked at."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from alutils import heads
from alutils.heads import FittedHead
from alutils.labelled_pool import UNLABELLED, LabelledPool
from alutils.stopping.held_out import MOST_WORK
from alutils.streams import stream

MOST_ROWS = 20_000
CHUNK = 4096  # rows whose probabilities are held at once


def stability(at: LabelledPool, batch: NDArray[np.int64], seed: int = 0) -> pd.DataFrame:
    """Compare what heads fitted to the labels up to one batch and up to the next predict.

    Both predict the rows that are unlabelled in the end, or 20,000 drawn from them. Accuracy on
    these rows cannot have changed by more than the share of predictions that changed. Heads with
    too many labels and classes to fit in reasonable time are left out, the earliest first.

    Parameters
    ----------
    at : LabelledPool
        N rows.
    batch : ndarray of int64
        Shape (N,): number of the batch in which each labelled row was labelled, rising with time.
        Rows that were labelled before the first batch may have any lower number, as -1.
    seed : int
        For drawing rows.

    Returns
    -------
    pandas.DataFrame
        A row for each batch but the first: ``batch``; ``n_labelled`` up to and with it; the share
        of predictions ``changed`` by it; and Cohen's ``kappa`` between the predictions before and
        after, NaN where both heads predict one and the same class everywhere. Without rows if
        there are fewer than two batches or nothing is unlabelled.

    References
    ----------
    Bloodgood and Vijay-Shanker 2009, A method for stopping active learning based on stabilizing
    predictions and the need for user-adjustable stopping, CoNLL.
    """
    points = _unlabelled_points(at, seed)
    numbers, counts = np.unique(batch[at.labelled], return_counts=True)
    work = counts.cumsum() * len(at.classes)
    numbers = numbers[work[::-1].cumsum()[::-1] <= MOST_WORK]
    found: list[tuple[int, int, float, float]] = []
    before: NDArray[np.int64] | None = None
    head: FittedHead | None = None
    for number in numbers if len(points) else []:
        rows = at.labelled[batch[at.labelled] <= number]
        after, head = _predict(at, rows, points, head)
        if before is not None:
            changed = float((before != after).mean())
            found.append((int(number), len(rows), changed, kappa(before, after)))
        before = after
    return pd.DataFrame(found, columns=["batch", "n_labelled", "changed", "kappa"])


def changed_by_last(at: LabelledPool, order: NDArray[np.int64], more: int, seed: int = 0) -> float:
    """Return the share of predictions that the last labels changed.

    Parameters
    ----------
    at : LabelledPool
        With two labels or more, and rows without one.
    order : ndarray of int64, shape (L,)
        The labelled rows as they were labelled.
    more : int
        How many of them are the last; at most half of all count.
    seed : int
        For drawing rows.
    """
    points = _unlabelled_points(at, seed)
    before, head = _predict(at, order[: -min(more, len(order) // 2)], points, None)
    after, _ = _predict(at, order, points, head)
    return float((before != after).mean())


def _unlabelled_points(at: LabelledPool, seed: int) -> Tensor:
    unlabelled = np.flatnonzero(at.known == UNLABELLED)
    if len(unlabelled) > MOST_ROWS:
        draw = stream("rows to predict", "stopping", seed)
        unlabelled = np.sort(draw.choice(unlabelled, MOST_ROWS, replace=False))
    return at.pool[torch.as_tensor(unlabelled)]


def _predict(
    at: LabelledPool, rows: NDArray[np.int64], points: Tensor, warm: FittedHead | None
) -> tuple[NDArray[np.int64], FittedHead]:
    """Return the classes that a head fitted to some rows predicts, and the head."""
    labels = torch.as_tensor(at.known[rows])[None]
    head = heads.get("softmax").fit(
        at.pool, torch.as_tensor(rows)[None], labels, len(at.classes), warm
    )
    blocks = [head.probabilities(block)[0].argmax(dim=1) for block in points.split(CHUNK)]
    return torch.cat(blocks).numpy(), head


def kappa(left: NDArray[np.int64], right: NDArray[np.int64]) -> float:
    """Return Cohen's kappa of two lists of classes; NaN if all in both are of one class."""
    size = int(max(left.max(), right.max())) + 1
    counts = [np.bincount(each, minlength=size) / len(each) for each in (left, right)]
    chance = float(counts[0] @ counts[1])
    agreed = float((left == right).mean())
    return float((agreed - chance) / (1 - chance)) if chance < 1 else float("nan")
