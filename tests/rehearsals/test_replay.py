"""A replay: what is run is the reader's labelled texts, and what is said is what was found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from alutils import datasets
from alutils.errors import UserError
from alutils.labelling import Pile
from alutils.rehearsals import replay, replay_words, replayed
from alutils.study import run_study
from tests.labelling.made_up import HOSTILE, pile_of, texts_and_topics
from tests.test_statistics import run

SIZES: dict[str, Any] = {
    "embedder": "hashing",
    "strategies": ["margin"],
    "budget": 40,
    "query_size": 10,
    "initial_size": 10,
    "seeds": 2,
    "pool_size": None,
}


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ALUTILS_ARCHIVE", raising=False)


def labelled(pile: Pile, n: int, n_classes: int = 2) -> Pile:
    """The pile with n labels, without writing a file for each example."""
    texts = tuple(f"text {i}" for i in range(n))
    return replace(pile, texts=texts, labels=tuple(f"class {i % n_classes}" for i in range(n)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strategies": ["marjin"]}, "did you mean 'margin'"),
        ({"strategies": ["random"]}, "one besides 'random'"),
        ({"strategies": []}, "one besides 'random'"),
        ({"embedder": "minilmm"}, "did you mean 'minilm'"),
        ({"seeds": 0}, "seeds must be at least 1, but is 0"),
        ({"query_size": -5}, "query_size must be at least 1"),
        ({"budget": 29}, "budget is 29, but .* are 30 labels: raise it"),
        ({"pool_size": 59}, "pool_size is 59, but must be at least 60"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(wrong: dict[str, Any], message: str) -> None:
    replay.check(**SIZES)
    with pytest.raises(UserError, match=message) as caught:
        replay.check(**{**SIZES, **wrong})
    assert "\n" not in str(caught.value)


def test_too_few_labels_are_told_and_not_run(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, ["a", "b"], ["", ""])
    assert (
        replay.why_no_replay(pile, 10, 10) == "No text has a label, so there is nothing to replay."
    )
    assert "second class" in (replay.why_no_replay(labelled(pile, 500, 1), 10, 10) or "")
    assert "takes 80" in (replay.why_no_replay(labelled(pile, 79), 10, 10) or "")
    assert replay.why_no_replay(labelled(pile, 80), 10, 10) is None
    # Labels that are names of single texts teach nothing.
    assert (replay.why_no_replay(labelled(pile, 500, 500), 10, 10) or "").startswith("0 texts")


@given(
    n=st.integers(2, 3000), initial=st.integers(1, 200), query=st.integers(1, 200),
    more=st.integers(0, 500), room=st.none() | st.integers(0, 2000),
)  # fmt: skip
def test_every_replay_that_is_let_in_fits_into_its_pool(
    tmp_path_factory: pytest.TempPathFactory,
    n: int, initial: int, query: int, more: int, room: int | None,
) -> None:  # fmt: skip
    pile = labelled(pile_of(tmp_path_factory.mktemp("p"), ["a", "b"], ["", ""]), n)
    if replay.why_no_replay(pile, initial, query) is not None:
        return
    least = initial + 2 * query
    sizes = {**SIZES, "initial_size": initial, "query_size": query, "budget": least + more}
    sizes["pool_size"] = None if room is None else 2 * least + room
    grid = replay.replay_grid(pile, **sizes)
    pool = n - n // 4 if room is None else min(n - n // 4, sizes["pool_size"])
    assert grid.cycles >= 3
    assert grid.cells()[0].budget <= min(sizes["budget"], pool / 2)
    assert grid.cells()[0].budget + query > min(sizes["budget"], pool // 2)


def test_the_labelled_texts_are_replayed_and_no_others(tmp_path: Path) -> None:
    texts, topics = texts_and_topics(120)
    texts[:4] = HOSTILE
    odd = [*texts, "  RAIN  wind  ", "rain wind", "no label"]
    pile = pile_of(tmp_path, odd, [*topics, "chess", "", ""], "what? 50%3F+copies(0.5) ünd.csv")
    grid = replay.replay_grid(pile, **SIZES)
    (name,) = grid.datasets
    found = datasets.load(name)
    expected = {*zip(pile.texts, pile.labels, strict=True)} - {("no label", None)}
    assert {
        *zip(found.pool_texts, (found.classes[c] for c in found.pool_labels), strict=True),
        *zip(found.test_texts, (found.classes[c] for c in found.test_labels), strict=True),
    } == expected
    assert len(found.test_texts) == len(expected) // 4
    assert replay.replay_grid(pile, **SIZES) == grid
    other = pile_of(tmp_path, odd, ["cooking", *topics[1:], "chess", "", ""])
    assert replay.replay_grid(other, **SIZES).datasets != grid.datasets


def test_a_replay_runs_and_is_told(tmp_path: Path) -> None:
    texts, topics = texts_and_topics(160)
    pile = pile_of(tmp_path, [*texts, "nobody knows"], [*topics, ""])
    grid = replay.replay_grid(pile, **{**SIZES, "budget": 500})
    records = run_study(grid, workers=1)
    assert set(records["n_labelled"]) == {10, 20, 30, 40, 50, 60}
    words = replay_words.replayed_words(pile, grid, 500)
    assert "Out of 120 texts, Random and Margin ask for 60 labels, 10 at a time" in words
    assert "measured on 40 others" in words and "lowered to half" in words
    assert "The 1 texts without a label" in words
    assert "lowered" not in replay_words.replayed_words(pile, grid, 69)
    gained, saving = replayed.gains(records), replayed.saved(records)
    table = replay_words.replay_table(gained, saving)
    assert list(table["strategy"]) == ["Margin"] and "Random's 60" in table.columns[-1]


def planted(gain: dict[str, float], seeds: int = 6) -> pd.DataFrame:
    """Runs that gain so much at every cycle after the first, give or take a little."""
    noise = np.random.default_rng(0).normal(0, 0.004, (len(gain) + 1, seeds, 4))
    base = np.array([0.4, 0.5, 0.6, 0.7])
    after = np.array([0, 1, 1, 1])
    tables = [
        run(name, seed, list(base + after * (g + noise[at, seed])))
        for at, (name, g) in enumerate({"random": 0.0, **gain}.items())
        for seed in range(seeds)
    ]
    table = pd.concat(tables, ignore_index=True)
    table["chosen"] = [[i] for i in range(len(table))]
    return table


def test_gains_are_those_of_a_test_by_hand() -> None:
    records = planted({"margin": 0.05, "badge": 0.0, "coreset": -0.06})
    found = replayed.gains(records).set_index("strategy")
    assert list(found.index) == ["margin", "badge", "coreset"]
    assert found["verdict"].tolist() == ["better", "cannot tell", "worse"]
    assert found["as"].isna().all()
    x = sorted(records["n_labelled"].unique())
    area = records.groupby(["strategy", "seed"])["accuracy"].apply(
        lambda y: np.trapezoid(y, x) / (x[-1] - x[0])
    )
    tests = {s: stats.ttest_rel(area[s], area["random"]) for s in found.index}
    for strategy, test in tests.items():
        ends = test.confidence_interval(0.95)
        np.testing.assert_allclose(
            found.loc[strategy, ["mean", "low", "high"]].astype(float),
            [(area[strategy] - area["random"]).mean(), ends.low, ends.high],
        )
    corrected = multipletests([t.pvalue for t in tests.values()], method="holm")[1]
    np.testing.assert_allclose(found["p"].astype(float), corrected)
    shuffled = replayed.gains(records.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(shuffled, replayed.gains(records))


def test_an_interval_above_zero_is_not_enough_when_many_are_compared() -> None:
    z = stats.zscore(np.arange(6.0), ddof=1)  # a spread of one about zero
    gap = 0.01 * stats.t.ppf(1 - 0.03 / 2, 5) / np.sqrt(6)  # for a p of 0.03
    shifts = {"random": 0 * z, "margin": gap + 0.01 * z, "badge": 0.01 * z, "tcm": -0.01 * z}
    tables = [
        run(name, seed, [0.5 + shift[seed]] * 3).assign(chosen=[[at]] * 3)
        for at, (name, shift) in enumerate(shifts.items())
        for seed in range(6)
    ]
    first = replayed.gains(pd.concat(tables)).set_index("strategy").loc["margin"]
    assert first["low"] > 0 and first["p"] == pytest.approx(0.09)
    assert first["verdict"] == "cannot tell"
    alone = replayed.gains(pd.concat(tables[:12])).set_index("strategy").loc["margin"]
    assert alone["p"] == pytest.approx(0.03) and alone["verdict"] == "better"


def test_the_same_choices_are_one_result() -> None:
    records = planted({"margin": 0.02, "entropy": 0.02, "badge": 0.0})
    margin = records["strategy"] == "margin"
    entropy = records["strategy"] == "entropy"
    for column in ("accuracy", "chosen"):
        records.loc[entropy, column] = records.loc[margin, column].to_numpy()
    found = replayed.gains(records).set_index("strategy")
    assert found.loc["entropy", "as"] == "margin" and pd.isna(found.loc["margin", "as"])
    alone = replayed.gains(records[~entropy]).set_index("strategy")
    assert found.loc["entropy", "p"] == found.loc["margin", "p"] == alone.loc["margin", "p"]
    assert "Margin and entropy made the same choices" in replay_words.curves_caption(
        found.reset_index()
    )


def test_one_seed_tells_nothing() -> None:
    found = replayed.gains(planted({"margin": 0.2}, seeds=1))
    assert found["verdict"].tolist() == ["cannot tell"]
    caption = replay_words.curves_caption(found)
    assert "one seed, which gives no interval" in caption and "nan" not in caption


def test_curves_are_means_over_seeds_beside_random() -> None:
    records = planted({"margin": 0.05})
    found = replayed.curves(records).set_index(["strategy", "n_labelled"])
    wide = records.pivot_table(index="seed", columns=["strategy", "n_labelled"], values="accuracy")
    for size in records["n_labelled"].unique():
        own, other = wide["margin", size], wide["random", size]
        assert found.loc[("margin", size), "mean"] == pytest.approx(own.mean())
        assert found.loc[("margin", size), "gain"] == pytest.approx((own - other).mean())
        assert found.loc[("random", size), ["gain", "gain_low", "gain_high"]].eq(0).all()
    ends = found.loc[("margin", found.index.get_level_values(1).max())]
    gap = wide["margin", 25] - wide["random", 25]
    half = stats.t.ppf(0.975, 5) * gap.std() / np.sqrt(6)
    np.testing.assert_allclose(
        ends[["gain_low", "gain_high"]], [gap.mean() - half, gap.mean() + half]
    )


def test_labels_saved_are_read_off_the_curves() -> None:
    # Random has 0.5 with 20 labels and 0.6 with 25. The other is five ahead, or never there.
    def records(own: list[list[float]]) -> pd.DataFrame:
        tables = [run("random", s, [0.3, 0.4, 0.5, 0.6]) for s in range(len(own))]
        tables += [run("margin", s, curve) for s, curve in enumerate(own)]
        return pd.concat(tables, ignore_index=True)

    ahead = [[0.3, 0.5, 0.6, 0.7]] * 5 + [[0.3, 0.4, 0.6, 0.7]]
    found = replayed.saved(records(ahead)).set_index("at")
    assert list(found.index) == [20, 25]
    np.testing.assert_allclose(found.loc[20, "middle"], (5 * 5 + 2.5) / 6)
    np.testing.assert_allclose(found.loc[25, ["middle", "low", "high"]].astype(float), 5)
    never = [*ahead[:5], [0.3, 0.4, 0.45, 0.5]]
    at_end = replayed.saved(records(never)).set_index("at").loc[25]
    assert (at_end["middle"], at_end["low"], at_end["high"]) == (5, -np.inf, 5)
    few = replayed.saved(records(never[3:])).set_index("at").loc[25]
    assert few["middle"] == 5 and np.isnan(few["low"])


def saving(low: float, high: float) -> pd.DataFrame:
    row = {"strategy": "badge", "at": 40, "middle": 9.0, "low": low, "high": high}
    return pd.DataFrame([row])


def gained(*verdicts: str) -> pd.DataFrame:
    names = ["badge", "margin", "coreset"][: len(verdicts)]
    return pd.DataFrame({"strategy": names, "verdict": verdicts})


def test_the_conclusion_says_no_more_than_was_found() -> None:
    say = replay_words.conclusion
    assert "BADGE saves 9 (3 to 15) of them" in say(gained("better"), saving(3, 15))
    unsure = say(gained("better", "better"), saving(-np.inf, 15))
    assert "BADGE and Margin are better" in unsure and "cannot be told" in unsure
    assert "cannot be told" in say(gained("better"), saving(np.nan, np.nan))
    none = say(gained("cannot tell", "worse"), saving(3, 15))
    assert "no strategy is seen to be better" in none and "more seeds" in none
    assert "saves" not in none
    worse = say(gained("worse", "worse"), saving(-30, -3))
    assert "Random is better" in worse and "more seeds" not in worse
