"""Findings in other worlds, on tables in which it was planted what stays and what does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils.errors import UserError
from alutils.findings import hard_pools, noisy_labels, other_heads, robustness, robustness_words
from alutils.findings.judging import DRAWS, both_intervals
from alutils.statistics import aulc, reordering
from alutils.study import Grid
from tests.findings.worlds import runs

DATASETS = [f"d{i}" for i in range(8)]
EMBEDDERS = ["e1", "e2"]
GAINS = {"margin": 0.03, "badge": 0.015, "typiclust": 0.04, "coreset": -0.03}

Gains = Mapping[str, float]


def records(
    gains: Gains,
    *,
    head: str = "softmax",
    step: str = "",
    datasets: Sequence[str] = DATASETS,
    embedders: Sequence[str] = EMBEDDERS[:1],
    seeds: int = 6,
    noise: float = 0.002,
    spread: float = 0.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Records of a world; `spread` is by how much gains differ between datasets and embedders."""
    rng = np.random.default_rng(seed + 99)
    own = {(d, e, s): spread * rng.normal() for d in datasets for e in embedders for s in gains}

    def level(dataset: str, embedder: str, strategy: str) -> float:
        return gains.get(strategy, 0.0) + own.get((dataset, embedder, strategy), 0.0)

    table = runs(
        level,
        datasets=datasets,
        embedders=embedders,
        strategies=["random", *gains],
        seeds=seeds,
        noise=noise,
        seed=seed,
    )
    return table.assign(dataset=table["dataset"] + step, head=head)


def compared(*tables: pd.DataFrame) -> robustness.Compared:
    return robustness.compare(robustness.areas(tables))


def mlp(gains: Gains, **options: Any) -> pd.DataFrame:
    return records(gains, head="mlp", seed=1, **options)


# --- verdicts ----------------------------------------------------------------------------------


def test_what_is_the_same_in_both_worlds_holds() -> None:
    found = other_heads.finding(records(GAINS), mlp(GAINS))
    assert found.verdict == "holds"
    assert "5 keep their sign beyond zero" in found.sentence
    assert found.numbers["mlp_stay"].value == 1
    # In its own direction CoreSet's loss counts for the findings, as does BADGE minus Margin.
    mean = (0.03 + 0.015 + 0.04 + 0.03 + 0.015) / 5
    assert found.numbers["mlp_here"].value == pytest.approx(mean, abs=0.001)


def test_a_sign_that_turns_is_enough_against_it() -> None:
    found = compared(records(GAINS), mlp({**GAINS, "coreset": 0.005}))
    world = found.worlds.iloc[0]
    assert (world["flipped"], world["kept"], world["sign_verdict"]) == (1, 4, "does not hold")
    finding = robustness_words.finding(found, "Is it so?")
    assert finding.verdict == "does not hold"
    assert "4 keep their sign beyond zero and 1 has the other sign" in finding.sentence


def test_a_finding_that_is_gone_is_enough_against_it() -> None:
    found = compared(records(GAINS), mlp({**GAINS, "margin": 0.0}, noise=0.004))
    fates = found.effects.set_index(["one", "other"])["outcome"]
    assert fates["margin", "random"] == "gone"
    assert found.worlds["sign_verdict"].iloc[0] == "does not hold"


def test_an_order_that_turns_is_enough_though_all_signs_stay() -> None:
    before = {"margin": 0.03, "typiclust": 0.02, "coreset": 0.01, "tcm": 0.04}
    after = {"margin": 0.02, "typiclust": 0.03, "coreset": 0.04, "tcm": 0.01}
    found = compared(records(before), mlp(after))
    world, order = found.worlds.iloc[0], found.orders.iloc[0]
    assert (world["kept"], world["sign_verdict"]) == (4, "holds")
    assert (world["order_verdict"], world["verdict"]) == ("does not hold", "does not hold")
    assert order["luck"] == pytest.approx(1, abs=0.05) and order["tau"] < 0
    assert other_heads.judged(found).verdict == "does not hold"


def test_an_order_that_is_luck_alone_is_not_said_to_turn() -> None:
    alike = {"margin": 0.02, "badge": 0.02, "typiclust": 0.02, "coreset": 0.02}
    found = compared(records(alike, noise=0.01), mlp(alike, noise=0.01))
    assert found.orders["tau"].iloc[0] < 0.7  # far from one, and yet as luck would have it
    assert found.worlds["order_verdict"].iloc[0] != "does not hold"
    assert found.worlds["sign_verdict"].iloc[0] == "holds"


