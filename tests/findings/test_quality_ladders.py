"""Turning quality: planted changes of the best strategy are found, and no others."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import figures
from alutils.errors import UserError
from alutils.findings import (
    crossings,
    equal_quality,
    judging,
    ladders,
    quality_ladders,
    quality_ladders_words,
)
from alutils.findings import rungs as along
from alutils.findings.all_strategies import ALL
from alutils.statistics import bootstrap_interval, sign_flip_tests
from tests.findings.ladder_worlds import FALLS, world


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make intervals in a tenth of the time; effects here are far from where it would matter."""
    quick = functools.partial(bootstrap_interval, n=1000)
    for module in (judging, crossings, along):
        monkeypatch.setattr(module, "bootstrap_interval", quick)


LEAD = {"margin": 0.03, "badge": 0.01, "typiclust": 0.0}


def same(strategy: str, embedder: str, fall: float) -> float:
    """Margin leads everywhere."""
    return LEAD[strategy]


def swapped(strategy: str, embedder: str, fall: float) -> float:
    """Margin leads at the top, TypiClust at the bottom."""
    return LEAD[strategy] if fall < 0.1 else LEAD[{"typiclust": "margin"}.get(strategy, "badge")]


def fading(strategy: str, embedder: str, fall: float) -> float:
    """Margin leads at the top, nobody at the bottom."""
    return LEAD[strategy] if fall < 0.1 else 0.0


def under_noise(strategy: str, embedder: str, fall: float) -> float:
    """Swapped under noise alone."""
    return (swapped if "noise" in embedder else same)(strategy, embedder, fall)


# --- ladders -----------------------------------------------------------------------------------


def test_rungs_go_from_the_top_down_whatever_their_order() -> None:
    names = ["minilm+bits(1)", "minilm_layer0", *FALLS, "minilm_layer5", "minilm+bits(8)"]
    found = {ladder.name: ladder.rungs for ladder in ladders.ladders_of(names)}
    assert list(found) == ["layers", "noise", "pca", "bits"]
    assert found["layers"] == ("minilm", "minilm_layer5", "minilm_layer0")
    assert found["noise"] == ("minilm", "minilm+noise(1)", "minilm+noise(4)")
    assert found["bits"] == ("minilm", "minilm+bits(8)", "minilm+bits(1)")
    assert ladders.ladders_of(names[::-1]) == ladders.ladders_of(names)


def test_the_bottom_is_the_lower_half_below_the_top() -> None:
    for n, wanted in ((1, 1), (2, 1), (3, 2), (6, 3)):
        rungs = tuple(f"minilm+noise({i})" for i in range(1, n + 1))
        assert ladders.Ladder("noise", ("minilm", *rungs)).bottom == rungs[-wanted:]


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (["minilm", "lsa", "minilm+noise(1)"], "several backbones"),
        (["minilm+noise(1)"], "lacks 'minilm'"),
        (["minilm"], "alone"),
        (["minilm", "minilm+pca(8)+noise(1)"], "several ways"),
        (["minilm", "minilm_layer2+noise(1)"], "several ways"),
    ],
)
def test_what_is_no_ladder_is_refused(names: list[str], word: str) -> None:
    with pytest.raises(UserError, match=word):
        ladders.ladders_of(names)


