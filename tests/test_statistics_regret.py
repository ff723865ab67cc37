"""What one strategy always costs: by hand, and with the luck of the best taken off."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alutils.statistics import regret

STRATEGIES = list("abcde")


def areas(levels: np.ndarray, noise: float = 0.01, seeds: int = 10, seed: int = 0) -> pd.DataFrame:
    """Levels of shape (datasets, embedders, strategies)."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"d{d}", f"e{e}", STRATEGIES[s], run, level + noise * rng.normal())
        for (d, e, s), level in np.ndenumerate(levels)
        for run in range(seeds)
    ]
    return pd.DataFrame(rows, columns=["dataset", "embedder", "strategy", "seed", "aulc"])


def levels(datasets: int = 4, embedders: int = 3, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.03 * rng.normal(size=(datasets, embedders, len(STRATEGIES)))


def test_without_noise_it_is_what_a_hand_counts() -> None:
    known = levels()
    behind = known.max(axis=2, keepdims=True) - known
    found = regret(areas(known, noise=0), n=50).set_index(["measure", "strategy"])
    for place, name in enumerate(STRATEGIES):
        assert found.loc[("mean", name), "mean"] == pytest.approx(behind[..., place].mean())
        worst = found.loc[("worst", name)]
        assert [worst["mean"], worst["raw"]] == pytest.approx([behind[..., place].max()] * 2)
        d, e = np.unravel_index(behind[..., place].argmax(), behind.shape[:2])
        assert (worst["dataset"], worst["embedder"]) == (f"d{d}", f"e{e}")
        ends = found.loc[("mean", name), ["low_fixed", "high_fixed"]].to_numpy(float)
        assert ends == pytest.approx([behind[..., place].mean()] * 2)


def test_datasets_of_other_sizes_have_the_same_weight() -> None:
    table = areas(levels(), noise=0)
    short = table[~((table["dataset"] == "d0") & (table["embedder"] != "e0"))]
    found = regret(short, n=20).set_index(["measure", "strategy"])["mean"]
    means = short.groupby(["dataset", "embedder", "strategy"])["aulc"].mean().unstack()
    behind = means.rsub(means.max(axis=1), axis=0).groupby("dataset").mean().mean()
    assert found["mean"][STRATEGIES].to_numpy() == pytest.approx(behind[STRATEGIES].to_numpy())


def test_intervals_cover_and_the_luck_of_the_best_is_taken_off() -> None:
    known = levels()
    behind = known.max(axis=2, keepdims=True) - known
    truth = {"mean": behind.mean(axis=(0, 1)), "worst": behind.max(axis=(0, 1))}
    covered, raw, value = [], [], []
    for seed in range(30):
        found = regret(areas(known, noise=0.04, seed=seed), n=300)
        for measure, expected in truth.items():
            rows = found[found["measure"] == measure]
            inside = (rows["low_fixed"] <= expected) & (expected <= rows["high_fixed"])
            covered.append(inside.mean())
            if measure == "mean":
                raw.append((rows["raw"] - expected).mean())
                value.append((rows["mean"] - expected).mean())
    assert 0.85 < np.mean(covered) <= 1
    assert np.mean(raw) > max(0.001, 2 * abs(np.mean(value)))


def test_one_seed_or_one_dataset_has_no_interval() -> None:
    one_seed = regret(areas(levels(), seeds=1), n=20)
    assert one_seed[["low_fixed", "high_fixed"]].isna().all(axis=None)
    assert (one_seed["mean"] == one_seed["raw"]).all()
    one_dataset = regret(areas(levels(datasets=1)), n=20)
    assert one_dataset[["low", "high"]].isna().all(axis=None)
    assert one_dataset[["low_fixed", "high_fixed"]].notna().all(axis=None)
    assert regret(areas(levels()), n=20).query("measure == 'worst'")["low"].isna().all()


def test_rows_come_in_any_order_and_none_may_be_missing() -> None:
    table = areas(levels())
    one, two = regret(table, n=100), regret(table.sample(frac=1, random_state=0), n=100)
    pd.testing.assert_frame_equal(one, two)
    with pytest.raises(ValueError, match="lack"):
        regret(table.iloc[1:], n=20)
