"""TypiClust: the most typical point of each cluster that holds no label yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry import mean_neighbour_distance
from alutils.strategies.base import Selection

MAX_CLUSTERS = 500
MIN_CLUSTER_SIZE = 5
NEIGHBOURS = 20


class TypiClust:
    """The most typical row of each cluster, clusters with fewest labels first.

    The pool is clustered by k-means into min(labelled + k, 500) clusters. They are visited by
    fewest labelled rows, then by largest size, ties by the stream; clusters of fewer than 5 rows
    are skipped. From each the most typical unlabelled row is taken: the one with the highest
    inverse mean distance to its 20 nearest rows in the cluster (all of them if there are fewer).

    When all clusters have been visited and rows are still wanted, as happens beyond 500, the same
    round is made again, each cluster giving its next most typical row. Clusters of fewer than 5
    rows give rows only once every other cluster has none left. So exactly k rows come back, none
    of them random.

    Notes
    -----
    Needs: embeddings alone.

    Cost: a k-means per number of labels and seed, O(N D (labelled + k)) per iteration, kept in
    `Geometry.clusters` since it depends on the pool alone; then the distances within the clusters
    visited.

    Weak when: the budget is large, since the typical text of a cluster is one that the head
    already knows how to classify; clusters of the embedding are not the classes.

    References
    ----------
    Hacohen, Dekel and Weinshall, Active learning on a budget: opposite strategies suit high and
    low budgets, ICML 2022.
    """

    name = "typiclust"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the visits."""
        chosen = []
        for r, stream in enumerate(streams):
            labelled = selection.labelled[r]
            n_clusters = min(int(labelled.sum()) + k, MAX_CLUSTERS)
            clusters = selection.geometry.clusters(n_clusters)[r]
            chosen.append(_query(selection.pool, clusters, labelled, k, stream))
        return torch.stack(chosen)


def _query(pool: Tensor, clusters: Tensor, labelled: Tensor, k: int, stream: Generator) -> Tensor:
    """Choose k rows of one replicate, given the clustering (N,)."""
    n_clusters = int(clusters.max()) + 1
    sizes = torch.bincount(clusters, minlength=n_clusters).cpu().numpy()
    labels = torch.bincount(clusters[labelled], minlength=n_clusters).cpu().numpy()
    visits = _visits(sizes, labels, k, stream)
    wanted = np.bincount(visits, minlength=n_clusters)
    by_cluster = clusters.argsort(stable=True).split(sizes.tolist())
    typical = [
        _most_typical(pool, by_cluster[c], labelled, int(wanted[c]), stream)
        for c in np.flatnonzero(wanted).tolist()
    ]
    # They stand by cluster, as the visits do when sorted: undo that order.
    places = visits.argsort(kind="stable").argsort()
    return torch.cat(typical)[torch.as_tensor(places, device=pool.device)]


def _visits(sizes: np.ndarray, labels: np.ndarray, k: int, stream: Generator) -> np.ndarray:
    """Clusters in the order they give rows, shape (k,)."""
    order = np.lexsort((stream.permutation(len(sizes)), -sizes, labels))
    visits: list[np.ndarray] = []
    for enough in (sizes[order] >= MIN_CLUSTER_SIZE, sizes[order] < MIN_CLUSTER_SIZE):
        group = order[enough]
        left = (sizes - labels)[group]
        while left.any():
            visits.append(group[left > 0])
            left = np.maximum(left - 1, 0)
    return np.concatenate(visits)[:k]


def _most_typical(
    pool: Tensor, members: Tensor, labelled: Tensor, n_wanted: int, stream: Generator
) -> Tensor:
    """Unlabelled members of a cluster, most typical first, shape (n_wanted,)."""
    distances = mean_neighbour_distance(pool[members], NEIGHBOURS)
    shuffled = torch.as_tensor(stream.permutation(len(members)), device=members.device)
    members, distances = members[shuffled], distances[shuffled]
    distances = distances.masked_fill(labelled[members], torch.inf)
    return members[distances.argsort(stable=True)[:n_wanted]]
