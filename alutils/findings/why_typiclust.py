"""Question Q2: why TypiClust helps as an initial pool, and how much of it is class coverage.

The gain of a method over Random is taken apart by random pools that have exactly the class counts
of the method's own (*matched*): the way from Random to these leads *through the classes*, the way
from there to the method's pool through *which texts* it takes of them. The two add up to the gain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from alutils.evidence import evidence
from alutils.figures.style import names, plain
from alutils.findings.family import each_one, effect_of
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import (
    both_intervals,
    interval_words,
    judge,
    needs,
    number,
    signed_rank_words,
)
from alutils.quality import embedder_order, measure_quality
from alutils.statistics import (
    CELL_FIELDS,
    paired_differences,
    share_of_effect,
    signed_rank_tests,
)
from alutils.study import Grid

METHOD = "typiclust"

KIND = "initial_pools"
"""Evidence that the page rests on: a module of `alutils.mechanism`."""

PROPERTIES = {
    "classes_seen": "classes seen, points",
    "class_entropy": "evenness of classes, points",
    "coverage": "distance of the pool to the nearest pick, %",
    "spread": "distance from pick to pick, %",
    "typicality": "typicality rank, points",
    "disagreement": "picks that neighbours disagree with, points",
}
"""Measures that a picture shows, and how they are called there; distances are in percent of the
root mean square length of the pool's rows."""

PARTS = {"gain": "whole gain", "classes": "through the classes", "texts": "through which texts"}
"""The gain and what it is made of."""


