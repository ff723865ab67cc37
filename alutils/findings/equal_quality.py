"""Do ladders agree where their embeddings are equally good? Then quality would be one number."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from alutils.findings.judging import MARGIN, both_intervals
from alutils.findings.rungs import MEASURE, over_datasets, with_fall
from alutils.statistics import LEVEL, outcomes, sign_flip_tests

STEP = 0.02
"""Ladders are compared at every two points of quality below the top rung."""


def at_levels(gain: pd.DataFrame, measured: pd.DataFrame, measure: str = MEASURE) -> pd.DataFrame:
    """Read each ladder's results at the same levels of quality, between its rungs.

    Parameters
    ----------
    gain : pandas.DataFrame
        As returned by `alutils.findings.rungs.gains`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    measure : str
        Column of `measured`.

    Returns
    -------
    pandas.DataFrame
        ``ladder``, ``strategy``, ``dataset``, ``seed``, ``fall`` (multiples of `STEP` below the top
        rung of the dataset, as deep as the ladder goes there) and ``value``: the gain, for Random
        its AULC. Between two rungs next to each other in quality it is on a straight line; rungs of
        equal quality are averaged.
    """
    table = with_fall(gain, measured, measure)
    table = table.assign(value=table["gain"].where(table["strategy"] != "random", table["aulc"]))
    parts = []
    for (ladder, dataset), here in table.groupby(["ladder", "dataset"], sort=False):
        # By fall, from the best rung down; np.interp needs it to rise.
        wide = here.pivot_table("value", "fall", ["strategy", "seed"])
        falls = STEP * np.arange(1, int((wide.index.max() + 1e-9) / STEP) + 1)
        read = pd.DataFrame(
            {column: np.interp(falls, wide.index, wide[column]) for column in wide.columns}
        )
        read.columns = wide.columns
        long = read.set_index(falls.round(9)).melt(ignore_index=False).reset_index(names="fall")
        parts.append(long.assign(ladder=str(ladder), dataset=str(dataset)))
    columns = ["ladder", "strategy", "dataset", "seed", "fall", "value"]
    return pd.concat(parts, ignore_index=True)[columns]


def level_means(levels: pd.DataFrame) -> pd.DataFrame:
    """Average over datasets at every level, with intervals.

    Parameters
    ----------
    levels : pandas.DataFrame
        As returned by `at_levels`.

    Returns
    -------
    pandas.DataFrame
        ``ladder``, ``strategy``, ``fall``, ``mean``, ``low``, ``high`` (datasets drawn again;
        seeds, where there is one dataset) and ``n_datasets`` that the ladder reaches it on.
    """
    values = levels.rename(columns={"value": "difference"})
    return over_datasets(values, ["ladder", "strategy", "fall"])


def on_same_datasets(levels: pd.DataFrame) -> pd.DataFrame:
    """Keep the datasets on which every ladder goes deep, so that all lines are of the same ones.

    Parameters
    ----------
    levels : pandas.DataFrame
        As returned by `at_levels`.

    Returns
    -------
    pandas.DataFrame
        Rows of more than half of the datasets: those on which all ladders go down to some level,
        the one that leaves the most pairs of dataset and level. Levels that a ladder does not
        reach on all of them are left out for this ladder.
    """
    depth = levels.groupby(["dataset", "ladder"])["fall"].max().unstack().min(axis=1, skipna=False)
    depth = depth.fillna(0.0).sort_values(ascending=False, kind="stable")
    kept = np.arange(1, len(depth) + 1)
    enough = (2 * kept > len(depth)) & (depth > 0)
    if not enough.any():
        return levels.iloc[:0]
    best = int((kept * depth).where(enough, -1.0).argmax())
    own = levels[levels["dataset"].isin(depth.index[: best + 1])]
    reach = own.groupby(["ladder", "fall"])["dataset"].transform("nunique")
    return own[reach == best + 1]


def apart(levels: pd.DataFrame) -> pd.DataFrame:
    """Subtract ladders from each other at equal quality.

    Parameters
    ----------
    levels : pandas.DataFrame
        As returned by `at_levels`.

    Returns
    -------
    pandas.DataFrame
        ``one``, ``other`` (ladders), ``strategy``, ``dataset``, ``seed``; ``difference``, one minus
        the other, a mean over the levels that both reach on this dataset, and ``deepest``, the
        lowest of these levels. Datasets on which they share none are left out.
    """
    unit = ["strategy", "dataset", "seed"]
    parts = []
    for one, other in itertools.combinations(dict.fromkeys(levels["ladder"]), 2):
        pair = [levels[levels["ladder"] == name].drop(columns="ladder") for name in (one, other)]
        both = pair[0].merge(pair[1], on=[*unit, "fall"], suffixes=("", "_other"))
        both = both.assign(difference=both["value"] - both["value_other"])
        means = both.groupby(unit, sort=False).agg(
            difference=("difference", "mean"), deepest=("fall", "max")
        )
        parts.append(means.reset_index().assign(one=one, other=other))
    columns = ["one", "other", *unit, "difference", "deepest"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def judged(differences: pd.DataFrame) -> pd.DataFrame:
    """Say of each pair of ladders and each strategy whether they agree.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `apart`, one family: all of it is corrected together.

    Returns
    -------
    pandas.DataFrame
        One row per ``one``, ``other`` and ``strategy``: as of
        `alutils.findings.judging.both_intervals`, ``p`` and ``p_family`` of
        `alutils.statistics.sign_flip_tests`, and ``outcome``: ``"differ"`` where the interval
        excludes zero, is not all within half a point of it, and the corrected test agrees;
        ``"alike"`` where all of it is within half a point; else ``"undecided"``.
    """
    unit = ["one", "other", "strategy"]
    if differences.empty:
        return pd.DataFrame(columns=[*unit, "mean", "outcome"])
    found = both_intervals(differences, unit)
    tests = sign_flip_tests(differences, unit).drop(columns="n_datasets")
    found = found.merge(tests, on=unit, validate="one_to_one")
    said = outcomes(found, MARGIN)
    sure = said.isin(["win", "loss"]) & (found["p_family"] < 1 - LEVEL) & (found["n_seeds"] > 1)
    words = np.select([sure, said == "equivalent"], ["differ", "alike"], "undecided")
    return found.assign(outcome=words)
