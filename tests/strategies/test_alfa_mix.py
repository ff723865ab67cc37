from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils import strategies
from alutils.strategies.alfa_mix import anchors, candidates, farthest_anchor
from alutils.strategies.representatives import representatives
from tests.strategies.problems import blobs, draw_labelled, selection, streams
from tests.strategies.test_bald import predict


def oracle(problem, r, k, step):
    """The paper's closed form, entry by entry, for every anchor and step: candidates and ε."""
    pool, labels = problem.pool.numpy(), problem.labels[r].numpy()
    n_dimensions, head = pool.shape[1], problem.head
    weights = head.weights[r].numpy()
    means = [pool[labels == c].mean(axis=0) for c in np.unique(labels[labels >= 0])]
    found = set()
    for level in np.minimum(step * np.arange(1, np.ceil(1 / step) + 1), 1):
        epsilon = level / np.sqrt(n_dimensions)
        for i in np.flatnonzero(labels < 0).tolist():
            z, p = pool[i], predict(head, r, pool[i])
            predicted = p.argmax()
            gradient = weights.T @ (p - np.eye(len(p))[predicted])
            for anchor in means:
                length = epsilon * np.linalg.norm(anchor - z) / np.linalg.norm(gradient)
                alpha = length * gradient / (anchor - z)
                mixed = alpha * anchor + (1 - alpha) * z
                if predict(head, r, mixed).argmax() != predicted:
                    found.add(i)
        if len(found) >= k:
            break
    return found


@settings(max_examples=25, deadline=None)
@given(
    n_rows=st.integers(10, 40),
    n_dimensions=st.integers(1, 6),
    n_classes=st.integers(2, 5),
    n_labelled=st.integers(2, 6),
    k=st.integers(1, 4),
    step=st.sampled_from([0.03125, 0.1, 0.3, 1.0]),
    seed=st.integers(0, 10**6),
)
def test_candidates_by_the_formula(n_rows, n_dimensions, n_classes, n_labelled, k, step, seed):
    points, classes = blobs(n_rows, n_dimensions, n_classes, seed)
    labelled = draw_labelled(n_rows, n_labelled, 2, seed)
    problem = selection(points, classes, labelled, n_classes=n_classes)
    rows = strategies.select(f"alfa_mix(step={step})", problem, k, streams([0, 1]))
    for r, draws in enumerate(streams([0, 1])):
        allowed = ~problem.labelled[r]
        if len(set(classes[labelled[r]].tolist())) == 1:
            expected = set()  # no gradient, no flip
        else:
            expected = oracle(problem, r, k, step)
        mask = torch.zeros(n_rows, dtype=torch.bool)
        mask[sorted(expected)] = True
        assert rows[r].tolist() == representatives(problem.pool, mask, allowed, k, draws).tolist()


def test_mixing_grows_in_steps_until_there_are_enough():
    to_flip = torch.tensor([0.05, 0.1, 0.15, 0.25, 0.45, 1.0, 3.0, torch.inf])
    reach, allowed = torch.ones(8), torch.ones(8, dtype=torch.bool)
    for k, expected in ((1, 1), (2, 3), (3, 3), (4, 4), (5, 5), (6, 5), (8, 5)):
        found = candidates(to_flip, reach, allowed, k, 0.1)
        assert found.tolist() == [True] * expected + [False] * (8 - expected), k
    allowed[0] = False  # of no help to the others
    assert candidates(to_flip, reach, allowed, 1, 0.1).sum() == 3
    assert candidates(to_flip, 2 * reach, allowed, 7, 1.0).sum() == 6
    assert candidates(to_flip, 0 * reach, allowed, 3, 0.1).sum() == 0
    nowhere = torch.tensor([1.0, 0, 1, 1, 1, 1, 1, 0])
    assert candidates(to_flip * nowhere, nowhere, allowed, 2, 0.1).nonzero()[:, 0].tolist() == [
        0,
        2,
        3,
    ]


def test_anchors_are_those_of_the_classes_seen_by_their_ids():
    """The fault: classes 0 to (number seen - 1) instead, whose means are NaN."""
    pool = torch.arange(12.0).view(6, 2)
    labels = torch.tensor([7, -1, 4, 7, -1, 9])
    found = anchors(pool, labels)
    assert found.tolist() == [[4, 5], [3, 4], [10, 11]]
    expected = [max(float(torch.dist(row, a)) for a in found) for row in pool]
    np.testing.assert_allclose(farthest_anchor(pool, found), expected, rtol=1e-5)


def test_classes_of_high_number_alone():
    points, classes = blobs(80, 4, 3)
    labelled = draw_labelled(80, 10, 1)
    rows = [
        strategies.select(
            "alfa_mix", selection(points, ids, labelled, n_classes=9), 6, streams([0])
        ).tolist()
        for ids in (classes, classes + 6)
    ]
    assert rows[0] == rows[1]


def test_a_row_that_shares_entries_with_an_anchor():
    """The paper's weights divide by z* - z, which is zero here in every entry but one."""
    points, classes = blobs(40, 3, 2)
    labelled = [[int(np.flatnonzero(classes == c)[0]) for c in (0, 1)]]
    points[20:24] = points[labelled[0][0]]
    points[20:24, 1] += [0.1, 0.2, 0.0, 0.0]
    problem = selection(points, classes, labelled)
    rows = strategies.select("alfa_mix", problem, 38, streams([0]))[0].tolist()
    assert len(set(rows)) == 38
    reach = farthest_anchor(problem.pool, anchors(problem.pool, problem.labels[0]))
    to_flip = problem.head.distance_to_flip(problem.pool)[0]
    assert torch.isfinite(reach).all() and torch.isfinite(to_flip).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_where_nothing_flips_rows_are_random(dtype):
    """One class labelled, and copies of its only row."""
    points, classes = blobs(6, 3, 2)
    only = int(np.flatnonzero(classes == 1)[0])
    points[(only + 1) % 6] = points[only]
    problem = selection(points, classes, [[only]] * 600, dtype=dtype)
    rows = strategies.select("alfa_mix", problem, 1, streams(range(600)))[:, 0]
    counts = np.bincount(rows, minlength=6)
    assert counts[only] == 0
    assert stats.chisquare(np.delete(counts, only)).pvalue > 1e-3


def test_the_labels_of_others_are_not_looked_at():
    points, classes = blobs(50, 4, 3)
    problem = selection(points, classes, draw_labelled(50, 8, 2))
    swapped = replace(problem, labels=problem.labels.flip(0), labelled=problem.labelled.flip(0))
    first = strategies.select("alfa_mix", problem, 5, streams([0, 1]))
    assert (first != strategies.select("alfa_mix", swapped, 5, streams([0, 1]))).any()
