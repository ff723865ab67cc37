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

    Looks at nothing, so the same stream chooses the same rows under every head and embedder.
    Cost: one random number per pool row.
    """

    name = "random"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes: every row ties with every other."""
        scores = torch.zeros(selection.labelled.shape, device=selection.pool.device)
        return lowest(scores, ~selection.labelled, k, streams)
