"""UncertaintyHerding: weights, bandwidth, and how it puts them together."""

import sys

import numpy as np
import pytest

from alutils import strategies
from alutils.strategies.herding import UncertaintyHerding
from tests.strategies import problems
from tests.strategies.coverage_oracle import check_greedy, distances
from tests.strategies.problems import blobs, draw_labelled, selection, streams

herding = sys.modules["alutils.strategies.herding"]


def margins(probabilities: np.ndarray) -> np.ndarray:
    top = np.sort(probabilities, axis=-1)
    return top[..., -1] - top[..., -2]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_greedy_by_uncertainty_under_the_labelled_rows_own_bandwidth(monkeypatch, temperature):
    monkeypatch.setattr(herding, "best_temperature", lambda *a: temperature)
    labelled = draw_labelled(90, 12, 3)
    problem = selection(*blobs(90, 5, 4), labelled)
    rows = strategies.select("uncertainty_herding", problem, 20, streams(range(3))).tolist()
    d = distances(problem.pool.numpy())
    for r, (known, chosen) in enumerate(zip(labelled, rows, strict=True)):
        bandwidth = min(d[i, j] for i in known for j in known if i != j)
        logits = problem.head.logits(problem.pool)[r].numpy() / temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        weights = 1 - margins(powers / powers.sum(axis=1, keepdims=True))
        check_greedy(np.exp(-((d / bandwidth) ** 2)), weights, known, chosen)


def test_the_temperature_is_that_of_the_labelled_rows(monkeypatch):
    asked = []
    original = herding.best_temperature
    monkeypatch.setattr(herding, "best_temperature", lambda *a: asked.append(a) or original(*a))
    labelled = draw_labelled(60, 12, 2)
    points, classes = blobs(60, 5, 4)
    problem = selection(points, classes, labelled)
    UncertaintyHerding().query(problem, 3, streams([0, 1]))
    for known, (pool, rows, labels, n_classes, _) in zip(labelled, asked, strict=True):
        assert pool is problem.pool
        assert sorted(rows.tolist()) == sorted(known)
        assert labels.tolist() == classes[rows].tolist()
        assert n_classes == 4


def test_with_one_label_or_copies_the_bandwidth_is_that_of_max_herding(monkeypatch):
    even = np.full((1, 30, 3), 1 / 3)
    points, classes = blobs(30, 4, 3)
    points[1] = points[0]
    for known in ([0], [0, 1]):
        problem = problems.with_probabilities(selection(points, classes, [known]), even)
        expected = strategies.select("max_herding", problem, 6, streams([0]))
        found = strategies.select("uncertainty_herding", problem, 6, streams([0]))
        assert (found == expected).all()


def test_sure_rows_are_left_alone():
    """A row of even odds among rows that the head is sure of, far from all others."""
    sure = np.tile([0.999, 0.001], (1, 40, 1))
    sure[0, 7] = 0.5, 0.5
    points, classes = blobs(40, 3, 2)
    problem = problems.with_probabilities(selection(points, classes, [[0, 1, 2]]), sure)
    assert strategies.select("uncertainty_herding", problem, 1, streams([0])).item() == 7
