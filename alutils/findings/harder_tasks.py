"""Harder tasks: what Random leaves open, and whether strategies gain more where more is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from alutils.figures.style import plain
from alutils.findings.finding import Finding, Number
from alutils.findings.judging import ODDS, judge, more_datasets
from alutils.findings.words import several
from alutils.statistics import LEVEL, aulc, intervals, paired_differences, rank_correlations

MEASURES = {
    "open_share": "room open, share",
    "open_points": "room open, points",
    "labels_to_90": "labels to 90 %",
    "n_classes": "classes",
    "out_of_reach": "out of reach",
}
"""Measures of hardness; of each, a larger value is harder. The first is the one judged."""

FEWEST = 5
"""With fewer datasets than this, drawing them again says too little for an interval."""

ALL = "all"
"""Stands for the mean over the strategies."""

FILLED = 0.9
"""A task saturates at once when Random fills this share of its room ..."""

AT_ONCE = 0.2
"""... within this share of the budget."""

MARGIN = 0.1
"""Rank correlations below this say nothing about a single dataset."""


def filled(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Say how much of its room Random has filled, along the curve.

    The room of a dataset under an embedder goes from the accuracy of always answering the largest
    class to the probe accuracy, which is measured on the pool with four fifths of its labels.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, with the strategy ``random``.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        By ``dataset``, ``embedder`` and ``n_labelled``: columns of `alutils.statistics.intervals`
        of the share filled. It can pass 1, since the ceiling is an estimate too; it is missing
        where the probe is no better than a constant answer.
    """
    table = _shares(records, measured)
    return intervals(table, "filled", ["dataset", "embedder", "n_labelled"])


def _shares(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Random's rows with ``ceiling``, ``floor`` and the share ``filled``."""
    known = measured[["dataset", "embedder", "probe_accuracy", "largest_class", "n_classes"]]
    known = known.rename(columns={"probe_accuracy": "ceiling", "largest_class": "floor"})
    table = records[records["strategy"] == "random"].merge(known, on=["dataset", "embedder"])
    room = (table["ceiling"] - table["floor"]).where(table["ceiling"] > table["floor"])
    return table.assign(filled=(table["accuracy"] - table["floor"]) / room)


def at_once(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Find what saturates at once: nine tenths of the room filled in a fifth of the budget.

    Parameters
    ----------
    records, measured : pandas.DataFrame
        As in `filled`.

    Returns
    -------
    pandas.DataFrame
        Rows of `filled` at the last cycle within a fifth of the budget (the first cycle, where
        that comes later), with ``saturated``: ``"yes"`` where the whole interval over seeds is
        above nine tenths, ``"no"`` where it is below, else ``"cannot tell"``.
    """
    table = filled(records, measured)
    sizes = table["n_labelled"]
    early = sizes[sizes <= AT_ONCE * sizes.max()]
    table = table[sizes == (early.max() if len(early) else sizes.min())]
    words = np.select([table["low"] > FILLED, table["high"] < FILLED], ["yes", "no"], "cannot tell")
    return table.assign(saturated=words).reset_index(drop=True)


def hardness(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Measure how hard each dataset is under each embedder, on Random's runs.

    Parameters
    ----------
    records, measured : pandas.DataFrame
        As in `filled`.

    Returns
    -------
    pandas.DataFrame
        One row per ``dataset`` and ``embedder``: ``open_share``, the share of the room not yet
        filled, averaged over the budget; ``open_points``, the same as a difference of accuracies;
        ``labels_to_90``, the labels with which Random's mean curve has made nine tenths of its way
        from a constant answer to its last accuracy; ``n_classes``; ``out_of_reach``, what a probe
        with most labels of the pool still gets wrong.
    """
    table = _shares(records, measured)
    unit = ["dataset", "embedder"]
    known = table.groupby(unit, sort=False)[["ceiling", "floor", "n_classes"]].first()
    area = aulc(table).groupby(unit)["aulc"].mean()
    open_points = known["ceiling"] - area.reindex(known.index)
    room = (known["ceiling"] - known["floor"]).where(known["ceiling"] > known["floor"])
    curves = table.groupby([*unit, "n_labelled"])["accuracy"].mean()
    nine_tenths = pd.Series(
        [_labels_to(curves.loc[key], known["floor"][key]) for key in known.index], known.index
    )
    return known.assign(
        open_share=open_points / room,
        open_points=open_points,
        labels_to_90=nine_tenths,
        out_of_reach=1 - known["ceiling"],
    )[list(MEASURES)].reset_index()


def _labels_to(curve: pd.Series, floor: float) -> float:
    """Labels with which a curve first makes nine tenths of its way from the floor to its end."""
    curve = curve.sort_index()
    labels, best = curve.index.to_numpy(float), np.maximum.accumulate(curve.to_numpy())
    goal = floor + FILLED * (curve.iloc[-1] - floor)
    # Between two cycles the curve is a straight line; before the first there is none.
    first = int(np.argmax(best >= goal))
    if first == 0:
        return float(labels[0])
    share = (goal - best[first - 1]) / (best[first] - best[first - 1])
    return float(labels[first - 1] + share * (labels[first] - labels[first - 1]))


def gains(records: pd.DataFrame) -> pd.DataFrame:
    """AULC minus Random's for every run, and its mean over the strategies as one more.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `filled`.

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
        As in `filled`.
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
        As in `filled`.
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
        As in `filled`.

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
                kind="plain",
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
