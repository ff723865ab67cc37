"""How many seeds it would take to tell."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.student import LEVEL


def seeds_needed(summary: pd.DataFrame, margin: float) -> pd.Series:
    """Count the seeds with which an interval would reach no further than a margin from its mean.

    Parameters
    ----------
    summary : pandas.DataFrame
        As returned by `intervals`: ``low``, ``high``, ``n_seeds``.
    margin : float
        Half the width asked for, in the unit of the interval.

    Returns
    -------
    pandas.Series of Int64
        Seeds in all, those there are included; at least 2. Missing where one seed has shown no
        spread. The spread seen so far is itself uncertain: from three seeds, take the count as an
        order of size.

    Raises
    ------
    ValueError
        If the margin is not positive.

    Examples
    --------
    >>> summary = pd.DataFrame({"low": [-0.01], "high": [0.03], "n_seeds": [5]})
    >>> seeds_needed(summary, margin=0.01).tolist()
    [13]
    """
    if not margin > 0:
        raise ValueError(f"the margin must be positive, not {margin}")
    n = summary["n_seeds"].to_numpy(float)
    half = ((summary["high"] - summary["low"]) / 2).to_numpy(float)
    quantile = (1 + LEVEL) / 2
    deviation = half * np.sqrt(n) / stats.t.ppf(quantile, np.maximum(n - 1, 1))
    known = ~np.isnan(deviation)
    ratio = np.where(known, deviation / margin, 0)
    # The normal interval is narrower than Student's, so this is too few or just enough.
    seeds = np.maximum(np.ceil((stats.norm.ppf(quantile) * ratio) ** 2), 2)
    reach = np.sqrt(seeds) * (1 + 1e-9)
    while (short := stats.t.ppf(quantile, seeds - 1) * ratio > reach).any():
        seeds = seeds + short
        reach = np.sqrt(seeds) * (1 + 1e-9)
    return pd.Series(seeds, index=summary.index, name="seeds_needed").where(known).astype("Int64")
