"""Orders that move, orders that only luck moves, and tau by other code."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.statistics import reordering

STRATEGIES = list("abcdefgh")
LEVELS = ["e1", "e2", "e3"]


def areas(
    moved: float = 0.0,
    noise: float = 1.0,
    scales: tuple[float, ...] = (1, 1, 1),
    datasets: int = 3,
    seeds: int = 8,
    seed: int = 0,
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for dataset in range(datasets):
        base = rng.normal(size=len(STRATEGIES))
        for level, scale in zip(LEVELS, scales, strict=True):
            own = scale * (base + moved * rng.normal(size=len(STRATEGIES)))
            for run in range(seeds):
                values = own + noise * rng.normal(size=len(STRATEGIES))
                rows += [
                    (f"d{dataset}", level, s, run, v)
                    for s, v in zip(STRATEGIES, values, strict=True)
                ]
    return pd.DataFrame(rows, columns=["dataset", "embedder", "strategy", "seed", "aulc"])


def test_an_order_that_moves_is_told_from_luck() -> None:
    found = reordering(areas(moved=2.0))
    assert found.low_fixed > 0.2 and found.p < 0.01
    assert found.own > found.tau and found.shortfall == pytest.approx(found.expected - found.tau)


@pytest.mark.parametrize("scales", [(1, 1, 1), (0.2, 1, 3)])
def test_noise_alone_moves_nothing_even_where_it_is_uneven(scales: tuple[float, ...]) -> None:
    worlds = [reordering(areas(scales=scales, seed=s), splits=10) for s in range(16)]
    assert np.mean([w.low_fixed > 0 for w in worlds]) <= 0.1
    assert abs(np.mean([w.shortfall for w in worlds])) < 0.04


def test_taus_are_scipys_between_halves_without_common_seeds() -> None:
    table = areas(moved=1.0, datasets=1, seeds=2)
    # With two seeds there are two halves, and swapping them changes nothing.
    wide = table.pivot_table("aulc", ["embedder", "seed"], "strategy")

    def tau(one: str, other: str) -> float:
        both = [stats.kendalltau(wide.loc[(one, s)], wide.loc[(other, 1 - s)])[0] for s in (0, 1)]
        return float(np.mean(both))

    pairs = reordering(table).pairs.set_index(["one", "other"])
    for one, other in itertools.combinations(LEVELS, 2):
        row = pairs.loc[(one, other)]
        assert row["tau"] == pytest.approx(tau(one, other))
        assert row["own_one"] == pytest.approx(tau(one, one))
        assert row["own_other"] == pytest.approx(tau(other, other))
        r = np.sin(np.pi / 2 * np.clip([tau(one, one), tau(other, other)], 0, None)).prod() ** 0.5
        assert row["expected"] == pytest.approx(2 / np.pi * np.arcsin(r))


def test_ties_are_those_of_tau_b() -> None:
    table = areas(datasets=1, seeds=2)
    equal = table["strategy"].isin(["a", "b"])
    table.loc[equal, "aulc"] = 0.5
    wide = table.pivot_table("aulc", ["embedder", "seed"], "strategy")
    expected = [stats.kendalltau(wide.loc[("e1", s)], wide.loc[("e2", 1 - s)])[0] for s in (0, 1)]
    pairs = reordering(table).pairs.set_index(["one", "other"])
    assert pairs.loc[("e1", "e2"), "tau"] == pytest.approx(np.mean(expected))


def test_the_jackknife_over_datasets_is_the_interval_of_their_mean() -> None:
    found = reordering(areas(moved=1.0, datasets=5))
    means = found.pairs.groupby("dataset")["shortfall"].mean()
    low, high = stats.ttest_1samp(means, 0).confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.n_datasets == 5 and found.n_seeds == 8


def test_datasets_can_be_compared_within_embedders() -> None:
    found = reordering(areas(datasets=4), "dataset", "embedder")
    assert len(found.pairs) == 3 * 6 and set(found.pairs["embedder"]) == set(LEVELS)
    assert found.low < found.shortfall < found.high


def test_what_is_too_little_has_no_interval() -> None:
    one_seed = reordering(areas(seeds=1))
    assert np.isnan([one_seed.tau, one_seed.shortfall, one_seed.low_fixed]).all()
    two_seeds = reordering(areas(seeds=2))
    assert not np.isnan(two_seeds.tau) and np.isnan(two_seeds.low_fixed)
    assert np.isnan(reordering(areas(datasets=1)).low)
    assert len(reordering(areas(datasets=1), "dataset", "embedder").pairs) == 0


def test_items_that_lack_a_level_are_left_out_and_rows_come_in_any_order() -> None:
    table = areas(moved=1.0)
    short = table[~((table["strategy"] == "a") & (table["embedder"] == "e2"))]
    without = table[table["strategy"] != "a"]
    assert reordering(short).tau == reordering(without).tau
    shuffled = table.sample(frac=1, random_state=0)
    assert reordering(shuffled).shortfall == pytest.approx(reordering(table).shortfall)
