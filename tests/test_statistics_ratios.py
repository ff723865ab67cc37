"""Shares of an effect: against t-tests, and against a share that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils.statistics import share_of_effect


def runs(
    share: float, gain: float = 0.05, *, datasets: int = 9, seeds: int = 5, seed: int = 0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for dataset in range(datasets):
        own = rng.normal(gain, 0.01)
        for replicate in range(seeds):
            whole = own + rng.normal(0, 0.01)
            part = share * own + rng.normal(0, 0.01)
            rows.append({"dataset": f"d{dataset}", "seed": replicate, "part": part, "gain": whole})
    return pd.DataFrame(rows)


@settings(deadline=None)
@given(st.floats(-0.5, 1.5), st.integers(0, 2**32 - 1))
def test_ends_are_where_a_t_test_begins_to_tell(share: float, seed: int) -> None:
    table = runs(share, seed=seed)
    found = share_of_effect(table, "part", "gain")
    means = table.groupby("dataset")[["part", "gain"]].mean()
    for end in ("low", "high"):
        left = means["part"] - found[end] * means["gain"]
        assert stats.ttest_1samp(left, 0).pvalue == pytest.approx(0.05)
    assert found["low"] <= found["mean"] <= found["high"]
    assert found["mean"] == pytest.approx(means["part"].mean() / means["gain"].mean())


def test_one_dataset_has_the_interval_of_its_seeds() -> None:
    table = runs(0.5, datasets=1, seeds=8)
    found = share_of_effect(table, "part", "gain")
    assert np.isnan(found["low"]) and np.isnan(found["high"])
    for end in ("low_fixed", "high_fixed"):
        left = table["part"] - found[end] * table["gain"]
        assert stats.ttest_1samp(left, 0).pvalue == pytest.approx(0.05)


def test_the_share_is_covered_as_often_as_promised() -> None:
    covered = 0
    for seed in range(400):
        found = share_of_effect(runs(0.6, seed=seed), "part", "gain")
        covered += found["low"] <= 0.6 <= found["high"]
    assert 0.92 < covered / 400 < 0.98


def test_a_share_of_nothing_cannot_be_told() -> None:
    table = runs(0.5)
    table["gain"] -= table["gain"].mean()
    assert share_of_effect(table, "part", "gain").isna().all()
    single = share_of_effect(runs(0.5, datasets=1, seeds=1), "part", "gain")
    assert single.isna().all()
