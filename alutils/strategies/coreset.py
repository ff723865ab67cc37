"""CoreSet: cover the pool, each choice the point farthest from all labelled ones."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator
from torch import Tensor

from alutils.geometry import farthest_first
from alutils.strategies.base import Selection


class CoreSet:
    """Again and again, the row farthest from everything labelled (k-centre greedy).

    Each choice is the row farthest, in Euclidean distance, from its nearest labelled or chosen
    row. With nothing labelled the first choice is the row nearest the pool's mean.

    Notes
    -----
    Needs: embeddings alone.

    Cost: at most N x (labelled + k) distances of O(D) for each replicate, as the plain algorithm
    has; of them only those that may matter are computed (`alutils.geometry.farthest_first`). The
    choice is the same.

    Weak when: the pool has outliers, which are what it chooses first; there are many dimensions,
    where all distances are alike.

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
