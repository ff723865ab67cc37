"""Differences between runs that have nothing in common, not even a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.student import LEVEL


def unpaired_differences(
    one: pd.DataFrame, other: pd.DataFrame, value: str, by: Sequence[str]
) -> pd.DataFrame:
    """Mean of the other minus mean of the one, with Welch's 95 % interval, for every group.

    Parameters
    ----------
    one, other : pandas.DataFrame
        One row per run.
    value : str
        Column to compare.
    by : sequence of str
        Columns that define the groups; those that both have are compared.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``mean_one``, ``mean_other``, ``mean``, ``low``, ``high`` and ``p``
        (two-sided). With a single run on a side there is neither interval nor test: NaN.

    References
    ----------
    .. [1] Welch, The generalization of Student's problem when several different population
       variances are involved, Biometrika 34, 1947.
    """
    by = list(by)
    groups = dict(iter(one.groupby(by, sort=False)[value]))
    rows = []
    for name, theirs in other.groupby(by, sort=False)[value]:
        if name not in groups:
            continue
        x, y = theirs.to_numpy(float), groups[name].to_numpy(float)
        ends, p = (np.nan, np.nan), np.nan
        if min(len(x), len(y)) > 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                test = stats.ttest_ind(x, y, equal_var=False)
                interval = test.confidence_interval(LEVEL)
            ends, p = (float(interval.low), float(interval.high)), float(test.pvalue)
        keys = dict(zip(by, name, strict=True))
        means = {"mean_one": y.mean(), "mean_other": x.mean(), "mean": x.mean() - y.mean()}
        rows.append({**keys, **means, "low": ends[0], "high": ends[1], "p": p})
    columns = [*by, "mean_one", "mean_other", "mean", "low", "high", "p"]
    return pd.DataFrame(rows, columns=columns)
