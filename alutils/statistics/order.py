"""Rows in an order of their own."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def arrange(table: pd.DataFrame, **orders: Sequence[str]) -> pd.DataFrame:
    """Sort rows by names that have an order of their own.

    Parameters
    ----------
    table : pandas.DataFrame
        What to sort.
    **orders : sequence of str
        For each column to sort by, its values in order; the first column counts most.

    Returns
    -------
    pandas.DataFrame
        Rows that agree in these columns keep their order.

    Examples
    --------
    >>> table = pd.DataFrame({"embedder": ["minilm", "lsa"], "x": [1, 2]})
    >>> list(arrange(table, embedder=["lsa", "minilm"])["x"])
    [2, 1]
    """

    def position(column: pd.Series) -> pd.Series:
        ranks = {name: rank for rank, name in enumerate(orders[str(column.name)])}
        return column.map(ranks)

    return table.sort_values(list(orders), key=position, kind="stable", ignore_index=True)
