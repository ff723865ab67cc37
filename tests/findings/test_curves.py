"""Curves whose shape is known: who is ahead of Random, where, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import along_curves, contaminated, curves
from alutils.statistics import CELL_FIELDS

Shape = Callable[[int], float]


def table(
    shapes: Mapping[str, Shape],
    datasets: int = 6,
    seeds: int = 4,
    cycles: int = 10,
    noise: float = 0.002,
    embedders: tuple[str, ...] = ("lsa", "minilm"),
) -> pd.DataFrame:
    """Random rises; the others differ from it by their shape at each cycle, and a little noise."""
    rng = np.random.default_rng(0)
    rows = [
        (
            *(f"d{d}", embedder, "random", strategy, 20, 10, cycles, 500, 200, "softmax"),
            *(seed, cycle, 20 + 10 * cycle),
            0.4 + 0.03 * cycle + shape(cycle) + (rng.normal(0, noise) if cycle else 0),
        )
        for d in range(datasets)
        for embedder in embedders
        for strategy, shape in {"random": lambda _: 0.0, **shapes}.items()
        for seed in range(seeds)
        for cycle in range(cycles)
    ]
    return pd.DataFrame(rows, columns=[*CELL_FIELDS, "seed", "cycle", "n_labelled", "accuracy"])


def quality(records: pd.DataFrame, contaminated: tuple[str, ...] = ()) -> pd.DataFrame:
    pairs = records[["dataset", "embedder"]].drop_duplicates().reset_index(drop=True)
    return pairs.assign(
        probe_accuracy=0.9,
        largest_class=0.3,
        n_classes=3,
        contaminated=[d in contaminated for d in pairs["dataset"]],
    )


SHAPES: dict[str, Shape] = {
    "badge": lambda cycle: 0.03 * (cycle > 0),
    "margin": lambda cycle: (-0.02 + 0.005 * cycle) * (cycle > 0),  # overtakes at cycle 5
    "typiclust": lambda cycle: max(0.0, 0.03 - 0.006 * cycle) * (cycle > 0),  # gone at cycle 5
    "coreset": lambda cycle: -0.05 * (cycle > 0),
}


def test_a_lead_that_stays_holds_whoever_is_behind() -> None:
    records = table({name: SHAPES[name] for name in ("badge", "margin", "coreset")})
    found = curves.finding(records, quality(records))
    assert found.verdict == "holds"
    assert "1 is ahead of Random in the first third of the queries (30 to 50 labels): BADGE" in (
        found.sentence
    )
    assert "Ahead only in the last third (90 to 110 labels): Margin" in found.sentence
    assert found.numbers["margin_early"].high < 0 < found.numbers["margin_late"].low


def test_a_lead_that_goes_does_not_hold_and_is_named() -> None:
    records = table(SHAPES)
    found = curves.finding(records, quality(records))
    assert found.verdict == "does not hold"
    assert "less than half a point is left for TypiClust (from +1.8 points to" in (found.sentence)
    assert found.numbers["typiclust_change"].high < 0


def test_without_any_lead_nothing_can_last() -> None:
    records = table({"coreset": SHAPES["coreset"]})
    found = curves.finding(records, quality(records))
    assert found.verdict == "cannot tell"
    assert "No strategy is ahead" in found.sentence


def test_a_lead_that_may_be_left_or_not_cannot_be_told() -> None:
    def shape(cycle: int) -> float:
        return 0.05 * (0 < cycle < 5)

    records = table({"badge": shape}, datasets=5)
    late = (records["cycle"] > 6) & (records["strategy"] == "badge")
    shifts = records["dataset"].map({f"d{i}": s for i, s in enumerate((-0.06, 0.06, 0, 0.1, 0))})
    records.loc[late, "accuracy"] += shifts[late]
    found = curves.finding(records, quality(records))
    assert found.verdict == "cannot tell"
    assert "To tell for BADGE, it needs" in found.sentence
    assert "more datasets" in found.sentence


def test_one_seed_tells_nothing_and_one_dataset_tells_of_itself() -> None:
    one = table(SHAPES, seeds=1)
    found = curves.finding(one, quality(one))
    assert found.verdict == "cannot tell"
    assert "it needs more than one seed" in found.sentence
    single = table(SHAPES, datasets=1)
    found = curves.finding(single, quality(single))
    assert found.verdict == "does not hold"
    assert "This speaks of d0 alone" in found.sentence
    assert "unit: seed (1 dataset, 4 seeds, means over 2 embedders)" in found.test


def test_the_order_of_rows_does_not_matter() -> None:
    records = table(SHAPES)
    mixed = records.sample(frac=1, random_state=1)
    first, second = (curves.finding(r, quality(records)) for r in (records, mixed))
    assert first.verdict == second.verdict
    for name, number in first.numbers.items():
        other = second.numbers[name]
        assert (number.value, number.low) == pytest.approx((other.value, other.low))


@pytest.mark.parametrize(
    ("cycles", "early", "late"),
    [
        (10, [30, 40, 50], [90, 100, 110]),
        (3, [30], [40]),
        (8, [30, 40], [80, 90]),
    ],
)
def test_stretches_are_thirds_of_the_queries(
    cycles: int, early: list[int], late: list[int]
) -> None:
    found = curves.stretches(table({"badge": SHAPES["badge"]}, 1, 1, cycles))
    assert (found.early, found.late) == (early, late)


def test_numbers_by_other_code() -> None:
    records = table(SHAPES, noise=0.01)
    wide = records.pivot_table(
        "accuracy", ["dataset", "embedder", "seed", "n_labelled"], "strategy"
    )
    gap = wide.sub(wide["random"], axis=0)
    early, late = (
        gap.loc[(slice(None),) * 3 + (cut,), :] for cut in ([30, 40, 50], [90, 100, 110])
    )
    found = curves.finding(records, quality(records)).numbers
    for name in SHAPES:
        assert found[f"{name}_early"].value == pytest.approx(early[name].mean())
        assert found[f"{name}_late"].value == pytest.approx(late[name].mean())
        change = late[name].mean() - early[name].mean()
        assert found[f"{name}_change"].value == pytest.approx(change)
        # A t interval of the datasets' means; the bootstrap's is about as wide.
        means = late[name].groupby("dataset").mean()
        half = stats.sem(means) * stats.t.ppf(0.975, len(means) - 1)
        assert found[f"{name}_late"].high - means.mean() == pytest.approx(half, rel=0.25)

    def half(stretch: pd.DataFrame, parity: int) -> pd.Series:
        return stretch[stretch.index.get_level_values("seed") % 2 == parity].mean()

    taus = [stats.kendalltau(half(early, a), half(late, 1 - a)).statistic for a in (0, 1)]
    agreement = curves.order_agreement(curves.differences(records))
    assert agreement.loc["across", "tau"] == pytest.approx(np.mean(taus))
    itself = stats.kendalltau(half(early, 0), half(early, 1)).statistic
    assert agreement.loc["itself", "tau"] == pytest.approx(itself)
    assert agreement.loc["across", "low"] <= agreement.loc["across", "tau"]


def test_order_agreement_needs_two_seeds() -> None:
    assert not len(curves.order_agreement(curves.differences(table(SHAPES, seeds=1))))


def test_crossings_are_counted_where_both_ends_are_decided() -> None:
    records = table(SHAPES)
    found = curves.crossings(curves.differences(records)).set_index("strategy")
    assert (found[curves.FATES].sum(axis=1) == 12).all() and (found["n_units"] == 12).all()
    assert found.loc["badge", "ahead throughout"] == 12
    assert found.loc["margin", "overtakes"] == 12
    assert found.loc["coreset", "behind throughout"] == 12
    assert found.loc["typiclust", "undecided at an end"] > 6  # ties late
    falls = table({"tcm": lambda cycle: (0.02 - 0.005 * cycle) * (cycle > 0)})
    assert curves.crossings(curves.differences(falls))["falls behind"].tolist() == [12]


def test_ahead_from_is_where_the_mean_stays_above() -> None:
    wave = table(
        {
            **SHAPES,
            "tcm": lambda cycle: 0.02 if cycle in (2, 3, 8, 9) else -0.02 * (cycle > 0),
        },
        noise=1e-4,
    )
    found = along_curves.ahead_from(wave)
    assert found["badge"] == 30
    assert found["margin"] == 70  # at cycle 4 the difference is zero, at cycle 5 above
    assert found["tcm"] == 100
    assert pd.isna(found["coreset"])


def test_bands_and_curves_start_at_zero_and_keep_embedders_apart() -> None:
    records = table(SHAPES)
    records.loc[(records["embedder"] == "lsa") & (records["strategy"] == "badge"), "accuracy"] -= (
        0.01 * (records["cycle"] > 0)
    )
    found = along_curves.bands(records, ["lsa"])
    assert set(found["embedder"]) == {"lsa"}
    start = found[found["n_labelled"] == 20]
    assert (start[["mean", "low", "high", "low_fixed", "high_fixed"]] == 0).all(axis=None)
    last = found[(found["n_labelled"] == 110) & (found["strategy"] == "badge")].iloc[0]
    assert last["mean"] == pytest.approx(0.02, abs=0.002)
    assert last["low"] < last["mean"] < last["high"]
    apart = along_curves.apart(records)
    assert len(apart) == 6 * 2 * 4 * 10
    whole = along_curves.whole(records)
    badge = whole[whole["strategy"] == "badge"].groupby("embedder")["mean"].mean()
    assert badge["minilm"] - badge["lsa"] == pytest.approx(0.01 * 8.5 / 9, abs=5e-4)
    assert set(whole.loc[whole["strategy"] == "coreset", "verdict"]) == {"worse"}


def test_room_is_random_alone_beside_its_ceiling() -> None:
    records = table(SHAPES)
    found = along_curves.room(records, quality(records))
    assert len(found) == 6 * 2 * 10
    assert found.loc[found["n_labelled"] == 20, "mean"].tolist() == pytest.approx([0.4] * 12)
    assert (found["ceiling"] == 0.9).all() and (found["largest_class"] == 0.3).all()


def test_labels_saved_are_counted_and_censored_ones_are_shown() -> None:
    # Two cycles ahead until Random has no more cycles in which it could catch up.
    records = table({"badge": lambda cycle: 0.06 * (cycle > 0)}, noise=0)
    found = along_curves.saved(records, ["strategy"]).set_index("n_labelled")
    assert found.index.tolist() == list(range(30, 110, 10))
    assert found.loc[:80, "median"].tolist() == pytest.approx([20] * 6)
    assert (found.loc[:80, "censored"] == 0).all()
    late = found.loc[100]
    assert (late["median"], late["lowest"], late["highest"]) == (10, 10, np.inf)
    assert (late["low"], late["high"], late["censored"]) == (10, np.inf, 1)
    behind = table({"badge": lambda cycle: -0.06 * (cycle > 0)}, noise=0)
    late = along_curves.saved(behind, ["strategy"]).set_index("n_labelled").loc[100]
    assert (late["low"], late["high"]) == (-np.inf, -10)


def test_intervals_of_labels_saved_know_that_runs_of_a_dataset_belong_together() -> None:
    rng = np.random.default_rng(3)
    values, times = rng.normal(size=30), rng.integers(0, 4, size=(50, 30))
    for found, row in zip(along_curves._medians(values, times), times, strict=True):
        drawn = np.sort(np.repeat(values, row))
        assert found == drawn[(len(drawn) - 1) // 2]
    records = table({"badge": lambda cycle: 0.01 * (cycle > 0)}, noise=0.02)
    narrow = along_curves.saved(records, ["strategy"]).set_index("n_labelled").loc[60]
    shift = (records["dataset"] > "d2") & (records["strategy"] == "badge") & (records["cycle"] > 0)
    records.loc[shift, "accuracy"] += 0.06
    wide = along_curves.saved(records, ["strategy"]).set_index("n_labelled").loc[60]
    assert wide["high"] - wide["low"] > 2 * (narrow["high"] - narrow["low"])
    single = along_curves.saved(table({"badge": SHAPES["badge"]}, datasets=1), ["strategy"])
    assert single[["low", "high"]].isna().all(axis=None)


def test_contaminated_pairs_can_be_left_out() -> None:
    records = table(SHAPES)
    known = quality(records, contaminated=("d1",))
    left = contaminated.without_contaminated(records, known)
    assert set(left["dataset"]) == {"d0", "d2", "d3", "d4", "d5"}
    assert len(contaminated.without_contaminated(records, quality(records))) == len(records)
