"""Average ranks of all strategies: Friedman's test and Nemenyi's critical difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.student import ROUNDING


@dataclass(frozen=True)
class AverageRanks:
    """What a critical-difference diagram shows.

    Parameters
    ----------
    ranks : pandas.Series
        Average rank of each level, the best first; 1 is the highest value.
    statistic, p : float
        Friedman's chi-square, corrected for ties, and its p-value.
    critical_difference : float
        Smallest difference of two average ranks that Nemenyi's test calls one.
    groups : list of list of str
        Largest sets of levels, two or more in each, that cannot be told apart: the bars of the
        diagram. All levels make one group when Friedman's test does not reject.
    n_units : int
        Units ranked.
    unit : str
        What one unit is.
    alpha : float
        Level of both tests.
    """

    ranks: pd.Series
    statistic: float
    p: float
    critical_difference: float
    groups: list[list[str]]
    n_units: int
    unit: str
    alpha: float


def friedman_test(
    table: pd.DataFrame,
    value: str = "aulc",
    factor: str = "strategy",
    unit: Sequence[str] = ("dataset", "embedder"),
    alpha: float = 0.05,
) -> AverageRanks:
    """Rank the levels within each unit and test whether their average ranks differ.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `aulc`. Seeds, and all else that `factor` and `unit` do not name, are
        averaged first.
    value : str
        Column to rank by; the highest value has rank 1, ties share their mean rank.
    factor : str
        Column whose levels are ranked; at least three.
    unit : sequence of str
        Columns that name one unit, as in `signed_rank_tests`.
    alpha : float
        Level of both tests.

    Returns
    -------
    AverageRanks
        The ranks, the test, and what cannot be told apart.

    Raises
    ------
    ValueError
        If there are fewer than three levels, or a level lacks a unit.

    Notes
    -----
    The chi-square is cautious when there are few units. Average ranks depend on which levels
    take part: with other rivals two levels may come closer or part.

    References
    ----------
    .. [1] Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006.
    .. [2] Friedman, The use of ranks to avoid the assumption of normality implicit in the
       analysis of variance, Journal of the American Statistical Association 32, 1937.
    .. [3] Nemenyi, Distribution-free multiple comparisons, PhD thesis, Princeton, 1963.
    """
    unit = list(unit)
    means = table.pivot_table(value, unit, factor, aggfunc="mean", sort=False)
    n_units, k = means.shape
    if k < 3:
        raise ValueError(f"{k} levels of {factor!r}: ranks are tested for three or more")
    if means.isna().any(axis=None):
        raise ValueError(f"some levels of {factor!r} lack a unit ({' x '.join(unit)})")
    # Means that differ by rounding alone are ties.
    rounded = (means / ROUNDING).round() * ROUNDING
    ranks = rounded.rank(axis=1, ascending=False).mean().sort_values(kind="stable")
    statistic, p = 0.0, 1.0
    if (rounded.nunique(axis=1) > 1).any():
        statistic, p = stats.friedmanchisquare(*(rounded[name] for name in rounded))
    q = stats.studentized_range.ppf(1 - alpha, k, np.inf) / np.sqrt(2)
    difference = float(q * np.sqrt(k * (k + 1) / (6 * n_units)))
    groups = cliques(ranks, difference) if p < alpha else [list(ranks.index)]
    return AverageRanks(
        ranks=ranks,
        statistic=float(statistic),
        p=float(p),
        critical_difference=difference,
        groups=groups,
        n_units=n_units,
        unit=" x ".join(unit),
        alpha=alpha,
    )


def cliques(ranks: pd.Series, difference: float) -> list[list[str]]:
    """Find the largest runs of ranks that span less than a critical difference.

    Parameters
    ----------
    ranks : pandas.Series
        Average ranks in rising order.
    difference : float
        Ranks this far apart are told apart.

    Returns
    -------
    list of list of str
        Runs of two or more levels, none within another.

    Examples
    --------
    >>> cliques(pd.Series({"a": 1.0, "b": 1.8, "c": 2.4, "d": 4.0}), 1.0)
    [['a', 'b'], ['b', 'c']]
    """
    values, names = ranks.to_numpy(), list(ranks.index)
    ends = [int((values < start + difference).sum()) for start in values]
    return [
        names[start:end]
        for start, end in enumerate(ends)
        if end - start > 1 and (start == 0 or end > ends[start - 1])
    ]
