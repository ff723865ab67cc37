"""Greedy coverage, and the strategies that are nothing but it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils import strategies
from alutils.errors import UserError
from alutils.geometry import Gaussian, Nearness, cover, coverage, similarity, smallest_distance
from tests.strategies.coverage_oracle import check_greedy, check_strategy, distances
from tests.strategies.problems import blobs, draw_labelled, selection, streams


@pytest.fixture(params=["as it is", "in small pieces"])
def way(request, monkeypatch):
    """The paths of large pools, walked on small ones too."""
    if request.param == "in small pieces":
        monkeypatch.setattr(coverage, "TILE", 7)
        monkeypatch.setattr(coverage, "SHORTLIST", 3)
        monkeypatch.setattr(similarity, "CHUNK", 7)


shapes = given(
    n_rows=st.integers(12, 60),
    n_labelled=st.integers(0, 10),
    copies=st.booleans(),
    width=st.floats(0.05, 3),
    seed=st.integers(0, 10**6),
)
few = settings(max_examples=25, deadline=None)


def test_each_choice_covers_most(way):
    @few
    @shapes
    def matches(n_rows, n_labelled, copies, width, seed):
        rng = np.random.default_rng(seed)
        points = blobs(n_rows, 4, 3, seed)[0]
        if copies:
            points = points[rng.integers(n_rows // 2, size=n_rows)]
        weights = rng.random((2, n_rows)) * (rng.random((2, n_rows)) < 0.7)
        labelled = draw_labelled(n_rows, n_labelled, 2, seed)
        likes = [Gaussian(width), Nearness(distances(points).max() * 1.5)]
        chosen = cover(
            torch.tensor(points),
            likes,
            torch.tensor(weights),
            [torch.tensor(rows, dtype=torch.int64) for rows in labelled],
            min(12, n_rows - n_labelled),
            streams([0, 1]),
        ).tolist()
        d = distances(points)
        check_greedy(np.exp(-((d / width) ** 2)), weights[0], labelled[0], chosen[0])
        check_greedy(1.5 * d.max() - d, weights[1], labelled[1], chosen[1])

    matches()


@pytest.mark.parametrize("bandwidth", [0.3, 1.0, 2.5])
def test_max_herding_is_greedy_under_a_gaussian(way, bandwidth):
    problem = selection(*blobs(90, 5, 4), labelled := draw_labelled(90, 8, 3))
    points = problem.pool.numpy()
    length = np.sqrt((points**2).sum(axis=1).mean())
    similar = np.exp(-((distances(points) / (bandwidth * length)) ** 2))
    name = f"max_herding(bandwidth={bandwidth})"
    check_strategy(
        lambda: strategies.select(name, problem, 20, streams(range(3))).numpy(), similar, labelled
    )


@pytest.mark.parametrize("n_labelled", [0, 1, 9])
def test_facility_location_shortens_the_way_most(way, n_labelled):
    problem = selection(*blobs(90, 5, 4), labelled := draw_labelled(90, n_labelled, 3))
    rows = strategies.select("facility_location", problem, 20, streams(range(3))).tolist()
    d = distances(problem.pool.numpy())
    for known, chosen in zip(labelled, rows, strict=True):
        taken = list(known)
        for row in chosen:
            ways = [d[:, [*taken, other]].min(axis=1).sum() for other in range(90)]
            best = min(w for other, w in enumerate(ways) if other not in taken)
            assert ways[row] == pytest.approx(best, rel=1e-9)
            taken.append(row)


def test_facility_location_begins_with_the_medoid():
    problem = selection(*blobs(70, 6, 3), [[]])
    first = strategies.select("facility_location", problem, 1, streams([0])).item()
    assert first == distances(problem.pool.numpy()).sum(axis=1).argmin()


@pytest.mark.parametrize("name", ["max_herding", "facility_location"])
def test_within_the_bound_of_submodularity(name):
    """Coverage of greedy choices is at least 1 - 1/e of the best that as many rows can give."""
    points, classes = blobs(14, 2, 3)
    problem = selection(points, classes, [[]])
    d = distances(problem.pool.numpy())
    length = np.sqrt((problem.pool.numpy() ** 2).sum(axis=1).mean())
    similar = np.exp(-((d / length) ** 2)) if name == "max_herding" else d.max() - d
    rows = strategies.select(name, problem, 3, streams([0]))[0].tolist()
    triples = np.array(np.meshgrid(*[np.arange(14)] * 3)).reshape(3, -1).T
    best = similar[:, triples].max(axis=2).sum(axis=0).max()
    assert similar[:, rows].max(axis=1).sum() >= (1 - 1 / np.e) * best


@pytest.mark.parametrize("name", ["max_herding", "facility_location"])
def test_row_order_does_not_matter(name):
    points, classes = blobs(80, 6, 3)
    order = np.random.default_rng(5).permutation(80)
    labelled = [[3, 30, 50]]
    moved = [np.argsort(order)[labelled[0]].tolist()]
    expected = strategies.select(name, selection(points, classes, labelled), 12, streams([0]))
    found = strategies.select(
        name, selection(points[order], classes[order], moved), 12, streams([0])
    )
    assert (order[found.numpy()] == expected.numpy()).all()


def test_equals_are_decided_by_the_stream(way):
    """Two pairs of copies and a row apart: first one of either pair, then one of the other."""
    n_replicates = 2000
    points = np.array([[0.0, 0], [0, 0], [9, 0], [9, 0], [4.5, 30]])
    for dtype in (torch.float32, torch.float64):
        problem = selection(points, np.zeros(5, int), [[4]] * n_replicates, dtype=dtype)
        draws = streams(range(n_replicates))
        rows = strategies.select("max_herding(bandwidth=0.1)", problem, 4, draws).numpy()
        assert (np.sort(rows[:, :2] // 2, axis=1) == [0, 1]).all()
        found, counts = np.unique(rows[:, 0] * 10 + rows[:, 1], return_counts=True)
        assert len(found) == 8
        assert stats.chisquare(counts).pvalue > 1e-3


def test_what_counts_for_nothing_is_uniform():
    n_replicates = 1500
    pool = torch.tensor(blobs(6, 3, 2)[0])
    none = torch.zeros(n_replicates, 6, dtype=torch.float64)
    known = [torch.tensor([2])] * n_replicates
    rows = cover(pool, [Gaussian(1.0)] * n_replicates, none, known, 1, streams(range(n_replicates)))
    found, counts = np.unique(rows.numpy(), return_counts=True)
    assert found.tolist() == [0, 1, 3, 4, 5]
    assert stats.chisquare(counts).pvalue > 1e-3


def test_a_score_on_the_list_gives_way_to_a_better_one_off_it(monkeypatch):
    """Two heaps; the shortlist holds rows of the larger one alone."""
    monkeypatch.setattr(coverage, "SHORTLIST", 4)
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(40, 2)), rng.normal(size=(25, 2)) + 50])
    problem = selection(points, np.zeros(65, int), [[]])
    rows = strategies.select("max_herding", problem, 2, streams([0]))[0].tolist()
    assert sorted(row >= 40 for row in rows) == [False, True]


def test_most_rows_are_looked_at_once(monkeypatch):
    looked = []
    original = coverage._Greedy.advance
    monkeypatch.setattr(
        coverage._Greedy, "advance", lambda *a: looked.append(coverage.SHORTLIST) or original(*a)
    )
    problem = selection(*blobs(2000, 8, 20), draw_labelled(2000, 30, 1))
    strategies.select("max_herding(bandwidth=0.5)", problem, 50, streams([0]))
    assert sum(looked) < 2000 * 50 / 10


def test_smallest_distance(way):
    points = blobs(40, 3, 2)[0]
    d = distances(points)
    expected = d[d > 0].min()
    for dtype in (torch.float32, torch.float64):
        twice = torch.tensor(np.concatenate([points, points]), dtype=dtype)
        assert smallest_distance(twice) == pytest.approx(expected, rel=1e-4)
    for alone in (points[:0], points[:1], points[[0, 0]]):
        assert smallest_distance(torch.tensor(alone)) == np.inf


@pytest.mark.parametrize(
    "wrong", ["bandwidth=0", "bandwidth=-1", "bandwidth=1e-23", "bandwidth=1e300"]
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(UserError, match="cannot be"):
        strategies.get(f"max_herding({wrong})")


@pytest.mark.parametrize("bandwidth", [1e-6, 1e6])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_narrowest_and_the_widest(bandwidth, dtype):
    problem = selection(*blobs(60, 5, 3), draw_labelled(60, 5, 2), dtype=dtype)
    name = f"max_herding(bandwidth={bandwidth})"
    rows = strategies.select(name, problem, 55, streams([0, 1]))
    assert all(len(set(chosen.tolist())) == 55 for chosen in rows)
