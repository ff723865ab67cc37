"""What is drawn along the curve: room, lead over Random, labels saved at every number of labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.statistics import (
    LEVEL,
    aulc,
    bootstrap_interval,
    intervals,
    labels_saved,
    paired_differences,
    saved_summary,
    verdicts,
)
from alutils.streams import stream

RESAMPLES = 2_000
"""For the bands of a figure, which has hundreds of them; tables and verdicts take more."""


def ahead_from(records: pd.DataFrame) -> pd.Series:
    """Find the number of labels from which a strategy's mean stays above Random's to the end.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, with the strategy ``random``.

    Returns
    -------
    pandas.Series
        By strategy; over all datasets and embedders, all with the same weight. Missing where the
        last mean is not above Random's.
    """
    curves = paired_differences(records[records["cycle"] > 0], "accuracy", "strategy", "random")
    units = curves.groupby(["strategy", "n_labelled", "dataset", "embedder"])["difference"].mean()
    means = units.groupby(["strategy", "n_labelled"]).mean().unstack("strategy").sort_index()
    # From the end backwards: one wherever nothing at or after it is at zero or below.
    stays = (means > 0)[::-1].cummin()[::-1].astype(bool)
    first = {name: stays.index[stays[name]].min() for name in stays}
    return pd.Series(first, dtype="Int64", name="n_labelled")


def bands(records: pd.DataFrame, embedders: Sequence[str]) -> pd.DataFrame:
    """Accuracy minus Random's along the curve, averaged over datasets, with two intervals.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `ahead_from`.
    embedders : sequence of str
        Which to keep; a line each.

    Returns
    -------
    pandas.DataFrame
        By ``strategy``, ``embedder`` and ``n_labelled``: the columns of
        `alutils.findings.judging.both_intervals`. Where nothing can differ yet (before the first
        query) both intervals are zero.
    """
    here = records[records["embedder"].isin(embedders)]
    curves = paired_differences(here, "accuracy", "strategy", "random")
    by = ["strategy", "embedder", "n_labelled"]
    fixed = bootstrap_interval(curves, by, n=RESAMPLES, datasets="fixed")
    moved = bootstrap_interval(curves, by, n=RESAMPLES, datasets="resampled")
    return moved.assign(low_fixed=fixed["low"], high_fixed=fixed["high"]).drop(columns="datasets")


def apart(records: pd.DataFrame) -> pd.DataFrame:
    """Accuracy minus Random's along the curve for every dataset, embedder and strategy.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `ahead_from`.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.statistics.intervals`, by ``dataset``, ``embedder``, ``strategy`` and
        ``n_labelled``; the unit is the seed.
    """
    curves = paired_differences(records, "accuracy", "strategy", "random")
    return intervals(curves, "difference", ["dataset", "embedder", "strategy", "n_labelled"])


def whole(records: pd.DataFrame) -> pd.DataFrame:
    """AULC minus Random's for every dataset, embedder and strategy, with its interval and verdict.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `ahead_from`.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.statistics.intervals` and ``verdict``.
    """
    gain = paired_differences(aulc(records), "aulc", "strategy", "random")
    table = intervals(gain, "difference", ["dataset", "embedder", "strategy"])
    return table.assign(verdict=verdicts(table))


def room(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Random's learning curves, and what they leave open.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `ahead_from`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.statistics.intervals` of the accuracy, by ``dataset``, ``embedder`` and
        ``n_labelled``; ``ceiling`` (probe accuracy, with most labels of the pool) and
        ``largest_class``, as shares.
    """
    curves = records[records["strategy"] == "random"]
    table = intervals(curves, "accuracy", ["dataset", "embedder", "n_labelled"])
    known = measured[["dataset", "embedder", "probe_accuracy", "largest_class"]]
    known = known.rename(columns={"probe_accuracy": "ceiling"})
    return table.merge(known, on=["dataset", "embedder"])


def saved(records: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Labels saved over Random along the curve, censored runs included, with an interval.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `ahead_from`.
    by : sequence of str
        Columns that define the lines, such as ``"strategy"``; each is taken at every number of
        labels between the first query and the last, where nobody can catch up any more.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.statistics.saved_summary`, by `by` and ``n_labelled``, over all runs
        (datasets, embedders and seeds); ``low`` and ``high`` with datasets drawn again, each with
        all its runs. Where more than half of the runs (drawn) are ahead for good, the end is
        infinite. A single dataset has no interval: NaN.
    """
    table = labels_saved(records)
    ends = table["n_labelled"].groupby(table["cycles"]).transform("max")
    table = table[(table["cycle"] > 0) & (table["n_labelled"] < ends)]
    keys = [*by, "n_labelled"]
    rows = [
        {**dict(zip(keys, key, strict=True)), **_drawn_again(group)}
        for key, group in table.groupby(keys, sort=False)
    ]
    columns = [*keys, "low", "high"]
    return saved_summary(table, keys).merge(pd.DataFrame(rows, columns=columns), on=keys)


def _drawn_again(group: pd.DataFrame) -> dict[str, float]:
    """Return the ends of the interval of a median of censored values, datasets drawn again."""
    names_, place = np.unique(group["dataset"].to_numpy(str), return_inverse=True)
    n = len(names_)
    if n == 1:
        return {"low": np.nan, "high": np.nan}
    rng = stream("bootstrap", "labels saved", 0)
    times = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    weights = times[:, place]
    lowest = _medians(group["lowest"].to_numpy(), weights)
    highest = -_medians(-group["highest"].to_numpy(), weights)  # the upper of two middle ones
    # Quantiles that are values of the sample: between a number and infinity there is nothing.
    low = np.quantile(lowest, ends[0], method="lower")
    high = np.quantile(highest, ends[1], method="higher")
    return {"low": float(low), "high": float(high)}


def _medians(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Median of values (m,), each as often as a row of times (n, m) says: the lower middle one."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(times[:, order], axis=1)
    middle = (2 * passed >= passed[:, -1:]).argmax(axis=1)
    medians: np.ndarray = values[order][middle]
    return medians
