"""Harder tasks: whether strategies gain more where Random leaves more open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from alutils.figures.style import plain
from alutils.findings.finding import Finding, Number
from alutils.findings.hardness import MEASURES, at_once, hardness
from alutils.findings.judging import ODDS, judge, more_datasets
from alutils.findings.words import several
from alutils.statistics import LEVEL, aulc, intervals, paired_differences, rank_correlations

FEWEST = 5
"""With fewer datasets than this, drawing them again says too little for an interval."""

ALL = "all"
"""Stands for the mean over the strategies."""

MARGIN = 0.1
"""Rank correlations below this say nothing about a single dataset."""


def gains(records: pd.DataFrame) -> pd.DataFrame:
    """AULC minus Random's for every run, and its mean over the strategies as one more.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `alutils.findings.hardness.filled`.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedder``, ``strategy``, ``seed``, ``difference``. Rows of the strategy
        ``"all"`` are means over strategies; of margin, least confidence and entropy only the first
        that is there counts, because with two classes they make the same choices.
    """
    gain = paired_differences(aulc(records), "aulc", "strategy", "random")
    run = ["dataset", "embedder", "strategy", "seed"]
    table = gain.groupby(run, sort=False)["difference"].mean().reset_index()
    different = table[~table["strategy"].isin(alike(table["strategy"])[1:])]
    mean = different.groupby(["dataset", "embedder", "seed"], sort=False)["difference"].mean()
    return pd.concat([mean.reset_index().assign(strategy=ALL), table], ignore_index=True)


def alike(strategies: Sequence[str] | pd.Series) -> list[str]:
    """Return which of the strategies that are one with two classes are there."""
    have = set(strategies)
    return [name for name in ("margin", "least_confidence", "entropy") if name in have]


def units(records: pd.DataFrame, measured: pd.DataFrame, *, swap: bool = False) -> pd.DataFrame:
    """Hardness from one half of the seeds beside the gain from the other half.

    The gain subtracts Random, and hardness is measured on Random. From the same runs, luck that
    makes Random bad would make the task look hard and the gain large at once.

    Parameters
    ----------
    records, measured : pandas.DataFrame
        As in `alutils.findings.hardness.filled`.
    swap : bool
        Take the other half for each. By default even seeds give hardness, odd ones the gain.

    Returns
    -------
    pandas.DataFrame
        By ``strategy``, ``dataset`` and ``embedder``: ``mean``, ``low``, ``high``, ``n_seeds`` of
        the gain and the measures of `hardness`. Empty with one seed, which has no halves.
    """
    odd = records["seed"] % 2 == (0 if swap else 1)
    if not odd.any() or odd.all():
        return pd.DataFrame(columns=["strategy", "dataset", "embedder", "mean", *MEASURES])
    gain = intervals(gains(records[odd]), "difference", ["strategy", "dataset", "embedder"])
    return gain.merge(hardness(records[~odd], measured), on=["dataset", "embedder"])


def crossed(
    records: pd.DataFrame,
    measured: pd.DataFrame,
    measures: Sequence[str] = tuple(MEASURES),
    *,
    level: Literal["pairs", "between", "within"] = "pairs",
) -> pd.DataFrame:
    """Correlate gain and hardness over both ways to halve the seeds, and average the two.

    Parameters
    ----------
    records, measured : pandas.DataFrame
        As in `alutils.findings.hardness.filled`.
    measures : sequence of str
        Which.
    level : {"pairs", "between", "within"}
        What is correlated: pairs of dataset and embedder; datasets, averaged over their embedders;
        or embedders within their dataset, by their ranks there.

    Returns
    -------
    pandas.DataFrame
        As `correlations`; empty with one seed. Ends of the intervals are averaged as well, which is
        cautious: the mean of two correlations moves no more than they do.
    """
    columns = ["mean", *measures]
    ways = [units(records, measured, swap=swap) for swap in (False, True)]
    for way in ways:
        groups = way.groupby(["strategy", "dataset"])[columns]
        if level == "between":  # pairs of a dataset become alike, and are then one
            way[columns] = groups.transform("mean")
            way["embedder"] = "all"
        elif level == "within":
            way[columns] = groups.rank()
    if not all(map(len, ways)):
        return pd.DataFrame(columns=["strategy", "measure", "correlation", "low", "high"])
    found = [correlations(way, measures) for way in ways]
    averaged = ["correlation", "low", "high"]
    return found[0].assign(**{name: (found[0][name] + found[1][name]) / 2 for name in averaged})


def correlations(table: pd.DataFrame, measures: Sequence[str] = tuple(MEASURES)) -> pd.DataFrame:
    """Correlate the gain with each measure of hardness, by ranks, for every strategy.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `units`.
    measures : sequence of str
        Which.

    Returns
    -------
    pandas.DataFrame
        By ``strategy`` and ``measure``: columns of `alutils.statistics.rank_correlations`
        (Spearman's), with wider intervals, and without any where there are fewer than five
        datasets.
    """
    found = []
    for measure in measures:
        rows = rank_correlations(table.dropna(subset=[measure]), measure, "mean", ["strategy"])
        found.append(rows[rows["method"] == "spearman"].assign(measure=measure))
    both = pd.concat(found, ignore_index=True)
    # Percentiles of a resample of few clusters are too narrow. Widened as in `bootstrap_interval`.
    m = both["n_clusters"].where(both["n_clusters"] >= FEWEST)
    upper = (1 + LEVEL) / 2
    wider = np.sqrt(m / (m - 1)) * stats.t.ppf(upper, m - 1) / stats.norm.ppf(upper)
    centre = both["correlation"]
    return both.assign(
        low=(centre - wider * (centre - both["low"])).clip(lower=-1),
        high=(centre + wider * (both["high"] - centre)).clip(upper=1),
    )


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Say whether gains over Random are larger where Random leaves more room.

    Parameters
    ----------
    records, measured : pandas.DataFrame
        As in `alutils.findings.hardness.filled`.

    Returns
    -------
    Finding
        Of the rank correlation of the mean gain over the strategies with the share of the room that
        is open; its margin is a tenth, since half a point has no meaning for a correlation.
    """
    question = "Are gains over Random larger on tasks that do not saturate at once?"
    fast = at_once(records, measured)
    yes = int((fast["saturated"] == "yes").sum())
    size = int(fast["n_labelled"].iloc[0])
    quick = (
        f"Of {several(len(fast), 'pair')} of dataset and embedder, {yes} "
        f"{'saturates' if yes == 1 else 'saturate'} at once (Random has filled nine tenths of the "
        f"room with {size:,} labels)"
    )
    table = units(records, measured)
    here = table[table["strategy"] == ALL].dropna(subset=["open_share"])
    known = here[["dataset", "embedder"]].drop_duplicates()
    if len(known) < 3:
        lacks = "more than one seed" if not len(table) else "more datasets or embedders"
        return Finding(
            question=question,
            verdict="cannot tell",
            sentence=f"{quick}. To correlate gain and hardness, it needs {lacks}.",
            test=f"None: hardness and gain come from different seeds, over {len(known)} pairs.",
            change=_CHANGE,
        )
    both = crossed(records, measured, ["open_share"])
    found = both[both["strategy"] == ALL].iloc[0]
    apart = crossed(records, measured, ["open_share"], level="between")
    between = _number(
        apart[apart["strategy"] == ALL].iloc[0],
        "Spearman's correlation of the same between datasets",
    )
    n = int(found["n_clusters"])
    way = (
        f"95 % bootstrap interval with {n} datasets drawn again, each with all its embedders"
        if n >= FEWEST
        else f"no interval over fewer than {FEWEST} datasets ({n} here)"
    )
    # A correlation is judged by the rule of all findings, with a margin of its own.
    verdict = judge(found, margin=MARGIN)
    what = "Spearman's correlation of mean gain in AULC over Random with the room still open"
    number = _number(found, what)
    sentence = (
        f"{quick}. The mean gain over the strategies and the share of the room that is open have a "
        f"rank correlation of {number} over {several(len(known), 'pair')} of dataset and embedder"
    )
    if not np.isnan(between.value):  # as it is with one dataset
        sentence += f"; between datasets alone, averaged over embedders, it is {between}"
    if verdict == "cannot tell":
        sentence += f". To tell, it needs {_needs(found)}"
    return Finding(
        question=question,
        verdict=verdict,
        sentence=f"{sentence}.",
        test=f"Spearman's rank correlation over pairs of dataset and embedder; {way}; hardness "
        "from one half of the seeds, gain from the other, both ways averaged. It holds when the "
        f"interval is above zero, and does not hold when it is below {MARGIN}.",
        change=_CHANGE,
        numbers={
            "correlation": number,
            "between": between,
            "saturated": Number(
                f"pairs of dataset and embedder that saturate at once, of {len(fast)}",
                yes,
                kind="amount",
            ),
        },
    )


def _number(row: pd.Series, what: str) -> Number:
    centre, low, high = (float(row[name]) for name in ("correlation", "low", "high"))
    return Number(what, centre, low, high, "datasets", "plain")


_CHANGE = (
    "More datasets, above all hard ones; a larger budget, under which today's hard tasks saturate "
    "too; another meaning of hard. The two halves of the seeds share the test side, so luck in its "
    "sample stays in both numbers."
)


def _needs(found: pd.Series) -> str:
    """Say how many more datasets would do, as intervals shrink with the root of their number."""
    have = int(found["n_clusters"])
    if have < FEWEST:
        return (
            f"{several(FEWEST - have, 'more dataset')}, since fewer than {FEWEST} leave no interval"
        )
    centre = float(found["correlation"])
    # Above zero the lower end has to move there, else the upper end below the margin.
    if centre > MARGIN:
        reach, room = centre - float(found["low"]), centre
    elif centre < 0:
        reach, room = float(found["high"]) - centre, MARGIN - centre
    else:
        return (
            "a correlation further from the margin: more datasets like these would hardly change it"
        )
    wanted = int(np.ceil(have * (reach / room / ODDS) ** 2))
    return more_datasets(max(wanted, have + 1), have)


def label(strategy: str) -> str:
    """Write the name of a strategy, or what stands for their mean."""
    return "mean of the strategies" if strategy == ALL else plain(strategy)
