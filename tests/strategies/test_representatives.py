import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils.geometry import kmeans
from alutils.strategies.representatives import representatives
from tests.strategies.problems import blobs, streams


def mask(n_rows, rows):
    return torch.zeros(n_rows, dtype=torch.bool).index_fill(0, torch.as_tensor(rows), True)


@settings(max_examples=30, deadline=None)
@given(n_rows=st.integers(8, 60), k=st.integers(1, 8), seed=st.integers(0, 10**6))
def test_nearest_candidate_to_each_centre(n_rows, k, seed):
    pool = torch.tensor(blobs(n_rows, 4, 3, seed)[0])
    rows = np.sort(np.random.default_rng(seed).permutation(n_rows)[: max(k, n_rows // 2)])
    candidates = mask(n_rows, rows)
    found = representatives(pool, candidates, candidates, k, streams([seed])[0]).numpy()
    labels, _ = kmeans(pool[torch.as_tensor(rows)], k, streams([seed])[0])
    for c in range(k):
        members = rows[labels.numpy() == c]
        to_centre = ((pool.numpy()[members] - pool.numpy()[members].mean(axis=0)) ** 2).sum(axis=1)
        assert found[c] in members[np.isclose(to_centre, to_centre.min(), rtol=1e-6)]


def test_too_few_candidates_are_all_chosen_and_others_at_random():
    pool = torch.tensor(blobs(9, 3, 2)[0])
    candidates, allowed = mask(9, [2, 7]), mask(9, [0, 2, 4, 5, 7, 8])
    counts = np.zeros((9, 9), dtype=int)
    for stream in streams(range(3000)):
        rows = representatives(pool, candidates, allowed, 4, stream).tolist()
        assert rows[:2] == [2, 7]
        counts[tuple(sorted(rows[2:]))] += 1
    pairs = counts[counts > 0]
    assert len(pairs) == 6  # any two of 0, 4, 5, 8
    assert set(np.argwhere(counts).ravel().tolist()) == {0, 4, 5, 8}
    assert stats.chisquare(pairs).pvalue > 1e-3


def test_no_candidate_at_all():
    pool = torch.tensor(blobs(5, 3, 2)[0])
    nothing = torch.zeros(5, dtype=torch.bool)
    rows = representatives(pool, nothing, mask(5, [0, 3, 4]), 3, streams([0])[0])
    assert set(rows.tolist()) == {0, 3, 4}
