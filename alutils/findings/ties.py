"""What becomes of ties, and of tests, with one unit or another (Q11)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from alutils.figures.style import plain
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import MARGIN
from alutils.findings.query_strategies import ALPHA, UNCERTAINTY, compared, distinct
from alutils.findings.words import p_words, several
from alutils.statistics import (
    LEVEL,
    OUTCOMES,
    ROUNDING,
    holm,
    intervals,
    outcomes,
    paired_differences,
    signed_rank_tests,
    tally,
)
from alutils.streams import stream

UNITS = {
    "run": ["dataset", "embedder", "seed"],
    "dataset x embedder": ["dataset", "embedder"],
    "dataset": ["dataset"],
}
"""What may be counted as one comparison."""

RATE_MARGIN = 0.05
"""Win rates that differ by less than five percentage points say the same."""


def differences(areas: pd.DataFrame) -> pd.DataFrame:
    """Subtract Random's AULC from every other strategy's, run by run.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `alutils.findings.query_strategies.compared`.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.paired_differences`.
    """
    return paired_differences(areas, "aulc", "strategy", "random")


def summaries(gain: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Make one comparison of every unit, with its interval over seeds.

    Parameters
    ----------
    gain : pandas.DataFrame
        As returned by `differences`.
    unit : str
        A name in `UNITS`.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, the columns of the unit, ``mean``, ``low``, ``high``. Of a single run there
        is no interval, and those who count runs take the difference for the truth: all three are
        equal.
    """
    if unit == "run":
        table = gain[["strategy", *UNITS[unit], "difference"]]
        table = table.rename(columns={"difference": "mean"})
        return table.assign(low=table["mean"], high=table["mean"]).reset_index(drop=True)
    return intervals(gain, "difference", ["strategy", *UNITS[unit]])


def against_random(areas: pd.DataFrame, margin: float = MARGIN) -> pd.DataFrame:
    """Count what each strategy's comparisons with Random show, dataset by embedder.

    Parameters
    ----------
    areas : pandas.DataFrame
        As in `differences`.
    margin : float
        Differences below it do not matter.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.tally`, one row per strategy, the highest win rate first, with
        ``inflation``: how much farther from one half the rate gets when ties are dropped.
    """
    table = tally(summaries(differences(areas), "dataset x embedder"), margin)
    table = table.assign(inflation=inflation(table))
    return table.sort_values(
        ["rate_ties_half", "win"], ascending=False, kind="stable", ignore_index=True
    )


def inflation(tallied: pd.DataFrame) -> pd.Series:
    """How much farther from one half a win rate gets when ties are dropped.

    Parameters
    ----------
    tallied : pandas.DataFrame
        As returned by `alutils.statistics.tally`.

    Returns
    -------
    pandas.Series
        Never negative: dropping ties keeps the direction and enlarges the distance. Without any
        win or loss there is no rate to speak of, and none is added: zero.
    """
    half, dropped = tallied["rate_ties_half"] - 0.5, tallied["rate_ties_dropped"] - 0.5
    return (dropped.abs() - half.abs()).fillna(0.0)


def by_unit(
    areas: pd.DataFrame, measured: pd.DataFrame, margins: Sequence[float] = (0.0025, 0.005, 0.01)
) -> pd.DataFrame:
    """Count all comparisons with Random once more for every unit and margin.

    Parameters
    ----------
    areas, measured : pandas.DataFrame
        As in `alutils.findings.query_strategies.distinct`: what is one result is counted once.
    margins : sequence of float
        Differences below do not matter.

    Returns
    -------
    pandas.DataFrame
        ``unit``, ``margin`` (in points) and the columns of `alutils.statistics.tally`.
    """
    gain = differences(distinct(areas, measured))
    rows = []
    for unit in UNITS:
        summary = summaries(gain, unit).assign(unit=unit)
        for margin in margins:
            rows.append(tally(summary, margin, by=["unit"]).assign(margin=100 * margin))
    return pd.concat(rows, ignore_index=True)


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


def duels(areas: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Compare every strategy with every other, on every dataset and embedder.

    Parameters
    ----------
    areas, measured : pandas.DataFrame
        As in `alutils.findings.query_strategies.distinct`.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, ``rival``, ``dataset``, ``embedder``, ``mean``, ``low``, ``high`` (of
        strategy minus rival, unit: seeds), and ``same``: the two made one result, not a tie of
        two. So do strategies with equal curves for every seed, and least confidence, margin and
        entropy where there are two classes.
    """
    tables = []
    for rival in dict.fromkeys(areas["strategy"]):
        gain = paired_differences(areas, "aulc", "strategy", rival)
        unit = ["strategy", "dataset", "embedder"]
        table = intervals(gain, "difference", unit)
        largest = gain["difference"].abs().groupby([gain[c] for c in unit], sort=False).max()
        same = largest.to_numpy() <= ROUNDING
        tables.append(table.assign(rival=rival, same=same))
    table = pd.concat(tables, ignore_index=True)
    two = set(measured.loc[measured["n_classes"] == 2, "dataset"])
    alike = table[["strategy", "rival"]].isin(UNCERTAINTY).all(axis=1)
    return table.assign(same=table["same"] | (alike & table["dataset"].isin(two)))