def grid_of(parameters: Mapping[str, Any]) -> Grid:
    """Return the cells of the page; their queries are never made, since first heads are enough."""
    given = {name: value for name, value in parameters.items() if name in Grid.model_fields}
    pools = list(dict.fromkeys(["random", METHOD, *given.pop("initial_pools")]))
    return Grid(**given, initial_pools=pools, strategies=["random"], query_size=1, cycles=1)


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return no grid: no run goes on beyond its first head, which the evidence has."""
    return []


def evidence_grids(parameters: Mapping[str, Any]) -> dict[str, list[Grid]]:
    """Return the cells on which initial pools are measured."""
    return {KIND: [grid_of(parameters)]}


def answer(parameters: Mapping[str, Any]) -> Finding:
    """Measure the initial pools of the page, and say why TypiClust helps."""
    grid = grid_of(parameters)
    return finding(evidence(KIND, grid), measure_quality(grid))


def changes(measured: pd.DataFrame, properties: Sequence[str]) -> pd.DataFrame:
    """Subtract what a random initial pool has from what each other has, seed by seed.

    Parameters
    ----------
    measured : pandas.DataFrame
        Evidence of `alutils.mechanism.initial_pools`.
    properties : sequence of str
        Measures to compare.

    Returns
    -------
    pandas.DataFrame
        One row per run of another initial pool and property: fields of the cell, ``seed``,
        ``property`` and ``difference``.
    """
    chosen = measured[measured["variant"] == "chosen"]
    tables = [
        paired_differences(chosen, each, "initial_pool", "random").assign(property=each)
        for each in properties
    ]
    return pd.concat(tables, ignore_index=True)


def decomposed(measured: pd.DataFrame, metric: str = "accuracy") -> pd.DataFrame:
    """Take the gain of every initial pool over Random apart.

    Parameters
    ----------
    measured : pandas.DataFrame
        Evidence of `alutils.mechanism.initial_pools`.
    metric : str
        A measure of the first head.

    Returns
    -------
    pandas.DataFrame
        One row per run: fields of the cell, ``seed``, ``gain`` (chosen minus Random's),
        ``classes`` (matched minus Random's) and ``texts`` (chosen minus matched). Random itself
        is there too, as a control: its gain is zero, and its parts are noise.
    """
    keys = [name for name in [*CELL_FIELDS, "seed"] if name in measured]
    shared = [name for name in keys if name != "initial_pool"]
    chosen = measured[measured["variant"] == "chosen"]
    blind = chosen.loc[chosen["initial_pool"] == "random", [*shared, metric]]
    matched = measured.loc[measured["variant"] == "matched", [*keys, metric]]
    table = chosen[[*keys, metric]].rename(columns={metric: "own"})
    table = table.merge(matched.rename(columns={metric: "matched"}), on=keys, validate="1:1")
    table = table.merge(blind.rename(columns={metric: "random"}), on=shared, validate="m:1")
    return table.assign(
        gain=table["own"] - table["random"],
        classes=table["matched"] - table["random"],
        texts=table["own"] - table["matched"],
    ).drop(columns=["own", "matched", "random"])


def balanced_gain(measured: pd.DataFrame, metric: str = "accuracy") -> pd.DataFrame:
    """Subtract what random pools reach from what those with equal class counts reach.

    Parameters
    ----------
    measured, metric
        As in `decomposed`.

    Returns
    -------
    pandas.DataFrame
        One row per run: fields of the cell, ``seed`` and ``difference``.
    """
    blind = measured[measured["initial_pool"] == "random"]
    blind = blind[blind["variant"].isin(["chosen", "balanced"])]
    return paired_differences(blind, metric, "variant", "chosen")


def effects(runs: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Average the gain and its parts over datasets.

    Parameters
    ----------
    runs : pandas.DataFrame
        As returned by `decomposed`.
    by : sequence of str
        Columns that define the groups.

    Returns
    -------
    pandas.DataFrame
        One row per group and part: ``part`` (of `PARTS`) and what `both_intervals` returns.
    """
    long = runs.melt([*CELL_FIELDS, "seed"], list(PARTS), "part", "difference")
    return both_intervals(long, [*by, "part"])


def finding(initial_pools: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Judge whether TypiClust helps as an initial pool because it covers the classes.

    Parameters
    ----------
    initial_pools : pandas.DataFrame
        Evidence of `alutils.mechanism.initial_pools`, of Random and TypiClust or more.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
        Under the best embedder, sizes of the initial pool averaged. It holds when the gain is
        there, the part through the classes is there, and it is the larger part; it does not hold
        when one of these does not. All three must hold, so that there is nothing to correct for.
    """
    best = embedder_order(measured)[-1]
    here = initial_pools[initial_pools["embedder"] == best]
    runs = decomposed(here)
    runs = runs[runs["initial_pool"] == METHOD]
    asked = {
        "gain": runs["gain"],
        "classes": runs["classes"],
        "larger": runs["classes"] - runs["texts"],
    }
    differences = {name: runs.assign(difference=values) for name, values in asked.items()}
    found = {name: both_intervals(rows).iloc[0] for name, rows in differences.items()}
    # With one dataset there is no interval for others, and nothing is known of them.
    verdicts: dict[str, Verdict] = {name: judge(row) for name, row in found.items()}
    verdict = each_one(pd.Series(verdicts))
    texts = effect_of(effects(runs).set_index("part"), "texts")
    share = share_of_effect(runs, "classes", "gain")
    even = both_intervals(balanced_gain(here)).iloc[0]
    seen = both_intervals(changes(here, ["classes_seen"]).query("initial_pool == @METHOD")).iloc[0]
    sizes = sorted(set(runs["initial_size"]))
    sentence = [
        f"With {names(map(str, sizes))} labels under {plain(best)}, the first head of "
        f"**TypiClust** minus that of Random: {interval_words(found['gain'])} of accuracy "
        f"({verdicts['gain']}). Through the classes: {interval_words(found['classes'])} "
        f"({verdicts['classes']}). Through which texts it takes of them: {interval_words(texts)}. "
        f"The first minus the second: {interval_words(found['larger'])} ({verdicts['larger']}); "
        f"{share_words(share)}."
    ]
    if verdict == "cannot tell":
        open_part = next(name for name, each in verdicts.items() if each == "cannot tell")
        asked_for = {"gain": "the gain", "classes": "the part through the classes"}
        of = asked_for.get(open_part, "which part is larger")
        sentence.append(f"Cannot tell: needs {needs(differences[open_part])} (for {of}).")
    accuracy = f"accuracy of the first head under {plain(best)}, mean over datasets"
    labels = {
        "gain": f"TypiClust minus Random, {accuracy}",
        "classes": f"random texts with TypiClust's classes minus Random, {accuracy}",
        "texts": f"TypiClust minus random texts with its classes, {accuracy}",
        "larger": f"TypiClust's gain through the classes minus that through its texts, {accuracy}",
        "balanced": f"random texts with equal classes minus Random, {accuracy}",
        "seen": f"TypiClust minus Random, share of classes seen under {plain(best)}",
    }
    rows = {**found, "texts": texts, "balanced": even, "seen": seen}
    numbers = {
        f"{name}{end}": number(rows[name], label, unit)
        for name, label in labels.items()
        for end, unit in (("", "datasets"), ("_here", "seeds"))
    }
    if pd.notna(share["low"]):
        numbers["share"] = Number(
            f"share of TypiClust's gain that goes through the classes, under {plain(best)}",
            share["mean"], share["low"], share["high"], "datasets", "plain",
        )  # fmt: skip
    return Finding(
        question="Does TypiClust help as an initial pool because it covers the classes?",
        verdict=verdict,
        sentence=" ".join(sentence),
        test=_test(differences["gain"]),
        change=f"Random texts with equal classes would gain {interval_words(even)}: where that is "
        "little, no choice of classes helps much. More classes, or smaller initial pools, in which "
        "Random misses more of them, would raise the part through the classes.",
        numbers=numbers,
    )


def share_words(share: pd.Series) -> str:
    """Write how much of a gain goes through the classes.

    Parameters
    ----------
    share : pandas.Series
        As returned by `alutils.statistics.share_of_effect`.
    """
    low, high, over = share["low"], share["high"], "with datasets drawn again"
    if pd.isna(low):
        low, high, over = (
            share["low_fixed"],
            share["high_fixed"],
            "on these datasets alone, since on others there may be no gain",
        )
    if pd.isna(low):
        return "what share of the difference goes through the classes cannot be told"
    mean, low, high = (f"{100 * x:.0f}".replace("-", "−") for x in (share["mean"], low, high))
    return f"{mean} % of the difference goes through the classes ({low} to {high} %, {over})"


def _test(gains: pd.DataFrame) -> str:
    tests = signed_rank_tests(gains, "initial_pool", ["dataset"])
    return (
        "Differences are paired by seed, random draws are averaged over five. The first interval "
        "of each number draws datasets again, the second seeds within these datasets; that of the "
        "share is Fieller's. Wilcoxon's signed-rank test of the gain (two-sided): "
        f"{signed_rank_words(tests.iloc[0])}."
    )
