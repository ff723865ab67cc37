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
    points, classes = blobs(3000, 24, 15)
    labelled = draw_labelled(3000, 150, 2)
    problem = selection(points, classes, labelled)
    rows = strategies.select("coreset", problem, 60, streams([0, 1])).tolist()
    assert rows == [plain(problem.pool.numpy(), known, 60) for known in labelled]


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