def test_gains_changes_and_rises_are_those_made_by_hand() -> None:
    records, measured = world(swapped, noise=0.004, datasets=2)
    found = ladders.ladders_of(FALLS)
    gain = along.gains(records, found)
    runs = records[records["cycle"] == 0].pivot_table(
        "accuracy", ["dataset", "seed", "embedder"], "strategy"
    )
    by_hand = (runs["badge"] - runs["random"]).unstack("embedder")
    change = along.changes(gain, found)
    change = change[(change["strategy"] == "badge") & (change["ladder"] == "noise")]
    wanted = by_hand["minilm"] - by_hand["minilm+noise(4)"]
    own = change.set_index(["dataset", "seed"])["difference"]
    assert own.to_dict() == pytest.approx(wanted.to_dict())

    rise = along.rises(gain, measured)
    rise = rise[(rise["strategy"] == "badge") & (rise["ladder"] == "noise")]
    rungs = ["minilm", "minilm+noise(1)", "minilm+noise(4)"]
    falls = [FALLS[name] for name in rungs]
    for row in rise.itertuples():
        slope = np.polyfit(falls, by_hand.loc[(row.dataset, row.seed), rungs].to_numpy(), 1)[0]
        assert row.difference == pytest.approx(-slope * max(falls))

    mean = gain[gain["strategy"] == ALL].groupby("embedder")["gain"].mean()
    three = gain[gain["strategy"].isin(LEAD)].groupby("embedder")["gain"].mean()
    assert mean.to_dict() == pytest.approx(three.to_dict())


def test_doses_say_how_far_each_rung_has_fallen() -> None:
    records, measured = world(same)
    doses = along.doses(along.gains(records, ladders.ladders_of(FALLS)), measured)
    assert doses["embedder"].tolist()[:3] == ["minilm", "minilm+noise(1)", "minilm+noise(4)"]
    assert doses["fall"].tolist() == pytest.approx([0, 0.06, 0.2, 0, 0.05, 0.2])
    assert doses["random"].tolist() == pytest.approx([0.7, 0.64, 0.5, 0.7, 0.65, 0.5])
    assert along.turned(doses) == ["noise", "pca"]
    small = doses.assign(fall=doses["fall"].where(doses["ladder"] == "noise", 0.04))
    assert along.turned(small) == ["noise"]


# --- the best strategy -------------------------------------------------------------------------


def test_a_planted_change_of_the_best_holds() -> None:
    found = quality_ladders.finding(*world(swapped))
    assert found.verdict == "holds"
    assert "The best strategy changes along noise and PCA" in found.sentence
    assert found.numbers["noise_top"].value == pytest.approx(0.03, abs=0.002)
    for key in ("noise_bottom", "pca_bottom"):
        assert found.numbers[key].value == pytest.approx(0.02, abs=0.002)
    assert found.numbers["noise_change_margin"].value == pytest.approx(0.02, abs=0.002)


def test_one_ladder_is_enough_and_the_others_are_named() -> None:
    found = quality_ladders.finding(*world(under_noise))
    assert found.verdict == "holds"
    assert "changes along noise. Safest" in found.sentence
    assert "as good as any at both ends of PCA" in found.sentence
    assert "every ladder would be: does not hold" in found.change


@pytest.mark.parametrize("level", [same, fading])
def test_a_lead_that_fades_is_no_change_of_the_best(level: object) -> None:
    found = quality_ladders.finding(*world(level))  # type: ignore[arg-type]
    assert found.verdict == "does not hold"
    assert "Safest at both ends: Margin along noise (" in found.sentence


def test_luck_gives_no_crossing_where_nothing_differs() -> None:
    """The best of each end on the same data is ahead by luck; not so where it was not chosen."""
    rng = np.random.default_rng(5)
    rows = [("top", "bottom"), range(4), ("badge", "margin", "random"), range(2)]
    table = pd.MultiIndex.from_product(rows, names=["end", "dataset", "strategy", "seed"])
    flattered, honest = [], []
    for _ in range(40):
        ends = table.to_frame(index=False).assign(ladder="noise", gain=rng.normal(size=len(table)))
        flattered.append(ends.groupby(["end", "strategy"])["gain"].mean().groupby("end").max())
        honest.append(crossings.crossings(ends)["difference"].mean())
    assert np.mean(flattered) > 0.2 > 0.15 > abs(np.mean(honest))


def test_ties_under_large_noise_cannot_be_told() -> None:
    found = quality_ladders.finding(*world(lambda *_: 0.0, noise=0.03))
    assert found.verdict == "cannot tell"


