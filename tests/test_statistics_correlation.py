"""Rank correlations against scipy, with resamples that keep a dataset whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils.statistics import rank_correlations
from alutils.streams import stream

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 5)), min_size=4, max_size=14
).map(lambda rows: make(np.array(rows, float)))  # fmt: skip


def make(rows: np.ndarray) -> pd.DataFrame:
    """Rows of (dataset, quality, gain), each one embedder."""
    table = pd.DataFrame(rows, columns=["dataset", "quality", "gain"])
    return table.assign(embedder=range(len(table)))


def drawn(rng: np.random.Generator, datasets: int, each: int, strength: float) -> pd.DataFrame:
    quality = rng.normal(size=(datasets, each)) + rng.normal(size=(datasets, 1))
    gain = strength * quality + rng.normal(size=quality.shape)
    names = np.repeat(np.arange(datasets), each)
    return make(np.column_stack([names, quality.ravel(), gain.ravel()]))


def test_resamples_are_those_of_a_loop_that_copies_rows() -> None:
    table = drawn(np.random.default_rng(0), 5, 4, 0.5).round(0)  # with ties
    table = table.iloc[:-1]  # clusters of unequal size
    found = rank_correlations(table, "quality", "gain", n=300).set_index("method")
    times = stream("bootstrap", "correlation", 0).multinomial(5, np.full(5, 0.2), size=300)
    for method, scipys in (("spearman", stats.spearmanr), ("kendall", stats.kendalltau)):
        values = []
        for counts in times:
            copies = table.loc[table.index.repeat(counts[table["dataset"].astype(int)])]
            values.append(scipys(copies["quality"], copies["gain"]).statistic)
        expected = np.quantile(values, [0.025, 0.975])
        assert found.loc[method, ["low", "high"]].tolist() == pytest.approx(expected.tolist())
        here = scipys(table["quality"], table["gain"]).statistic
        assert found.loc[method, "correlation"] == pytest.approx(here)
    assert found[["n_units", "n_clusters", "undefined"]].to_numpy().tolist() == [[19, 5, 0]] * 2


def test_seeds_of_a_unit_are_averaged_and_groups_kept_apart() -> None:
    table = drawn(np.random.default_rng(1), 4, 3, 1)
    noise = np.random.default_rng(2).normal(size=len(table))
    seeds = pd.concat([table.assign(gain=table["gain"] + s * noise, seed=s) for s in (-1, 1)])
    both = pd.concat([seeds.assign(strategy="b"), table.assign(strategy="a", gain=-table["gain"])])
    found = rank_correlations(both, "quality", "gain", ["strategy"], n=200)
    assert found["strategy"].tolist() == ["b", "b", "a", "a"]
    alone = rank_correlations(table, "quality", "gain", n=200)
    columns = ["correlation", "low", "high"]
    assert found.loc[:1, columns].to_numpy() == pytest.approx(alone[columns].to_numpy())
    assert found.loc[2:, "correlation"].tolist() == pytest.approx((-alone["correlation"]).tolist())


def test_a_constant_has_no_correlation_and_one_dataset_no_interval() -> None:
    table = drawn(np.random.default_rng(3), 3, 4, 1)
    constant = rank_correlations(table.assign(quality=0.7), "quality", "gain", n=50)
    assert constant[["correlation", "low", "high"]].isna().all(axis=None)
    assert constant["undefined"].tolist() == [1, 1]
    one = rank_correlations(table[table["dataset"] == 0], "quality", "gain", n=50)
    assert one["correlation"].notna().all() and one[["low", "high"]].isna().all(axis=None)


def test_undefined_resamples_are_counted() -> None:
    # Quality differs between the datasets alone: a resample of one dataset has no correlation.
    table = make(np.array([(0, 1, 0.1), (0, 1, 0.3), (1, 2, 0.2), (1, 2, 0.5)]))
    found = rank_correlations(table, "quality", "gain", n=2000)
    assert found["undefined"].tolist() == pytest.approx([0.5, 0.5], abs=0.05)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_correlation_is_scipys_and_flips_with_the_sign(table: pd.DataFrame) -> None:
    found = rank_correlations(table.sample(frac=1, random_state=0), "quality", "gain", n=50)
    expected = [np.nan, np.nan]
    if table[["quality", "gain"]].nunique().min() > 1:
        both = table["quality"], table["gain"]
        expected = [stats.spearmanr(*both).statistic, stats.kendalltau(*both).statistic]
    assert found["correlation"].tolist() == pytest.approx(expected, nan_ok=True, abs=1e-12)
    columns = ["correlation", "low", "high", "undefined"]
    again = rank_correlations(table, "quality", "gain", n=50)
    np.testing.assert_allclose(again[columns].to_numpy(), found[columns].to_numpy(), atol=1e-12)
    flipped = rank_correlations(table.assign(gain=-table["gain"]), "quality", "gain", n=50)
    np.testing.assert_allclose(-flipped["low"], found["high"], atol=1e-12)
    np.testing.assert_allclose(-flipped["correlation"], found["correlation"], atol=1e-12)


def test_intervals_cover_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    # Pearson's correlation of the two is 2 * strength / sqrt(2 * (2 * strength**2 + 1)).
    strength = 0.5
    rho = 2 * strength / np.sqrt(2 * (2 * strength**2 + 1))
    truth = {"spearman": 6 / np.pi * np.arcsin(rho / 2), "kendall": 2 / np.pi * np.arcsin(rho)}
    covered = {"spearman": 0, "kendall": 0}
    for _ in range(150):
        found = rank_correlations(drawn(rng, 25, 4, strength), "quality", "gain", n=200)
        for row in found.itertuples():
            covered[row.method] += row.low < truth[row.method] < row.high
    assert all(0.86 < count / 150 <= 1 for count in covered.values())
