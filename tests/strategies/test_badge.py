import itertools
import resource

import numpy as np
import pytest
import torch
from scipy import stats

from alutils import strategies
from alutils.geometry import seeding
from alutils.strategies.badge import gradients
from tests.strategies.problems import blobs, selection, streams, with_probabilities


def dense_gradients(pool: np.ndarray, table: np.ndarray) -> np.ndarray:
    """One long gradient per row, element by element."""
    rows = []
    for h, p in zip(pool, table, strict=True):
        residual = p.copy()
        residual[p.argmax()] -= 1
        rows.append([a * x for a in residual for x in h])
    return np.array(rows)


def distances(g: np.ndarray) -> np.ndarray:
    return ((g[:, None] - g[None]) ** 2).sum(axis=2)


def random_table(n_replicates: int, n_rows: int, n_classes: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), size=(n_replicates, n_rows))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_distances_equal_those_of_dense_gradients(dtype):
    pool = torch.tensor(blobs(30, 5, 3)[0], dtype=dtype)
    table = random_table(2, 30, 4)
    space = gradients(pool, torch.tensor(table, dtype=dtype))
    everything = torch.arange(30).expand(2, -1)
    between = space.between(torch.arange(2), everything, everything)
    centres = torch.tensor([[3, 7, 11], [0, 1, 2]])
    nearest = space.to_nearest(torch.arange(2), centres)
    for r in range(2):
        expected = distances(dense_gradients(pool.double().numpy(), table[r]))
        scale = expected.max()
        assert np.abs(between[r].numpy() - expected).max() < 1e-5 * scale
        to_nearest = expected[:, centres[r]].min(axis=1)
        assert np.abs(nearest[r].numpy() - to_nearest).max() < 1e-5 * scale


def test_only_the_entry_of_the_predicted_class_is_changed():
    """The fault: a whole row scaled instead of entry (i, argmax), preferring confident points."""
    pool = torch.eye(4, dtype=torch.float64)
    table = torch.tensor([[[0.6, 0.4], [0.99, 0.01], [0.9, 0.1], [0.7, 0.3]]], dtype=torch.float64)
    norms = gradients(pool, table).norms[0]
    assert torch.allclose(norms, torch.tensor([0.32, 0.0002, 0.02, 0.18], dtype=torch.float64))
    problem = with_probabilities(selection(*blobs(4, 3, 2), [[1]]), table.numpy())
    problem = strategies.Selection(**{**vars(problem), "pool": pool})
    assert strategies.select("badge", problem, 1, streams([0])).tolist() == [[0]]


def set_probabilities(weights: np.ndarray, first: int, allowed: list[int], k: int) -> dict:
    """Exact probability of each set that D² sampling can end with, by enumeration."""
    found: dict[frozenset, float] = {}
    for order in itertools.permutations([i for i in allowed if i != first], k - 1):
        probability, nearest = 1.0, weights[first].copy()
        for row in order:
            probability *= nearest[row] / nearest[allowed].sum()
            nearest = np.minimum(nearest, weights[row])
        key = frozenset(order)
        found[key] = found.get(key, 0.0) + probability
    return found


