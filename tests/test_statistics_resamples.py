"""Extremes and spreads of means: against a loop, and how often their intervals cover."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.statistics import unit_means, without_bias

N = 2000


def table(values: np.ndarray) -> pd.DataFrame:
    """Values (datasets, units, seeds) as rows."""
    rows = [
        {"dataset": f"d{d}", "embedder": f"e{e}", "seed": s, "difference": v}
        for (d, e, s), v in np.ndenumerate(values)
    ]
    return pd.DataFrame(rows)


def largest(rows: pd.DataFrame) -> dict[str, float]:
    over = unit_means(rows, "difference", ["dataset", "embedder"], N)
    return without_bias(over.means.max(), over.draws.max(axis=1), over.n_seeds)


def test_means_are_means_and_resamples_spread_as_they_should() -> None:
    values = np.random.default_rng(0).normal(size=(3, 2, 12))
    over = unit_means(table(values), "difference", ["dataset", "embedder"])
    assert over.units["dataset"].tolist() == ["d0", "d0", "d1", "d1", "d2", "d2"]
    assert over.means == pytest.approx(values.mean(axis=-1).ravel())
    assert over.draws.mean(axis=0) == pytest.approx(over.means, abs=0.02)
    error = stats.sem(values, axis=-1).ravel()
    assert over.draws.std(axis=0) == pytest.approx(error, rel=0.05)


def test_units_of_a_dataset_share_their_seeds_and_datasets_do_not() -> None:
    one = np.random.default_rng(0).normal(size=(1, 1, 10))
    draws = unit_means(table(np.tile(one, (2, 2, 1))), "difference", ["dataset", "embedder"]).draws
    related = np.corrcoef(draws.T)
    assert related[0, 1] == pytest.approx(1)
    assert abs(related[0, 2]) < 0.05


def test_neither_the_order_of_rows_nor_other_datasets_matter() -> None:
    rows = table(np.random.default_rng(0).normal(size=(3, 2, 5)))
    over = unit_means(rows, "difference", ["dataset", "embedder"], 50)
    mixed = rows.sample(frac=1, random_state=1)
    again = unit_means(mixed, "difference", ["dataset", "embedder"], 50)
    np.testing.assert_allclose(again.draws, over.draws)
    alone = rows[rows["dataset"] == "d1"]
    np.testing.assert_allclose(
        unit_means(alone, "difference", ["dataset", "embedder"], 50).draws, over.draws[:, 2:4]
    )


def test_interval_agrees_with_one_by_hand() -> None:
    values = np.random.default_rng(3).normal(size=(1, 4, 6))
    rng, drawn = np.random.default_rng(4), []
    mean = values[0].mean(axis=-1)
    for _ in range(6000):
        moved = values[0][:, rng.integers(6, size=6)].mean(axis=-1) - mean
        drawn.append((mean + moved * np.sqrt(6 / 5)).max())
    centre = 2 * mean.max() - np.mean(drawn)
    wider = stats.t.ppf(0.975, 5) / stats.norm.ppf(0.975)
    low, high = (2 * mean.max() - np.quantile(drawn, q) for q in (0.975, 0.025))
    found = largest(table(values))
    assert found["observed"] == mean.max()
    assert found["mean"] == pytest.approx(centre, abs=0.03)
    assert found["low"] == pytest.approx(centre + wider * (low - centre), abs=0.06)
    assert found["high"] == pytest.approx(centre + wider * (high - centre), abs=0.06)


def test_a_largest_mean_without_bias_is_nearer_and_its_interval_covers() -> None:
    rng, covered, seen, cleared = np.random.default_rng(0), 0, 0.0, 0.0
    runs = 60
    for _ in range(runs):
        true = rng.normal(0, 1, (4, 5))
        found = largest(table(true[..., None] + rng.normal(0, 1.5, (4, 5, 10))))
        covered += found["low"] <= true.max() <= found["high"]
        seen += (found["observed"] - true.max()) / runs
        cleared += (found["mean"] - true.max()) / runs
    assert covered / runs >= 0.85
    assert abs(cleared) < seen / 2


def test_one_seed_has_no_interval() -> None:
    found = largest(table(np.random.default_rng(0).normal(size=(2, 2, 1))))
    assert found["mean"] == found["observed"]
    assert np.isnan([found["low"], found["high"]]).all()


def test_a_unit_that_lacks_a_seed_is_refused() -> None:
    rows = table(np.zeros((1, 2, 3))).iloc[:-1]
    with pytest.raises(ValueError, match="lack a seed"):
        unit_means(rows, "difference", ["dataset", "embedder"])