def test_much_noise_leaves_the_answer_open() -> None:
    found = other_heads.finding(records(GAINS), mlp(GAINS, noise=0.15))
    assert found.verdict == "cannot tell"
    assert "Cannot tell: needs" in found.sentence


def test_where_the_base_shows_nothing_there_is_nothing_to_count() -> None:
    flat = {"margin": 0.0, "typiclust": 0.0}
    worlds = [records(flat, step=f"+label_noise({share})", seed=1) for share in (0.1, 0.2, 0.3)]
    found = robustness_words.finding(compared(records(flat), *worlds), "Is it so?")
    assert "No comparison differs clearly from zero in the base" in found.sentence


def test_one_that_nobody_can_tell_of_is_not_enough_against_the_others() -> None:
    base, here = records(GAINS), mlp(GAINS, spread=0.02)
    world = compared(base, here).worlds.iloc[0]
    assert 0 < world["open"] < world["kept"] and not world["gone"] and not world["flipped"]
    assert world["sign_verdict"] == "holds"


def test_where_most_are_open_their_mean_is_not_enough() -> None:
    world = compared(records(GAINS), mlp(GAINS, spread=0.045)).worlds.iloc[0]
    assert world["open"] > world["kept"] + world["same"]
    assert not world["gone"] and not world["flipped"]
    assert world["sign_verdict"] == "cannot tell" and "more" in world["needs"]


@pytest.mark.parametrize(("n_datasets", "seeds"), [(1, 6), (1, 1), (4, 1)])
def test_little_data_cannot_tell(n_datasets: int, seeds: int) -> None:
    size: dict[str, Any] = {"datasets": DATASETS[:n_datasets], "seeds": seeds}
    found = compared(records(GAINS, **size), mlp(GAINS, **size))
    finding = other_heads.judged(found)
    assert finding.verdict == "cannot tell"
    if n_datasets == 1:
        assert "more than one dataset" in finding.sentence
    if seeds == 1:
        assert "one seed says nothing of orders" in finding.sentence
    for words in (
        robustness_words.picture_words(found),
        robustness_words.order_picture_words(found),
    ):
        assert "nan" not in words["alt"] + words["caption"]
    assert "nan" not in robustness_words.effect_table(found).to_string().lower()


def test_worlds_that_the_claim_is_not_about_are_not_judged() -> None:
    turned = {name: -gain for name, gain in GAINS.items()}
    penalty = records(turned, head="softmax(C=1)", seed=2)
    assert other_heads.finding(records(GAINS), mlp(GAINS), penalty).verdict == "holds"
    found = other_heads.finding(records(GAINS), penalty)
    assert found.verdict == "does not hold" and "other heads" in found.question


# --- numbers -----------------------------------------------------------------------------------


def test_numbers_by_hand() -> None:
    both: dict[str, Any] = {"noise": 0.01, "embedders": EMBEDDERS}
    tables = records(GAINS, **both), mlp(GAINS, spread=0.01, **both)
    keys = ["embedder", "dataset", "seed"]
    wide = [aulc(table).pivot(index=keys, columns="strategy", values="aulc") for table in tables]
    base, here = (table["badge"] - table["margin"] for table in wide)
    found = compared(*tables)
    rows = found.effects.set_index(["one", "other", "embedder"])
    row = rows.xs(("badge", "margin", "e2"))
    assert row["base_mean"] == pytest.approx(base["e2"].mean())
    assert row["mean"] == pytest.approx(here["e2"].mean())
    change = (here - base).rename("difference").reset_index()
    twin = both_intervals(change, ["embedder"]).set_index("embedder").loc["e2"]
    for end in ("mean", "low", "high", "low_fixed", "high_fixed"):
        assert row[f"change_{end}"] == pytest.approx(twin[end])

    runs = robustness.areas(tables)
    each = [
        reordering(runs[runs["embedder"] == name], "world").pairs.set_index("dataset")
        for name in EMBEDDERS
    ]
    order = found.orders.iloc[0]
    for name, own in (("tau", "tau"), ("luck", "expected"), ("shortfall", "shortfall")):
        assert order[name] == pytest.approx(np.mean([pairs[own].mean() for pairs in each]))
    means = (each[0]["shortfall"] + each[1]["shortfall"]) / 2
    half = 2.365 * means.std() / np.sqrt(len(means))  # Student's quantile of seven
    assert order["shortfall_high"] - order["shortfall"] == pytest.approx(half, rel=0.3)


