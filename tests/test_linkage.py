import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster
from scipy.cluster.hierarchy import linkage as plain

from alutils.geometry import average_linkage, linkage


def same_partition(one, two):
    pairs = set(zip(one.tolist(), two.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(two.tolist()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@settings(max_examples=40, deadline=None)
@given(
    n_points=st.integers(2, 120),
    n_dimensions=st.integers(1, 12),
    share=st.floats(0, 1),
    block=st.sampled_from([3, 1024]),
    seed=st.integers(0, 10**6),
)
def test_same_clusters_as_the_plain_algorithm(dtype, n_points, n_dimensions, share, block, seed):
    points = np.random.default_rng(seed).normal(size=(n_points, n_dimensions))
    n_clusters = 1 + round(share * (n_points - 1))
    tree = plain(points, "average", metric="sqeuclidean")
    expected = fcluster(tree, n_clusters, "maxclust")
    heights = tree[:, 2]
    cut = n_points - n_clusters
    near = dtype is torch.float32 and 0 < cut < n_points - 1
    if near and heights[cut] - heights[cut - 1] < 1e-4 * heights[cut]:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linkage, "BLOCK", block)
        found = average_linkage(torch.tensor(points, dtype=dtype), n_clusters)
    assert found.dtype == torch.int64
    assert set(found.tolist()) == set(range(n_clusters))
    assert same_partition(found, expected)


@settings(max_examples=40, deadline=None)
@given(
    n_points=st.integers(1, 60),
    distinct=st.integers(1, 20),
    share=st.floats(0, 1),
    seed=st.integers(0, 10**6),
)
def test_copies_stay_together(n_points, distinct, share, seed):
    rng = np.random.default_rng(seed)
    kinds = rng.integers(distinct, size=n_points)
    points = torch.tensor(rng.normal(size=(distinct, 3)))[kinds]
    n_clusters = 1 + round(share * (n_points - 1))
    found = average_linkage(points, n_clusters).numpy()
    assert set(found.tolist()) == set(range(min(n_clusters, len(set(kinds.tolist())))))
    assert all(len(set(found[kinds == kind].tolist())) <= 1 for kind in range(distinct))


def test_many_copies_take_few_rounds(monkeypatch):
    rounds = []
    merge = linkage._Forest.merge
    monkeypatch.setattr(linkage._Forest, "merge", lambda *given: rounds.append(1) or merge(*given))
    points = torch.tensor(np.random.default_rng(0).normal(size=(40, 4))).repeat(50, 1)
    average_linkage(points, 10)
    assert len(rounds) < 20


def test_clusters_that_never_agree_merge_all_the_same():
    """Rounding may leave three that each find the next one nearest: the closest pair merges."""
    forest = linkage._Forest(torch.eye(3, dtype=torch.float64))
    forest.nearest = torch.tensor([1, 2, 0])
    forest.distance = torch.tensor([2.1, 2.0, 2.2], dtype=torch.float64)
    assert forest.merge(torch.inf)
    assert forest.alive.tolist() == [True, True, False]
    assert forest.labels(1).tolist() == [0, 1, 1]


def test_points_are_left_alone():
    points = torch.tensor(np.random.default_rng(0).normal(size=(30, 4)))
    before = points.clone()
    average_linkage(points, 3)
    assert (points == before).all()
