"""CoreSet: cover the pool, each choice the point farthest from all labelled ones."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator
from torch import Tensor

from alutils.geometry import farthest_first
from alutils.strategies.base import Selection


class CoreSet:
    """k-centre greedy: farthest-first traversal from the labelled rows.

    Each choice is the row farthest, in Euclidean distance, from its nearest labelled or chosen
    row. With nothing labelled the first choice is the row nearest the pool's mean.

    Needs no head. Exact: the choice is that of the plain algorithm, which computes all
    N x (labelled + k) distances; only those that may matter are computed here
    (`alutils.geometry.farthest_first`).

    References
    ----------
    Sener and Savarese, Active learning for convolutional neural networks: a core-set approach,
    ICLR 2018.
    """

    name = "coreset"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the traversal."""
        centres = [labelled.nonzero()[:, 0] for labelled in selection.labelled]
        return farthest_first(selection.pool, centres, k, streams)
