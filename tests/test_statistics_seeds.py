"""How many seeds it would take: against a count one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils.statistics import intervals, seeds_needed


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=8), st.floats(0.2, 3))
def test_seeds_are_those_of_a_count_one_by_one(values: list[float], margin: float) -> None:
    table = pd.DataFrame({"g": 0, "seed": range(len(values)), "x": values})
    found = seeds_needed(intervals(table, "x", ["g"]), margin).item()
    deviation, n = np.std(values, ddof=1), 2
    while stats.t.ppf(0.975, n - 1) * deviation / np.sqrt(n) > margin * (1 + 1e-9):
        n += 1
    assert found == n
    reverse = table.assign(x=values[::-1])
    assert seeds_needed(intervals(reverse, "x", ["g"]), margin).item() == n


def test_the_margin_there_is_needs_the_seeds_there_are() -> None:
    values = np.random.default_rng(0).normal(size=(5, 7))
    table = pd.DataFrame(values).stack().rename("x").reset_index()
    table.columns = ["g", "seed", "x"]
    summary = intervals(table, "x", ["g"])
    for row in range(5):
        one = summary.iloc[[row]]
        assert seeds_needed(one, ((one["high"] - one["low"]) / 2).item()).item() == 7


def test_one_seed_tells_nothing_and_no_spread_needs_two() -> None:
    summary = pd.DataFrame(
        {"low": [np.nan, 0.1], "high": [np.nan, 0.1], "n_seeds": [1, 5]}, index=[4, 2]
    )
    found = seeds_needed(summary, 0.01)
    assert found.isna().tolist() == [True, False] and found[2] == 2
    assert list(found.index) == [4, 2]


def test_a_margin_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        seeds_needed(pd.DataFrame({"low": [0.0], "high": [1.0], "n_seeds": [3]}), 0)
