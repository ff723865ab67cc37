"""Uncertainty sampling: the rows the head is least sure of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.ties import lowest


class LeastConfidence:
    """The rows whose most probable class has the smallest probability.

    With two classes it ranks as Margin and Entropy do.

    Notes
    -----
    Needs: a head.

    Cost: the head's probabilities, O(R N D C), and one pass over them.

    Weak when: there are many classes, since a low top probability may mean many faint
    alternatives as well as one close rival; batches are large, since it likes the same kind of
    text k times; the first labels are few, since the head is then sure of the wrong things.

    References
    ----------
    Settles, Active learning literature survey, University of Wisconsin-Madison 2009.
    """

    name = "least_confidence"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, least confident row first."""
        confidence = selection.summary(lambda p: p.amax(dim=-1))
        return lowest(confidence, ~selection.labelled, k, streams)


class Margin:
    """The rows whose two most probable classes are closest in probability.

    Such rows lie nearest the border between two classes. With two classes it ranks as Least
    Confidence and Entropy do. A head that knows one class alone leaves nothing to compare: the
    gap is to 0.

    Notes
    -----
    Needs: a head.

    Cost: the head's probabilities, O(R N D C), and one pass over them.

    Weak when: batches are large, since it likes the same border k times; labels are noisy, since
    borders are where errors are; the first labels are few, since borders are then in the wrong
    places.

    References
    ----------
    Settles, Active learning literature survey, University of Wisconsin-Madison 2009.
    """

    name = "margin"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, smallest margin first."""
        return lowest(selection.summary(margin), ~selection.labelled, k, streams)


class Entropy:
    """The rows whose class probabilities have the largest entropy.

    With two classes it ranks as Margin and Least Confidence do.

    Notes
    -----
    Needs: a head.

    Cost: the head's probabilities, O(R N D C), and one pass over them, with logarithms.

    Weak when: there are many classes, since it then prefers texts about which the head knows
    nothing at all (outliers, other languages) to texts between two classes; batches are large.

    References
    ----------
    Settles, Active learning literature survey, University of Wisconsin-Madison 2009.
    """

    name = "entropy"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, largest entropy first."""
        certainty = selection.summary(lambda p: torch.xlogy(p, p).sum(dim=-1))
        return lowest(certainty, ~selection.labelled, k, streams)


def margin(probabilities: Tensor) -> Tensor:
    """Gap between the largest and the second largest probability of each row of (..., C).

    A head that knows one class alone leaves nothing to compare: the gap is to 0.
    """
    top = probabilities.max(dim=-1, keepdim=True)
    if probabilities.shape[-1] == 1:
        return top.values[..., 0]
    others = probabilities.scatter(-1, top.indices, -1.0)
    return top.values[..., 0] - others.amax(dim=-1)
