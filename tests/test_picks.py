from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import picks
from alutils.cell import Cell
from alutils.loop import Problem, Replicates, run_cell

N_POOL, N_TEST, CLASSES = 150, 20, 4


@pytest.fixture
def replicates(tmp_path: Path) -> Replicates:
    rng = np.random.default_rng(0)
    labels = rng.integers(CLASSES, size=N_POOL + N_TEST)
    vectors = rng.normal(size=(CLASSES, 6))[labels] + rng.normal(size=(len(labels), 6))
    path = tmp_path / "vectors.npy"
    np.save(path, vectors.astype(np.float32))
    problem = Problem(
        "toy", "toy", path, labels[:N_POOL], labels[N_POOL:], CLASSES, "data", "vectors"
    )
    return Replicates(problem, [0, 1, 2])


def described(replicates: Replicates, strategy: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    cell = Cell("toy", "toy", "random", strategy, initial_size=8, query_size=10, cycles=3)
    records = run_cell(cell, replicates)
    return records, picks.describe(records, replicates)


def test_spread_and_new_classes_by_hand(replicates: Replicates) -> None:
    records, found = described(replicates, "random")
    assert len(found) == 3 * 2  # seeds, queries
    pool, truth = replicates.pool.numpy(), replicates.pool_labels.numpy()
    for row in found.itertuples():
        run = records[records["seed"] == row.seed].sort_values("cycle")
        batch = run["chosen"].iloc[row.cycle]
        before = np.concatenate(list(run["chosen"].iloc[: row.cycle]))
        nearest = [min(np.linalg.norm(pool[i] - pool[j]) for j in batch if j != i) for i in batch]
        assert row.spread == pytest.approx(np.mean(nearest), rel=1e-4)
        assert row.new_classes == len(set(truth[batch]) - set(truth[before]))
        remote = [np.sort(np.linalg.norm(pool - pool[i], axis=1))[1:21].mean() for i in batch]
        assert row.remoteness == pytest.approx(np.mean(remote), rel=1e-4)


def test_doubt_is_a_half_for_a_blind_choice_and_nearly_one_for_margin(
    replicates: Replicates,
) -> None:
    blind, doubtful = (described(replicates, name)[1]["doubt"] for name in ("random", "margin"))
    assert 0.4 < blind.mean() < 0.6
    n_unlabelled = np.array([142, 132] * 3)
    expected = 1 - 4.5 / (n_unlabelled - 1)  # the ten smallest margins, on average
    assert doubtful.to_numpy() == pytest.approx(expected, abs=1e-6)