@pytest.mark.parametrize(
    ("block", "patience"), [(32, 1024), (2, 0), (3, 10**9)], ids=["default", "stale", "fresh"]
)
def test_same_distribution_as_dense_kmeans_plus_plus(monkeypatch, block, patience):
    monkeypatch.setattr(seeding, "BLOCK", block)
    monkeypatch.setattr(seeding, "PATIENCE", patience)
    n_replicates, k = 12_000, 4
    points, classes = blobs(8, 3, 2, seed=4)
    points[5] = points[4] + 0.2  # near neighbours: stale weights are badly wrong
    table = random_table(1, 8, 3, seed=1)
    table[0, 5] = table[0, 4]
    problem = selection(points, classes, [[2]] * n_replicates)
    problem = with_probabilities(problem, np.repeat(table, n_replicates, axis=0))
    rows = strategies.select("badge", problem, k, streams(range(n_replicates))).numpy()

    allowed = [0, 1, 3, 4, 5, 6, 7]
    g = dense_gradients(problem.pool.numpy(), table[0])
    first = max(allowed, key=lambda i: (g[i] ** 2).sum())
    assert (rows[:, 0] == first).all()
    expected = set_probabilities(distances(g), first, allowed, k)
    counts = dict.fromkeys(expected, 0)
    for chosen in rows:
        counts[frozenset(chosen[1:].tolist())] += 1
    common = [s for s in expected if expected[s] * n_replicates >= 5]
    observed = np.array([counts[s] for s in common] + [0.0])
    wanted = np.array([expected[s] * n_replicates for s in common] + [0.0])
    observed[-1], wanted[-1] = n_replicates - observed.sum(), n_replicates - wanted.sum()
    observed, wanted = observed[wanted > 1], wanted[wanted > 1]
    assert len(wanted) > 10
    assert stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > 1e-3


def test_all_gradients_zero_draws_uniformly():
    n_replicates = 4000
    problem = selection(*blobs(6, 3, 2), [[1]] * n_replicates)
    table = np.zeros((n_replicates, 6, 2))
    table[:, :, 0] = 1
    problem = with_probabilities(problem, table)
    rows = strategies.select("badge", problem, 2, streams(range(n_replicates))).numpy()
    pairs = np.unique(rows[:, 0] * 10 + rows[:, 1], return_counts=True)[1]
    assert len(pairs) == 20
    assert stats.chisquare(pairs).pvalue > 1e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_copies_of_a_chosen_row_wait_until_nothing_else_is_left(dtype):
    points, classes = blobs(12, 40, 3)
    copies = np.arange(60) % 12
    problem = selection(points[copies], classes[copies], [[0]] * 20, dtype=dtype)
    problem = with_probabilities(problem, np.repeat(random_table(1, 12, 5)[:, copies], 20, axis=0))
    rows = strategies.select("badge", problem, 14, streams(range(20))).numpy()
    for chosen in rows:
        assert set((chosen[:12] % 12).tolist()) == set(range(12))


def test_large_problem_without_the_dense_matrix():
    """The fault: N x CD gradients, 2.4 GB here in float32."""
    n_rows, n_dimensions, n_classes = 5000, 1536, 77
    pool = torch.randn(n_rows, n_dimensions, generator=torch.Generator().manual_seed(0))
    table = torch.tensor(random_table(1, n_rows, n_classes), dtype=torch.float32)
    space = gradients(pool, table)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB
    rows = seeding.d2_sample(space, torch.tensor([3]), 50, streams([0]))
    assert len(set(rows[0].tolist())) == 50
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500 * 1024


def test_gradients_keep_their_digits_where_the_head_is_sure():
    """The fault: 1 - p and sums of squares that cancel, so that all gradients are zero."""
    rng = np.random.default_rng(0)
    doubt = rng.dirichlet(np.ones(4), size=50) * 1e-5 * rng.uniform(0.05, 1, size=(50, 1))
    table = np.c_[1 - doubt.sum(axis=1), doubt]
    pool = torch.tensor(blobs(50, 6, 3)[0])
    exact = gradients(pool, torch.tensor(table)[None])
    found = gradients(pool.float(), torch.tensor(table, dtype=torch.float32)[None])
    assert torch.allclose(found.norms.double(), exact.norms, rtol=1e-5, atol=0)
    dense = (dense_gradients(pool.numpy(), table) ** 2).sum(axis=1)
    np.testing.assert_allclose(exact.norms[0].numpy(), dense, rtol=1e-4)
    everything = torch.arange(50)[None]
    between = found.between(torch.arange(1), everything, everything)[0]
    expected = exact.between(torch.arange(1), everything, everything)[0]
    assert torch.allclose(between.double(), expected, rtol=1e-3, atol=float(expected.max()) * 1e-5)
