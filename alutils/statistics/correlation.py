"""Rank correlations whose intervals know that units of one dataset belong together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.statistics.student import LEVEL
from alutils.streams import stream


def rank_correlations(
    table: pd.DataFrame,
    x: str,
    y: str,
    by: Sequence[str] = (),
    *,
    unit: Sequence[str] = ("dataset", "embedder"),
    cluster: str = "dataset",
    n: int = 10_000,
) -> pd.DataFrame:
    """Correlate two columns over units, with percentile bootstrap intervals.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns named. Rows of one unit (its seeds) are averaged first.
    x, y : str
        Columns to correlate: a measured quality and a paired difference, say.
    by : sequence of str
        Columns that define the groups, such as ``"strategy"``.
    unit : sequence of str
        Columns that name one unit.
    cluster : str
        Column of `unit` whose levels are drawn, each with all its units.
    n : int
        Resamples.

    Returns
    -------
    pandas.DataFrame
        Two rows per group: ``method`` (``"spearman"``, or ``"kendall"`` for tau-b),
        ``correlation``, ``low``, ``high`` (95 %), ``n_units``, ``n_clusters`` and
        ``undefined``, the share of resamples left out because a column was constant in them.
        With one cluster there is no interval; a constant column has no correlation: NaN.

    Notes
    -----
    Units are ranked across clusters, so that a difference between easy and hard datasets counts;
    `rank_trend` correlates within datasets. With few clusters percentiles are too narrow.

    References
    ----------
    .. [1] Kendall, The treatment of ties in ranking problems, Biometrika 33, 1945.
    .. [2] Field and Welsh, Bootstrapping clustered data, Journal of the Royal Statistical Society
       B 69, 2007.
    """
    by, unit = list(by), list(unit)
    rows = []
    groups = table.groupby(by, sort=False) if by else [((), table)]
    for _, group in groups:
        name = {column: group[column].iloc[0] for column in by}
        units = group.groupby(unit)[[x, y]].mean().reset_index()
        members = pd.get_dummies(units[cluster]).to_numpy(float)
        clusters = members.shape[1]
        # How often each cluster is drawn, and with it each of its units.
        rng = stream("bootstrap", "correlation", 0)
        times = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=n) @ members.T
        weights = np.vstack([np.ones(len(units)), times])
        for method, correlate in (("spearman", _spearman), ("kendall", _kendall)):
            found = correlate(units[x].to_numpy(float), units[y].to_numpy(float), weights)
            drawn = found[1:][~np.isnan(found[1:])]
            low = high = np.nan
            if clusters > 1 and len(drawn):
                low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            rows.append(
                {
                    **name,
                    "method": method,
                    "correlation": found[0],
                    "low": low,
                    "high": high,
                    "n_units": len(units),
                    "n_clusters": clusters,
                    "undefined": 1 - len(drawn) / n,
                }
            )
    return pd.DataFrame(rows)


# A resample is a number of copies of each unit, weights (n, units), so that the comparison of all
# pairs of units is made once for all resamples.


def _spearman(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Spearman's correlation under each row of weights (n, units)."""
    total = weights.sum(axis=1, keepdims=True)

    def centred_ranks(values: np.ndarray) -> np.ndarray:
        below = (np.sign(values[:, None] - values) + 1) / 2  # ties count half
        ranks = weights @ below.T
        centred: np.ndarray = ranks - (weights * ranks).sum(axis=1, keepdims=True) / total
        return centred

    rx, ry = centred_ranks(x), centred_ranks(y)
    return _ratio(
        (weights * rx * ry).sum(axis=1),
        (weights * rx * rx).sum(axis=1),
        (weights * ry * ry).sum(axis=1),
    )


def _kendall(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Kendall's tau-b under each row of weights (n, units)."""
    sx, sy = np.sign(x[:, None] - x), np.sign(y[:, None] - y)

    def pairs(product: np.ndarray) -> np.ndarray:
        sums: np.ndarray = ((weights @ product) * weights).sum(axis=1)
        return sums

    return _ratio(pairs(sx * sy), pairs(sx * sx), pairs(sy * sy))


def _ratio(xy: np.ndarray, xx: np.ndarray, yy: np.ndarray) -> np.ndarray:
    # Rounding leaves a constant column a spread a little above zero.
    defined = (xx > 1e-9) & (yy > 1e-9)
    scale = np.sqrt(np.where(defined, xx * yy, 1))
    return np.where(defined, np.clip(xy / scale, -1, 1), np.nan)
