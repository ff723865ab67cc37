"""Student's intervals over seeds, and what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

LEVEL = 0.95

ROUNDING = 1e-12


def intervals(table: pd.DataFrame, value: str, by: Sequence[str]) -> pd.DataFrame:
    """Mean over seeds with a 95 % interval, for every group.

    Values of one seed within a group (from several datasets, say) are averaged first, so that the
    unit stays the seed.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``seed``.
    value : str
        Column to average.
    by : sequence of str
        Columns that define the groups.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``mean``, ``low``, ``high`` (Student's t interval on the seeds),
        ``p`` of Student's test of a mean of zero (two-sided), and ``n_seeds``. With one seed
        there is neither interval nor test: ``low``, ``high`` and ``p`` are NaN.
    """
    by = list(by)
    per_seed = table.groupby([*by, "seed"], sort=False)[value].mean().reset_index()
    groups = per_seed.groupby(by, sort=False)[value]
    summary = groups.agg(mean="mean", deviation="std", n_seeds="count").reset_index()
    n = summary["n_seeds"].to_numpy()
    error = (summary["deviation"] / np.sqrt(n)).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * error
        p = 2 * stats.t.sf(np.abs(summary["mean"]) / error, n - 1)
    summary = summary.assign(low=summary["mean"] - half, high=summary["mean"] + half, p=p)
    return summary[[*by, "mean", "low", "high", "p", "n_seeds"]]


def verdicts(summary: pd.DataFrame) -> pd.Series:
    """Say for each interval of a difference whether it is above, below or undecided.

    Parameters
    ----------
    summary : pandas.DataFrame
        As returned by `intervals` on paired differences.

    Returns
    -------
    pandas.Series of str
        ``"better"`` when the whole interval is above zero, ``"worse"`` when it is below, else
        ``"undecided"``: a difference that these seeds cannot tell from none. That is no tie,
        which has to be shown: see `alutils.statistics.outcomes`.
    """
    # Seeds that agree exactly leave an interval as wide as rounding, on either side of zero.
    better, worse = summary["low"] > ROUNDING, summary["high"] < -ROUNDING
    words = np.select([better, worse], ["better", "worse"], "undecided")
    return pd.Series(words, index=summary.index, name="verdict")
