"""A measured number and its error, and the two ways most of them come about."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Measured(NamedTuple):
    """What a measure says of a pool.

    Attributes
    ----------
    value : float
        The number; NaN where the measure has no meaning for the pool.
    error : float
        Standard error with which it stands for what all rows of the pool and endless draws would
        give; 0 where all rows were measured and nothing is drawn. What another pool of the same
        texts would give is another question, which it does not answer.
    """

    value: float
    error: float = 0.0


UNDEFINED = Measured(float("nan"), float("nan"))


def mean_of(values: np.ndarray, n_rows: int) -> Measured:
    """Mean over the rows of a pool, from some rows drawn without replacement.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (n,), a number of each row drawn.
    n_rows : int
        Rows of the pool, N.

    Returns
    -------
    Measured
        The error is ``s / sqrt(n) * sqrt(1 - n / N)`` (Cochran 1977, section 2.6).
    """
    return ratio_of(values, np.ones(len(values)), n_rows)


def ratio_of(above: np.ndarray, below: np.ndarray, n_rows: int) -> Measured:
    """Ratio of two means over the rows of a pool, from some rows drawn without replacement.

    Parameters
    ----------
    above, below : numpy.ndarray
        Shape (n,), two numbers of each row drawn.
    n_rows : int
        Rows of the pool, N.

    Returns
    -------
    Measured
        The error is that of a ratio by linearisation (Cochran 1977, section 2.11). Undefined
        where the mean below is 0.
    """
    n_drawn, mean_below = len(above), below.mean()
    if mean_below == 0:
        return UNDEFINED
    ratio = float(above.mean() / mean_below)
    if n_drawn == n_rows:
        return Measured(ratio)
    spread = np.std(above - ratio * below, ddof=1) / abs(mean_below)
    return Measured(ratio, float(spread * np.sqrt((1 - n_drawn / n_rows) / n_drawn)))


def mean_of_runs(values: np.ndarray) -> Measured:
    """Mean over runs of something drawn anew each time.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (R,).
    """
    return Measured(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def jackknife(without: np.ndarray) -> float:
    """Find a standard error from what a statistic is without each part of the data in turn.

    Parameters
    ----------
    without : numpy.ndarray
        Shape (G,), the statistic without each of G parts of about the same size.

    Returns
    -------
    float
        By the jackknife (Efron and Stein 1981).
    """
    n_parts = len(without)
    return float(np.sqrt((n_parts - 1) / n_parts * np.square(without - without.mean()).sum()))