def test_equal_at_the_top_and_apart_at_the_bottom_is_no_change() -> None:
    """Who falls behind at the bottom alone was not better at the top."""

    def half(strategy: str, embedder: str, fall: float) -> float:
        return 0.03 if strategy == "margin" or (strategy == "badge" and fall < 0.1) else 0.0

    assert quality_ladders.finding(*world(half)).verdict == "does not hold"


@pytest.mark.parametrize(
    ("few", "word"),
    [({"seeds": 1}, "more than one seed"), ({"datasets": 1}, "more than one dataset")],
)
def test_too_few_of_anything_cannot_tell(few: dict[str, int], word: str) -> None:
    found = quality_ladders.finding(*world(swapped, **few))  # type: ignore[arg-type]
    assert found.verdict == "cannot tell" and word in found.change


def test_two_datasets_show_intervals_but_no_change() -> None:
    found = quality_ladders.finding(*world(swapped, datasets=2))
    assert found.verdict == "cannot tell" and "fewer than five datasets" in found.change


def test_without_a_ladder_that_turns_quality_nobody_can_tell() -> None:
    shallow = {name: fall / 10 for name, fall in FALLS.items()}
    found = quality_ladders.finding(*world(same, falls=shallow))
    assert found.verdict == "cannot tell" and "nothing was turned" in found.sentence


def test_order_of_rows_does_not_matter() -> None:
    records, measured = world(under_noise, datasets=4)
    mixed = records.sample(frac=1, random_state=1), measured.sample(frac=1, random_state=2)
    first, second = quality_ladders.finding(records, measured), quality_ladders.finding(*mixed)
    assert (first.sentence, first.test) == (second.sentence, second.test)


@pytest.mark.parametrize("leave", ["dataset", "seed"])
def test_crossings_are_those_of_a_slow_twin(leave: str) -> None:
    records, _ = world(swapped, noise=0.03, datasets=3)
    found = ladders.ladders_of(FALLS)
    ends = along.at_ends(along.gains(records, found), found)
    crossing = crossings.crossings(ends, leave)  # type: ignore[arg-type]
    assert len(crossing) == 2 * 2 * 3 * 3
    own = ends[ends["strategy"] != ALL]
    for row in crossing.itertuples():
        here = own[own["ladder"] == row.ladder]
        if leave == "dataset":
            rest = here[here["dataset"] != row.dataset]
        else:
            rest = here[(here["dataset"] == row.dataset) & (here["seed"] != row.seed)]
        best = {
            end: each.groupby("strategy")["gain"].mean().idxmax()
            for end, each in rest.groupby("end")
        }
        other = "bottom" if row.end == "top" else "top"
        assert (row.choice, row.rival) == (best[row.end], best[other])
        run = here[
            (here["dataset"] == row.dataset) & (here["seed"] == row.seed) & (here["end"] == row.end)
        ].set_index("strategy")["gain"]
        assert row.difference == pytest.approx(run[row.choice] - run[row.rival])


def test_best_by_rung_names_ties() -> None:
    records, _ = world(fading)
    best = crossings.best_by_rung(along.gains(records, ladders.ladders_of(FALLS)))
    rows = best.set_index(["ladder", "embedder"])
    top, bottom = rows.loc[("noise", "minilm")], rows.loc[("noise", "minilm+noise(4)")]
    assert top["best"] == "margin" and top["company"] == []
    assert len(bottom["company"]) == 3


def test_orders_move_where_they_were_moved() -> None:
    records, _ = world(under_noise, seeds=4)
    found = ladders.ladders_of(FALLS)
    order = crossings.orders(along.at_ends(along.gains(records, found), found))
    order = order.set_index("ladder")
    assert order.loc["noise", "low"] > 0
    assert order.loc["pca", "low"] < 0 and abs(order.loc["pca", "shortfall"]) < 0.3


# --- equal quality -----------------------------------------------------------------------------


