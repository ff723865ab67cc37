import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from skactiveml.base import SkactivemlClassifier
from skactiveml.pool import Falcun as Peer

from alutils import strategies
from alutils.errors import UserError
from alutils.strategies.falcun import relevance
from tests.strategies.problems import (
    blobs,
    draw_labelled,
    selection,
    streams,
    with_probabilities,
)


def margin_uncertainty(p):
    top = sorted(p)
    return 1 - (top[-1] - top[-2])


def weights_by_definition(table, free, chosen, gamma):
    """Probability of each row being next, row by row."""
    u = {i: margin_uncertainty(table[i]) for i in free}
    d = {i: min([u[i]] + [sum(abs(table[i] - table[j])) for j in chosen]) for i in free}
    low, high = min(d.values()), max(d.values())
    scaled = {i: (d[i] - low) / (high - low) if high > low else 0.0 for i in free}
    powers = {i: (u[i] + scaled[i]) ** gamma for i in free}
    total = sum(powers.values())
    return {i: powers[i] / total if total > 0 else 1 / len(free) for i in free}


def choices_by_definition(table, labelled, k, gamma, stream):
    uniform, chosen = stream.random(k), []
    for step in range(k):
        free = [i for i in range(len(table)) if not labelled[i] and i not in chosen]
        weights = weights_by_definition(table, free, chosen, gamma)
        cumulative = np.cumsum([weights[i] for i in free])
        chosen.append(free[int(np.searchsorted(cumulative, uniform[step], side="right"))])
    return chosen


def random_table(n_replicates, n_rows, n_classes, seed=0):
    return np.random.default_rng(seed).dirichlet(
        np.full(n_classes, 0.5), size=(n_replicates, n_rows)
    )


@settings(max_examples=40, deadline=None)
@given(
    n_rows=st.integers(2, 20),
    n_classes=st.integers(2, 6),
    share=st.floats(0, 1),
    gamma=st.sampled_from([0.5, 2.5, 10.0]),
    seed=st.integers(0, 10**6),
)
def test_same_choices_as_the_definition(n_rows, n_classes, share, gamma, seed):
    k = 1 + round(share * (n_rows - 2))
    problem = selection(*blobs(n_rows, 3, 2, seed), [[0], [n_rows - 1]], n_classes=2)
    table = random_table(2, n_rows, n_classes, seed)
    problem = with_probabilities(problem, table)
    name = f"falcun(gamma={gamma})"
    rows = strategies.select(name, problem, k, streams([0, 1])).tolist()
    for r, stream in enumerate(streams([0, 1])):
        expected = choices_by_definition(table[r], problem.labelled[r], k, gamma, stream)
        assert rows[r] == expected


def test_distribution():
    n_replicates = 15_000
    table = random_table(1, 6, 3, seed=2)
    problem = selection(*blobs(6, 3, 2), [[4]] * n_replicates)
    problem = with_probabilities(problem, np.repeat(table, n_replicates, axis=0))
    rows = strategies.select("falcun(gamma=2)", problem, 2, streams(range(n_replicates))).numpy()
    free, observed, expected = [0, 1, 2, 3, 5], [], []
    first = weights_by_definition(table[0], free, [], 2)
    for i in free:
        second = weights_by_definition(table[0], [j for j in free if j != i], [i], 2)
        for j, weight in second.items():
            observed.append(((rows[:, 0] == i) & (rows[:, 1] == j)).sum())
            expected.append(first[i] * weight * n_replicates)
    observed, expected = np.array(observed), np.array(expected)
    rare = expected < 5
    observed = np.append(observed[~rare], observed[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    assert stats.chisquare(observed, expected).pvalue > 1e-3


class Table(SkactivemlClassifier):
    """Predicts the row of a table that the first feature names."""

    def __init__(self, table=None):
        super().__init__()
        self.table = table

    def fit(self, X, y, sample_weight=None):
        return self

    def predict_proba(self, X):
        return self.table[X[:, 0].astype(int)]


def test_second_draw_agrees_with_scikit_activeml():
    """It scales over all rows, the chosen one (at 0) too: the same if another row is at 0."""
    table = random_table(1, 30, 4, seed=5)[0]
    table[11] = [1, 0, 0, 0]
    X, y = np.arange(30.0)[:, None], np.full(30, np.nan)
    y[:2] = 0, 1
    peer = Peer(gamma=3, random_state=0)
    picks, utilities = peer.query(X, y, Table(table), False, batch_size=2, return_utilities=True)
    free = torch.tensor(np.isnan(y))[None]
    free[0, picks[0]] = False
    uncertainty = torch.tensor([[margin_uncertainty(p) for p in table]])
    distance = torch.tensor(abs(table - table[picks[0]]).sum(axis=1))
    weights = relevance(uncertainty, torch.minimum(uncertainty, distance), free, 3.0)
    theirs = torch.tensor(utilities[1]).nan_to_num(0)
    assert torch.allclose(weights[0] / weights.sum(), theirs)


@pytest.mark.parametrize(
    "row", [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], ids=["all are certain", "all are alike"]
)
def test_nothing_to_prefer_draws_uniformly(row):
    n_replicates = 3000
    problem = selection(*blobs(5, 3, 2), [[2]] * n_replicates)
    problem = with_probabilities(problem, np.broadcast_to(row, (n_replicates, 5, 3)).copy())
    rows = strategies.select("falcun", problem, 2, streams(range(n_replicates))).numpy()
    counts = np.unique(rows[:, 0] * 10 + rows[:, 1], return_counts=True)[1]
    assert len(counts) == 12
    assert stats.chisquare(counts).pvalue > 1e-3


def test_equal_distances_leave_uncertainty_to_decide():
    """All d are 0 after a choice, when all rows are certain or copies of it."""
    uncertainty = torch.tensor([[0.0, 0.6, 0.2]], dtype=torch.float64)
    free = torch.ones(1, 3, dtype=torch.bool)
    weights = relevance(uncertainty, torch.zeros_like(uncertainty), free, 2.0)
    assert torch.allclose(weights, torch.tensor([[0.0, 1.0, 1 / 9]], dtype=torch.float64))


def test_a_large_power_takes_the_best_though_powers_vanish():
    problem = selection(*blobs(40, 3, 2), draw_labelled(40, 4, 3))
    table = random_table(3, 40, 3, seed=3)
    problem = with_probabilities(problem, table)
    rows = strategies.select("falcun(gamma=1e5)", problem, 10, streams(range(3))).tolist()
    for r in range(3):
        free = set(np.flatnonzero(~problem.labelled[r].numpy()).tolist())
        for step, row in enumerate(rows[r]):
            weights = weights_by_definition(table[r], free, rows[r][:step], 1)
            assert row == max(weights, key=weights.__getitem__)
            free.remove(row)


def test_power_must_be_positive():
    with pytest.raises(UserError, match="greater than 0"):
        strategies.get("falcun(gamma=-1)")
