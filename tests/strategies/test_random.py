import numpy as np
from scipy import stats

from alutils import strategies
from alutils.streams import stream
from tests.strategies.problems import blobs, selection


def test_uniform_without_replacement():
    n_replicates = 6000
    problem = selection(*blobs(7, 2, 2), [[0, 4]] * n_replicates)
    problem = strategies.Selection(**{**vars(problem), "head": None})
    draws = [stream("query", "toy", seed) for seed in range(n_replicates)]
    rows = strategies.select("random", problem, 2, draws).numpy()
    pairs = np.unique(rows[:, 0] * 10 + rows[:, 1], return_counts=True)[1]
    assert len(pairs) == 20  # ordered pairs of the 5 unlabelled rows
    assert stats.chisquare(pairs).pvalue > 1e-3


def test_same_rows_under_every_embedder():
    chosen = []
    for n_dimensions in (2, 9):
        problem = selection(*blobs(50, n_dimensions, 3), [[], []])
        draws = [stream("initial pool", "toy", seed) for seed in range(2)]
        chosen.append(strategies.select("random", problem, 10, draws).numpy())
    assert (chosen[0] == chosen[1]).all()
