"""One rule for all verdicts: what holds, what does not, and what nobody can tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from alutils.findings import Finding, Number
from alutils.findings.judging import (
    MARGIN,
    both_intervals,
    brief_words,
    interval_words,
    judge,
    needs,
    number,
    resampled_unit,
    to_draw,
)


def differences(
    effects: list[float], noise: float, n_seeds: int = 10, seed: int = 0
) -> pd.DataFrame:
    """Differences of a few datasets with given true effects."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "dataset": name,
            "embedder": "one",
            "strategy": "margin",
            "seed": s,
            "difference": effect + noise * rng.standard_normal(),
        }
        for name, effect in zip("abcdefgh", effects, strict=False)
        for s in range(n_seeds)
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.02, "holds"),
        (0.001, 0.02, "holds"),
        (-0.02, -0.01, "does not hold"),
        (0.001, 0.004, "does not hold"),  # above zero, but it matters to nobody
        (-0.001, 0.02, "cannot tell"),
        (-0.02, 0.02, "cannot tell"),
        (np.nan, np.nan, "cannot tell"),  # one seed, or one dataset
    ],
)
def test_the_rule(low: float, high: float, verdict: str) -> None:
    assert judge(pd.Series({"low": low, "high": high})) == verdict


def test_datasets_that_disagree_widen_one_interval_only() -> None:
    alike = both_intervals(differences([0.02] * 6, 0.005)).iloc[0]
    apart = both_intervals(differences([0.0, 0.01, 0.02, 0.02, 0.03, 0.04], 0.005)).iloc[0]

    def width(effect: pd.Series, end: str) -> float:
        return float(effect[f"high{end}"] - effect[f"low{end}"])

    assert width(apart, "") > 3 * width(alike, "")
    assert width(apart, "_fixed") == pytest.approx(width(alike, "_fixed"), rel=0.1)
    assert alike["mean"] == pytest.approx(0.02, abs=0.002)


def test_one_dataset_or_one_seed_has_no_interval_and_says_so() -> None:
    single = both_intervals(differences([0.02], 0.005)).iloc[0]
    assert np.isnan(single["low"]) and single["low_fixed"] > 0
    assert judge(single) == "cannot tell"
    assert "(" in interval_words(single) and "datasets" not in interval_words(single)
    once = differences([0.02, 0.03], 0.005, n_seeds=1)
    assert needs(once)


def test_what_it_would_take() -> None:
    few = [0.02, 0.04, 0.0]
    more = needs(differences(few, 0.001))
    assert more.endswith(" more datasets like these 3")
    # With as many as it says, none of them closer to the mean, anyone can tell.
    enough = (few * 200)[: 3 + int(more.split()[1])]
    table = pd.concat(
        differences([effect], 0.001, seed=i).assign(dataset=f"{i}")
        for i, effect in enumerate(enough)
    )
    assert judge(both_intervals(table).iloc[0]) != "cannot tell"
    assert needs(differences([0.001], 0.05)).endswith("more seeds")
    assert needs(differences([0.0, 0.04, -0.03], 0.001)) == "far more datasets than the 3 there are"


def test_words_name_both_intervals() -> None:
    effect = both_intervals(differences([0.02, 0.03, 0.04], 0.0005)).iloc[0]
    words = interval_words(effect)
    assert words.startswith("+3.0 points (") and "; on these datasets alone +" in words


def test_numbers_take_the_interval_of_their_unit() -> None:
    effect = both_intervals(differences([0.02, 0.03, 0.04], 0.005)).iloc[0]
    assert number(effect, "x").low == effect["low"]
    assert number(effect, "x", "seeds").low == effect["low_fixed"]
    assert number(effect, "x", "seeds").unit == "seeds"


def test_a_finding_shows_itself_without_markup_of_others() -> None:
    finding = Finding(
        question="Is <b> bold?",
        verdict="cannot tell",
        sentence="1 < 2.",
        test="Wilcoxon.",
        change="More seeds.",
        numbers={"x": Number("x", 0.5, kind="plain")},
    )
    shown = finding._repr_mimebundle_()
    assert "<b> bold" not in shown["text/html"].replace("<b>Test</b>", "")
    assert ":class: note verdict" in shown["text/markdown"]
    assert shown["text/markdown"].count("````") == 2
    assert str(Number("x", 0.012, 0.01, 0.02)) == "+1.2 points (+1.0 to +2.0)"
    assert MARGIN == 0.005


def test_two_datasets_give_no_interval_for_others() -> None:
    effect = both_intervals(differences([0.0, 0.04], 0.005)).iloc[0]
    assert effect["high"] > 0.04  # wide, and computed: a verdict may look at it
    words = interval_words(effect)
    assert words == brief_words(effect)
    assert f"(on these datasets alone +{100 * effect['low_fixed']:.1f} to" in words
    assert f"{100 * effect['high']:.1f}" not in words
    found = number(effect, "x")
    assert (found.unit, found.low, found.high) == ("seeds", *effect[["low_fixed", "high_fixed"]])
    assert "2 datasets" in number(effect.drop(["low_fixed", "high_fixed"]), "x").unit
    # A mean that knows no other interval has none.
    alone = brief_words(effect.drop(["low_fixed", "high_fixed"]))
    assert alone == f"+{100 * effect['mean']:.1f} points"


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (5280, "amount", "5,280"),
        (1.75, "amount", "1.75"),
        (1 / 3, "share", "33 %"),
        (0.5, "plain", "+0.50"),
        (0.005, "points", "+0.5 points"),
    ],
)
def test_numbers_are_written_as_what_they_are(value: float, kind: Any, written: str) -> None:
    assert str(Number("x", value, kind=kind)) == written


def test_a_picture_has_no_interval_over_two_datasets_either() -> None:
    effects = pd.DataFrame(
        {
            "n_datasets": [1, 2, 3],
            "low": [np.nan, -0.9, -0.1],
            "high": [np.nan, 0.9, 0.1],
            "low_fixed": -0.01,
            "high_fixed": 0.01,
        }
    )
    assert to_draw(effects)["low"].isna().tolist() == [True, True, False]
    assert to_draw(effects)["high"].isna().tolist() == [True, True, False]
    assert to_draw(effects, seeds=True)["low"].tolist() == [-0.01, -0.01, -0.1]
    named = effects.add_prefix("base_").rename(columns={"base_n_datasets": "n_datasets"})
    assert to_draw(named, "base_", seeds=True)["base_high"].tolist() == [0.01, 0.01, 0.1]
    assert [resampled_unit(n) for n in (1, 2, 3)] == ["seeds", "seeds", "datasets"]
