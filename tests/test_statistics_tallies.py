"""Wins, losses and ties, and what a win rate makes of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils.statistics import outcomes, tally

INTERVALS = st.lists(
    st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(sorted), min_size=1, max_size=12
).map(lambda rows: pd.DataFrame(rows, columns=["low", "high"], dtype=float))  # fmt: skip


def summary(*bounds: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(bounds, columns=["low", "high"]).assign(strategy="margin")


def test_each_outcome_is_what_the_interval_shows() -> None:
    table = summary(
        (0.2, 3), (-3, -0.2), (-0.4, 0.3), (-2, 2), (0.1, 0.4), (-0.1, 0.5), (np.nan, np.nan)
    )
    assert outcomes(table, 0.5).tolist() == [
        *("win", "loss", "equivalent", "undecided"),
        "equivalent",  # above zero, yet too small to matter
        "undecided",  # reaches the margin
        "undecided",
    ]


def test_a_margin_is_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        outcomes(summary((0, 1)), 0)


def test_dropping_ties_makes_one_win_a_rate_of_one() -> None:
    table = summary((1, 2), *[(-0.1, 0.1)] * 6, *[(-2, 2)] * 3)
    row = tally(table, 0.5).iloc[0]
    assert row[["win", "loss", "equivalent", "undecided", "n"]].tolist() == [1, 0, 6, 3, 10]
    assert (row["rate_ties_half"], row["rate_ties_dropped"]) == (pytest.approx(0.55), 1)
    assert np.isnan(tally(table.iloc[1:], 0.5)["rate_ties_dropped"].item())


def test_groups_are_counted_apart_and_keep_their_order() -> None:
    table = pd.concat(
        [summary((1, 2)).assign(strategy="b"), summary((-2, -1)).assign(strategy="a")]
    )
    found = tally(table, 0.5)
    assert found["strategy"].tolist() == ["b", "a"]
    assert found["win"].tolist() == [1, 0] and found["loss"].tolist() == [0, 1]


@settings(max_examples=40, deadline=None)
@given(INTERVALS, st.integers(1, 5))
def test_swapping_turns_wins_into_losses(table: pd.DataFrame, margin: int) -> None:
    there = tally(table.assign(strategy="x"), margin).iloc[0]
    flipped = pd.DataFrame({"low": -table["high"], "high": -table["low"], "strategy": "x"})
    back = tally(flipped.sample(frac=1, random_state=0), margin).iloc[0]
    assert (there["win"], there["loss"]) == (back["loss"], back["win"])
    assert there[["equivalent", "undecided"]].tolist() == back[["equivalent", "undecided"]].tolist()
    assert there["rate_ties_half"] == pytest.approx(1 - back["rate_ties_half"])
    assert there[["win", "loss", "equivalent", "undecided"]].sum() == there["n"] == len(table)
