"""Margin against BADGE, on tables in which the answer was planted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import margin_and_badge as page
from alutils.findings import rival_gains
from alutils.statistics import LEVEL

N = 500
EMBEDDERS = ["poor", "middling", "good"]

Gain = Callable[[str, int, int], float]
"""Gain over Random of a strategy on dataset number d under embedder number e."""


def tables(
    gain: Gain, n_datasets: int = 6, seeds: int = 5, noise: float = 0.002, cycles: int = 3
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and qualities of a small study, in the form in which studies give them."""
    rng = np.random.default_rng(0)
    rows = []
    for d in range(n_datasets):
        for e, embedder in enumerate(EMBEDDERS):
            for strategy in ("random", "margin", "badge"):
                for seed in range(seeds):
                    for cycle in range(cycles):
                        extra = 0.0 if strategy == "random" else gain(strategy, d, e)
                        rows.append(
                            {
                                "dataset": f"d{d}",
                                "embedder": embedder,
                                "initial_pool": "random",
                                "strategy": strategy,
                                "initial_size": 10,
                                "query_size": 10,
                                "cycles": cycles,
                                "pool_size": 100,
                                "test_size": 100,
                                "head": "softmax",
                                "seed": seed,
                                "cycle": cycle,
                                "n_labelled": 10 + 10 * cycle,
                                "accuracy": 0.6 + 0.1 * seed + extra + rng.normal(0, noise),
                            }
                        )
    quality = [
        {"dataset": f"d{d}", "embedder": name, "probe_accuracy": 0.6 + 0.1 * e + 0.001 * d}
        for d in range(n_datasets)
        for e, name in enumerate(EMBEDDERS)
    ]
    return pd.DataFrame(rows), pd.DataFrame(quality)


def as_claimed(strategy: str, d: int, e: int) -> float:
    """Margin has a peak and a pit, BADGE has neither, and quality decides."""
    if strategy == "badge":
        return 0.02 + 0.01 * e
    return {0: 0.09, 1: -0.05}.get(d, 0.03)


def verdicts(records: pd.DataFrame, quality: pd.DataFrame) -> list[str]:
    found = rival_gains.cases(rival_gains.gains(records), N)
    change = rival_gains.along_quality(rival_gains.duel(records), quality)
    return [p.verdict for p in page.parts(found, change, records["dataset"].nunique()).values()]


def test_a_planted_claim_is_found() -> None:
    records, quality = tables(as_claimed)
    found = page.finding(records, quality, N)
    assert verdicts(records, quality) == ["holds"] * 3
    assert found.verdict == "holds"
    assert found.numbers["spikes"].value == pytest.approx(0.05, abs=0.003)
    assert found.numbers["robust"].value == pytest.approx(0.07, abs=0.003)
    assert found.numbers["quality"].value == pytest.approx(0.02, abs=0.003)
    assert found.numbers["margin_below_random"].value == pytest.approx(1 / 6)
    assert found.numbers["badge_below_random"].value == 0


def test_the_opposite_is_found() -> None:
    swap = {"badge": "margin", "margin": "badge"}
    records, quality = tables(lambda strategy, d, e: as_claimed(swap[strategy], d, e))
    assert verdicts(records, quality) == ["does not hold", "does not hold", "holds"]
    found = page.finding(records, quality, N)
    assert found.verdict == "does not hold"
    assert found.decides == "spikes" and found.numbers["spikes"].high < 0.005


def test_two_that_do_the_same_are_equivalent_and_the_claim_does_not_hold() -> None:
    records, quality = tables(lambda strategy, d, e: 0.02 + 0.01 * d)
    found = page.finding(records, quality, N)
    assert verdicts(records, quality) == ["does not hold"] * 3
    assert found.numbers["share_equivalent"].value == 1
    assert "18 are shown to differ by less than half a point" in found.sentence


