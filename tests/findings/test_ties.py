"""What becomes of ties: known worlds, and counts made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import query_strategies, ties, win_rates
from tests.findings.worlds import STRATEGIES, measured, order, runs


def few_wins(dataset: str, embedder: str, strategy: str) -> float:
    """Ahead of Random by three points in one place, else as good as Random."""
    return 0.03 * (strategy != "random" and (dataset, embedder) == ("d1", "e1"))


def clear(dataset: str, embedder: str, strategy: str) -> float:
    """Ahead of Random by far, everywhere."""
    return 0.03 * order(strategy)


def test_a_win_among_ties_is_inflated() -> None:
    records = runs(few_wins)
    found = ties.finding(records, measured(records))
    assert found.verdict == "holds"
    number = found.numbers["inflation"]
    assert 0.3 < number.value < 0.5 and number.unit == "datasets"
    assert "neither" in found.sentence and "Wilcoxon" in found.test
    assert "(1 win and 0 losses of 12)" in found.sentence


def test_without_ties_there_is_nothing_to_inflate() -> None:
    records = runs(clear)
    found = ties.finding(records, measured(records))
    assert found.verdict == "does not hold"
    assert found.numbers["inflation"].value == 0
    assert "nothing to drop" in found.sentence


def test_one_seed_tells_nothing() -> None:
    records = runs(clear, seeds=1)
    found = ties.finding(records, measured(records))
    assert found.verdict == "cannot tell"
    assert "more than one seed" in found.change
    assert found.numbers["inflation"].value == 0


def test_one_dataset_has_its_interval_over_seeds() -> None:
    records = runs(few_wins, datasets=["d1"], embedders=["e1", "e2"], seeds=4)
    number = ties.finding(records, measured(records)).numbers["inflation"]
    assert number.unit == "seeds" and number.low <= number.value <= number.high


def test_the_order_of_rows_does_not_matter() -> None:
    records = runs(few_wins)
    shuffled = records.sample(frac=1, random_state=1, ignore_index=True)
    one, two = (ties.finding(r, measured(records)) for r in (records, shuffled))
    assert (one.verdict, one.sentence) == (two.verdict, two.sentence)
    assert one.numbers["inflation"].value == two.numbers["inflation"].value


def test_counts_and_rates_are_those_made_by_hand() -> None:
    records = runs(lambda d, e, s: 0.004 * order(s), noise=0.006)
    areas = query_strategies.compared(records)
    table = win_rates.against_random(areas, measured(records), margin=0.005).set_index("strategy")
    wide = areas.pivot_table("aulc", ["dataset", "embedder", "seed"], "strategy")
    rates = []
    for strategy in STRATEGIES[1:]:
        words = []
        for _, cell in wide.groupby(["dataset", "embedder"]):
            low, high = stats.ttest_1samp(cell[strategy] - cell["random"], 0).confidence_interval()
            inside = low > -0.005 and high < 0.005
            words.append(
                "equivalent" if inside else "win" if low > 0 else "loss" if high < 0 else ""
            )
        win, loss = words.count("win"), words.count("loss")
        row = table.loc[strategy]
        assert (row["win"], row["loss"], row["equivalent"]) == (
            win,
            loss,
            words.count("equivalent"),
        )
        half = (win + (12 - win - loss) / 2) / 12
        dropped = win / (win + loss) if win + loss else np.nan
        assert row["rate_ties_half"] == pytest.approx(half)
        assert row["inflation"] == pytest.approx(
            abs(dropped - 0.5) - abs(half - 0.5) if win + loss else 0
        )
        rates.append(row["inflation"])
    effect = win_rates.inflated(areas, measured(records), n=200)
    assert effect["mean"] == pytest.approx(np.mean(rates))
    assert effect["low"] <= effect["mean"] <= effect["high"]


def test_units_have_their_number_and_their_p() -> None:
    records = runs(lambda d, e, s: 0.001 * order(s))
    areas = query_strategies.compared(records)
    counts = win_rates.by_unit(areas, measured(records), margins=[0.005, 0.01])
    sizes = counts.groupby("unit")["n"].unique().map(list).to_dict()
    assert sizes == {"run": [5 * 96], "dataset x embedder": [5 * 12], "dataset": [5 * 4]}
    assert (counts.loc[counts["unit"] == "run", "undecided"] == 0).all()
    wider = counts.pivot_table("equivalent", "unit", "margin")
    assert (wider[1.0] >= wider[0.5]).all()
    tested = ties.tests(areas).set_index(["strategy", "unit"])
    gap = win_rates.differences(areas).query("strategy == 'badge'")
    for unit, columns in win_rates.UNITS.items():
        values = gap.groupby(columns)["difference"].mean()
        row = tested.loc[("badge", unit)]
        assert row["n_units"] == len(values)
        if len(values) < 50:  # scipy is exact there
            assert row["p"] == pytest.approx(stats.wilcoxon(values, method="exact").pvalue)
    found = ties.significant(ties.tests(areas)).set_index("unit")
    assert found.loc["run", "significant"] >= found.loc["dataset", "significant"] == 0


def test_duels_mirror_each_other_and_equal_choices_are_no_tie() -> None:
    strategies = ["random", "margin", "entropy", "badge"]
    records = runs(
        lambda d, e, s: 0.02 * (s == "badge"), datasets=["d1", "d2"], strategies=strategies
    )
    twin = records[records["strategy"] == "badge"].assign(strategy="twin")
    records = pd.concat([records, twin], ignore_index=True)
    duels = win_rates.duels(
        query_strategies.compared(records), measured(records, two_classes=["d1"])
    )
    table = win_rates.duel_tally(duels).set_index(["strategy", "rival"])
    assert len(table) == 5 * 4
    for (one, other), row in table.iterrows():
        back = table.loc[(other, one)]
        assert (row["win"], row["equivalent"]) == (back["loss"], back["equivalent"])
        assert row["n"] + row["same"] == 6
    assert table.loc[("badge", "twin"), ["same", "n"]].tolist() == [6, 0]
    assert table.loc[("margin", "entropy"), ["same", "n"]].tolist() == [3, 3]
    assert table.loc[("badge", "random"), "win"] == 6


def test_one_result_under_several_names_counts_once_in_rates_and_in_their_mean() -> None:
    names = ["random", "margin", "entropy", "badge"]
    level = dict(zip(names, [0.0, 0.004, 0.006, 0.01], strict=True))
    records = runs(lambda d, e, s: level[s], strategies=names, noise=0.006)
    known = measured(records, two_classes=["d1"])
    areas = query_strategies.compared(records)
    table = win_rates.against_random(areas, known).set_index("strategy")
    sizes = table["n"].to_dict()
    assert sizes == {"margin": 12, "entropy": 9, "badge": 12}
    effect = win_rates.inflated(areas, known, n=50)
    assert effect["mean"] == pytest.approx(table["inflation"].mean())
