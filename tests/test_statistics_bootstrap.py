"""Bootstrap intervals: against a slow twin, against theory, and how often they cover."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils.statistics import bootstrap_interval


def table(values: np.ndarray) -> pd.DataFrame:
    """Values (datasets, seeds) as rows."""
    rows = [(f"d{d}", s, v) for d, seeds in enumerate(values) for s, v in enumerate(seeds)]
    return pd.DataFrame(rows, columns=["dataset", "seed", "difference"]).assign(strategy="margin")


def interval(rows: pd.DataFrame, **options: object) -> pd.Series:
    return bootstrap_interval(rows, ["strategy"], **options).iloc[0]  # type: ignore[arg-type]


def test_interval_over_many_seeds_is_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(size=(4, 40)) + np.arange(4)[:, None]
    found = interval(table(values))
    error = np.sqrt((values.var(axis=1, ddof=1) / 40).sum()) / 4
    expected = stats.norm.interval(0.95, values.mean(), error)
    assert found[["low", "high"]].tolist() == pytest.approx(list(expected), abs=0.01)
    assert (found["n_datasets"], found["n_seeds"], found["datasets"]) == (4, 40, "fixed")


def test_interval_agrees_with_a_loop_over_resamples() -> None:
    values = np.random.default_rng(1).exponential(size=(3, 8))
    rng, means = np.random.default_rng(2), []
    for _ in range(5000):
        means.append(np.mean([rng.choice(each, len(each)).mean() for each in values]))
    widened = np.sqrt(8 / 7) * stats.t.ppf(0.975, 3 * 7) / stats.norm.ppf(0.975)
    expected = values.mean() + widened * (np.quantile(means, [0.025, 0.975]) - values.mean())
    found = interval(table(values))[["low", "high"]].tolist()
    assert found == pytest.approx(list(expected), abs=0.02)


def test_drawing_datasets_counts_the_spread_between_them() -> None:
    values = np.arange(12.0)[:, None] + np.random.default_rng(0).normal(0, 0.01, (12, 5))
    fixed, drawn = interval(table(values)), interval(table(values), datasets="resampled")
    assert fixed["high"] - fixed["low"] < 0.02
    error = stats.sem(np.arange(12))
    width = 2 * stats.t.ppf(0.975, 11) * error
    assert drawn["high"] - drawn["low"] == pytest.approx(width, rel=0.05)


def test_rows_of_one_seed_are_averaged_first_and_datasets_weigh_the_same() -> None:
    values = np.random.default_rng(3).normal(size=(2, 6))
    plain = table(values)
    noise = np.random.default_rng(4).normal(size=len(plain))
    doubled = pd.concat(
        [plain.assign(difference=plain["difference"] + s * noise, embedder=s) for s in (-1, 1)]
    )
    one = pd.concat([doubled[doubled["dataset"] == "d0"], plain[plain["dataset"] == "d1"]])
    for rows in (doubled, one):
        assert interval(rows)[["mean", "low", "high"]].tolist() == pytest.approx(
            interval(plain)[["mean", "low", "high"]].tolist()
        )


def test_one_seed_or_one_dataset_has_no_interval() -> None:
    one_seed, one_dataset = table(np.arange(3.0)[:, None]), table(np.arange(6.0)[None])
    assert interval(one_seed)[["low", "high"]].isna().all()
    assert interval(one_dataset, datasets="resampled")[["low", "high"]].isna().all()
    assert interval(one_dataset)[["low", "high"]].notna().all()


def test_a_group_does_not_depend_on_the_others() -> None:
    values = np.random.default_rng(5).normal(size=(2, 5))
    both = pd.concat([table(values + 1).assign(strategy="badge"), table(values)])
    found = bootstrap_interval(both, ["strategy"])
    assert found["strategy"].tolist() == ["badge", "margin"]
    alone = bootstrap_interval(table(values), ["strategy"])
    pd.testing.assert_frame_equal(found.iloc[[1]].reset_index(drop=True), alone)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), st.integers(2, 6), st.randoms(use_true_random=False))
def test_order_of_rows_is_nothing_and_swapping_flips_signs(d: int, s: int, random) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(random.randrange(2**31))
    rows = table(rng.normal(size=(d, s)))
    for datasets in ("fixed", "resampled"):
        options = {"n": 200, "datasets": datasets}
        found = interval(rows, **options)
        shuffled = interval(rows.sample(frac=1, random_state=1), **options)
        pd.testing.assert_series_equal(found, shuffled)
        flipped = interval(rows.assign(difference=-rows["difference"]), **options)
        assert flipped[["low", "mean", "high"]].tolist() == pytest.approx(
            [-found["high"], -found["mean"], -found["low"]], nan_ok=True
        )


@pytest.mark.parametrize("datasets", ["fixed", "resampled"])
def test_interval_covers_about_as_often_as_it_says(datasets: str) -> None:
    rng = np.random.default_rng(6)
    d, s = (8, 5) if datasets == "resampled" else (2, 5)
    covered = 0
    for _ in range(500):
        between = rng.normal(0, 1, (d, 1)) if datasets == "resampled" else 0
        found = interval(table(0.3 + between + rng.normal(0, 1, (d, s))), n=500, datasets=datasets)
        covered += found["low"] < 0.3 < found["high"]
    assert 0.92 < covered / 500 < 0.975