def test_noise_leaves_the_answer_open() -> None:
    records, quality = tables(lambda strategy, d, e: 0.02, noise=0.08)
    found = page.finding(records, quality, N)
    assert verdicts(records, quality) == ["cannot tell"] * 3
    assert found.verdict == "cannot tell"
    assert "more seeds" in found.change and "more datasets" in found.change


def test_one_dataset_tells_nothing_of_datasets() -> None:
    records, quality = tables(as_claimed, n_datasets=1)
    assert verdicts(records, quality) == ["cannot tell"] * 3
    found = page.finding(records, quality, N)
    assert "one says nothing of others" in found.change
    assert "no test on one dataset" in found.test


def test_one_seed_tells_nothing() -> None:
    records, quality = tables(as_claimed, seeds=1)
    found = page.finding(records, quality, N)
    assert verdicts(records, quality)[:2] == ["cannot tell"] * 2
    assert np.isnan(found.numbers["spikes"].low)
    units = rival_gains.head_to_head(rival_gains.duel(records))
    assert set(units["outcome"]) == {"undecided"}
    assert rival_gains.below_random(rival_gains.gains(records))["undecided"].tolist() == [18, 18]


def test_the_order_of_rows_does_not_matter() -> None:
    records, quality = tables(as_claimed, noise=0.01)
    shuffled = records.sample(frac=1, random_state=1)
    plain, mixed = (page.finding(r, quality, N) for r in (records, shuffled))
    assert mixed.sentence == plain.sentence
    turned = page.finding(records, quality.iloc[::-1], N)
    assert turned.sentence == plain.sentence


def test_numbers_by_hand() -> None:
    records, quality = tables(as_claimed, noise=0.01, cycles=2)
    # With two cycles the area is the mean of the two accuracies.
    area = records.pivot_table("accuracy", ["dataset", "embedder", "seed"], "strategy")
    duel = (area["badge"] - area["margin"]).rename("difference")
    units = duel.groupby(["dataset", "embedder"]).mean()
    found = page.finding(records, quality, N)
    assert found.numbers["difference"].value == pytest.approx(units.mean())

    tests = rival_gains.tests(rival_gains.duel(records))
    assert tests["p"].tolist() == pytest.approx(
        [
            stats.permutation_test(
                (units.to_numpy(),),
                lambda x, axis: np.sum(np.sign(x) * stats.rankdata(np.abs(x), axis=axis), axis),
                permutation_type="samples",
                n_resamples=20_000,
                rng=np.random.default_rng(0),
                vectorized=True,
            ).pvalue,
            stats.wilcoxon(units.groupby("dataset").mean(), method="exact").pvalue,
        ],
        abs=0.01,
    )

    gain = area[["margin", "badge"]].sub(area["random"], axis=0)
    means = gain.groupby(["dataset", "embedder"]).mean()
    cases = rival_gains.cases(rival_gains.gains(records), N).set_index(["case", "strategy"])
    for name in ("margin", "badge"):
        assert cases.loc[("best", name), "observed"] == pytest.approx(means[name].max())
        assert cases.loc[("worst", name), "observed"] == pytest.approx(means[name].min())
        assert cases.loc[("spread", name), "observed"] == pytest.approx(np.std(means[name], ddof=1))
        assert tuple(cases.loc[("best", name), ["dataset", "embedder"]]) == means[name].idxmax()
        assert tuple(cases.loc[("worst", name), ["dataset", "embedder"]]) == means[name].idxmin()
    assert cases.loc[("best", "claimed"), "observed"] == pytest.approx(
        means["margin"].max() - means["badge"].max()
    )
    assert cases.loc[("worst", "claimed"), "observed"] == pytest.approx(
        means["badge"].min() - means["margin"].min()
    )

    changes = []
    for dataset, here in units.groupby("dataset"):
        x = quality.set_index(["dataset", "embedder"]).loc[here.index, "probe_accuracy"]
        changes.append(np.polyfit(x, here, 1)[0] * (x.max() - x.min()))
        assert dataset in set(quality["dataset"])
    assert found.numbers["quality"].value == pytest.approx(np.mean(changes))
    joined = units.reset_index().merge(quality, on=["dataset", "embedder"])
    assert found.numbers["correlation"].value == pytest.approx(
        stats.spearmanr(joined["probe_accuracy"], joined["difference"]).statistic
    )

    wide = gain["margin"].unstack("seed")
    error = wide.std(axis=1, ddof=1) / np.sqrt(wide.shape[1])
    high = wide.mean(axis=1) + stats.t.ppf((1 + LEVEL) / 2, wide.shape[1] - 1) * error
    below = rival_gains.below_random(rival_gains.gains(records)).set_index("strategy")
    assert below.loc["margin", "below"] == (high < -0.005).sum() > 0


