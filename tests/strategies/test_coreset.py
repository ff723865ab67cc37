import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import strategies
from alutils.geometry import farthest
from tests.strategies.problems import blobs, draw_labelled, selection, streams


def plain(pool: np.ndarray, labelled: list[int], k: int) -> list[int]:
    """Farthest-first with every distance computed anew for every choice."""
    centres, chosen = list(labelled), []
    for _ in range(k):
        if not centres:
            row = int(((pool - pool.mean(axis=0)) ** 2).sum(axis=1).argmin())
        else:
            nearest = ((pool[:, None] - pool[centres]) ** 2).sum(axis=2).min(axis=1)
            nearest[centres] = -1
            row = int(nearest.argmax())
        centres.append(row)
        chosen.append(row)
    return chosen


@settings(max_examples=40, deadline=None)
@given(
    n_rows=st.integers(5, 120),
    n_labelled=st.integers(0, 40),
    share=st.floats(0, 1),
    shortlist=st.sampled_from([1, 4, 16, 256]),
    first=st.sampled_from([1, 3, 32]),
    seed=st.integers(0, 10**6),
)
def test_identical_to_plain_farthest_first(n_rows, n_labelled, share, shortlist, first, seed):
    n_labelled = min(n_labelled, n_rows - 1)
    k = 1 + round(share * (n_rows - n_labelled - 1))
    points, classes = blobs(n_rows, 4, 5, seed)
    labelled = draw_labelled(n_rows, n_labelled, 2, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(farthest, "SHORTLIST", shortlist)
        patch.setattr(farthest, "FIRST_CENTRES", first)
        patch.setattr(farthest, "CENTRES", 2 * first)
        patch.setattr(farthest, "CHUNK", 16)
        problem = selection(points, classes, labelled)
        rows = strategies.select("coreset", problem, k, streams([0, 1])).tolist()
    pool = problem.pool.numpy()
    assert rows == [plain(pool, known, k) for known in labelled]


def test_identical_to_plain_on_a_larger_pool():
    points, classes = blobs(1500, 24, 15)
    labelled = draw_labelled(1500, 80, 2)
    problem = selection(points, classes, labelled)
    rows = strategies.select("coreset", problem, 40, streams([0, 1])).tolist()
    assert rows == [plain(problem.pool.numpy(), known, 40) for known in labelled]


def test_replicates_with_different_numbers_of_labels():
    points, classes = blobs(80, 4, 3)
    problem = selection(points, classes, [list(range(40))] * 3)
    labelled = problem.labelled.clone()
    labelled[1, 7:], labelled[2, :] = False, False
    problem = strategies.Selection(**{**vars(problem), "labelled": labelled})
    rows = strategies.select("coreset", problem, 20, streams(range(3))).tolist()
    pool = problem.pool.numpy()
    known = [labelled[r].nonzero()[:, 0].tolist() for r in range(3)]
    assert rows == [plain(pool, centres, 20) for centres in known]


def test_nothing_labelled_starts_nearest_the_mean():
    """The fault: a crash with nothing labelled."""
    points = np.array([[5.0, 0], [-5, 0], [0.1, 0.2], [0, 6], [0, -6]])
    problem = selection(points, np.zeros(5, int), [[]])
    rows = strategies.select("coreset", problem, 5, streams([0]))[0].tolist()
    assert rows[0] == 2
    assert set(rows[1:3]) == {3, 4}


@pytest.mark.parametrize("shortlist", [2, 256])
def test_equal_distances_are_decided_by_the_stream(monkeypatch, shortlist):
    monkeypatch.setattr(farthest, "SHORTLIST", shortlist)  # the tie reaches beyond a list of 2
    points = np.array([[0.0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    problem = selection(points, np.zeros(5, int), [[0]] * 400, n_classes=2)
    rows = strategies.select("coreset", problem, 1, streams(range(400)))[:, 0]
    counts = torch.bincount(rows, minlength=5).tolist()
    assert counts[0] == 0
    assert min(counts[1:]) > 60


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_distances_that_rounding_sets_apart_are_equal(dtype):
    """The fault: the last bit of a sum decided between them, not the stream."""
    n_replicates = 1000
    points = np.random.default_rng(1).integers(0, 2, size=(300, 40)).astype(float)
    labelled = [[0, 1, 2, 3, 4]] * n_replicates
    problem = selection(points, np.arange(300) % 2, labelled, dtype=dtype)
    away = ((points[:, None] - points[None, :5]) ** 2).sum(axis=2).min(axis=1)
    farthest_of_all = np.flatnonzero(away == away.max())
    rows = strategies.select("coreset", problem, 1, streams(range(n_replicates)))[:, 0].numpy()
    found, counts = np.unique(rows, return_counts=True)
    assert len(farthest_of_all) > 2
    assert found.tolist() == farthest_of_all.tolist()
    assert counts.min() > 0.7 * n_replicates / len(found)


@pytest.mark.parametrize("shortlist", [1, 4, 256])
def test_many_ties_are_worked_off(monkeypatch, shortlist):
    monkeypatch.setattr(farthest, "SHORTLIST", shortlist)
    points = np.random.default_rng(1).integers(0, 2, size=(300, 8)).astype(float)
    problem = selection(points, np.arange(300) % 2, [[0, 1]], dtype=torch.float32)
    rows = strategies.select("coreset", problem, 250, streams([0]))[0].tolist()
    away = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    taken = [0, 1]
    for row in rows:
        nearest = away[:, taken].min(axis=1)
        assert nearest[row] == nearest.max()
        taken.append(row)


def test_of_rows_as_near_to_the_mean_the_stream_takes_the_first():
    n_replicates = 400
    points = np.array([[1.0, 0.1], [-1, 0.1], [1, -0.1], [-1, -0.1], [0, 5], [0, -5]])
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    points = points @ turn + 0.3  # equal distances no longer are, by rounding
    problem = selection(points, np.zeros(6, int), [[]] * n_replicates, n_classes=2)
    rows = strategies.select("coreset", problem, 1, streams(range(n_replicates)))[:, 0].numpy()
    found, counts = np.unique(rows, return_counts=True)
    assert found.tolist() == [0, 1, 2, 3]
    assert counts.min() > 60
