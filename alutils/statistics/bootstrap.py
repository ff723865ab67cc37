"""Bootstrap intervals of a paired difference, over seeds or over datasets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.student import LEVEL
from alutils.streams import stream


def bootstrap_interval(
    differences: pd.DataFrame,
    by: Sequence[str],
    *,
    value: str = "difference",
    n: int = 10_000,
    datasets: Literal["fixed", "resampled"] = "fixed",
) -> pd.DataFrame:
    """Mean over datasets with a 95 % bootstrap interval, for every group.

    Rows of one dataset and seed (from several embedders, say) are averaged first, because they
    share their random choices; then seeds within each dataset; then datasets, all with the same
    weight.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences`.
    by : sequence of str
        Columns that define the groups.
    value : str
        Column to average.
    n : int
        Resamples.
    datasets : {"fixed", "resampled"}
        ``"fixed"`` draws seeds within each dataset, on their own because the streams of two
        datasets have nothing in common: how far would the mean move on these datasets?
        ``"resampled"`` draws datasets, each with all its seeds: how far would it move on other
        datasets of the same kind? Seeds are then not drawn once more, because the spread of the
        means of datasets has theirs in it already [1]_.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``mean``, ``low``, ``high``, ``n_datasets``, ``n_seeds`` (of the
        dataset with fewest), and ``datasets`` as given. A dataset with a single seed (or, when
        they are resampled, a single dataset) leaves no interval: NaN.

    Notes
    -----
    Plain percentiles are too narrow when there are few units. Their distances from the mean are
    widened as [2]_ proposes: by sqrt(m / (m - 1)) for m units drawn from, and by Student's
    quantile over the normal one. Below about five datasets no resample knows much of others.

    References
    ----------
    .. [1] Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8.
    .. [2] Hesterberg, What teachers should know about the bootstrap, The American Statistician
       69, 2015, on expanded percentiles.
    """
    by = list(by)
    rows = []
    for _, group in differences.groupby(by, sort=False, dropna=False):
        name = {column: group[column].iloc[0] for column in by}
        cells = group.groupby(["dataset", "seed"])[value].mean()
        seeds = [each.to_numpy() for _, each in cells.groupby("dataset")]
        # Every group draws the same numbers, so that none depends on which others there are.
        rng = stream("bootstrap", "differences", 0)
        means = np.array([each.mean() for each in seeds])
        if datasets == "fixed":
            moved = np.mean([_moves(each, n, rng) for each in seeds], axis=0)
            freedom = sum(map(len, seeds)) - len(seeds)
        else:
            moved = _moves(means, n, rng)
            freedom = len(seeds) - 1
        tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
        moved *= stats.t.ppf(tails[1], freedom) / stats.norm.ppf(tails[1])
        low, high = means.mean() + np.quantile(moved, tails)
        size = {"n_datasets": len(seeds), "n_seeds": min(map(len, seeds)), "datasets": datasets}
        rows.append({**name, "mean": means.mean(), "low": low, "high": high, **size})
    return pd.DataFrame(rows)


def _moves(values: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """How far the means of n resamples lie from that of values (m,), without bias in spread."""
    m = len(values)
    if m == 1:
        return np.full(n, np.nan)
    drawn = values[rng.integers(m, size=(n, m))].mean(axis=1)
    moved: np.ndarray = (drawn - values.mean()) * np.sqrt(m / (m - 1))
    return moved
