import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils import strategies
from alutils.errors import UserError
from alutils.geometry import Geometry, balls, pairs
from tests.strategies.problems import blobs, draw_labelled, selection, streams

purity = sys.modules["alutils.geometry.purity"]


def distances(points: np.ndarray) -> np.ndarray:
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))


def largest_radius(points: np.ndarray, labels: np.ndarray, share: float) -> float:
    """Try every radius that changes anything: balls of the points nearer than it."""
    d, best = distances(points), 0.0
    for radius in np.unique(d):
        pure = [len(set(labels[near])) == 1 for near in d < radius if near.any()]
        if sum(pure) >= share * len(points) - 1e-9:
            best = max(best, radius)
    return best


def check_greedy(near: np.ndarray, labelled: list[int], rows: list[int]) -> None:
    """Each row covers as many rows not covered yet as any unlabelled row does."""
    taken = list(labelled)
    for row in rows:
        covered = {j for i in taken for j in np.flatnonzero(near[i])}
        gains = {
            i: len(set(np.flatnonzero(near[i])) - covered)
            for i in range(len(near))
            if i not in taken
        }
        assert gains[row] == max(gains.values())
        taken.append(row)


@pytest.fixture(params=["kept", "computed", "misled"])
def way(request, monkeypatch):
    """The ways to the balls: the graph kept, too large to keep, or a sample that misleads."""
    for module in (pairs, balls, purity):
        monkeypatch.setattr(module, "CHUNK", 7)
    if request.param == "computed":
        monkeypatch.setattr(pairs, "MOST", 0)
        monkeypatch.setattr(pairs, "FEW", 0)
    if request.param == "misled":
        monkeypatch.setattr(purity, "SAMPLE", 1)
    return request.param


shapes = given(
    n_rows=st.integers(12, 45),
    n_labelled=st.integers(0, 10),
    n_classes=st.integers(1, 6),
    share=st.floats(0.3, 1),
    seed=st.integers(0, 10**6),
)
few = settings(max_examples=25, deadline=None)


def test_greedy_cover_at_the_largest_pure_radius(way):
    @few
    @shapes
    def matches(n_rows, n_labelled, n_classes, share, seed):
        points, classes = blobs(n_rows, 3, 4, seed)
        labelled = draw_labelled(n_rows, n_labelled, 2, seed)
        problem = replace(selection(points, classes, labelled, n_classes=6), n_classes=n_classes)
        name, k = f"prob_cover(purity={share})", min(12, n_rows - n_labelled)
        rows = strategies.select(name, problem, k, streams([0, 1])).tolist()
        pool = problem.pool.numpy()
        clusters = problem.geometry.clusters(max(n_classes, 2)).numpy()
        for r in range(2):
            radius = largest_radius(pool, clusters[r], share)
            d = distances(pool)
            # No other pair so close to the radius that the step which excludes rounding matters.
            assume(((d > 0.999 * radius) & (d < (1 - 1e-9) * radius)).sum() == 0)
            near = (d < (1 - 1e-9) * radius) | (d == 0)
            assert (problem.geometry.pure_balls(max(n_classes, 2), share).sizes[r]
                    == near.sum(axis=1)).all()  # fmt: skip
            check_greedy(near, labelled[r], rows[r])
        found = problem.geometry.pure_balls(max(n_classes, 2), share)
        assert (found.pairs is None) == (way == "computed")

    matches()


def test_every_way_chooses_the_same(monkeypatch):
    points, classes = blobs(300, 4, 3, 8)
    labelled = draw_labelled(300, 20, 2)
    chosen = []
    for most, sample in ((1 << 22, 1024), (0, 1024), (1 << 22, 1)):
        monkeypatch.setattr(pairs, "MOST", 0)
        monkeypatch.setattr(pairs, "FEW", most)
        monkeypatch.setattr(purity, "SAMPLE", sample)
        problem = selection(points, classes, labelled)
        chosen.append(strategies.select("prob_cover", problem, 60, streams([0, 1])).tolist())
        assert (problem.geometry.pure_balls(3, 0.95).pairs is None) == (most == 0)
    assert chosen[0] == chosen[1] == chosen[2]


@pytest.mark.parametrize("n_rows", [1203, 499, 1025])
def test_the_last_rows_are_centres_too(n_rows):
    """The fault: a graph in blocks of 500 that drops the last N mod 500 rows as centres."""
    points, classes = blobs(n_rows, 6, 3)
    points[:-1] *= 8
    directions = np.random.default_rng(1).normal(size=(100, 6))
    points[:100] = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    points[-1] = 0  # every other row of the ring is farther from most of it
    problem = selection(points, classes, [[]])
    one = 1.05 / np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean())
    for name in (f"prob_cover(radius={one})", "prob_cover"):
        rows = strategies.select(name, problem, 1, streams([0]))
        assert name == "prob_cover" or rows.tolist() == [[n_rows - 1]]
    for found in (problem.geometry.balls(one), problem.geometry.pure_balls(3, 0.95)):
        assert found.sizes.shape == (1, n_rows)
        assert found.sizes.min() >= 1
        near = distances(problem.pool.numpy()) ** 2 <= found.limits[0]
        assert (found.sizes[0] == near.sum(axis=1)).all()