def test_the_order_of_rows_does_not_matter() -> None:
    tables = records(GAINS, noise=0.01), mlp(GAINS, noise=0.01)
    mixed = [table.sample(frac=1, random_state=3) for table in tables]
    assert other_heads.finding(*mixed).numbers == other_heads.finding(*tables).numbers


def test_a_world_without_some_datasets_is_compared_on_its_own() -> None:
    odd = {**GAINS, "margin": -0.3}
    base = pd.concat([records(GAINS), records(odd, datasets=["odd"])])
    found = compared(base, mlp(GAINS)).effects
    margin = found[(found["one"] == "margin")]
    assert margin["base_mean"].to_numpy() == pytest.approx([0.03], abs=0.002)
    assert set(found["n_datasets"]) == {len(DATASETS)}


def test_a_run_without_a_partner_is_refused() -> None:
    base, here = records(GAINS), mlp(GAINS)
    gap = (base["strategy"] == "margin") & (base["dataset"] == "d1") & (base["seed"] == 0)
    with pytest.raises(ValueError, match="runs have no partner"):
        compared(base[~gap], here)
    with pytest.raises(ValueError, match="no partner in the base"):
        compared(base[base["dataset"] != "d1"], here)


ENDS = st.tuples(*[st.floats(-0.05, 0.05)] * 2).map(sorted)


@given(ENDS, ENDS)
def test_both_signs_are_treated_alike(here: list[float], change: list[float]) -> None:
    def ends(pair: Sequence[float], sign: int) -> pd.Series:
        low, high = sorted(sign * end for end in pair)
        return pd.Series({"low": low, "high": high})

    found = [robustness.outcome(s, 0.02, ends(here, s), ends(change, s)) for s in (1, -1)]
    assert found[0] == found[1] != "not in base"
    low, high = here
    if found[0] == "kept":
        assert low > 0
    if found[0] == "flipped":
        assert high < 0
    if found[0] in ("gone", "open"):
        assert low <= DRAWS
    assert robustness.outcome(0, 0.0, ends(here, 1), ends(change, 1)) == "not in base"


@pytest.mark.parametrize(
    ("here", "change", "said"),
    [
        ((0.001, 0.02), (-0.02, 0.02), "kept"),
        ((-0.02, -0.001), (-0.004, 0.004), "flipped"),
        ((-0.002, 0.02), (-0.004, 0.004), "same"),
        ((-0.002, 0.004), (-0.02, 0.004), "gone"),
        ((-0.002, 0.006), (-0.02, 0.004), "open"),
    ],
)
def test_outcomes(here: tuple[float, float], change: tuple[float, float], said: str) -> None:
    row, moved = (pd.Series({"low": low, "high": high}) for low, high in (here, change))
    assert robustness.outcome(1, 0.02, row, moved) == said


# --- the pages ---------------------------------------------------------------------------------

PARAMETERS = {
    "datasets": ["trec6", "sst2"],
    "embedders": ["lsa"],
    "initial_pools": ["random"],
    "strategies": ["random", "margin"],
    "initial_size": 10,
    "query_size": 10,
    "cycles": 2,
    "seeds": 2,
    "pool_size": 100,
    "test_size": 50,
    "heads": ["mlp", "softmax", "softmax(C=1)", "mlp"],
    "label_noise": [0.05, 0.2],
    "label_confusion": [0.1],
    "imbalance": [10.0],
    "imbalance_datasets": ["sst2"],
    "copies": [0.5],
}


def test_grids_change_one_thing_at_a_time() -> None:
    heads = other_heads.grids(PARAMETERS)
    assert [grid.head for grid in heads] == ["softmax", "mlp", "softmax(C=1)"]
    noisy = noisy_labels.grids(PARAMETERS)
    steps = ["", "+label_noise(0.05)", "+label_noise(0.2)", "+label_confusion(0.1)"]
    assert [grid.datasets for grid in noisy] == [[f"trec6{s}", f"sst2{s}"] for s in steps]
    hard = hard_pools.grids(PARAMETERS)
    assert [grid.datasets for grid in hard] == [
        ["trec6", "sst2"],
        ["sst2+imbalance(10)"],
        ["trec6+copies(0.5)", "sst2+copies(0.5)"],
    ]
    for grids in (heads, noisy, hard):
        base = grids[0]
        assert isinstance(base, Grid)
        for grid in grids:
            own = {"head": base.head, "datasets": base.datasets}
            assert grid.model_copy(update=own) == base


