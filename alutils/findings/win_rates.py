"""Win rates over Random and between strategies, and what dropping ties does to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from alutils.findings.judging import MARGIN
from alutils.findings.query_strategies import UNCERTAINTY, distinct
from alutils.statistics import LEVEL, ROUNDING, intervals, outcomes, paired_differences, tally
from alutils.streams import stream

UNITS = {
    "run": ["dataset", "embedder", "seed"],
    "dataset x embedder": ["dataset", "embedder"],
    "dataset": ["dataset"],
}
"""What may be counted as one comparison."""


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


def against_random(
    areas: pd.DataFrame, measured: pd.DataFrame, margin: float = MARGIN
) -> pd.DataFrame:
    """Count what each strategy's comparisons with Random show, dataset by embedder.

    Parameters
    ----------
    areas, measured : pandas.DataFrame
        As in `alutils.findings.query_strategies.distinct`: what is one result is counted once.
    margin : float
        Differences below it do not matter.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.tally`, one row per strategy, the highest win rate first, with
        ``inflation``: how much farther from one half the rate gets when ties are dropped.
    """
    gain = differences(distinct(areas, measured))
    table = tally(summaries(gain, "dataset x embedder"), margin)
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