def duel_tally(compared_all: pd.DataFrame, margin: float = MARGIN) -> pd.DataFrame:
    """Count what the duels of every ordered pair show, one result never as a tie.

    Parameters
    ----------
    compared_all : pandas.DataFrame
        As returned by `duels`.
    margin : float
        Differences below it do not matter.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.tally`, one row per ``strategy`` and ``rival``, with ``same``
        (how often they are one result; not part of n) and ``inflation``.
    """
    pair = ["strategy", "rival"]
    same = compared_all.groupby(pair, sort=False)["same"].sum().rename("same").reset_index()
    counts = tally(compared_all[~compared_all["same"]], margin, by=pair)
    table = same.merge(counts, on=pair, how="left")
    words = ["win", "loss", "equivalent", "undecided", "n"]
    table[words] = table[words].fillna(0).astype(int)
    return table.assign(inflation=inflation(table))


def inflated(areas: pd.DataFrame, measured: pd.DataFrame, *, n: int = 2_000) -> pd.Series:
    """Mean inflation of the win rates over Random, with two intervals.

    Parameters
    ----------
    areas, measured : pandas.DataFrame
        As in `alutils.findings.query_strategies.distinct`: what is one result is counted once.
    n : int
        Resamples.

    Returns
    -------
    pandas.Series
        ``mean`` over strategies; ``low``, ``high`` with datasets drawn again, each with its
        comparisons as they are; ``low_fixed``, ``high_fixed`` with seeds drawn again within these
        datasets (means move, widths of their intervals stay). NaN for one dataset, or one seed.
    """
    gain = differences(distinct(areas, measured))
    summary = summaries(gain, "dataset x embedder")
    found = outcomes(summary, MARGIN)
    won, lost = (found == "win").to_numpy(float), (found == "loss").to_numpy(float)
    strategies = pd.get_dummies(summary["strategy"]).to_numpy(float)
    datasets = pd.get_dummies(summary["dataset"]).to_numpy(float)
    rng = stream("bootstrap", "ties", 0)

    def mean(weights: np.ndarray, won: np.ndarray, lost: np.ndarray) -> np.ndarray:
        """Mean inflation for each row of weights, wins and losses (n, comparisons)."""
        wins, losses, total = ((weights * w) @ strategies for w in (won, lost, np.ones_like(won)))
        apart = np.abs(wins - losses)
        decided = wins + losses
        # |w / (w + l) - 1/2| is |w - l| / (w + l) / 2; with ties as halves the sum is all of n.
        rate = apart / 2 * (_inverse(decided) - _inverse(total))
        present = total > 0
        return np.asarray((rate * present).sum(axis=1) / present.sum(axis=1))

    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    result = {"mean": mean(np.ones((1, len(won))), won, lost)[0]}
    m = datasets.shape[1]
    ends = [np.nan, np.nan]
    if m > 1:
        weights = rng.multinomial(m, np.full(m, 1 / m), size=n) @ datasets.T
        ends = list(np.quantile(mean(weights, won, lost), tails))
    result |= {"low": ends[0], "high": ends[1]}
    n_seeds = int(summary["n_seeds"].min())
    ends = [np.nan, np.nan]
    if n_seeds > 1:
        moved = _moved(gain, summary, n, rng)
        half = ((summary["high"] - summary["low"]) / 2).to_numpy()
        low, high = moved - half, moved + half
        tie = (low > -MARGIN) & (high < MARGIN)
        drawn = mean(np.ones((1, len(won))), (low > 0) & ~tie, (high < 0) & ~tie)
        ends = list(np.quantile(drawn, tails))
    result |= {"low_fixed": ends[0], "high_fixed": ends[1]}
    return pd.Series(result)


def _inverse(values: np.ndarray) -> np.ndarray:
    """1 / values, and 0 where there is nothing to divide by."""
    inverse: np.ndarray = np.where(values > 0, 1 / np.where(values > 0, values, 1), 0.0)
    return inverse


def _moved(
    gain: pd.DataFrame, summary: pd.DataFrame, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Means of all comparisons in resamples of seeds (n, comparisons), drawn by dataset."""
    unit = ["strategy", "dataset", "embedder"]
    wide = gain.pivot_table("difference", unit, "seed").reindex(
        pd.MultiIndex.from_frame(summary[unit])
    )
    moved = np.empty((n, len(wide)))
    for dataset in dict.fromkeys(summary["dataset"]):
        rows = (summary["dataset"] == dataset).to_numpy()
        values = wide[rows].dropna(axis="columns").to_numpy()
        m = values.shape[1]
        weights = rng.multinomial(m, np.full(m, 1 / m), size=n) / m
        centre = values.mean(axis=1)
        # Widened as in `alutils.statistics.bootstrap_interval`.
        wider = (
            np.sqrt(m / (m - 1))
            * stats.t.ppf((1 + LEVEL) / 2, m - 1)
            / stats.norm.ppf((1 + LEVEL) / 2)
        )
        moved[:, rows] = centre + wider * (weights @ values.T - centre)
    return moved


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
    effect, counts, tested = inflated(areas, measured), against_random(areas), tests(areas)
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
    return (
        f"from {100 * row['rate_ties_half']:.0f} % with ties as halves ({int(row['win'])} wins and "
        f"{int(row['loss'])} losses of {int(row['n'])}) to {100 * row['rate_ties_dropped']:.0f} %"
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
