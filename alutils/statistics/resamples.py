"""Seeds drawn again for what is no mean: an extreme of many means, or their spread.

The largest of many means is likely to be one whose noise happened to be high, so it lies above the
largest true value; and the means of a resample have that noise twice. Drawing seeds again shows
how much one more helping of noise adds, and so how much to take off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.student import LEVEL
from alutils.streams import stream, stream_label


@dataclass(frozen=True)
class UnitMeans:
    """The means over seeds of some units, and what they would be with seeds drawn again.

    Parameters
    ----------
    units : pandas.DataFrame
        Columns that name each unit, one row per unit, ordered by them.
    means : ndarray of shape (units,)
        Mean over seeds.
    draws : ndarray of shape (n, units)
        The same in each resample; NaN for a dataset with one seed.
    n_seeds : int
        Of the dataset with fewest.
    """

    units: pd.DataFrame
    means: np.ndarray
    draws: np.ndarray
    n_seeds: int


def unit_means(table: pd.DataFrame, value: str, unit: Sequence[str], n: int = 10_000) -> UnitMeans:
    """Average over seeds in every unit, and once more in each of n resamples of the seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``dataset``, ``seed`` and the columns named.
    value : str
        Column to average.
    unit : sequence of str
        Columns that name one unit; ``"dataset"`` among them. Rows of one unit and seed (from
        several initial pools, say) are averaged first.
    n : int
        Resamples.

    Returns
    -------
    UnitMeans
        In a resample all units of one dataset get the same seeds, since they share their random
        initial pools. Resampled means are moved away from the mean by sqrt(m / (m - 1)) for m
        seeds, without which they would spread too little [1]_.

    Raises
    ------
    ValueError
        If a unit lacks a seed that other units of its dataset have.

    References
    ----------
    .. [1] Hesterberg, What teachers should know about the bootstrap, The American Statistician
       69, 2015.
    """
    unit = list(unit)
    cells = table.groupby([*unit, "seed"])[value].mean()
    units, means, draws, sizes = [], [], [], []
    for dataset, here in cells.groupby("dataset"):
        wide = here.unstack("seed")
        if wide.isna().any(axis=None):
            raise ValueError(f"some units of {dataset!r} lack a seed")
        values, m = wide.to_numpy(), wide.shape[1]
        mean = values.mean(axis=1)
        # A stream for each dataset, so that none depends on which others there are.
        rng = stream("bootstrap of units", stream_label(str(dataset)), 0)
        times = rng.multinomial(m, np.full(m, 1 / m), size=n)
        moved = times @ (values - mean[:, None]).T / m
        widened = np.sqrt(m / (m - 1)) if m > 1 else np.nan
        units.append(wide.index.to_frame(index=False))
        means.append(mean)
        draws.append(mean + widened * moved)
        sizes.append(m)
    return UnitMeans(
        units=pd.concat(units, ignore_index=True),
        means=np.concatenate(means),
        draws=np.concatenate(draws, axis=1),
        n_seeds=min(sizes),
    )


def without_bias(observed: float, draws: np.ndarray, n_seeds: int) -> dict[str, float]:
    """Take off an extreme or a spread of means what the noise of the means adds to it.

    Parameters
    ----------
    observed : float
        The number as the means have it.
    draws : ndarray of shape (n,)
        The same number in each resample of `unit_means`.
    n_seeds : int
        As in `UnitMeans`.

    Returns
    -------
    dict
        ``observed``; ``mean``, which is the number without its bias, taken to be what resampling
        adds on average; ``low`` and ``high``, a 95 % interval around it; ``n_seeds``. With one
        seed ``mean`` is the number observed, and there is no interval: NaN.

    Notes
    -----
    The interval is the basic (reverse percentile) one [1]_, widened by Student's quantile of
    `n_seeds` - 1 over the normal one, because an extreme rests on the seeds of few units. The
    plain percentiles of a largest mean would lie almost wholly above the true one when noise is
    large. When many units are exactly alike, part of the bias stays.

    References
    ----------
    .. [1] Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 5.2.
    """
    mean, low, high = observed, np.nan, np.nan
    if n_seeds > 1:
        tails = np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        mean = 2 * observed - draws.mean()
        wider = stats.t.ppf(tails[1], n_seeds - 1) / stats.norm.ppf(tails[1])
        high, low = mean + wider * (2 * observed - np.quantile(draws, tails) - mean)
    return {
        "observed": float(observed),
        "mean": float(mean),
        "low": float(low),
        "high": float(high),
        "n_seeds": n_seeds,
    }
