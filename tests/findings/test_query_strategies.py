"""Whether one strategy is best everywhere: known worlds, and numbers derived by other code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import query_strategies as page
from tests.findings.worlds import DATASETS, STRATEGIES, measured, order, runs


def rotating(dataset: str, embedder: str, strategy: str) -> float:
    """Another strategy leads on every dataset, by two points."""
    return 0.02 * (order(strategy) - 1 == DATASETS.index(dataset)) + 0.001 * order(strategy)


def steady(dataset: str, embedder: str, strategy: str) -> float:
    """The same order everywhere."""
    return 0.02 * order(strategy)


def test_a_lead_that_moves_with_the_dataset_is_found() -> None:
    records = runs(rotating)
    found = page.finding(records, measured(records))
    assert found.verdict == "holds"
    assert "each of the 6 strategies" in found.sentence.lower()
    datasets, embedders = found.numbers["datasets"], found.numbers["embedders"]
    assert datasets.low > 0.1 and datasets.unit == "seeds"
    assert embedders.low < 0.05 < datasets.low


def test_a_strategy_best_everywhere_refutes_the_claim() -> None:
    records = runs(steady)
    found = page.finding(records, measured(records))
    assert found.verdict == "does not hold"
    assert "TCM" in found.sentence
    assert found.numbers["worst"].value == found.numbers["mean"].value == 0
    assert found.numbers["embedders"].high < 0.1


@pytest.mark.parametrize(
    ("seeds", "words"), [(1, "more than one seed"), (3, "more seeds"), (8, "more")]
)
def test_what_the_seeds_cannot_show_is_not_said(seeds: int, words: str) -> None:
    records = runs(lambda d, e, s: 0.4 * rotating(d, e, s), seeds=seeds, noise=0.02)
    found = page.finding(records, measured(records))
    assert found.verdict == "cannot tell"
    assert words in found.change and "nan" not in found.change
    assert all(not np.isnan(number.value) for number in found.numbers.values())


def test_it_needs_no_more_than_two_embedders_on_one_dataset() -> None:
    records = runs(steady, datasets=["d1"], embedders=["e1", "e2"], seeds=3)
    found = page.finding(records, measured(records))
    assert found.verdict == "does not hold"
    assert set(found.numbers) == {"worst", "mean", "embedders"}


def test_the_order_of_rows_does_not_matter() -> None:
    records = runs(rotating)
    shuffled = records.sample(frac=1, random_state=1, ignore_index=True)
    one, two = (page.finding(r, measured(records)) for r in (records, shuffled))
    assert (one.verdict, one.sentence, one.test) == (two.verdict, two.sentence, two.test)


def test_clearest_cases_are_those_of_scipy() -> None:
    records = runs(rotating, seed=3)
    areas = page.compared(records)
    wide = areas.pivot_table("aulc", ["dataset", "embedder", "seed"], "strategy")
    table = page.everywhere(areas, margin=0.005).set_index("strategy")
    for strategy in STRATEGIES:
        tests = {
            (*place, rival): stats.ttest_1samp(
                cell[rival] - cell[strategy], 0.005, alternative="greater"
            )
            for place, cell in wide.groupby(["dataset", "embedder"])
            for rival in STRATEGIES
            if rival != strategy
        }
        clearest = min(tests, key=lambda case: tests[case].pvalue)
        row = table.loc[strategy]
        assert (row["dataset"], row["embedder"], row["rival"]) == clearest
        assert row["p"] == pytest.approx(min(1, 2 * len(tests) * tests[clearest].pvalue))
        both = stats.ttest_1samp(
            (wide[clearest[2]] - wide[strategy]).loc[clearest[:2]], 0
        ).confidence_interval(0.95)
        assert tuple(row[["low", "high"]]) == pytest.approx(tuple(both))


def test_the_number_of_seeds_asked_for_would_do() -> None:
    records = runs(lambda d, e, s: 0.5 * rotating(d, e, s), seeds=4, noise=0.006)
    areas = page.compared(records)
    open_cases = page.everywhere(areas).query("p >= 0.05 and seeds < inf")
    tests = 5 * 12
    assert len(open_cases)
    for row in open_cases.to_dict("records"):
        gap = areas.query(f"dataset == {row['dataset']!r} and embedder == {row['embedder']!r}")
        wide = gap.pivot_table("aulc", "seed", "strategy")
        t = (row["mean"] - 0.005) / (wide[row["rival"]] - wide[row["strategy"]]).std()
        needed = [
            n for n in range(2, 1000) if 2 * tests * stats.t.sf(t * np.sqrt(n), n - 1) <= 0.05
        ]
        assert row["seeds"] == (needed[0] if needed else np.inf)


def test_places_are_counted_once_for_each_strategy() -> None:
    areas = page.compared(runs(rotating))
    counted = page.counted(areas).set_index("strategy")
    assert (counted.sum(axis=1) == 12).all()
    # On each of four datasets another strategy leads, under all three embedders.
    assert counted.loc[["margin", "badge", "coreset", "typiclust"], "leads"].tolist() == [3] * 4
    assert counted.loc["random", "behind"] == 12
    gains = page.gains(areas)
    assert len(gains) == 12 * 6 and (gains.loc[gains["strategy"] == "random", "mean"] == 0).all()
    leads = gains[gains["place"] == "leads"]
    best = gains.groupby(["dataset", "embedder"])["mean"].max()
    pd.testing.assert_series_equal(
        leads.set_index(["dataset", "embedder"])["mean"].sort_index(), best, check_names=False
    )


def test_equal_choices_are_one_strategy() -> None:
    strategies = ["random", "least_confidence", "entropy", "margin", "tcm"]
    records = runs(lambda d, e, s: 0.01 * (s != "random"), strategies=strategies)
    margin = records[records["strategy"] == "margin"]
    same = (records["strategy"] == "tcm") & (records["dataset"] == "d2")
    records.loc[same, "accuracy"] = margin.loc[margin["dataset"] == "d2", "accuracy"].to_numpy()
    areas = page.compared(records)
    kept = page.distinct(areas, measured(records, two_classes=["d1"]))
    left = kept.groupby("dataset")["strategy"].unique().map(set)
    # With two classes the three differ by rounding at most, whatever the seeds say.
    assert left["d1"] == {"random", "margin", "tcm"}
    assert left["d2"] == set(strategies) - {"tcm"}
    assert left["d3"] == left["d4"] == set(strategies)
    without_margin = areas[areas["strategy"] != "margin"]
    kept = page.distinct(without_margin, measured(records, two_classes=["d1"]))
    assert set(kept.loc[kept["dataset"] == "d1", "strategy"]) == {"random", "entropy", "tcm"}