def test_below_random_is_counted_where_it_is_shown() -> None:
    records, _ = tables(lambda strategy, d, e: -0.004 * d, noise=0.008, cycles=2)
    area = records.pivot_table("accuracy", ["dataset", "embedder", "seed"], "strategy")
    gain = (area["badge"] - area["random"]).unstack("seed")
    half = stats.t.ppf(0.975, gain.shape[1] - 1) * stats.sem(gain, axis=1)
    low, high = gain.mean(axis=1) - half, gain.mean(axis=1) + half
    found = rival_gains.below_random(rival_gains.gains(records)).set_index("strategy").loc["badge"]
    assert found["below"] == (high < -0.005).sum()
    assert found["not_below"] == (low >= -0.005).sum()
    assert found["undecided"] == ((low < -0.005) & (high >= -0.005)).sum() > 0


def test_a_spread_between_datasets_is_uncertain_over_datasets_only() -> None:
    records, _ = tables(as_claimed)
    spread = rival_gains.cases(rival_gains.gains(records), N).set_index(["case", "strategy"])
    row = spread.loc[("spread", "margin")]
    assert row["high"] - row["low"] < 0.002
    assert row["high_datasets"] - row["low_datasets"] > 0.02


def test_two_embedders_have_one_way_to_change() -> None:
    records, quality = tables(as_claimed)
    two = [t[t["embedder"] != "middling"] for t in (records, quality)]
    ways = rival_gains.quality_table(rival_gains.duel(two[0]), two[1]).set_index("way")
    assert ways.loc["line", "mean"] == pytest.approx(ways.loc["ends", "mean"])
    assert ways.loc["line", "high"] == pytest.approx(ways.loc["ends", "high"])


def test_embeddings_that_are_all_equally_good_have_no_line() -> None:
    records, quality = tables(as_claimed)
    found = page.finding(records, quality.assign(probe_accuracy=0.7), N)
    assert "not measured" in found.sentence
    assert np.isnan(found.numbers["quality"].value)


def test_several_initial_pools_are_averaged() -> None:
    records, quality = tables(as_claimed)
    other = records.assign(initial_pool="kmeans")
    both = pd.concat([records, other])
    single, double = (page.finding(r, quality, N).numbers["spikes"] for r in (records, both))
    assert double.value == pytest.approx(single.value)
    assert double.high == pytest.approx(single.high)


def test_along_the_curve() -> None:
    records, _ = tables(as_claimed, cycles=12)
    curve = rival_gains.along_the_curve(records, 4)
    assert curve["n_labelled"].tolist() == [20, 50, 90, 120]
    at = records[records["n_labelled"] == 50].groupby("strategy")["accuracy"].mean()
    assert curve["mean"].iloc[1] == pytest.approx(at["badge"] - at["margin"])


def test_dependence_is_judged_in_both_directions() -> None:
    def judged(low: float, high: float) -> str:
        return page.depends(pd.Series({"low": low, "high": high}))

    assert judged(0.001, 0.01) == judged(-0.01, -0.001) == "holds"
    assert judged(-0.004, 0.004) == judged(0.001, 0.004) == "does not hold"
    assert judged(-0.01, 0.004) == judged(np.nan, np.nan) == "cannot tell"
