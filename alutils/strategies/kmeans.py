"""k-means sampling: one representative of each cluster of the unlabelled rows."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry import kmeans, squared_norms, tolerance
from alutils.strategies.base import Selection


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
            rows = (~labelled).nonzero()[:, 0]
            points = selection.pool[rows]
            labels, centres = kmeans(points, k, stream)
            chosen.append(rows[_nearest_of_each(points, labels, centres, stream)])
        return torch.stack(chosen)


def _nearest_of_each(points: Tensor, labels: Tensor, centres: Tensor, stream: Generator) -> Tensor:
    """Place of the point nearest each centre among its cluster's, shape (K,).

    Points tie when only rounding sets them apart, as the two of a pair are from their mean.
    """
    distances = squared_norms(points - centres[labels])
    smallest = distances.new_full((len(centres),), torch.inf)
    smallest.scatter_reduce_(0, labels, distances, "amin")
    rounding = tolerance(points.dtype) * squared_norms(points)
    tied = distances <= smallest[labels] + rounding
    priority = torch.as_tensor(stream.random(len(points)), device=points.device)
    order = torch.where(tied, priority, 2.0).argsort()
    order = order[labels[order].argsort(stable=True)]
    ordered = labels[order]
    first = torch.ones_like(tied)
    first[1:] = ordered[1:] != ordered[:-1]
    return order[first]
