import itertools

import numpy as np
import pytest
import torch
from scipy import stats

from alutils import strategies
from alutils.geometry import Space, d2_extend, seeding, space
from tests.strategies.problems import blobs, selection, streams


def squared(points: np.ndarray) -> np.ndarray:
    return ((points[:, None] - points[None]) ** 2).sum(axis=2)


def chances(points: np.ndarray, centres: list[int], allowed: list[int], k: int) -> dict:
    """Exact probability of each order in which D² sampling can draw k rows, by enumeration."""
    weights, found = squared(points), {}
    for order in itertools.permutations(allowed, k):
        probability, known = 1.0, list(centres)
        for row in order:
            nearest = weights[known].min(axis=0) if known else np.ones(len(points))
            probability *= nearest[row] / nearest[allowed].sum()
            known.append(row)
        found[order] = probability
    return found


def check_distribution(rows: np.ndarray, expected: dict) -> None:
    orders = [order for order in expected if expected[order] * len(rows) >= 5]
    drawn = dict.fromkeys(expected, 0)
    for chosen in rows.tolist():
        drawn[tuple(chosen)] += 1
    observed = np.array([drawn[order] for order in orders] + [0.0])
    wanted = np.array([expected[order] * len(rows) for order in orders] + [0.0])
    observed[-1], wanted[-1] = len(rows) - observed.sum(), len(rows) - wanted.sum()
    observed, wanted = observed[wanted > 1], wanted[wanted > 1]
    assert len(wanted) > 5
    assert stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > 1e-3


@pytest.mark.parametrize("labelled", [[], [2], [2, 0, 6]])
@pytest.mark.parametrize(
    ("block", "patience"), [(32, 1024), (2, 0), (3, 10**9)], ids=["default", "stale", "fresh"]
)
def test_same_distribution_as_plain_d2_sampling(monkeypatch, labelled, block, patience):
    monkeypatch.setattr(seeding, "BLOCK", block)
    monkeypatch.setattr(seeding, "PATIENCE", patience)
    monkeypatch.setattr(space, "CENTRES", 2)
    n_replicates, k = 5000, 3
    points, classes = blobs(7, 3, 2, seed=4)
    points[5] = points[4] + 0.2  # near neighbours: stale weights are badly wrong
    problem = selection(points, classes, [labelled] * n_replicates, n_classes=2)
    draws = streams(range(n_replicates))
    rows = strategies.select("kmeans_plus_plus", problem, k, draws).numpy()
    allowed = [i for i in range(7) if i not in labelled]
    check_distribution(rows, chances(problem.pool.numpy(), labelled, allowed, k))


def test_replicates_with_different_numbers_of_labels(monkeypatch):
    monkeypatch.setattr(space, "CENTRES", 3)
    points, classes = blobs(60, 4, 3)
    problem = selection(points, classes, [list(range(20))] * 4)
    labelled = problem.labelled.clone()
    labelled[1, 7:], labelled[2, 1:], labelled[3] = False, False, False
    problem = strategies.Selection(**{**vars(problem), "labelled": labelled})
    rows = strategies.select("kmeans_plus_plus", problem, 15, streams(range(4)))
    for r in range(4):
        alone = d2_extend(
            Space(problem.pool, 1),
            [labelled[r].nonzero()[:, 0]],
            15,
            streams([r]),
            ~labelled[r : r + 1],
        )
        assert (alone[0] == rows[r]).all()


@pytest.mark.parametrize("width", [1, 2, 64])
def test_distances_to_however_many_centres(monkeypatch, width):
    monkeypatch.setattr(space, "CENTRES", width)
    points = torch.tensor(blobs(30, 4, 3)[0])
    centres = [torch.tensor(rows, dtype=torch.int64) for rows in ([3], [], [1, 9, 4, 7, 28])]
    found = Space(points, 3).to_nearest_of(centres).numpy()
    expected = squared(points.numpy())
    for r, rows in enumerate(centres):
        nearest = expected[rows.numpy()].min(axis=0) if len(rows) else np.full(30, np.inf)
        np.testing.assert_allclose(found[r], nearest, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_copies_of_labelled_rows_come_last(dtype):
    points, classes = blobs(12, 40, 3)
    copies = np.arange(60) % 12
    problem = selection(points[copies], classes[copies], [[0, 13]] * 20, dtype=dtype)
    rows = strategies.select("kmeans_plus_plus", problem, 58, streams(range(20))).numpy()
    for chosen in rows:
        assert set((chosen[:10] % 12).tolist()) == set(range(2, 12))
        assert len(set(chosen.tolist())) == 58


def test_copies_alone_are_drawn_uniformly():
    n_replicates = 3000
    points = np.repeat([[0.0, 1], [2, 3]], [5, 1], axis=0)
    problem = selection(points, np.zeros(6, int), [[0, 5]] * n_replicates, n_classes=2)
    rows = strategies.select("kmeans_plus_plus", problem, 2, streams(range(n_replicates))).numpy()
    found, counts = np.unique(rows[:, 0] * 10 + rows[:, 1], return_counts=True)
    assert len(found) == 12
    assert stats.chisquare(counts).pvalue > 1e-3
