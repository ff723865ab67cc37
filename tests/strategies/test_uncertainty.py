import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils import strategies
from tests.strategies.problems import blobs, selection, streams, with_probabilities


def least_confidence(p):
    return max(p)


def margin(p):
    top = sorted(p)
    return top[-1] - top[-2]


def entropy(p):
    return sum(x * np.log(x) for x in p if x > 0)


ORACLES = {"least_confidence": least_confidence, "margin": margin, "entropy": entropy}


@pytest.mark.parametrize("name", ORACLES)
@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(0, 10**6))
def test_sorted_by_the_definition(name, n_classes, seed):
    problem = selection(*blobs(30, 3, 2), [[1, 2, 5], [4, 8, 9]])
    table = np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.5), size=(2, 30))
    problem = with_probabilities(problem, table)
    rows = strategies.select(name, problem, 8, streams([0, 1])).numpy()
    for r in range(2):
        scores = {i: ORACLES[name](table[r, i]) for i in range(30) if not problem.labelled[r, i]}
        assert rows[r].tolist() == sorted(scores, key=scores.__getitem__)[:8]


@pytest.mark.parametrize("name", ORACLES)
def test_ties_are_broken_by_the_stream_not_by_row_order(name):
    n_replicates = 3000
    problem = selection(*blobs(8, 3, 2), [[0, 3]] * n_replicates)
    table = np.full((n_replicates, 8, 3), [0.5, 0.3, 0.2])
    table[:, 6] = [0.4, 0.35, 0.25]  # the best row, always in; row 0 is labelled
    table[:, 1] = [0.9, 0.1, 0.0]  # the worst row, never in
    problem = with_probabilities(problem, table)
    rows = strategies.select(name, problem, 2, streams(range(n_replicates))).numpy()
    assert (rows[:, 0] == 6).all()
    found, counts = np.unique(rows[:, 1], return_counts=True)
    assert found.tolist() == [2, 4, 5, 7]
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("name", ORACLES)
def test_probability_exactly_0_and_1(name):
    problem = selection(*blobs(6, 3, 2), [[0]])
    table = np.array([[[1.0, 0, 0]] * 5 + [[0.6, 0.4, 0]]])
    rows = strategies.select(name, with_probabilities(problem, table), 1, streams([0]))
    assert rows.tolist() == [[5]]
