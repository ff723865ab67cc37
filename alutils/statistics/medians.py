"""The interval of a median, for values of which some are only known to be large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats

from alutils.statistics.student import LEVEL


class Median(NamedTuple):
    """A median with its interval; NaN at both ends where the values are too few for one."""

    median: float
    low: float
    high: float


def median_interval(values: Sequence[float]) -> Median:
    """Return the median with an interval of at least 95 %, from two of the sorted values.

    It assumes nothing of how the values are spread (the sign test turned round), and so may
    have infinite ones among them, which a mean may not.

    Parameters
    ----------
    values : sequence of float
        Independent ones, one for each seed.

    Returns
    -------
    Median
        Fewer than six values leave no interval.

    Examples
    --------
    >>> median_interval([3, 1, 2, 6, 5, float("inf")])
    Median(median=4.0, low=1.0, high=inf)
    >>> median_interval([1, 2, 3])
    Median(median=2.0, low=nan, high=nan)
    """
    found = np.asarray(values, float)
    ordered = np.sort(found)
    n = len(ordered)
    # Not numpy's, which is NaN where one of the middle values is infinite.
    middle = float(ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    ends = stats.quantile_test(found, p=0.5).confidence_interval(LEVEL)
    return Median(middle, float(ends.low), float(ends.high))
