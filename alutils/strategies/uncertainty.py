"""Uncertainty sampling: the rows the head is least sure of.

Settles, Active learning literature survey, University of Wisconsin-Madison 2009.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.ties import lowest


class LeastConfidence:
    """The rows whose most probable class has the smallest probability.

    Needs a head. Cost: one pass over the (R, N, C) probabilities.
    """

    name = "least_confidence"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, least confident row first."""
        confidence = selection.probabilities().amax(dim=2)
        return lowest(confidence, ~selection.labelled, k, streams)


class Margin:
    """The rows whose two most probable classes are closest in probability.

    Needs a head. Cost: one pass over the (R, N, C) probabilities.
    """

    name = "margin"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, smallest margin first."""
        margins = [margin(probabilities) for probabilities in selection.probabilities()]
        return lowest(torch.stack(margins), ~selection.labelled, k, streams)


class Entropy:
    """The rows whose class probabilities have the largest entropy.

    Needs a head. Cost: one pass over the (R, N, C) probabilities, with logarithms.
    """

    name = "entropy"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, largest entropy first."""
        certainty = [torch.xlogy(p, p).sum(dim=1) for p in selection.probabilities()]
        return lowest(torch.stack(certainty), ~selection.labelled, k, streams)


def margin(probabilities: Tensor) -> Tensor:
    """Gap between the largest and the second largest probability of each row of (N, C).

    A head that knows one class alone leaves nothing to compare: the gap is to 0.
    """
    top = probabilities.max(dim=1, keepdim=True)
    if probabilities.shape[1] == 1:
        return top.values[:, 0]
    others = probabilities.scatter(1, top.indices, -1.0)
    return top.values[:, 0] - others.amax(dim=1)
