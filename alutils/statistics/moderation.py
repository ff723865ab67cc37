"""How a comparison changes with another factor, or with a measured quality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.statistics.columns import CELL_FIELDS
from alutils.statistics.student import intervals, verdicts


def interaction(
    differences: pd.DataFrame,
    factor: str,
    moderator: str,
    *,
    low: str,
    high: str,
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """How much a paired difference changes between two levels of another factor.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences`.
    factor : str
        Column whose levels were compared: ``"strategy"``.
    moderator : str
        Column whose levels may change the comparison: ``"embedder"``.
    low, high : str
        The two levels of the moderator.
    by : sequence of str
        Columns to keep apart, such as ``"dataset"``; by default they are averaged.

    Returns
    -------
    pandas.DataFrame
        One row per level of `factor` and of `by`: ``mean``, ``low``, ``high``, ``p``,
        ``n_seeds`` of the difference at `high` minus that at `low`, paired by seed, and its
        ``verdict``.
    """
    at_low, at_high = (differences[differences[moderator] == level] for level in (low, high))
    keys = [k for k in [*CELL_FIELDS, "seed", "cycle"] if k in differences and k != moderator]
    both = at_high.merge(
        at_low[[*keys, "difference"]],
        on=keys,
        how="outer",
        suffixes=("", "_low"),
        validate="one_to_one",
    )
    if both[["difference", "difference_low"]].isna().any(axis=None):
        raise ValueError(f"some rows have no partner between {low!r} and {high!r}")
    both["difference"] -= both["difference_low"]
    summary = intervals(both, "difference", [*by, factor])
    return summary.assign(verdict=verdicts(summary))


def rank_trend(
    differences: pd.DataFrame, against: pd.DataFrame, measure: str, factor: str
) -> pd.DataFrame:
    """Rank correlation of a paired difference with a measured quality, within datasets.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences`.
    against : pandas.DataFrame
        ``dataset``, ``embedder`` and the column `measure`.
    measure : str
        Column to correlate with.
    factor : str
        Column whose levels were compared: ``"strategy"``.

    Returns
    -------
    pandas.DataFrame
        One row per level of `factor`: ``mean``, ``low``, ``high``, ``n_seeds`` of the correlation
        over embedders (Spearman's, ranks taken within each dataset so that datasets of other
        difficulty do not count), computed for each seed.
    """
    table = differences.merge(against[["dataset", "embedder", measure]], on=["dataset", "embedder"])
    within = table.groupby([factor, "seed", "dataset"])[["difference", measure]].rank()
    keys = [table[factor], table["seed"], table["dataset"]]
    centred = within - within.groupby(keys).transform("mean")
    table = table.assign(x=centred[measure], y=centred["difference"])
    sums = table.assign(xy=table.x * table.y, xx=table.x**2, yy=table.y**2)
    sums = sums.groupby([factor, "seed"], sort=False)[["xy", "xx", "yy"]].sum()
    sums["correlation"] = sums["xy"] / np.sqrt(sums["xx"] * sums["yy"])
    return intervals(sums.reset_index(), "correlation", [factor])
