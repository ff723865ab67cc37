"""What becomes of ties, and of tests, with one unit or another (Q11)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils.figures.style import plain
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import MARGIN
from alutils.findings.query_strategies import ALPHA, compared
from alutils.findings.win_rates import UNITS, against_random, by_unit, differences, inflated
from alutils.findings.words import p_words, several
from alutils.statistics import OUTCOMES, holm, signed_rank_tests

RATE_MARGIN = 0.05
"""Win rates that differ by less than five percentage points say the same."""


def tests(areas: pd.DataFrame) -> pd.DataFrame:
    """Wilcoxon's signed-rank test of each strategy against Random, for every unit.

    Parameters
    ----------
    areas : pandas.DataFrame
        As in `differences`.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.signed_rank_tests`, with ``unit`` as in `UNITS`; strategies in
        the order of their median over runs.
    """
    gain = differences(areas)
    table = pd.concat(
        [
            signed_rank_tests(gain, unit=columns).assign(unit=unit)
            for unit, columns in UNITS.items()
        ],
        ignore_index=True,
    )
    order = list(table[table["unit"] == "run"].sort_values("median")["strategy"])[::-1]
    key = table["strategy"].map(order.index)
    return table.iloc[np.argsort(key.to_numpy(), kind="stable")].reset_index(drop=True)


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Say whether win rates that drop ties inflate.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
        The effect is how much farther from one half the win rates over Random get when ties are
        dropped, mean over strategies. It cannot be negative, so it holds when the whole interval
        is above five percentage points, and does not hold when all of it is below. Half a point
        of AULC is the margin of what is a tie.
    """
    areas = compared(records)
    effect, counts = inflated(areas, measured), against_random(areas, measured)
    tested = tests(areas)
    one_dataset = bool(np.isnan(effect["low"]))
    ends = effect[["low_fixed", "high_fixed"]] if one_dataset else effect[["low", "high"]]
    word: Verdict = "cannot tell"
    if ends.iloc[1] < RATE_MARGIN:
        word = "does not hold"
    elif ends.iloc[0] > RATE_MARGIN:  # above zero, the common rule, it is by construction
        word = "holds"
    pooled = by_unit(areas, measured, [MARGIN]).set_index("unit")[OUTCOMES]
    win, loss, equivalent, undecided = map(int, pooled.loc["dataset x embedder"])
    ties = equivalent + undecided
    if undecided == win + loss + ties:
        word = "cannot tell"  # nothing is known yet, so nothing could be dropped from
    most = counts.sort_values("inflation", kind="stable").iloc[-1]
    sentence = (
        f"Of {win + loss + ties} comparisons with Random, {win} are wins, {loss} losses, and "
        f"{ties} neither ({equivalent} equivalent within half a point, {undecided} undecided). "
    )
    if most["inflation"] > 0:
        sentence += (
            f"Dropping those moves win rates away from one half by {_rate_words(effect)}, mean "
            f"over strategies; most for {plain(most['strategy'])}, {_rates(most)}."
        )
    elif ties:
        sentence += "Dropping those leaves nothing, or leaves win rates as they are."
    else:
        sentence += "There is nothing to drop, so both win rates are the same."
    counted = significant(tested)
    example = _widest(tested)
    test = (
        "Outcomes are those of 95 % intervals of the paired difference in AULC over seeds, one "
        "comparison for each dataset and embedder. The unit decides what else is said: Wilcoxon's "
        "signed-rank test calls "
        + ", ".join(
            f"{row['significant']} of {row['strategies']} strategies different from Random with "
            f"{several(row['n_units'], 'unit')} ({row['unit']})"
            for row in counted.to_dict("records")
        )
        + f" (p < 0.05 after Holm's correction). For {plain(example['strategy'].iloc[0])}: "
        + ", ".join(
            f"{p_words(p)} ({unit})" for unit, p in zip(example["unit"], example["p"], strict=True)
        )
        + "."
    )
    drawn = "seeds" if one_dataset else "datasets"
    number = Number(
        "Win rate over Random, distance from one half, ties dropped minus ties counted half; mean "
        "over strategies",
        float(effect["mean"]),
        float(ends.iloc[0]),
        float(ends.iloc[1]),
        "" if np.isnan(ends.iloc[0]) else drawn,
    )
    return Finding(
        question="Do win rates that drop ties inflate?",
        verdict=word,
        sentence=sentence,
        test=test,
        change=_change(word, areas),
        numbers={"inflation": number},
    )


def _change(word: str, areas: pd.DataFrame) -> str:
    seeds, datasets = (len(set(areas[c])) for c in ("seed", "dataset"))
    if word == "holds":
        return (
            "Fewer ties: with more seeds undecided comparisons become wins, losses or equivalent "
            "ones, and only the last remain ties."
        )
    if word == "does not hold":
        return "More ties: closer strategies, a wider margin, or fewer seeds."
    if seeds == 1:
        return "Cannot tell: needs more than one seed."
    return (
        f"Cannot tell: needs more datasets than {datasets}; how many ties there are differs "
        "between them."
    )


def significant(tested: pd.DataFrame) -> pd.DataFrame:
    """Count for every unit the strategies that its tests tell from Random.

    Parameters
    ----------
    tested : pandas.DataFrame
        As returned by `tests`.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``n_units``, ``significant`` (p < 0.05 after Holm's correction), ``strategies``.
    """
    rows = []
    for unit in UNITS:
        here = tested[tested["unit"] == unit]
        rows.append(
            {
                "unit": unit,
                "n_units": int(here["n_units"].max()),
                "significant": int((holm(here["p"]) < ALPHA).sum()),
                "strategies": len(here),
            }
        )
    return pd.DataFrame(rows)


def _widest(tested: pd.DataFrame) -> pd.DataFrame:
    """Rows of the strategy whose p changes most between units."""
    logs = np.log(tested["p"].clip(lower=1e-300)).groupby(tested["strategy"])
    name = (logs.max() - logs.min()).idxmax()
    return tested[tested["strategy"] == name]


def _rates(row: pd.Series) -> str:
    wins, losses = several(row["win"], "win"), several(row["loss"], "loss", "losses")
    return (
        f"from {100 * row['rate_ties_half']:.0f} % with ties as halves ({wins} and {losses} of "
        f"{int(row['n'])}) to {100 * row['rate_ties_dropped']:.0f} %"
    )


def _rate_words(effect: pd.Series) -> str:
    words = f"{100 * effect['mean']:.1f} percentage points"
    spans = []
    if not np.isnan(effect["low"]):
        spans.append(f"{100 * effect['low']:.1f} to {100 * effect['high']:.1f} with other datasets")
    if not np.isnan(effect["low_fixed"]):
        spans.append(
            f"{100 * effect['low_fixed']:.1f} to {100 * effect['high_fixed']:.1f} with other seeds"
        )
    return f"{words} ({'; '.join(spans)})" if spans else words
