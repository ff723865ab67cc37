"""Trials of the estimates as evidence: three ways of labelling, from the same seeds."""

from __future__ import annotations

import pandas as pd
import pytest

from alutils.errors import UserError
from alutils.evidence import evidence
from alutils.mechanism import trials
from alutils.stopping.trial import trial
from alutils.study import Grid

GRID = Grid(
    datasets=["movie_sentiment"],
    embedders=["hashing"],
    initial_pools=["typiclust"],
    strategies=["margin"],
    initial_size=30,
    query_size=30,
    cycles=3,
    seeds=2,
    pool_size=300,
    test_size=100,
)


def test_three_ways_and_all_batches_but_the_last() -> None:
    table = evidence("trials", GRID, workers=1)
    assert table.groupby("variant").size().to_dict() == {
        "apart": 4,
        "steers": 4,
        "unaudited": 4,
    }
    assert sorted(table["cycle"].unique()) == [0, 1]
    assert (table["n_labelled"] == 30 * (table["cycle"] + 1)).all()
    audited = table["variant"] != "unaudited"
    assert (table["n_audit"][audited] >= 3).all()
    assert table.loc[~audited, ["audit", "naive", "forecast"]].isna().all(axis=None)
    assert table.loc[~audited, ["test_accuracy", "gain"]].notna().all(axis=None)


def test_it_is_what_a_trial_gives() -> None:
    table = evidence("trials", GRID, workers=1)
    arguments = ("movie_sentiment", "hashing", "margin", [0, 1], 2, 30, 3, "typiclust")
    for variant, steers in (("apart", False), ("steers", True)):
        alone = trial(*arguments, steers, 300, 100)
        kept = table[table["variant"] == variant].reset_index(drop=True)
        shared = alone.columns.difference(["batch"])
        pd.testing.assert_frame_equal(kept[shared], alone[shared])


@pytest.mark.parametrize("change", [{"initial_size": 20}, {"cycles": 1}])
def test_what_is_no_trial_is_refused(change: dict[str, int]) -> None:
    (cell,) = GRID.model_copy(update=change).cells()
    with pytest.raises(UserError, match="two batches or more, all of one size"):
        trials.measure(cell, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("k", "n"), [(2, 1), (9, 1), (100, 10), (250, 25)])
def test_a_tenth_is_the_audit(k: int, n: int) -> None:
    assert trials.audited(k) == n
