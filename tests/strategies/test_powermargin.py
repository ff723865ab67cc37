import numpy as np
import pytest
import torch
from scipy import stats

from alutils import strategies
from alutils.errors import UserError
from tests.strategies.problems import blobs, selection, streams, with_probabilities


def with_scores(scores, n_replicates, labelled):
    """Rows whose margins are 1 - score, in every replicate."""
    points, classes = blobs(len(scores), 3, 2)
    table = np.stack([1 - np.array(scores) / 2, np.array(scores) / 2], axis=1)
    problem = selection(points, classes, [labelled] * n_replicates)
    return with_probabilities(problem, np.repeat(table[None], n_replicates, axis=0))


@pytest.mark.parametrize("beta", [0.5, 1, 3])
def test_drawn_one_by_one_in_proportion_to_a_power_of_the_score(beta):
    n_replicates, scores = 20_000, [0.9, 0.5, 1.0, 0.2, 0.4]
    problem = with_scores(scores, n_replicates, [2])
    name = f"power_margin(beta={beta})"
    rows = strategies.select(name, problem, 2, streams(range(n_replicates))).numpy()
    weights = {i: scores[i] ** beta for i in (0, 1, 3, 4)}
    total = sum(weights.values())
    pairs = [(i, j) for i in weights for j in weights if i != j]
    expected = [weights[i] / total * weights[j] / (total - weights[i]) for i, j in pairs]
    observed = [int(((rows[:, 0] == i) & (rows[:, 1] == j)).sum()) for i, j in pairs]
    assert stats.chisquare(observed, np.array(expected) * n_replicates).pvalue > 1e-3


def test_rows_of_score_zero_come_last_in_uniformly_random_order():
    n_replicates = 4000
    problem = with_scores([0.0, 1e-9, 0.0, 0.0, 0.7, 0.0], n_replicates, [5])
    rows = strategies.select("power_margin", problem, 4, streams(range(n_replicates))).numpy()
    assert set(rows[:, :2].ravel().tolist()) == {1, 4}
    counts = np.unique(rows[:, 2] * 10 + rows[:, 3], return_counts=True)[1]
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-3


def test_a_large_power_is_margin_though_powers_vanish():
    rng = np.random.default_rng(0)
    problem = with_scores(rng.uniform(0.01, 0.1, 40).tolist(), 3, [7])
    sharp = strategies.select("power_margin(beta=1e5)", problem, 20, streams(range(3)))
    assert (sharp == strategies.select("margin", problem, 20, streams(range(3)))).all()


def test_a_small_power_draws_uniformly():
    problem = with_scores([0.9, 0.001, 0.5, 0.1], 4000, [])
    problem = strategies.Selection(
        **{**vars(problem), "labelled": torch.zeros(4000, 4, dtype=torch.bool)}
    )
    rows = strategies.select("power_margin(beta=1e-6)", problem, 1, streams(range(4000)))
    assert stats.chisquare(rows[:, 0].bincount()).pvalue > 1e-3


def test_margin_is_that_of_the_two_largest_probabilities():
    points, classes = blobs(4, 3, 2)
    table = np.array([[[0.5, 0.0, 0.5], [0.1, 0.8, 0.1], [0.6, 0.4, 0.0], [1.0, 0.0, 0.0]]])
    problem = with_probabilities(selection(points, classes, [[1]]), table)
    rows = strategies.select("power_margin(beta=1000)", problem, 3, streams([0]))
    assert rows.tolist() == [[0, 2, 3]]


def test_power_must_be_positive():
    with pytest.raises(UserError, match="greater than 0"):
        strategies.get("power_margin(beta=0)")
