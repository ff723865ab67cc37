from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import strategies
from alutils.strategies.drop_query import candidates
from alutils.strategies.representatives import representatives
from tests.strategies.problems import blobs, draw_labelled, selection, streams
from tests.strategies.test_bald import predict
from tests.strategies.test_dropout import masks


def oracle(changes, allowed, passes, k):
    """Ask for more than half of the passes, and for one less while rows are too few."""
    more_than = passes // 2
    while True:
        rows = {i for i, c in enumerate(changes) if allowed[i] and c > more_than}
        if len(rows) >= 25 * k or more_than == 0:
            return rows
        more_than -= 1


@settings(max_examples=60, deadline=None)
@given(
    n_rows=st.integers(1, 200),
    passes=st.integers(1, 8),
    k=st.integers(1, 3),
    share=st.floats(0.05, 1),
    seed=st.integers(0, 10**6),
)
def test_candidates_by_the_definition(n_rows, passes, k, share, seed):
    rng = np.random.default_rng(seed)
    changes = rng.binomial(passes, share * rng.random(n_rows))
    allowed = rng.random(n_rows) < 0.9
    found = candidates(torch.tensor(changes), torch.tensor(allowed), passes, k)
    assert set(np.flatnonzero(found).tolist()) == oracle(changes, allowed, passes, k)


@pytest.mark.parametrize(("n_twice", "expected"), [(50, {2, 3}), (49, {1, 2, 3})])
def test_less_is_asked_below_25_candidates_per_row(n_twice, expected):
    changes = torch.tensor([0] * 5 + [1] * 100 + [2] * (n_twice - 7) + [3] * 7)
    found = candidates(changes, torch.ones(len(changes), dtype=torch.bool), 3, 2)
    assert set(changes[found].tolist()) == expected


@settings(max_examples=12, deadline=None)
@given(
    n_rows=st.integers(8, 80),
    n_dimensions=st.integers(1, 8),
    passes=st.integers(1, 5),
    rate=st.sampled_from([0.25, 0.75]),
    seed=st.integers(0, 10**6),
)
def test_one_candidate_of_each_cluster(n_rows, n_dimensions, passes, rate, seed):
    points, classes = blobs(n_rows, n_dimensions, 3, seed)
    problem = selection(points, classes, draw_labelled(n_rows, 4, 2, seed), n_classes=3)
    name, k = f"drop_query(passes={passes}, dropout={rate})", 3
    rows = strategies.select(name, problem, k, streams([0, 1]))
    pool = problem.pool.numpy()
    for r, draws in enumerate(streams([0, 1])):
        kept = masks(draws, n_rows, passes, n_dimensions, rate)
        changes = [
            sum(
                predict(problem.head, r, pool[i] * m / (1 - rate)).argmax()
                != predict(problem.head, r, pool[i]).argmax()
                for m in kept[i]
            )
            for i in range(n_rows)
        ]
        allowed = ~problem.labelled[r]
        wanted = oracle(changes, allowed.tolist(), passes, k)
        mask = torch.zeros(n_rows, dtype=torch.bool)
        mask[sorted(wanted)] = True
        # The same stream goes on behind the masks.
        assert rows[r].tolist() == representatives(problem.pool, mask, allowed, k, draws).tolist()
        assert set(rows[r].tolist()) <= wanted or wanted < set(rows[r].tolist())


class Sum:
    """A head whose prediction turns where the entries add up to half the dimensions."""

    classes_seen = torch.ones(1, 2, dtype=torch.bool)

    def probabilities(self, points):
        p = torch.sigmoid(points.sum(dim=1) - points.shape[1] / 2)
        return torch.stack([p, 1 - p], dim=1)[None]

    def replicate(self, r):
        return self


def test_dropout_alone_does_not_shrink_an_embedding_across_a_border():
    """The fault: without 1 / (1 - p) the entries add up to a quarter, and every row changes."""
    points, classes = blobs(300, 400, 2)
    problem = selection(points, classes, [[0]])
    pool = torch.zeros_like(problem.pool)
    pool[:] = 1.0
    pool[10:14] = 0.51  # add up to just enough
    problem = replace(problem, head=Sum(), pool=pool)
    rows = strategies.select("drop_query", problem, 6, streams([0]))[0].tolist()
    changed = [i for i in rows if 10 <= i < 14]
    assert rows[: len(changed)] == changed  # all who change, then others at random
    assert 0 < len(changed) <= 4
