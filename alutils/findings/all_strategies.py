"""Tables in which all strategies together stand beside each of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

ALL = "all strategies"
"""Stands where the name of a strategy would: all but Random together."""


def with_all(
    table: pd.DataFrame,
    by: Sequence[str],
    values: Sequence[str],
    how: Literal["mean", "median"] = "mean",
) -> pd.DataFrame:
    """Add rows for all strategies but Random together.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``strategy``.
    by : sequence of str
        Columns that stay apart.
    values : sequence of str
        Columns to average.
    how : str
        A median does not follow the one strategy that moves most.

    Returns
    -------
    pandas.DataFrame
        The rows of the table, then those of `ALL`.
    """
    others = table[table["strategy"] != "random"]
    every = others.groupby(list(by), dropna=False)[list(values)].agg(how).reset_index()
    return pd.concat([table, every.assign(strategy=ALL)], ignore_index=True)


def strategies_of(table: pd.DataFrame) -> list[str]:
    """Return the strategies of a table besides Random and `ALL`, in the order of their names.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``strategy``.
    """
    return sorted(set(table["strategy"]) - {"random", ALL})
