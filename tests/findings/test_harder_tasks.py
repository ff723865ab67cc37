"""Tasks whose hardness and gains are known: what is said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import harder_tasks, hardness
from alutils.findings.harder_tasks import ALL
from alutils.statistics import CELL_FIELDS

EMBEDDERS = ("lsa", "minilm")


def table(
    slope: float,
    datasets: int = 12,
    seeds: int = 4,
    cycles: int = 6,
    luck: float = 0.0,
    strategies: tuple[str, ...] = ("badge", "coreset"),
    alike: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Random fills its room the slower the later the dataset; gains grow by `slope` with that."""
    rng = np.random.default_rng(2)
    rows, known = [], []
    for d in range(datasets):
        for e, embedder in enumerate(EMBEDDERS):
            ceiling, floor = 0.8 + 0.1 * (e and not alike), 0.3
            known.append((f"d{d:02}", embedder, ceiling, floor, d + 2, False))
            pace = 0.5 if alike else 1 / (1 + d)
            for seed in range(seeds):
                shift = rng.normal(0, luck)  # of Random alone: bad luck for it is a gain for others
                for cycle in range(cycles):
                    base = floor + (ceiling - floor) * (1 - np.exp(-pace * (cycle + 1)))
                    for strategy in ("random", *strategies):
                        mine = shift if strategy == "random" else slope * d * (cycle > 0)
                        rows.append(
                            (
                                *(f"d{d:02}", embedder, "random", strategy, 20, 20, cycles),
                                *(500, 200, "softmax", seed, cycle, 20 * (cycle + 1)),
                                base + mine + rng.normal(0, 1e-4),
                            )
                        )
    columns = [*CELL_FIELDS, "seed", "cycle", "n_labelled", "accuracy"]
    measures = ["dataset", "embedder", "probe_accuracy", "largest_class", "n_classes"]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(
        known, columns=[*measures, "contaminated"]
    )


def test_gains_that_grow_with_the_room_are_found() -> None:
    found = harder_tasks.finding(*table(0.004))
    assert found.verdict == "holds"
    assert found.numbers["correlation"].value > 0.9


def test_gains_that_shrink_with_the_room_do_not_hold() -> None:
    found = harder_tasks.finding(*table(-0.004))
    assert found.verdict == "does not hold"
    assert found.numbers["correlation"].value < -0.9


def test_gains_that_have_nothing_to_do_with_the_room_cannot_be_told() -> None:
    found = harder_tasks.finding(*table(0, datasets=6))
    assert found.verdict == "cannot tell"
    assert "To tell, it needs" in found.sentence


def test_luck_of_random_does_not_count_on_both_sides() -> None:
    # All datasets alike, so that only Random's luck makes one look hard, and others gain from it.
    records, known = table(0, datasets=20, luck=0.03, seeds=2, alike=True)
    both = harder_tasks.gains(records).merge(
        hardness.hardness(records, known), on=["dataset", "embedder"]
    )
    both = both[both["strategy"] == ALL].rename(columns={"difference": "mean"})
    naive = harder_tasks.correlations(both, ["open_points"]).iloc[0]
    assert naive["low"] > 0.9
    split = harder_tasks.crossed(records, known, ["open_points"]).set_index("strategy").loc[ALL]
    assert split["low"] < 0 and split["correlation"] < 0.4


def test_one_seed_and_few_pairs_cannot_tell() -> None:
    records, known = table(0.004, seeds=1)
    found = harder_tasks.finding(records, known)
    assert found.verdict == "cannot tell" and "more than one seed" in found.sentence
    assert not len(harder_tasks.units(records, known))
    assert not len(harder_tasks.crossed(records, known))
    one = harder_tasks.finding(*table(0.004, datasets=1))
    assert one.verdict == "cannot tell" and "more datasets" in one.sentence
    four = harder_tasks.finding(*table(0.004, datasets=4))
    assert four.verdict == "cannot tell" and "needs 1 more dataset, since fewer" in four.sentence
    assert np.isnan(four.numbers["correlation"].low)
    assert harder_tasks.finding(*table(0.004, datasets=5)).verdict == "holds"


def test_the_order_of_rows_does_not_matter() -> None:
    records, known = table(0.002, datasets=6, luck=0.01)
    mixed = harder_tasks.finding(records.sample(frac=1, random_state=0), known.iloc[::-1])
    first = harder_tasks.finding(records, known)
    assert first.sentence == mixed.sentence
    assert first.numbers["correlation"].low == pytest.approx(mixed.numbers["correlation"].low)


def test_hardness_by_other_code() -> None:
    records, known = table(0, luck=0.01)
    found = hardness.hardness(records, known).set_index(["dataset", "embedder"])
    mine = records[(records["strategy"] == "random") & (records["dataset"] == "d03")]
    curve = mine[mine["embedder"] == "minilm"].groupby("n_labelled")["accuracy"].mean()
    area = np.trapezoid(curve.to_numpy(), curve.index.to_numpy()) / 100
    row = found.loc[("d03", "minilm")]
    assert row["open_points"] == pytest.approx(0.9 - area)
    assert row["open_share"] == pytest.approx((0.9 - area) / 0.6)
    assert row["out_of_reach"] == pytest.approx(0.1)
    assert row["n_classes"] == 5
    goal = 0.3 + 0.9 * (curve.iloc[-1] - 0.3)
    assert row["labels_to_90"] == pytest.approx(np.interp(goal, curve, curve.index))
    assert hardness._labels_to(pd.Series([0.9, 0.91], index=[20, 40]), 0.2) == 20
    dip = pd.Series([0.4, 0.95, 0.5, 1.0], index=[20, 40, 60, 80])
    assert hardness._labels_to(dip, 0.0) == pytest.approx(20 + 20 * 0.5 / 0.55)


