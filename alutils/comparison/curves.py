"""Which curves are laid on each other, and their numbers."""

from __future__ import annotations

import pandas as pd

from alutils.comparison.matching import Comparison
from alutils.comparison.side import Side
from alutils.statistics import intervals

PANELS = 6

STRATEGIES = 4


def curves(a: Side, b: Side, found: Comparison, metric: str) -> pd.DataFrame:
    """Take the curves of the places where the two differ most clearly.

    Parameters
    ----------
    a, b : Side
        What was compared.
    found : Comparison
        What came out.
    metric : str
        Whose curves.

    Returns
    -------
    pandas.DataFrame
        As `alutils.figures.overlaid` wants it: at most `PANELS` places, in each Random and the
        strategies that differ most clearly there. Empty where nothing can be laid on each other.
    """
    table = found.cells if len(found.cells) else found.gains
    table = table[table["initial_pool"] == "random"]
    table = table[table["head"] == table["head"].iloc[0]] if len(table) else table
    places = table[["dataset", "embedder"]].drop_duplicates().head(PANELS)
    parts = []
    for place in places.itertuples():
        here = table[(table["dataset"] == place.dataset) & (table["embedder"] == place.embedder)]
        strategies = list(dict.fromkeys(["random", *here["strategy"]]))[:STRATEGIES]
        sizes = (dict(found.sizes[0]), dict(found.sizes[1]))
        if len(found.cells):  # the same on both sides
            first = here.iloc[0]
            sizes = ({name: first[name] for name in sizes[0]},) * 2
        for name, side, size in zip("AB", (a, b), sizes, strict=True):
            rows = side.records
            for column, value in {
                **size, "dataset": place.dataset, "embedder": place.embedder,
                "initial_pool": "random", "head": here["head"].iloc[0],
            }.items():  # fmt: skip
                rows = rows[rows[column].isna() if pd.isna(value) else rows[column] == value]
            rows = rows[rows["strategy"].isin(strategies)]
            by = ["dataset", "embedder", "strategy", "n_labelled"]
            parts.append(intervals(rows, metric, by).assign(side=name))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