def levels_of(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    gain = along.gains(records, ladders.ladders_of(FALLS))
    return equal_quality.at_levels(gain, measured)


def test_ladders_that_depend_on_quality_alone_agree() -> None:
    records, measured = world(lambda s, e, fall: LEAD[s] - 0.1 * fall)
    apart = equal_quality.apart(levels_of(records, measured))
    judged = equal_quality.judged(apart[apart["strategy"] != ALL])
    assert set(judged["outcome"]) == {"alike"}
    assert "alike on all ladders" in quality_ladders.finding(records, measured).sentence


def test_ladders_that_differ_at_equal_quality_are_named() -> None:
    def other(strategy: str, embedder: str, fall: float) -> float:
        return LEAD[strategy] + (0.2 * fall if "pca" in embedder and strategy == "badge" else 0)

    found = quality_ladders.finding(*world(other))
    assert "differ between ladders in 1 of 3 comparisons: BADGE −2." in found.sentence
    assert "(noise minus PCA). So quality is not one number." in found.sentence


def test_what_random_reaches_can_differ_alone() -> None:
    better = {"minilm+pca(64)": 0.02, "minilm+pca(8)": 0.08}
    records, measured = world(same, random=lambda e, fall: 0.7 - fall + better.get(e, 0.0))
    found = quality_ladders.finding(records, measured)
    assert "alike on all ladders" in found.sentence
    assert "What Random itself reaches differs" in found.sentence
    assert found.numbers["noise_pca_random"].high < -0.02


def test_levels_are_interpolated_and_go_no_deeper_than_the_ladder() -> None:
    records, measured = world(fading, noise=0.0, datasets=1)
    levels = levels_of(records, measured)
    margin = levels[(levels["strategy"] == "margin") & (levels["seed"] == 0)]
    noise = margin[margin["ladder"] == "noise"].set_index("fall")["value"]
    assert noise.index.tolist() == pytest.approx(np.arange(1, 11) * 0.02)
    # 0.03 down to a fall of 0.06, zero at 0.20.
    assert noise.loc[0.04] == pytest.approx(0.03)
    assert noise.loc[0.12] == pytest.approx(0.03 * 8 / 14)
    assert noise.loc[0.20] == pytest.approx(0)
    shallow = measured.copy()
    pca = shallow["embedder"] == "minilm+pca(8)"
    shallow.loc[pca, "probe_accuracy"] += 0.11
    apart = equal_quality.apart(levels_of(records, shallow))
    assert set(apart["deepest"]) == {0.08}


def test_lines_of_one_picture_are_of_the_same_datasets() -> None:
    records, measured = world(fading, datasets=5)
    shallow = measured["embedder"].str.contains("pca") & measured["dataset"].isin(["d0", "d1"])
    measured.loc[shallow, "probe_accuracy"] = measured.loc[shallow, "dataset"].map(
        {"d0": 0.85 - 0.02, "d1": 0.86 - 0.02}
    )
    levels = levels_of(records, measured)
    kept = equal_quality.on_same_datasets(levels)
    assert set(kept["dataset"]) == {"d2", "d3", "d4"}
    assert kept.groupby("ladder")["fall"].max().tolist() == pytest.approx([0.2, 0.2])
    few = levels[(levels["ladder"] == "noise") | (levels["dataset"] == "d0")]
    assert equal_quality.on_same_datasets(few).empty


def test_two_datasets_give_no_end_of_what_a_rival_may_gain() -> None:
    finding = quality_ladders.finding(*world(same, datasets=2))
    assert "comes closest to beating it, −2.0 points" in finding.sentence
    assert "no interval from 2 datasets)" in finding.sentence
    assert "at most" not in finding.sentence
    assert "at most −" in quality_ladders.finding(*world(same)).sentence


def test_changes_along_ladders_are_counted() -> None:
    def counted(gain: object, datasets: int = 8) -> str:
        records, _ = world(gain, datasets=datasets)  # type: ignore[arg-type]
        found = ladders.ladders_of(FALLS)
        own = along.changes(along.gains(records, found), found)
        own = own[own["strategy"].isin(["margin", "badge"])]
        return quality_ladders_words.change_sentence(
            judging.both_intervals(own, ["ladder", "strategy"]).set_index(["ladder", "strategy"])
        )

    assert counted(fading).startswith("Worse embeddings leave less to gain")
    assert "larger for sure in 4 of 4 pairs of ladder and strategy and smaller in 0" in counted(
        fading
    )
    assert "Margin along" in counted(fading) and "+3.0 points" in counted(fading)
    assert counted(lambda s, e, fall: fall).startswith("Worse embeddings leave more to gain")
    assert counted(same).startswith("Gains are mostly not told apart along a ladder")
    assert "on these datasets alone" in counted(fading, datasets=2)


def test_the_same_choice_at_both_ends_is_no_difference_of_zero() -> None:
    ends = [pd.Series({"choice": name, "share": share}) for name, share in
            (("margin", 1.0), ("margin", 1.0), ("margin", 0.9), ("badge", 1.0))]  # fmt: skip
    assert quality_ladders_words.same_choice(ends[:2]) == "the same strategy"
    assert not quality_ladders_words.same_choice(ends[1:3])
    assert not quality_ladders_words.same_choice(ends[2:])


def test_sign_flips_know_the_family() -> None:
    rng = np.random.default_rng(1)
    rows = [
        (f"t{t}", f"d{d}", seed, (0.02 if t == 0 else 0) + 0.005 * rng.normal())
        for t in range(6)
        for d in range(9)
        for seed in range(2)
        if (t, d) != (5, 8)
    ]
    table = pd.DataFrame(rows, columns=["test", "dataset", "seed", "difference"])
    found = sign_flip_tests(table, ["test"]).set_index("test")
    assert found.loc["t0", "p"] == found.loc["t0", "p_family"] == 2**-8
    assert (found["p_family"] >= found["p"]).all()
    assert found["n_datasets"].tolist() == [9] * 5 + [8]
    # A slow twin of one p: all signs, the mean as its statistic.
    values = table[table["test"] == "t1"].groupby("dataset")["difference"].mean().to_numpy()
    flips = np.array(np.meshgrid(*[[1, -1]] * 9)).reshape(9, -1)
    drawn = np.abs(values @ flips)
    assert found.loc["t1", "p"] == pytest.approx(np.mean(drawn >= abs(values.sum()) - 1e-12))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.sampled_from([2, 5, 14]))
