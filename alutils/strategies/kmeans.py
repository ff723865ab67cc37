"""k-means sampling: one representative of each cluster of the unlabelled rows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.representatives import representatives


class KMeans:
    """The row nearest the centre of each of k clusters of the unlabelled rows.

    Clusters are those of k-means. The nearest row is looked for among the cluster's own rows, so
    the k choices are distinct.

    Notes
    -----
    Needs: embeddings alone.

    Cost: one k-means per replicate (`alutils.geometry.kmeans`), O(N D k) per iteration.

    Weak when: much is labelled already, since it does not look at what that covers; clusters of
    the embedding are not the classes.

    References
    ----------
    Kang, Ryu and Kwon, Using cluster-based sampling to select initial training set for active
    learning in text classification, PAKDD 2004.
    """

    name = "kmeans"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the clusters."""
        chosen = []
        for labelled, stream in zip(selection.labelled, streams, strict=True):
            free = ~labelled
            chosen.append(representatives(selection.pool, free, free, k, stream))
        return torch.stack(chosen)