@pytest.mark.parametrize(
    ("grids", "change", "said"),
    [
        (other_heads.grids, {"heads": ["softmax"]}, "one or more besides 'softmax'"),
        (noisy_labels.grids, {"label_noise": [], "label_confusion": []}, "needs a share"),
        (noisy_labels.grids, {"label_noise": [5.0]}, "label_noise needs a number"),
        (noisy_labels.grids, {"datasets": ["trec6+copies(0.5)"]}, "without its steps"),
        (hard_pools.grids, {"imbalance": [], "copies": []}, "imbalance needs a ratio"),
        (hard_pools.grids, {"imbalance_datasets": ["subj"]}, "'subj' is not among the datasets"),
        (hard_pools.grids, {"copies": [1.0]}, "copies needs a number"),
    ],
)
def test_what_cannot_be_is_said(
    grids: Callable[[dict[str, object]], list[Grid]], change: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        grids({**PARAMETERS, **change})


def noisy(drop: Gains, noise: float = 0.002) -> list[pd.DataFrame]:
    """Worlds in which each strategy loses so much AULC per ten per cent of any wrong label."""
    return [
        records(
            {name: gain - 10 * level * drop[name] for name, gain in GAINS.items()},
            step=step,
            noise=noise,
            seed=place,
        )
        for place, (level, step) in enumerate(
            [
                (0.0, ""),
                (0.1, "+label_noise(0.1)"),
                (0.2, "+label_noise(0.2)"),
                (0.1, "+label_confusion(0.1)"),
            ]
        )
    ]


def test_whom_noise_hits_harder_is_found() -> None:
    tables = noisy({"margin": 0.012, "badge": 0.001, "typiclust": 0.001, "coreset": 0.001})
    duels = noisy_labels.hit_alike(noisy_labels.losses(tables)).set_index(["kind", "other"])
    row = duels.xs(("label_noise", "typiclust"))
    assert row["mean"] == pytest.approx(-0.011, abs=0.001) and row["outcome"] == "loss"
    assert len(duels) == 4
    finding = noisy_labels.finding(*tables)
    assert "any other class hit Margin harder than TypiClust" in finding.sentence
    number = finding.numbers["label_noise_margin_typiclust"]
    assert number.value == row["mean"] and number.low < row["mean"] < number.high


def test_what_noise_hits_alike_is_said_to_be_alike() -> None:
    lost = noisy_labels.losses(noisy(dict.fromkeys(GAINS, 0.01)))
    assert set(noisy_labels.hit_alike(lost)["outcome"]) == {"equivalent"}
    table = noisy_labels.strategy_losses(lost).set_index(["kind", "strategy", "what"])
    assert table.loc[("label_noise", "badge", "own"), "mean"] == pytest.approx(-0.01, abs=0.002)
    assert table.loc[("label_noise", "badge", "gain"), "mean"] == pytest.approx(-0.01, abs=0.002)
    assert noisy_labels.hit_alike(lost[lost["strategy"] != "margin"]).empty


def test_losses_are_slopes_of_lines() -> None:
    tables = noisy(dict.fromkeys(GAINS, 0.01), noise=0.02)
    lost = noisy_labels.losses(tables).set_index(
        ["kind", "strategy", "dataset", "embedder", "seed"]
    )["difference"]
    areas = [
        aulc(table).set_index(["strategy", "dataset", "embedder", "seed"])["aulc"]
        for table in tables
    ]
    here = [
        each[("margin", f"d3{step}", "e1", 2)]
        for each, step in zip(areas, ["", "+label_noise(0.1)", "+label_noise(0.2)"], strict=False)
    ]
    slope = np.polyfit([0, 0.1, 0.2], here, 1)[0]
    assert lost["label_noise", "margin", "d3", "e1", 2] == pytest.approx(slope / 10)


def test_rare_classes_are_seen_by_balanced_accuracy() -> None:
    base = records(GAINS).assign(balanced_accuracy=lambda t: t["accuracy"])
    turned = records({name: -gain for name, gain in GAINS.items()}, seed=1)
    here = records(GAINS, step="+imbalance(10)", seed=1)
    here = here.assign(balanced_accuracy=turned["accuracy"].to_numpy())
    found = hard_pools.compare([base, here])
    verdicts = found.worlds.set_index("world")["sign_verdict"]
    assert verdicts.to_dict() == {
        "classes 1 to 10 (accuracy)": "holds",
        "classes 1 to 10 (balanced accuracy)": "does not hold",
    }
    assert hard_pools.finding(base, here).verdict == "does not hold"
    pairs = pd.DataFrame({"dataset": DATASETS[:3], "embedder": "e1"})
    assert set(hard_pools.compare([base, here], pairs).effects["n_datasets"]) == {3}
