"""How much of a mean effect one part of it makes up, with an interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.student import LEVEL


def share_of_effect(table: pd.DataFrame, part: str, whole: str) -> pd.Series:
    """Divide the mean of one column by that of another, over datasets.

    Parameters
    ----------
    table : pandas.DataFrame
        ``dataset``, ``seed`` and the two columns. Rows of one dataset and seed are averaged first,
        then seeds, then datasets.
    part, whole : str
        Columns: the effect by one way, and the whole effect.

    Returns
    -------
    pandas.Series
        ``mean``, the ratio of the two means (neither from 0 nor to 1 if the other part has another
        sign); ``low``, ``high``, a 95 % interval for other datasets; ``low_fixed``,
        ``high_fixed``, one for other seeds on these. All of a pair are NaN, and ``mean`` too where
        no pair is left, when the mean of `whole` cannot be told from zero: its share can then be
        anything.

    Notes
    -----
    Fieller's interval [1]_: the shares s for which a t-test cannot tell the mean of
    ``part - s * whole`` from zero.

    References
    ----------
    .. [1] Fieller, Some problems in interval estimation, Journal of the Royal Statistical Society
       B 16, 1954.
    """
    cells = table.groupby(["dataset", "seed"])[[part, whole]].mean()
    means = cells.groupby("dataset").mean()
    m = len(means)
    centre = means.mean().to_numpy()
    inner = [_of_mean(each) for _, each in cells.groupby("dataset")]
    low, high = _fieller(centre, _of_mean(means), m - 1)
    low_fixed, high_fixed = _fieller(centre, np.sum(inner, axis=0) / m**2, len(cells) - m)
    told = not (np.isnan(low) and np.isnan(low_fixed))
    return pd.Series(
        {
            "mean": centre[0] / centre[1] if told else np.nan,
            "low": low,
            "high": high,
            "low_fixed": low_fixed,
            "high_fixed": high_fixed,
        }
    )


def _of_mean(rows: pd.DataFrame) -> np.ndarray:
    """Covariance (2, 2) of the means of two columns; NaN for a single row."""
    if len(rows) < 2:
        return np.full((2, 2), np.nan)
    return rows.cov().to_numpy() / len(rows)


def _fieller(centre: np.ndarray, covariance: np.ndarray, freedom: int) -> tuple[float, float]:
    """Interval for the first mean over the second, given the covariance (2, 2) of the two."""
    if freedom < 1:
        return np.nan, np.nan
    t = float(stats.t.ppf((1 + LEVEL) / 2, freedom))
    # Coefficients of the parabola in s: (a - s b)^2 = t^2 var(a - s b).
    squares = np.outer(centre, centre) - t**2 * covariance
    if not squares[1, 1] > 0:
        return np.nan, np.nan
    middle = squares[0, 1] / squares[1, 1]
    reach = np.sqrt(max(0.0, middle**2 - squares[0, 0] / squares[1, 1]))
    return float(middle - reach), float(middle + reach)
