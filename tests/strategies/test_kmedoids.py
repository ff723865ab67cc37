import itertools
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import strategies
from alutils.geometry import medoids
from tests.strategies.problems import blobs, draw_labelled, selection, streams


def summed(pool: np.ndarray, medoids: list[int]) -> float:
    """Distance of every row to the nearest medoid, summed; labelled rows are medoids too."""
    return sum(min(np.linalg.norm(x - pool[m]) for m in medoids) for x in pool)


def best_exchange(pool: np.ndarray, labelled: list[int], chosen: list[int]) -> float:
    """The smallest sum that one exchange can reach."""
    others = set(range(len(pool))) - set(labelled) - set(chosen)
    d = np.linalg.norm(pool[:, None] - pool[None], axis=2)
    sums = [
        d[[*labelled, *(set(chosen) - {m}), i]].min(axis=0).sum() for m in chosen for i in others
    ]
    return min(sums, default=np.inf)


@pytest.mark.parametrize(("candidates", "block"), [(256, 16), (7, 3), (5, 1)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_exchange_is_better(monkeypatch, candidates, block, dtype):
    monkeypatch.setattr(medoids, "CANDIDATES", candidates)
    monkeypatch.setattr(medoids, "BLOCK", block)

    @settings(max_examples=15, deadline=None)
    @given(
        n_rows=st.integers(6, 30),
        n_labelled=st.integers(0, 4),
        share=st.floats(0, 0.5),
        seed=st.integers(0, 10**6),
    )
    def matches(n_rows, n_labelled, share, seed):
        points, classes = blobs(n_rows, 2, 3, seed)
        labelled = draw_labelled(n_rows, n_labelled, 2, seed)
        problem = selection(points, classes, labelled, dtype=dtype, n_classes=3)
        k = 1 + round(share * (n_rows - n_labelled - 1))
        rows = strategies.select("kmedoids", problem, k, streams([0, 1])).tolist()
        pool = problem.pool.double().numpy()
        for known, chosen in zip(labelled, rows, strict=True):
            reached = summed(pool, known + chosen)
            assert best_exchange(pool, known, chosen) >= reached * (1 - 3e-6)

    matches()


def test_one_medoid_is_the_row_nearest_to_all():
    points, classes = blobs(50, 3, 2)
    problem = selection(points, classes, [[], []])
    rows = strategies.select("kmedoids", problem, 1, streams([0, 1])).tolist()
    pool = problem.pool.numpy()
    assert rows == [[min(range(50), key=lambda i: summed(pool, [i]))]] * 2


def test_close_to_the_best_choice_there_is():
    ratios = []
    for seed in range(30):
        labelled = draw_labelled(11, seed % 3, 1, seed)
        problem = selection(*blobs(11, 2, 3, seed), labelled, n_classes=3)
        rows = strategies.select("kmedoids", problem, 3, streams([seed]))[0].tolist()
        pool, free = problem.pool.numpy(), sorted(set(range(11)) - set(labelled[0]))
        best = min(summed(pool, labelled[0] + list(c)) for c in itertools.combinations(free, 3))
        ratios.append(summed(pool, labelled[0] + rows) / best)
    assert min(ratios) > 1 - 1e-9
    assert max(ratios) < 1.25
    assert np.mean(ratios) < 1.02


def test_what_is_labelled_needs_no_other_medoid():
    rng = np.random.default_rng(0)
    points = np.repeat([[0.0, 0], [100, 0], [0, 100]], 20, axis=0) + rng.normal(size=(60, 2))
    problem = selection(points, np.repeat([0, 1, 2], 20), [[3], [25], [3, 25]][:2])
    rows = strategies.select("kmedoids", problem, 2, streams([0, 1])).numpy() // 20
    assert np.sort(rows, axis=1).tolist() == [[1, 2], [0, 2]]


def test_a_large_pool_is_gone_through_once(monkeypatch):
    module = sys.modules["alutils.strategies.kmedoids"]
    points, classes = blobs(300, 6, 5)
    problem = selection(points, classes, draw_labelled(300, 4, 2))
    calls = []
    original = medoids._distances
    monkeypatch.setattr(medoids, "_distances", lambda *a: calls.append(a[2]) or original(*a))
    sums = {}
    pool = problem.pool.numpy()
    for large in (300, 299):
        calls.clear()
        monkeypatch.setattr(module, "LARGE", large)
        rows = strategies.select("kmedoids", problem, 12, streams([0, 1]))
        known = [problem.labelled[r].nonzero()[:, 0].tolist() for r in range(2)]
        sums[large] = sum(summed(pool, k + r) for k, r in zip(known, rows.tolist(), strict=True))
    tried = torch.cat(calls[2:])  # the first two are the starts
    assert sorted(tried.tolist()) == list(range(300))
    assert sums[299] < 1.01 * sums[300]


def test_nearest_two_stay_right_through_exchanges():
    rng = np.random.default_rng(0)
    points = torch.tensor(rng.normal(size=(70, 3)))
    ways = medoids._distances(points, (points**2).sum(dim=1), torch.arange(70)).numpy()
    start, away = rng.permutation(60)[:6], ways[[60, 61]].min(axis=0)
    state = medoids._Medoids(start, np.vstack([ways[start], away]), np.arange(70) < 60)
    for _ in range(40):
        row = int(rng.choice(np.flatnonzero(state.free)))
        state._exchange(int(rng.integers(6)), row, ways[row])
        table = np.vstack([ways[state.medoids], away])
        two = table.argsort(axis=0)[:2]
        assert (state.nearest == two).all()
        np.testing.assert_array_equal(state.distance, np.take_along_axis(table, two, axis=0))
        loss = rng.random((3, 70))
        np.testing.assert_allclose(state._by_medoid(loss), loss @ np.eye(7)[two[0]])
        assert set(np.flatnonzero(~state.free)) == {*state.medoids, *range(60, 70)}


def test_only_rows_that_are_allowed_come_in():
    points = torch.tensor(np.random.default_rng(0).normal(size=(40, 3)))
    ways = medoids._distances(points, (points**2).sum(dim=1), torch.arange(40)).numpy()
    nothing_fixed = np.full((1, 40), np.inf)
    state = medoids._Medoids(np.arange(3), np.vstack([ways[:3], nothing_fixed]), np.arange(40) < 20)
    before = state.distance[0].sum()
    assert not state.improve(np.arange(20, 40), ways[20:])
    assert state.improve(np.arange(20), ways[:20])
    assert state.distance[0].sum() < before
    assert len(set(state.medoids)) == 3 and state.medoids.max() < 20


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_copies_are_chosen_only_when_nothing_else_is_left(dtype):
    points, classes = blobs(12, 40, 3)
    copies = np.arange(60) % 12
    problem = selection(points[copies], classes[copies], [[0]] * 3, dtype=dtype)
    rows = strategies.select("kmedoids", problem, 14, streams(range(3))).numpy()
    for chosen in rows:
        assert set((chosen % 12).tolist()) | {0} == set(range(12))


@pytest.mark.parametrize("n_rows", [2, 3])
def test_tiny_pools(n_rows):
    points = np.array([[0.0, 1], [2, 3], [2, 7]])[:n_rows]
    problem = selection(points, np.zeros(n_rows, int), [[]], n_classes=2)
    rows = strategies.select("kmedoids", problem, n_rows, streams([0]))[0].tolist()
    assert sorted(rows) == list(range(n_rows))