def test_correlation_by_other_code() -> None:
    records, known = table(0.001, datasets=8, luck=0.02)
    values, apart = [], []
    for hard, gain in ((0, 1), (1, 0)):
        even = records[records["seed"] % 2 == hard]
        x = hardness.hardness(even, known).set_index(["dataset", "embedder"])["open_share"]
        wide = records[records["seed"] % 2 == gain].pivot_table(
            "accuracy", ["dataset", "embedder", "n_labelled"], "strategy"
        )
        gap = wide[["badge", "coreset"]].mean(axis=1) - wide["random"]
        ends = gap.groupby(["dataset", "embedder"])
        y = (ends.sum() - (ends.first() + ends.last()) / 2) / 5
        values.append(stats.spearmanr(x, y.reindex(x.index)).statistic)
        means = (each.groupby("dataset").mean() for each in (x, y))
        apart.append(stats.spearmanr(*means).statistic)
    numbers = harder_tasks.finding(records, known).numbers
    assert numbers["between"].value == pytest.approx(np.mean(apart))
    found = numbers["correlation"]
    assert found.value == pytest.approx(np.mean(values))
    assert found.low < found.value < found.high


def test_embedders_within_a_dataset_are_told_from_datasets() -> None:
    # Hard datasets gain more, but within each the embedder with more room gains less.
    records, known = table(0.01, datasets=6)
    badly = (records["embedder"] == "lsa") & (records["strategy"] != "random")
    records.loc[badly & (records["cycle"] > 0), "accuracy"] += 0.004
    hard = hardness.hardness(records, known).pivot(
        index="dataset", columns="embedder", values="open_share"
    )
    way = np.sign(hard["lsa"] - hard["minilm"]).mean()
    found = {
        level: harder_tasks.crossed(records, known, ["open_share"], level=level)
        .set_index("strategy")
        .loc[ALL, "correlation"]
        for level in ("between", "within")
    }
    assert found["between"] == pytest.approx(1)
    assert found["within"] == pytest.approx(way, abs=0.4)


def test_few_clusters_widen_the_interval() -> None:
    records, known = table(0.001, datasets=5, luck=0.02)
    units = harder_tasks.units(records, known)
    found = harder_tasks.correlations(units, ["open_share"]).set_index("strategy").loc[ALL]
    wider = np.sqrt(5 / 4) * stats.t.ppf(0.975, 4) / stats.norm.ppf(0.975)
    plain = harder_tasks.rank_correlations(units[units["strategy"] == ALL], "open_share", "mean")
    low = plain.loc[plain["method"] == "spearman", "low"].iloc[0]
    expected = max(-1, found["correlation"] - wider * (found["correlation"] - low))
    assert found["low"] == pytest.approx(expected)


def test_strategies_that_are_one_with_two_classes_count_once_in_the_mean() -> None:
    records, _ = table(0.0, strategies=("entropy", "margin", "least_confidence", "badge"))
    for name, gain in (("entropy", 0.5), ("least_confidence", 0.3), ("margin", 0.1)):
        records.loc[records["strategy"] == name, "accuracy"] += gain
    found = harder_tasks.gains(records).groupby("strategy")["difference"].mean()
    assert found[ALL] == pytest.approx(0.05, abs=1e-3)  # of margin and BADGE
    assert found["entropy"] == pytest.approx(0.5, abs=1e-3)


def test_what_saturates_at_once_is_named() -> None:
    records, known = table(0, luck=0.004, cycles=10)
    found = hardness.at_once(records, known).set_index(["dataset", "embedder"])
    assert set(found["n_labelled"]) == {40}  # the last cycle within a fifth of 200 labels
    assert (found.loc["d00", "saturated"] == "no").all()  # 1 - exp(-2) is 0.86
    records.loc[records["dataset"] == "d00", "accuracy"] += 0.2
    found = hardness.at_once(records, known).set_index(["dataset", "embedder"])
    assert (found.loc["d00", "saturated"] == "yes").all()
    assert (found.loc["d05":, "saturated"] == "no").all()
    said = harder_tasks.finding(records, known)
    assert "2 saturate at once" in said.sentence and said.numbers["saturated"].value == 2
    one = hardness.at_once(records[records["seed"] == 0], known)
    assert set(one["saturated"]) == {"cannot tell"}


def test_a_probe_no_better_than_a_constant_answer_has_no_room() -> None:
    records, known = table(0.004)
    known.loc[known["dataset"] == "d00", "probe_accuracy"] = 0.3
    filled = hardness.filled(records, known)
    assert filled.loc[filled["dataset"] == "d00", "mean"].isna().all()
    assert filled.loc[filled["dataset"] != "d00", "mean"].notna().all()
    assert harder_tasks.finding(records, known).verdict == "holds"
