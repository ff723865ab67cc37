"""Correlations within datasets against scipy, and intervals that cover what they should."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.statistics import correlation_changes, dataset_correlations, within_correlations


def drawn(
    rng: np.random.Generator, datasets: int, embedders: int, seeds: int, noise: float
) -> pd.DataFrame:
    """One row per run; y is x plus a deviation that seeds share, plus the luck of each seed."""
    shape = (datasets, embedders)
    x, apart = rng.normal(size=shape), rng.normal(size=shape)
    y = (x + apart)[..., None] + noise * rng.normal(size=(*shape, seeds))
    rows = np.stack([i.ravel() for i in np.indices(y.shape)], axis=1)
    table = pd.DataFrame(rows, columns=["dataset", "embedder", "seed"])
    return table.assign(x=np.repeat(x.ravel(), seeds), y=y.ravel(), group="a")


@pytest.mark.parametrize("method", ["spearman", "kendall"])
def test_means_are_those_of_scipy(method: Literal["spearman", "kendall"]) -> None:
    table = drawn(np.random.default_rng(0), 4, 7, 3, 1.0)
    table["x"] = table["x"].round(0)  # with ties
    found = within_correlations(table, "x", "y", ["group"], method=method).iloc[0]
    means = table.groupby(["dataset", "embedder"])[["x", "y"]].mean()
    scipys = {"spearman": stats.spearmanr, "kendall": stats.kendalltau}[method]
    each = [scipys(d["x"], d["y"]).statistic for _, d in means.groupby("dataset")]
    assert found["mean"] == pytest.approx(np.mean(each))
    assert found[["n_datasets", "n_seeds", "n_embedders"]].tolist() == [4, 3, 7]
    assert -1 <= found["low"] < found["mean"] < found["high"] <= 1


def test_the_interval_over_seeds_covers_the_truth() -> None:
    """Other seeds of the same datasets: the mean of many is the truth that is to be covered."""
    rng, hits, n = np.random.default_rng(1), 0, 40
    for _ in range(n):
        table = drawn(rng, 3, 8, 60, 1.0)
        few = within_correlations(table[table["seed"] < 10], "x", "y", ["group"]).iloc[0]
        many = table[table["seed"] >= 10].groupby(["dataset", "embedder"])[["x", "y"]].mean()
        truth = many.groupby("dataset").corr("spearman").xs("x", level=1)["y"].mean()
        hits += bool(few["low_fixed"] <= truth <= few["high_fixed"])
    assert hits >= 33


def test_order_of_rows_and_other_groups_do_not_matter() -> None:
    table = drawn(np.random.default_rng(2), 3, 5, 4, 1.0)
    other = table.assign(group="b", y=-table["y"])
    both = within_correlations(
        pd.concat([other, table]).sample(frac=1, random_state=0), "x", "y", ["group"]
    ).set_index("group")
    alone = within_correlations(table, "x", "y", ["group"]).set_index("group")
    columns = ["mean", "low", "high", "low_fixed", "high_fixed"]
    assert both.loc["a", columns].tolist() == pytest.approx(alone.loc["a", columns].tolist())
    assert both.loc["b", "mean"] == pytest.approx(-alone.loc["a", "mean"])


def test_changes_are_paired() -> None:
    table = drawn(np.random.default_rng(3), 4, 6, 5, 0.5).assign(size=10)
    same = table.assign(size=20)
    falls = table.assign(size=30, y=-table["y"])
    found = correlation_changes(pd.concat([falls, table, same]), "x", "y", "size", ["group"])
    assert found["size"].tolist() == [20, 30]
    # The same rows drawn on both sides leave nothing, however much each side moves.
    columns = ["mean", "low", "high", "low_fixed", "high_fixed"]
    assert found.loc[0, columns].tolist() == pytest.approx([0] * 5)
    alone = within_correlations(table, "x", "y", ["group"])["mean"].iloc[0]
    assert found.loc[1, "mean"] == pytest.approx(-2 * alone)


def test_without_spread_seeds_or_datasets_there_is_no_interval() -> None:
    table = drawn(np.random.default_rng(4), 2, 5, 3, 0.5)
    one = within_correlations(table[table["dataset"] == 0], "x", "y", ["group"]).iloc[0]
    assert np.isnan([one["low"], one["high"]]).all() and not np.isnan(one["low_fixed"])
    lone = within_correlations(table[table["seed"] == 0], "x", "y", ["group"]).iloc[0]
    assert np.isnan([lone["low_fixed"], lone["high_fixed"]]).all() and not np.isnan(lone["low"])
    flat = table.assign(x=table["x"].where(table["dataset"] == 0, 1.0))
    assert within_correlations(flat, "x", "y", ["group"])["n_datasets"].tolist() == [1]
    none = within_correlations(table.assign(x=1.0), "x", "y", ["group"]).iloc[0]
    assert np.isnan(none["mean"]) and none["n_datasets"] == 0


def test_partial_correlations_are_those_of_residuals() -> None:
    rng = np.random.default_rng(6)
    table = drawn(rng, 4, 9, 3, 1.0)
    held = table.groupby(["dataset", "embedder"])["x"].first() + rng.normal(size=36)
    table = table.merge(held.round(0).rename("z").reset_index(), on=["dataset", "embedder"])
    found = within_correlations(table, "x", "y", ["group"], given="z").iloc[0]
    each = []
    for _, d in table.groupby("dataset"):
        means = d.groupby("embedder")[["x", "y", "z"]].mean()
        x, y, z = stats.rankdata(means, axis=0).T
        left = [v - np.polyval(np.polyfit(z, v, 1), z) for v in (x, y)]
        each.append(stats.pearsonr(*left).statistic)
    assert found["mean"] == pytest.approx(np.mean(each))
    units = dataset_correlations(table, "x", "y", ["group"], given="z")
    assert units["correlation"].tolist() == pytest.approx(each)
    # Kendall's partial tau by its formula
    units = dataset_correlations(table, "x", "y", ["group"], given="z", method="kendall")
    for (_, d), value in zip(table.groupby("dataset"), units["correlation"], strict=True):
        m = d.groupby("embedder")[["x", "y", "z"]].mean()
        xy, xz, yz = (
            stats.kendalltau(m[a], m[b]).statistic for a, b in ("xy", "xz", "yz")
        )  # fmt: skip
        formula = (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))
        assert value == pytest.approx(formula)


def test_nothing_is_left_of_what_is_held_constant() -> None:
    table = drawn(np.random.default_rng(7), 2, 5, 3, 0.5)
    assert np.isnan(within_correlations(table, "x", "y", ["group"], given="x")["mean"].iloc[0])
    assert dataset_correlations(table, "x", "y", ["group"], given="x").empty
    # What is the same for all embedders explains nothing.
    plain = within_correlations(table, "x", "y", ["group"])["mean"]
    same = within_correlations(table.assign(z=1.0), "x", "y", ["group"], given="z")["mean"]
    assert same.tolist() == plain.tolist()
