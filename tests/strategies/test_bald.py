import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils import strategies
from alutils.strategies.bald import mutual_information
from alutils.strategies.dropout import dropped_probabilities
from tests.strategies.problems import blobs, draw_labelled, selection, streams
from tests.strategies.test_dropout import masks


def entropy(p):
    return -sum(x * np.log(x) for x in p if x > 0)


def information(table):
    """Of one row: table[t][c] is the probability of class c in pass t."""
    n_passes, n_classes = len(table), len(table[0])
    mean = [sum(table[t][c] for t in range(n_passes)) / n_passes for c in range(n_classes)]
    return entropy(mean) - sum(entropy(p) for p in table) / n_passes


def softmax(logits):
    return np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()


def predict(head, r, x):
    logits = head.weights[r].numpy() @ x + head.bias[r].numpy()
    logits[~head.classes_seen[r].numpy()] = -np.inf
    return softmax(logits)


@settings(max_examples=30, deadline=None)
@given(passes=st.integers(1, 6), n_classes=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_information_by_the_definition(passes, n_classes, seed):
    rng = np.random.default_rng(seed)
    table = rng.dirichlet(np.full(n_classes, 0.3), size=(4, passes))
    found = mutual_information(torch.tensor(table))
    np.testing.assert_allclose(found, [information(row) for row in table], atol=1e-12)


def test_passes_that_contradict_each_other_count_and_unsure_ones_do_not():
    table = [[[1.0, 0], [0, 1]], [[0.5, 0.5], [0.5, 0.5]], [[1, 0], [1, 0]]]
    for dtype in (torch.float32, torch.float64):
        found = mutual_information(torch.tensor(table, dtype=dtype))
        np.testing.assert_allclose(found, [np.log(2), 0, 0], atol=1e-7)


@settings(max_examples=15, deadline=None)
@given(
    n_rows=st.integers(6, 30),
    n_dimensions=st.integers(1, 9),
    n_classes=st.integers(2, 4),
    passes=st.integers(2, 9),
    rate=st.sampled_from([0.25, 0.5, 0.75]),
    seed=st.integers(0, 10**6),
)
def test_largest_information_first(n_rows, n_dimensions, n_classes, passes, rate, seed):
    points, classes = blobs(n_rows, n_dimensions, n_classes, seed)
    problem = selection(points, classes, draw_labelled(n_rows, 3, 2, seed), n_classes=n_classes)
    name = f"bald(passes={passes}, dropout={rate})"
    k = (n_rows - 3) // 2
    rows = strategies.select(name, problem, k, streams([0, 1])).tolist()
    pool = problem.pool.numpy()
    for r, draws in enumerate(streams([0, 1])):
        kept = masks(draws, n_rows, passes, n_dimensions, rate)
        scores = [
            information([predict(problem.head, r, pool[i] * m / (1 - rate)) for m in kept[i]])
            for i in range(n_rows)
        ]
        free = [i for i in range(n_rows) if not problem.labelled[r, i]]
        best = sorted((scores[i] for i in free), reverse=True)[:k]
        assert set(rows[r]) <= set(free)
        np.testing.assert_allclose([scores[i] for i in rows[r]], best, atol=1e-10)


def test_many_passes_come_near_the_mean_over_all_masks():
    points, classes = blobs(12, 4, 3)
    problem = selection(points, classes, [list(range(8))])
    head, pool = problem.head, problem.pool
    every = list(itertools.product([0, 1], repeat=4))
    expected = [
        information([predict(head, 0, 2 * x * np.array(m)) for m in every]) for x in pool.numpy()
    ]
    parts = dropped_probabilities(pool, head.replicate(0), 4000, 0.5, streams([0])[0])
    found = torch.cat([mutual_information(p) for _, p in parts])
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert max(expected) > 0.05


def test_replicates_have_masks_of_their_own():
    points, classes = blobs(60, 5, 3)
    problem = selection(points, classes, [list(range(9))] * 2)
    rows = strategies.select("bald(passes=3)", problem, 20, streams([0, 1]))
    assert (rows[0] != rows[1]).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_nothing_is_known_the_stream_decides(dtype):
    """One class labelled: every prediction is sure, whatever is dropped."""
    points, classes = blobs(6, 3, 2)
    only = int(np.flatnonzero(classes == 1)[0])
    problem = selection(points, classes, [[only]] * 600, dtype=dtype)
    rows = strategies.select("bald(passes=3)", problem, 1, streams(range(600)))[:, 0]
    counts = np.bincount(rows, minlength=6)
    assert counts[only] == 0
    assert stats.chisquare(np.delete(counts, only)).pvalue > 1e-3
