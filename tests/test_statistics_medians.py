"""The interval of a median: how often it holds it, worked out without chance."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils.statistics import median_interval


@pytest.mark.parametrize("n", [6, 8, 9, 11])
def test_the_interval_holds_the_median_often_enough_and_no_narrower_one_would(n: int) -> None:
    found = median_interval(list(range(n)))
    below, above = int(found.low), n - 1 - int(found.high)
    assert below == above

    def missed(rank: int) -> float:
        # Each value is below the true median or not, as a coin falls: all ways there are.
        heads = [sum(coins) for coins in product((0, 1), repeat=n)]
        return float(np.mean([h <= rank or h >= n - rank for h in heads]))

    assert missed(below) <= 0.05 < missed(below + 1)


@given(st.lists(st.floats(-9, 9) | st.just(float("inf")), min_size=1, max_size=25))
def test_ends_are_values_and_the_median_is_between(values: list[float]) -> None:
    found = median_interval(values)
    ordered = sorted(values)
    n = len(values)
    assert found.median == (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    assert np.isnan(found.low) == np.isnan(found.high) == (n < 6)
    if n >= 6:
        assert found.low in values and found.high in values
        assert found.low <= found.median <= found.high
    assert median_interval(values[::-1]) == pytest.approx(found, nan_ok=True)
