"""The head that chose, kept to explain the choice: of many classes a second takes minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from alutils import heads
from alutils.labelled_pool import labelled_pool
from alutils.selecting import choose

MANY = 5_000_000
"""Labels times classes, which fitting a head has to go over again and again: above, it takes a
minute or more on one core."""


@dataclass(eq=False)
class HeadThatChose:
    """A fitted head as a classifier of embeddings that are not scaled.

    Attributes
    ----------
    classes_ : ndarray of shape (C,)
        Its classes.
    head : FittedHead
        With R = 1.
    pool : ndarray of shape (N, D)
        Embeddings as they were before they were scaled for it.
    """

    classes_: NDArray[Any]
    head: heads.FittedHead
    pool: NDArray[np.floating]

    def predict_proba(self, X: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return class probabilities of embeddings (M, D), shape (M, C)."""
        _, points = heads.scale(torch.tensor(self.pool), torch.tensor(X))
        found: NDArray[np.float32] = self.head.probabilities(points)[0].numpy()
        return found


def choose_and_keep(
    embeddings: NDArray[np.floating], labels: NDArray[np.object_], strategy: str, k: int, seed: int
) -> tuple[NDArray[np.int64], HeadThatChose]:
    """Choose as `alutils.select` does with a strategy that looks at a head, and keep the head."""
    at = labelled_pool(embeddings, labels)
    fitted = at.fit()
    rows = choose(at, fitted, strategy, k, seed, len(at.classes))
    return rows, HeadThatChose(at.classes, fitted, embeddings)
