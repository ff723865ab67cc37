"""Random sampling, the baseline."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.ties import lowest


class Random:
    """Uniform sampling of the unlabelled rows without replacement.

    It looks at nothing, so the same stream chooses the same rows under every head and embedder:
    the baseline that every other strategy has to beat.

    Notes
    -----
    Needs: nothing.

    Cost: one random number per pool row.

    Weak when: classes are imbalanced, since rare ones wait long for their first label; and when
    many texts are near copies of each other.
    """

    name = "random"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes: every row ties with every other."""
        scores = torch.zeros(selection.labelled.shape, device=selection.pool.device)
        return lowest(scores, ~selection.labelled, k, streams)
