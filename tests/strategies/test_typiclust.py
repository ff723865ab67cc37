import numpy as np
import pytest
import torch

from alutils import strategies
from alutils.geometry import Geometry
from tests.strategies.problems import blobs, draw_labelled, selection, streams


def oracle(pool, clusters, labelled, k):
    """From the definition, given the clustering: rounds over the clusters, one row each."""
    members = {c: np.flatnonzero(clusters == c) for c in np.unique(clusters)}

    def typicality(i, c):
        others = [np.linalg.norm(pool[i] - pool[j]) for j in members[c] if j != i]
        nearest = sorted(others)[:20]
        return -np.mean(nearest) if nearest else 0.0

    def order(cs):
        return sorted(cs, key=lambda c: (labelled[members[c]].sum(), -len(members[c])))

    queue = {
        c: sorted((i for i in rows if not labelled[i]), key=lambda i, c=c: -typicality(i, c))
        for c, rows in members.items()
    }
    chosen = []
    for cs in (
        order([c for c in members if len(members[c]) >= 5]),
        order([c for c in members if len(members[c]) < 5]),
    ):
        while any(queue[c] for c in cs):
            chosen += [queue[c].pop(0) for c in cs if queue[c]]
    return chosen[:k]


class Fixed(Geometry):
    """A geometry whose clustering is given."""

    def __init__(self, pool, clusters):
        super().__init__(pool, "toy", [0])
        self.given = torch.as_tensor(clusters)[None]

    def clusters(self, n_clusters):
        self.asked = n_clusters
        return self.given


def with_clusters(points, classes, labelled, clusters):
    problem = selection(points, classes, [labelled])
    geometry = Fixed(problem.pool, clusters)
    return strategies.Selection(**{**vars(problem), "geometry": geometry})


def distinct_sizes(sizes, seed=0):
    """Clusters of these sizes (all different, so that no tie is left to the stream)."""
    assert len(set(sizes)) == len(sizes)
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))


@pytest.mark.parametrize("k", [1, 3, 6, 20, 100])
def test_matches_the_definition(k):
    clusters = distinct_sizes([60, 41, 30, 25, 22, 7, 5, 4, 3, 1])
    points, classes = blobs(len(clusters), 4, 3)
    labelled = draw_labelled(len(clusters), 9, 1)[0]
    problem = with_clusters(points, classes, labelled, clusters)
    rows = strategies.select("typiclust", problem, k, streams([0]))[0].tolist()
    mask = problem.labelled[0].numpy()
    expected = oracle(problem.pool.numpy(), clusters, mask, k)
    per_cluster = [clusters[rows].tolist(), clusters[expected].tolist()]
    labels_of = [int(mask[clusters == c].sum()) for c in range(10)]
    sizes = np.bincount(clusters)
    assert [(labels_of[c], sizes[c]) for c in per_cluster[0]] == [
        (labels_of[c], sizes[c]) for c in per_cluster[1]
    ]
    assert rows == expected


def test_clusters_under_the_minimum_size_come_last():
    """The fault: no minimum size, so outliers in clusters of their own are chosen."""
    clusters = distinct_sizes([1, 2, 3, 4, 5, 20])
    problem = with_clusters(*blobs(35, 3, 2), [int(np.flatnonzero(clusters == 5)[0])], clusters)
    rows = strategies.select("typiclust", problem, 26, streams([0]))[0].numpy()
    assert set(clusters[rows[:24]].tolist()) == {4, 5}
    assert clusters[rows[24:]].tolist() == [3, 2]


def test_beyond_500_clusters_goes_round_again_instead_of_drawing_at_random():
    """The fault: random choices, or too few rows, once labelled + k exceeds 500."""
    clusters = distinct_sizes([10, 9, 8])
    problem = with_clusters(*blobs(27, 3, 2), [], clusters)
    first = strategies.select("typiclust", problem, 9, streams([0]))[0].numpy()
    other = strategies.select("typiclust", problem, 9, streams([1]))[0].numpy()
    assert clusters[first].tolist() == [0, 1, 2] * 3
    assert (first == other).all()

    points, classes = blobs(700, 3, 4)
    problem = selection(points, classes, draw_labelled(700, 450, 1))
    asked = Fixed(problem.pool, problem.geometry.clusters(20)[0])
    problem = strategies.Selection(**{**vars(problem), "geometry": asked})
    assert len(strategies.select("typiclust", problem, 100, streams([0]))[0]) == 100
    assert asked.asked == 500


def test_number_of_clusters():
    clusters = distinct_sizes([10, 9, 8])
    problem = with_clusters(*blobs(27, 3, 2), [0, 1], clusters)
    strategies.select("typiclust", problem, 4, streams([0]))
    assert problem.geometry.asked == 6


def test_clustering_is_seeded_and_shared():
    """The fault: a clustering without a seed, made anew for every query."""
    points, classes = blobs(100, 5, 3)
    problem = selection(points, classes, [[]], seeds=[3])
    first = problem.geometry.clusters(10)
    assert (first == problem.geometry.clusters(10)).all()
    assert len(problem.geometry._clusters) == 1
    assert (first == Geometry(problem.pool, "toy", [3]).clusters(10)).all()
    assert (first != Geometry(problem.pool, "toy", [4]).clusters(10)).any()
