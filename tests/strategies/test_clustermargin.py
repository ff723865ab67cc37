import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.cluster.hierarchy import fcluster, linkage

from alutils import strategies
from alutils.errors import UserError
from alutils.geometry import pool as geometry
from alutils.strategies.clustermargin import take_turns
from tests.strategies.problems import (
    blobs,
    draw_labelled,
    selection,
    streams,
    with_probabilities,
)


def sizes_in_turn(groups, k):
    """Sizes of the groups that give, in order: round by round, smallest groups first."""
    left = sorted(np.bincount(groups)[np.unique(groups)].tolist())
    given, size = [], list(left)
    while any(left):
        for g in range(len(left)):
            if left[g]:
                given.append(size[g])
                left[g] -= 1
    return given[:k]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.floats(0, 1), st.integers(0, 99))
def test_groups_take_turns(groups, share, seed):
    groups = np.array(groups)
    k = 1 + round(share * (len(groups) - 1))
    places = take_turns(groups, k, np.random.default_rng(seed))
    assert len(set(places.tolist())) == k
    sizes = np.bincount(groups)
    assert sizes[groups[places]].tolist() == sizes_in_turn(groups, k)
    seen = [np.sum(groups[places][:i] == groups[p]) for i, p in enumerate(places)]
    assert seen == sorted(seen)  # nobody gives a second before all have given a first


def test_members_and_groups_of_equal_size_are_chosen_at_random():
    groups = np.array([5, 7, 7, 5, 8, 8, 8])
    draws = [take_turns(groups, 2, np.random.default_rng(s)).tolist() for s in range(4000)]
    counts = np.unique([10 * a + b for a, b in draws], return_counts=True)[1]
    assert len(counts) == 8  # two of two groups of two, in either order
    assert stats.chisquare(counts).pvalue > 1e-3
    thirds = [take_turns(groups, 3, np.random.default_rng(s))[2] for s in range(3000)]
    assert stats.chisquare(np.bincount(thirds)[4:]).pvalue > 1e-3


@pytest.mark.parametrize(("candidates", "cluster_size"), [(10, 10), (3, 7), (1, 10), (100, 25)])
def test_clusters_of_the_candidates_by_definition(candidates, cluster_size):
    points, classes = blobs(200, 5, 4)
    labelled = draw_labelled(200, 20, 3)
    problem = selection(points, classes, labelled)
    name = f"cluster_margin(candidates={candidates}, cluster_size={cluster_size})"
    k = 12
    rows = strategies.select(name, problem, k, streams(range(3))).numpy()
    tree = linkage(problem.pool.numpy(), "average", metric="sqeuclidean")
    clusters = fcluster(tree, -(-200 // cluster_size), "maxclust")
    for r in range(3):
        p = np.sort(problem.probabilities()[r].numpy(), axis=1)
        margins = p[:, -1] - p[:, -2]
        margins[labelled[r]] = np.inf
        kept = np.argsort(margins)[: min(candidates * k, 180)]
        assert set(rows[r].tolist()) <= set(kept.tolist())
        sizes = np.bincount(clusters[kept], minlength=clusters.max() + 1)
        assert sizes[clusters[rows[r]]].tolist() == sizes_in_turn(clusters[kept], k)


def test_equal_margins_are_told_apart_by_the_stream():
    n_replicates = 2000
    problem = selection(*blobs(8, 3, 2), [[0]] * n_replicates)
    table = np.full((n_replicates, 8, 2), 0.5)
    table[:, 3] = [0.9, 0.1]
    problem = with_probabilities(problem, table)
    name = "cluster_margin(candidates=1, cluster_size=8)"
    rows = strategies.select(name, problem, 2, streams(range(n_replicates))).numpy()
    found, counts = np.unique(rows, return_counts=True)
    assert found.tolist() == [1, 2, 4, 5, 6, 7]
    assert stats.chisquare(counts).pvalue > 1e-3


def test_the_pool_is_clustered_once_for_all_replicates(monkeypatch):
    asked = []
    clustered = geometry.average_linkage

    def spied(points, n_clusters):
        asked.append(n_clusters)
        return clustered(points, n_clusters)

    monkeypatch.setattr(geometry, "average_linkage", spied)
    problem = selection(*blobs(45, 3, 2), draw_labelled(45, 5, 4))
    for k in (3, 9):
        strategies.select("cluster_margin", problem, k, streams(range(4)))
    assert asked == [5]


@pytest.mark.parametrize("n_rows", [2, 3])
def test_tiny_pools(n_rows):
    problem = selection(*blobs(n_rows, 3, 2), [[0]], n_classes=2)
    rows = strategies.select("cluster_margin", problem, n_rows - 1, streams([0]))
    assert sorted(rows[0].tolist()) == list(range(1, n_rows))


def test_parameters_are_checked():
    with pytest.raises(UserError, match="greater than 0"):
        strategies.get("cluster_margin(candidates=0)")


def test_copies_are_one_cluster_wherever_they_stand():
    """The fault: the last copies as clusters of their own, which come first."""
    points = np.repeat(np.random.default_rng(0).normal(size=(4, 8)), 50, axis=0)
    problem = selection(points, np.repeat([0, 1, 0, 1], 50), [[0, 50, 100, 150]] * 100)
    name, draws = "cluster_margin(candidates=50)", streams(range(100))
    rows = strategies.select(name, problem, 4, draws).numpy()
    assert (np.sort(rows // 50, axis=1) == [0, 1, 2, 3]).all()  # one of each kind
    assert len(np.unique(rows % 50)) > 40
