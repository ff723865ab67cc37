"""Comparisons against scipy and against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.cell import Cell
from alutils.statistics import (
    aulc,
    holm,
    interaction,
    intervals,
    leaders,
    paired_differences,
    rank_trend,
    verdicts,
)


def run(strategy: str, seed: int, values: list[float], **other: object) -> pd.DataFrame:
    names = {"dataset": "d", "embedder": "e", "initial_pool": "random", "strategy": strategy}
    cell = Cell(**{**names, **other}, initial_size=10, query_size=5, cycles=len(values))  # type: ignore[arg-type]
    sizes = 10 + 5 * np.arange(len(values))
    table = pd.DataFrame({"cycle": range(len(values)), "n_labelled": sizes, "accuracy": values})
    return table.assign(seed=seed, **cell.fields())


def test_aulc_of_a_line_is_its_middle() -> None:
    table = pd.concat([run("a", 0, [0.2, 0.4, 0.6]), run("b", 0, [0.2, 0.2, 0.6])])
    areas = aulc(table.sample(frac=1, random_state=0)).set_index("strategy")["aulc"]
    assert areas["a"] == pytest.approx(0.4)
    assert areas["b"] == pytest.approx((0.2 + 0.4) / 2)


def test_aulc_of_one_cycle_is_its_value() -> None:
    assert aulc(run("a", 0, [0.3]))["aulc"].item() == pytest.approx(0.3)


def test_differences_are_paired_by_seed_dataset_and_cycle() -> None:
    table = pd.concat(
        [
            run("random", 0, [0.1, 0.2]),
            run("random", 1, [0.3, 0.4]),
            run("margin", 1, [0.35, 0.6]),
            run("margin", 0, [0.2, 0.2]),
        ]
    )
    found = paired_differences(table, "accuracy", "strategy", "random")
    found = found.set_index(["seed", "cycle"])["difference"]
    assert found[0, 0] == pytest.approx(0.1) and found[0, 1] == pytest.approx(0.0)
    assert found[1, 0] == pytest.approx(0.05) and found[1, 1] == pytest.approx(0.2)


def test_a_row_without_a_partner_is_an_error() -> None:
    table = pd.concat([run("random", 0, [0.1]), run("margin", 1, [0.2])])
    with pytest.raises(ValueError, match="no 'random' partner"):
        paired_differences(table, "accuracy", "strategy", "random")


def test_interval_is_students_on_the_means_of_seeds() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        [(d, s, rng.normal()) for d in "ab" for s in range(6)], columns=["dataset", "seed", "x"]
    )
    row = intervals(table.assign(group=1), "x", ["group"]).iloc[0]
    means = table.groupby("seed")["x"].mean()
    low, high = stats.t.interval(0.95, 5, means.mean(), stats.sem(means))
    assert (row["low"], row["high"], row["n_seeds"]) == (pytest.approx(low), pytest.approx(high), 6)


def test_p_is_students_on_the_means_of_seeds() -> None:
    values = [0.1, 0.3, -0.05, 0.2]
    table = pd.DataFrame({"g": 1, "seed": range(4), "x": values})
    expected = stats.ttest_1samp(values, 0).pvalue
    assert intervals(table, "x", ["g"])["p"].item() == pytest.approx(expected)


def test_holm_of_a_published_example_and_of_missing_tests() -> None:
    # Four tests with p = 0.01, 0.04, 0.03, 0.005, as worked through in textbooks on Holm.
    adjusted = holm(pd.Series([0.01, 0.04, np.nan, 0.03, 0.005]))
    assert adjusted.tolist()[:2] == pytest.approx([0.03, 0.06])
    assert np.isnan(adjusted[2])
    assert adjusted.tolist()[3:] == pytest.approx([0.06, 0.02])


def test_leaders_share_a_lead_and_name_their_company() -> None:
    rng = np.random.default_rng(0)
    base = rng.normal(0.5, 0.05, 8)
    runs = {
        "margin": base,
        "entropy": base,  # the same choices, so the same curve
        "badge": base - 0.001 + 0.02 * (-1) ** np.arange(8),
        "coreset": base - 0.2 + rng.normal(0, 0.001, 8),
    }
    table = pd.concat(run(s, seed, [v]) for s, vs in runs.items() for seed, v in enumerate(vs))
    found = leaders(aulc(table)).iloc[0]
    assert found["leaders"] == ["entropy", "margin"]
    assert found["company"] == ["badge"]


def test_one_seed_has_no_interval_and_proves_nothing() -> None:
    summary = intervals(pd.DataFrame({"g": [1], "seed": [0], "x": [0.4]}), "x", ["g"])
    assert summary[["low", "high"]].isna().all(axis=None)
    assert verdicts(summary).tolist() == ["undecided"]


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(0.3, 1, (2000, 5))).stack().rename("x").reset_index()
    table.columns = ["study", "seed", "x"]
    found = intervals(table, "x", ["study"])
    assert 0.93 < ((found["low"] < 0.3) & (found["high"] > 0.3)).mean() < 0.97


def test_interaction_is_the_difference_of_differences() -> None:
    gains = {("bad", 0): 0.01, ("bad", 1): 0.02, ("good", 0): 0.05, ("good", 1): 0.08}
    table = pd.concat(
        [
            run("margin", seed, [v], embedder=e).assign(difference=v)
            for (e, seed), v in gains.items()
        ]
    )
    row = interaction(table, "strategy", "embedder", low="bad", high="good").iloc[0]
    assert row["mean"] == pytest.approx((0.04 + 0.06) / 2)


def test_rank_trend_of_one_dataset_is_spearmans_correlation() -> None:
    rng = np.random.default_rng(2)
    quality = pd.DataFrame({"dataset": "d", "embedder": list("abcdef"), "q": rng.normal(size=6)})
    gains = rng.normal(size=6)
    table = pd.concat(
        run("margin", 0, [0.0], embedder=e).assign(difference=g)
        for e, g in zip("abcdef", gains, strict=True)
    )
    found = rank_trend(table, quality, "q", "strategy")["mean"].item()
    assert found == pytest.approx(stats.spearmanr(quality["q"], gains).statistic)


def test_rank_trend_does_not_mix_datasets() -> None:
    # Within each dataset gain rises with quality; across them it falls.
    easy = [("easy", "a", 0.8, 0.01), ("easy", "b", 0.9, 0.02)]
    rows = [*easy, ("hard", "a", 0.1, 0.11), ("hard", "b", 0.2, 0.12)]
    quality = pd.DataFrame([r[:3] for r in rows], columns=["dataset", "embedder", "q"])
    table = pd.concat(
        run("margin", 0, [0.0], dataset=d, embedder=e).assign(difference=g) for d, e, _, g in rows
    )
    assert rank_trend(table, quality, "q", "strategy")["mean"].item() == pytest.approx(1)


@pytest.mark.parametrize(
    ("factor", "other"),
    [(f, c) for f in ("strategy", "initial_pool") for c in Cell.__dataclass_fields__ if c != f],
)
def test_no_field_of_the_cell_is_left_out_of_the_pairing(factor: str, other: str) -> None:
    cell = Cell("d", "e", "random", "x", 10, 5, 1)
    changed = "e2" if isinstance(getattr(cell, other), str) else 7
    pieces = [
        run("x", 0, [value]).assign(**{factor: level, other: setting})
        for setting, base in ((getattr(cell, other), 0.1), (changed, 0.5))
        for level, value in (("random", base), ("margin", base + 0.05))
    ]
    for table, value in (
        (pd.concat(pieces, ignore_index=True), "accuracy"),
        (aulc(pd.concat(pieces, ignore_index=True)), "aulc"),
    ):
        found = paired_differences(table, value, factor, "random")
        assert found["difference"].tolist() == pytest.approx([0.05, 0.05])


def test_pool_of_all_texts_pairs_with_itself_alone() -> None:
    """None among numbers, as in a study of several pool sizes, is a value like any other."""
    pieces = [
        run(name, 0, [gain + base, gain + base]).assign(pool_size=size)
        for size, base in ((None, 0.1), (100, 0.4))
        for name, gain in (("random", 0.0), ("margin", 0.05))
    ]
    table = pd.concat(pieces, ignore_index=True)
    assert len(aulc(table)) == 4
    found = paired_differences(aulc(table), "aulc", "strategy", "random")
    assert found["difference"].tolist() == pytest.approx([0.05, 0.05])


def test_interaction_is_paired_by_seed_and_dataset() -> None:
    rows = [
        run("margin", seed, [0.0], dataset=d, embedder=e).assign(difference=base + gain)
        for d, shift in (("a", 0.0), ("b", 0.3))
        for seed in range(4)
        for base in [shift + 0.1 * seed]
        for e, gain in (("bad", 0.0), ("good", 0.02 + 0.001 * seed))
    ]
    found = interaction(pd.concat(rows), "strategy", "embedder", low="bad", high="good").iloc[0]
    assert found["mean"] == pytest.approx(0.0215)
    assert found["low"] > 0.018 and found["high"] < 0.025  # seeds alone differ by 0.3
    assert (found["n_seeds"], found["verdict"]) == (4, "better")


def test_verdict_needs_the_whole_interval() -> None:
    summary = pd.DataFrame({"mean": [2, 2, -2], "low": [1, -1, -3], "high": [3, 5, -1]})
    assert verdicts(summary).tolist() == ["better", "undecided", "worse"]


def test_groups_come_in_the_order_of_the_table() -> None:
    table = pd.DataFrame({"g": ["b", "a"], "seed": [0, 0], "x": [1.0, 2.0]})
    assert intervals(table, "x", ["g"])["g"].tolist() == ["b", "a"]


def test_rank_trend_ranks_within_each_dataset() -> None:
    # Few embedders overlap between the datasets, so ranks over all rows are other ranks.
    rows = [("d1", "a", 0.1, 0.3), ("d1", "b", 0.5, 0.1), ("d1", "c", 0.9, 0.2),
            ("d2", "a", 0.2, 0.01), ("d2", "b", 0.3, 0.02), ("d2", "c", 0.4, 0.5),
            ("d2", "e", 0.45, 0.6)]  # fmt: skip
    quality = pd.DataFrame([r[:3] for r in rows], columns=["dataset", "embedder", "q"])
    table = pd.concat(
        run("margin", 0, [0.0], dataset=d, embedder=e).assign(difference=g) for d, e, _, g in rows
    )
    # Centred ranks: d1 (-1, 0, 1) with (1, -1, 0); d2 (-1.5, -.5, .5, 1.5) with itself.
    expected = (-1 + 5) / (2 + 5)
    assert rank_trend(table, quality, "q", "strategy")["mean"].item() == pytest.approx(expected)
