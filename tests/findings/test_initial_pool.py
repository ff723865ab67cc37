"""Verdicts on tables whose effects are known, and its numbers computed by other means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import contaminated, initial_pool, pool_course, pool_effects
from alutils.findings.family import (
    at_least_one,
    datasets_needed,
    each_one,
    judge_family,
    needed_words,
)
from tests.findings.pool_tables import (
    DATASETS,
    PROBES,
    few_resamples,  # noqa: F401
    qualities,
    records,
)

pytestmark = pytest.mark.usefixtures("few_resamples")

LARGE, NONE, HARM = (0.06, 0.1), (0.0, 0.0), (-0.06, 0.1)
FLAT, SHRINKING = (0.06, 0.0), (0.03, -0.1)


@pytest.mark.parametrize(
    ("coreset", "typiclust", "verdict"),
    [
        (LARGE, LARGE, "holds"),
        (HARM, LARGE, "holds"),  # one of the two is enough
        (NONE, NONE, "does not hold"),
        (HARM, FLAT, "does not hold"),  # growth without gain; gain without growth
        (SHRINKING, SHRINKING, "does not hold"),
    ],
)
def test_planted_effects_are_found(
    coreset: tuple[float, float], typiclust: tuple[float, float], verdict: str
) -> None:
    table = records({"coreset": coreset, "typiclust": typiclust, "kmeans": LARGE})
    found = initial_pool.finding(table, qualities())
    assert found.verdict == verdict, found.sentence
    hangs_on = found.numbers[found.decides]
    assert hangs_on.low > 0 if verdict == "holds" else hangs_on.high < 0.005


def test_what_the_test_of_few_datasets_holds_back_is_shown_all_the_same() -> None:
    table = records({"coreset": HARM, "typiclust": LARGE})
    few = table[table["dataset"].isin(DATASETS[:3])]
    found = initial_pool.finding(few, qualities(DATASETS[:3]))
    assert found.verdict == "cannot tell"
    assert found.decides == "typiclust_gain" and found.numbers[found.decides].low > 0


def test_each_initial_pool_gets_its_verdict_in_words() -> None:
    table = records({"coreset": HARM, "typiclust": LARGE})
    found = initial_pool.finding(table, qualities())
    assert found.sentence.startswith("The claim holds for TypiClust; does not hold for CoreSet.")
    assert "One that asks for each of them would be: does not hold" in found.change
    assert set(found.numbers) == {
        f"{pool}_{part}{end}"
        for pool in ("coreset", "typiclust")
        for part in ("gain", "change", "trend")
        for end in ("", "_here")
    }


def test_other_initial_pools_and_the_order_of_rows_change_nothing() -> None:
    table = records({"coreset": HARM, "typiclust": LARGE})
    more = records({"coreset": HARM, "typiclust": LARGE, "kmeans": LARGE})
    more = pd.concat([table, more[more["initial_pool"] == "kmeans"]])
    shuffled = more.sample(frac=1, random_state=1)
    first = initial_pool.finding(table, qualities())
    second = initial_pool.finding(shuffled, qualities().sample(frac=1, random_state=2))
    assert (first.sentence, first.test) == (second.sentence, second.test)


def test_the_numbers_by_hand() -> None:
    table = records({"typiclust": LARGE, "coreset": HARM}, cycles=4, noise=0.02, spread=0.02)
    quality = qualities()
    found = initial_pool.finding(table, quality, early=3)
    wide = table.pivot_table("accuracy", ["dataset", "embedder", "seed", "cycle"], "initial_pool")
    gain = (wide["typiclust"] - wide["random"]).unstack("cycle")
    early = (gain[0] / 2 + gain[1] + gain[2] / 2) / 2
    means = early.groupby(["dataset", "embedder"]).mean().unstack("embedder")
    assert found.numbers["typiclust_gain"].value == pytest.approx(means["good"].mean())
    change = (means["good"] - means["poor"]).mean()
    assert found.numbers["typiclust_change"].value == pytest.approx(change)
    rises = [
        stats.linregress([PROBES[name] for name in means], row).slope * 0.4
        for row in means.to_numpy()
    ]
    assert found.numbers["typiclust_trend"].value == pytest.approx(np.mean(rises))
    by_dataset = means["good"].to_numpy()
    p = stats.wilcoxon(by_dataset, method="exact").pvalue
    harm = (wide["coreset"] - wide["random"]).unstack("cycle")
    harm = (harm[0] / 2 + harm[1] + harm[2] / 2) / 2
    harm = harm.groupby(["dataset", "embedder"]).mean().unstack("embedder")["good"]
    p_both = sorted([p, stats.wilcoxon(harm, method="exact").pvalue])
    largest = max(min(2 * p_both[0], 1), p_both[1])
    gains = pool_effects.early_gains(table, 3)
    judged = judge_family(gains[gains["embedder"] == "good"], "initial_pool")
    assert judged["p_holm"].max() == pytest.approx(largest)


@pytest.mark.parametrize(
    ("options", "needs"),
    [
        ({"datasets": ["d0"]}, "more than one dataset"),
        ({"datasets": ["d0"], "seeds": 1}, "more than one dataset"),
        ({"datasets": DATASETS[:4]}, "about 3 more datasets like these 4"),
        ({"spread": 0.1, "seed": 3}, "more datasets"),
    ],
)
def test_what_nobody_can_tell_says_what_it_needs(options: dict[str, object], needs: str) -> None:
    effect = (0.06, 0.1) if "spread" not in options else (0.006, 0.1)
    table = records({"coreset": effect, "typiclust": effect}, **options)  # type: ignore[arg-type]
    there = list(table["dataset"].unique())
    found = initial_pool.finding(table, qualities(there))
    assert found.verdict == "cannot tell"
    assert "Cannot tell: needs" in found.sentence and needs in found.sentence


def test_one_embedder_shows_no_growth() -> None:
    table, quality = records({"coreset": LARGE}), qualities()
    table = table[table["embedder"] == "good"]
    found = initial_pool.finding(table, quality[quality["embedder"] == "good"])
    assert found.verdict == "cannot tell"
    assert "needs two embedders of different quality" in found.sentence


def test_without_a_gain_one_embedder_is_enough_to_refute() -> None:
    table, quality = records({"coreset": HARM}), qualities()
    table = table[table["embedder"] == "good"]
    found = initial_pool.finding(table, quality[quality["embedder"] == "good"])
    assert found.verdict == "does not hold"


def test_contaminated_pairs_are_left_out() -> None:
    table, quality = records({"coreset": LARGE, "typiclust": LARGE}), qualities()
    marked = (quality["dataset"] == "d0") & (quality["embedder"] == "good")
    rest = contaminated.without_contaminated(table, quality.assign(contaminated=marked))
    assert len(rest) == len(table) * 23 / 24
    gains = pool_effects.early_gains(rest)
    # What is left of that dataset has no best embedder to compare with, but still a line.
    assert "d0" not in set(pool_effects.changes(gains, "poor", "good")["dataset"])
    assert "d0" in set(pool_effects.trends(gains, quality)["dataset"])
    assert initial_pool.finding(rest, quality).verdict == "holds"


def test_a_line_needs_embedders_of_different_quality() -> None:
    gains = pool_effects.early_gains(records({"coreset": LARGE}))
    assert pool_effects.trends(gains, qualities(probe_accuracy=0.5)).empty


def test_tables_have_a_row_for_every_initial_pool() -> None:
    table = records({"coreset": HARM, "typiclust": LARGE, "kmeans": NONE})
    compared = initial_pool.effects(table, qualities())
    parts = initial_pool.judged(compared)
    pools = ["coreset", "typiclust", "kmeans"]
    assert list(initial_pool.gain_table(compared, pools)["initial pool"])[2] == "k-means"
    growth = initial_pool.growth_table(compared, parts, pools)
    assert list(growth["gain"]) == ["does not hold", "holds", ""]
    assert list(growth["growth"]) == ["holds", "holds", ""]


def test_a_lead_lasts_until_its_interval_meets_zero() -> None:
    table = records({"coreset": NONE, "typiclust": FLAT, "kmeans": FLAT}, lasts=3)
    forever = records({"kmeans": FLAT})
    table = pd.concat(
        [table[table["initial_pool"] != "kmeans"], forever[forever["initial_pool"] == "kmeans"]]
    )
    pools = ["typiclust", "coreset", "kmeans"]
    lead = pool_course.leads(table, ["poor", "good"], pools)
    assert list(lead["initial_pool"].unique()) == pools
    lasts = pool_course.lasting(lead.sample(frac=1, random_state=0))
    lasts = lasts.set_index(["initial_pool", "embedder"]).sort_index()
    assert lasts.loc[("typiclust", "good"), "until"] == 20  # the third cycle: 10, 15, 20
    assert not lasts.loc[("typiclust", "good"), "open"]
    assert np.isnan(lasts.loc[("coreset", "good"), "until"])
    assert lasts.loc[("kmeans", "poor"), "until"] == 35 and lasts.loc[("kmeans", "poor"), "open"]


def test_a_pool_may_begin_behind() -> None:
    table = records({"coreset": HARM, "kmeans": NONE, "typiclust": LARGE})
    pools = ["coreset", "kmeans", "typiclust"]
    lasts = pool_course.lasting(pool_course.leads(table, ["good"], pools))
    assert list(lasts["initial_pool"][lasts["behind"]]) == ["coreset"]


def test_classes_seen_are_read_from_either_column() -> None:
    table = records({"coreset": LARGE}, datasets=["d0"], seeds=2)
    counts = [np.array([1] * 4 + [0] * 6)] * len(table)
    counted = table.drop(columns="classes_seen").assign(class_counts=counts)
    mixed = pd.concat([table.head(len(table) // 2), counted.tail(len(table) // 2)])
    mixed = mixed.reset_index(drop=True)
    quality = qualities(["d0"])
    assert (pool_course.shares_seen(table, quality)["share"] == 1.0).all()
    assert (pool_course.shares_seen(counted, quality)["share"] == 0.4).all()
    assert set(pool_course.shares_seen(mixed, quality)["share"]) == {1.0, 0.4}


def test_classes_and_gains_are_those_of_one_run() -> None:
    table = records({"coreset": LARGE})
    table.loc[table["initial_pool"] == "random", "classes_seen"] = 7
    first = pool_effects.first_gains(table)
    both = pool_course.classes_and_gains(table, qualities(), first)
    assert len(both) == len(first) and both["classes"].round(9).eq(0.3).all()
    assert both["difference"].mean() == pytest.approx(first["difference"].mean())


def test_a_family_needs_more_than_an_interval_above_zero() -> None:
    gains = pool_effects.early_gains(records({"coreset": LARGE, "typiclust": LARGE}))
    few = gains[gains["dataset"].isin(DATASETS[:6])]
    assert list(judge_family(few, "initial_pool")["verdict"]) == ["cannot tell"] * 2
    alone = few[few["initial_pool"] == "coreset"]
    assert list(judge_family(alone, "initial_pool")["verdict"]) == ["holds"]  # 2 / 2**6 < 0.05
    assert datasets_needed(few, "initial_pool", "coreset") == 7
    assert needed_words(7, 6) == "about 1 more dataset like these 6"


def test_datasets_are_counted_until_the_interval_clears_zero_or_the_margin() -> None:
    rng = np.random.default_rng(0)
    spread = rng.normal(0, 0.03, 10)
    spread -= spread.mean()
    for mean in (0.01, 0.001, -0.02):
        table = pd.DataFrame({"dataset": [f"d{i}" for i in range(10)], "seed": 0, "pool": "a"})
        table["difference"] = mean + spread
        wanted = datasets_needed(table, "pool", "a")

        def half(n: int, deviation: float = spread.std(ddof=1)) -> float:
            return float(stats.t.ppf(0.975, n - 1) * deviation / np.sqrt(n))

        reach = 0.7 * max(mean, 0.005 - mean)  # in four studies of five
        assert wanted == 11 or half(wanted) <= reach < half(wanted - 1)


@pytest.mark.parametrize(
    ("verdicts", "one", "each"),
    [
        (["holds", "holds"], "holds", "holds"),
        (["holds", "cannot tell"], "holds", "cannot tell"),
        (["holds", "does not hold"], "holds", "does not hold"),
        (["cannot tell", "does not hold"], "cannot tell", "does not hold"),
        (["does not hold", "does not hold"], "does not hold", "does not hold"),
    ],
)
def test_one_or_each(verdicts: list[str], one: str, each: str) -> None:
    assert at_least_one(pd.Series(verdicts)) == one
    assert each_one(pd.Series(verdicts)) == each
