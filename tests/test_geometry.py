import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from alutils.geometry import Geometry, Space, d2_sample, kmeans, mean_neighbour_distance
from alutils.geometry.kmeans import seed_centres
from alutils.geometry.lloyd import lloyd
from alutils.streams import stream

lloyd_module = sys.modules["alutils.geometry.lloyd"]


def mixture(n_rows: int, n_dimensions: int, n_centres: int, seed: int = 0) -> np.ndarray:
    """Overlapping clusters of unequal size with a decaying spectrum, as embeddings have."""
    rng = np.random.default_rng(seed)
    spectrum = 1 / np.sqrt(1 + np.arange(n_dimensions))
    centres = rng.normal(size=(n_centres, n_dimensions)) * spectrum
    which = rng.choice(n_centres, size=n_rows, p=rng.dirichlet(np.ones(n_centres)))
    return centres[which] + rng.normal(size=(n_rows, n_dimensions)) * spectrum * 0.8


def inertia(points: np.ndarray, labels: np.ndarray) -> float:
    """From the labels alone: squared distances to the means of the clusters."""
    return sum(
        ((points[labels == c] - points[labels == c].mean(axis=0)) ** 2).sum()
        for c in np.unique(labels)
    )


@pytest.mark.parametrize(("n_rows", "n_clusters"), [(1500, 20), (1500, 250), (6000, 60)])
def test_inertia_is_within_one_percent_of_scikit_learn(n_rows, n_clusters):
    points = mixture(n_rows, 64, 40).astype(np.float32)
    ours = [
        inertia(
            points, kmeans(torch.tensor(points), n_clusters, stream("c", "d", s)).labels.numpy()
        )
        for s in range(4)
    ]
    theirs = [KMeans(n_clusters, random_state=s).fit(points).inertia_ for s in range(4)]
    assert np.mean(ours) < 1.01 * np.mean(theirs)


@settings(max_examples=60, deadline=None)
@given(
    n_rows=st.integers(1, 60),
    distinct=st.integers(1, 60),
    k=st.integers(1, 60),
    seed=st.integers(0),
)
def test_every_cluster_has_a_point_even_among_copies(n_rows, distinct, k, seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(distinct, 3))[rng.integers(distinct, size=n_rows)]
    k = min(k, n_rows)
    labels, centres = kmeans(torch.tensor(points, dtype=torch.float32), k, rng)
    assert labels.shape == (n_rows,)
    assert torch.bincount(labels, minlength=k).min() >= 1
    assert centres.shape == (k, 3)


def test_lloyd_ends_where_nothing_moves():
    points = torch.tensor(mixture(800, 10, 12))
    labels, centres = kmeans(points, 30, stream("c", "d", 0))
    for c in range(30):
        assert torch.allclose(centres[c], points[labels == c].mean(dim=0))
    assert (torch.cdist(points, centres).argmin(dim=1) == labels).all()


def test_lloyd_agrees_with_the_plain_iteration():
    points = mixture(400, 6, 10)
    start = points[:25]
    labels, centres = lloyd(torch.tensor(points), torch.tensor(start)), start.copy()
    for _ in range(300):
        nearest = ((points[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
        centres = np.stack([points[nearest == c].mean(axis=0) for c in range(25)])
    assert (labels.labels.numpy() == nearest).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("n_rows", "n_dimensions", "k"), [(5000, 2, 30), (2600, 24, 100), (300, 3, 60), (40, 2, 1)]
)
def test_lloyd_leaves_out_no_row_that_changes(n_rows, n_dimensions, k, dtype):
    """Every iteration of the plain algorithm, not the last alone, has its counterpart."""
    points = torch.tensor(mixture(n_rows, n_dimensions, 15), dtype=dtype)
    start = points[:k].clone()
    for iterations in (1, 2, 3, 5, 8, 13, 300):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lloyd_module, "MAX_ITERATIONS", iterations)
            found = lloyd(points, start).labels
        centres = start
        for _ in range(iterations):
            nearest = ((centres**2).sum(dim=1) - 2 * points @ centres.T).argmin(dim=1)
            counts = torch.bincount(nearest, minlength=k)
            assert counts.min() > 0  # nothing to fill
            sums = torch.zeros(k, n_dimensions, dtype=torch.float64)
            centres = (sums.index_add_(0, nearest, points.double()) / counts[:, None]).to(dtype)
        assert found.equal(nearest)


def test_points_far_outside_their_cluster_keep_bounds_true():
    """Copies at the centre, lone points far away: distances of 0 beside large ones."""
    rng = np.random.default_rng(0)
    points = np.concatenate([np.zeros((50, 3)), rng.normal(size=(2000, 3)), [[1e4, 0, 0]]])
    for dtype in (torch.float32, torch.float64):
        labels, centres = lloyd(
            torch.tensor(points, dtype=dtype), torch.tensor(points[-20:], dtype=dtype)
        )
        to_all = torch.cdist(torch.tensor(points), centres.double())
        own = to_all.gather(1, labels[:, None])[:, 0]
        assert (own <= to_all.amin(dim=1) + 1e-2).all()


def test_seeds_are_spread_out():
    points = torch.tensor(np.repeat(np.eye(12), 50, axis=0))
    seeds = seed_centres(points, 12, stream("c", "d", 0))
    assert len(seeds.unique(dim=0)) == 12


def test_kmeans_draws_from_the_stream_alone():
    points = torch.tensor(mixture(300, 5, 8))
    first = kmeans(points, 20, stream("c", "d", 0)).labels
    assert (first == kmeans(points, 20, stream("c", "d", 0)).labels).all()
    assert (first != kmeans(points, 20, stream("c", "d", 1)).labels).any()


def test_geometry_keeps_clusters_by_number_and_seed():
    pool = torch.tensor(mixture(200, 5, 8))
    together = Geometry(pool, "d", [4, 9]).clusters(15)
    assert together.shape == (2, 200)
    assert together.dtype == torch.int64
    for r, seed in enumerate((4, 9)):
        assert (together[r] == Geometry(pool, "d", [seed]).clusters(15)[0]).all()
        expected = kmeans(pool, 15, stream("clustering", "d", seed)).labels
        assert (together[r] == expected).all()
    assert (together[0] != together[1]).any()


@pytest.mark.parametrize(("n_rows", "n_neighbours"), [(1, 5), (2, 5), (30, 5), (2100, 20)])
def test_mean_neighbour_distance(n_rows, n_neighbours):
    points = mixture(n_rows, 4, 3) + 100  # far from the origin: rounding must not show
    found = mean_neighbour_distance(torch.tensor(points, dtype=torch.float32), n_neighbours)
    for i in {0, n_rows // 2, n_rows - 1}:
        others = np.linalg.norm(np.delete(points, i, axis=0) - points[i], axis=1)
        expected = np.sort(others)[:n_neighbours].mean() if n_rows > 1 else 0
        assert abs(float(found[i]) - expected) < 1e-3


def test_d2_sample_leaves_out_what_is_not_allowed():
    points = torch.tensor(mixture(40, 3, 4))
    allowed = torch.zeros(2, 40, dtype=torch.bool)
    allowed[:, :15] = True
    rows = d2_sample(
        Space(points, 2), torch.tensor([2, 7]), 15, [stream("q", "d", s) for s in (0, 1)], allowed
    )
    assert rows[:, 0].tolist() == [2, 7]
    assert rows.sort(dim=1).values.tolist() == [list(range(15))] * 2