def test_nothing_left_to_cover_is_uniform_among_the_unlabelled():
    """The fault: an already labelled row once nothing is uncovered."""
    n_replicates = 3000
    problem = selection(*blobs(7, 3, 2), [[0, 3]] * n_replicates)
    draws = streams(range(n_replicates))
    rows = strategies.select("prob_cover(radius=100)", problem, 2, draws).numpy()
    found, counts = np.unique(rows[:, 0] * 10 + rows[:, 1], return_counts=True)
    assert len(found) == 20  # ordered pairs of the 5 unlabelled rows
    assert not np.isin(rows, [0, 3]).any()
    assert stats.chisquare(counts).pvalue > 1e-3


def test_equal_gains_are_decided_by_the_stream():
    n_replicates = 3000
    points = np.array([[0.0, 0], [0, 1], [9, 0], [9, 1], [0, 30], [50, 50]])
    problem = selection(points, np.zeros(6, int), [[5]] * n_replicates, n_classes=2)
    unit = np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean())
    name = f"prob_cover(radius={2 / unit})"
    rows = strategies.select(name, problem, 3, streams(range(n_replicates))).numpy()
    pairs_first = np.sort(rows[:, :2] // 2, axis=1)
    assert (pairs_first == [0, 1]).all()
    assert (rows[:, 2] == 4).all()
    found, counts = np.unique(rows[:, 0], return_counts=True)
    assert found.tolist() == [0, 1, 2, 3]
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("name", ["prob_cover", "prob_cover(radius=0.6)"])
def test_the_unit_of_the_vectors_does_not_matter(name):
    """The fault: a fixed radius on vectors of any length."""
    problem = selection(*blobs(80, 5, 3), draw_labelled(80, 5, 2))
    expected = strategies.select(name, problem, 20, streams([0, 1]))
    for factor in (2.0**-20, 2.0**20):
        pool = problem.pool * factor
        other = replace(problem, pool=pool, geometry=Geometry(pool, "toy", [0, 1]))
        assert (strategies.select(name, other, 20, streams([0, 1])) == expected).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_copies_cover_each_other_however_small_the_radius(dtype):
    points, classes = blobs(12, 40, 3)
    copies = np.repeat(np.arange(12), np.arange(1, 13))
    problem = selection(points[copies], classes[copies], [[]], dtype=dtype)
    rows = strategies.select("prob_cover(radius=1e-9)", problem, 12, streams([0]))[0].numpy()
    assert copies[rows].tolist() == list(range(11, -1, -1))


def test_a_row_whose_own_distance_is_the_radius_lies_outside():
    """Both of the nearest pair of two pseudo-classes have pure balls."""
    for dtype in (torch.float32, torch.float64):
        points = np.array([[0.0], [1], [2], [5], [6], [7]])
        problem = selection(points, np.zeros(6, int), [[]], dtype=dtype, n_classes=2)
        found = problem.geometry.pure_balls(2, 1.0)
        assert found.sizes.tolist() == [[3] * 6]


def test_one_graph_serves_all_seeds_and_cycles(monkeypatch):
    calls = []
    original = purity.near_pairs
    monkeypatch.setattr(purity, "near_pairs", lambda *a: calls.append(a) or original(*a))
    problem = replace(selection(*blobs(90, 5, 3), [[]] * 4), n_classes=8)
    strategies.select("prob_cover", problem, 5, streams(range(4)))
    strategies.select("prob_cover", problem, 9, streams(range(4), "query 2"))
    assert len(calls) == 1
    assert len(set(problem.geometry.pure_balls(8, 0.95).limits.tolist())) > 1
    strategies.select("prob_cover(purity=0.5)", problem, 5, streams(range(4)))
    assert len(calls) == 2
    assert len(problem.geometry._balls) == 1


def test_pairs_are_kept_only_while_they_fit(monkeypatch):
    points = torch.tensor(blobs(50, 4, 2)[0])
    monkeypatch.setattr(pairs, "FEW", 0)
    for most in (49, 50):
        monkeypatch.setattr(pairs, "MOST", most / points.numel())
        found = pairs.near_pairs(points, 0.0)
        assert (found is None) == (most == 49)
    assert found is not None and found.others.tolist() == list(range(50))


@pytest.mark.parametrize("n_rows", [2, 3])
@pytest.mark.parametrize("n_classes", [0, 1, 7])
def test_tiny_pools(n_rows, n_classes):
    points = np.array([[0.0, 1], [2, 3], [2, 7]])[:n_rows]
    problem = selection(points, np.zeros(n_rows, int), [[]], n_classes=2)
    problem = replace(problem, n_classes=n_classes)
    rows = strategies.select("prob_cover", problem, n_rows, streams([0]))[0].tolist()
    assert sorted(rows) == list(range(n_rows))


@pytest.mark.parametrize(
    "wrong", ["purity=0", "purity=1.1", "radius=0", "radius=-1", "radius=1e200"]
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(UserError, match="cannot be"):
        strategies.get(f"prob_cover({wrong})")