def test_sign_flips_do_not_see_signs_or_scale(seed: int, datasets: int) -> None:
    values = np.random.default_rng(seed).normal(size=(datasets, 3))
    table = pd.DataFrame(values).rename_axis("dataset").melt(
        var_name="test", value_name="difference", ignore_index=False
    )  # fmt: skip
    table = table.reset_index().assign(seed=0)
    found = sign_flip_tests(table, ["test"])
    turned = sign_flip_tests(table.assign(difference=-3 * table["difference"]), ["test"])
    assert found["p_family"].tolist() == turned["p_family"].tolist()
    assert (found["p"] > 0).all() and (found["p_family"] <= 1).all()


# --- figures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("datasets", [1, 3])
def test_figures_draw_what_they_are_given(
    datasets: int, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    records, measured = world(fading, datasets=datasets)
    gain = along.gains(records, ladders.ladders_of(FALLS))
    table = along.responses(gain, measured)
    assert len(table) == 2 * 3 * 3 and table["low"].notna().all()
    titles = {"noise": "noise", "pca": "PCA"}
    figures.dose_response(table, titles, "dose", xlabel="x", alt="a", caption="c")
    levels = levels_of(records, measured)
    means = equal_quality.level_means(levels[levels["strategy"] != ALL])
    means = means.assign(x=-means["fall"])
    figures.at_equal_quality(means, titles, "equal", xlabel="x", alt="a", caption="c")
    for name, rows in (("dose", table), ("equal", means)):
        assert len(pd.read_csv(f"{tmp_path}/{name}.csv")) == len(rows)
