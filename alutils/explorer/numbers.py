"""The numbers of every cell that the page can show, by the statistics of all other pages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.statistics import (
    CELL_FIELDS,
    ROUNDING,
    aulc,
    intervals,
    paired_differences,
    verdicts,
)
from alutils.statistics.columns import FALLING

AREA = 1_000_000
"""Stands in ``cycle``, after all that there are, for the area under the whole curve."""

FACTORS = ("strategy", "initial_pool")
"""What can be compared, each with its Random."""

SIZES = ["initial_size", "query_size", "cycles", "pool_size", "test_size"]


def cells_of(records: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of some records, one row each; the index is the number of the cell."""
    return records[CELL_FIELDS].drop_duplicates(ignore_index=True)


def summarise(records: pd.DataFrame, cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Average a metric over the seeds of every cell, along its curve and as an area.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    cells : pandas.DataFrame
        As returned by `cells_of`.
    metric : str
        One of `alutils.statistics.METRICS`.

    Returns
    -------
    pandas.DataFrame
        One row per ``cell`` and ``cycle`` (`AREA` for the area): ``mean``, ``low``, ``high`` over
        seeds; for each factor, ``{factor}_mean``, ``_low``, ``_high`` of the paired difference
        from Random and ``_verdict``, missing where there is no Random to compare with.
    """
    runs = _runs(records, cells, metric)
    found = intervals(runs, "value", ["cell", "cycle"]).drop(columns="p")
    for factor in FACTORS:
        gains = _gains(runs, cells, factor)
        said = verdicts(-gains[["high", "low"]].set_axis(["low", "high"], axis=1))
        gains["verdict"] = said if metric in FALLING else verdicts(gains)
        columns = {name: f"{factor}_{name}" for name in ("mean", "low", "high", "verdict")}
        gains = gains[["cell", "cycle", *columns]].rename(columns=columns)
        found = found.merge(gains, on=["cell", "cycle"], how="left")
    return found.sort_values(["cell", "cycle"], ignore_index=True)


def _runs(records: pd.DataFrame, cells: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One row per cell (by its number), seed and cycle, and one for each area."""
    curves = records[[*CELL_FIELDS, "seed", "cycle", metric]].rename(columns={metric: "value"})
    areas = aulc(records, metric).rename(columns={"aulc": "value"}).assign(cycle=AREA)
    numbered = cells.reset_index(names="cell")
    # Not together: what has a missing size may come with another type.
    parts = [each.merge(numbered, on=CELL_FIELDS, how="left") for each in (curves, areas)]
    return pd.concat([part[["cell", "seed", "cycle", "value"]] for part in parts])


def _gains(runs: pd.DataFrame, cells: pd.DataFrame, factor: str) -> pd.DataFrame:
    """Intervals of the paired differences from Random, of cells that have one."""
    # The place stands for all fields of a cell but the factor. Rows are paired by those fields of
    # cells that a table has, so it bears the name of one.
    places = pd.DataFrame({"dataset": place_of(cells, factor), factor: cells[factor]})
    table = runs.merge(places, left_on="cell", right_index=True)
    keys = ["dataset", "seed", "cycle"]
    table = table.merge(table.loc[table[factor] == "random", keys], on=keys)
    gains = paired_differences(table, "value", factor, "random")
    return intervals(gains, "difference", ["cell", "cycle"])


def place_of(cells: pd.DataFrame, factor: str) -> pd.Series:
    """Give every place a number: cells that are equal but for a factor share one."""
    rest = [name for name in CELL_FIELDS if name != factor]
    return cells.groupby(rest, dropna=False, sort=False).ngroup()


def settings_of(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the sizes that cells were run with; first those with most strategies, then longest."""
    places = place_of(cells, "strategy")
    rivals = cells.assign(rivals=places.map(places.value_counts()))
    ranked = rivals.groupby(SIZES, dropna=False)["rivals"].max().reset_index()
    return ranked.sort_values(["rivals", "cycles"], ascending=False, ignore_index=True)[SIZES]


def orders(areas: pd.Series, cells: pd.DataFrame, factor: str, metric: str) -> pd.Series:
    """Say for every cell which place it takes among those that differ by a factor.

    Parameters
    ----------
    areas : pandas.Series
        Mean area of each cell, by its number.
    cells : pandas.DataFrame
        As returned by `cells_of`.
    factor : str
        One of `FACTORS`.
    metric : str
        Decides which end is the better one.

    Returns
    -------
    pandas.Series of int
        0 for the best; areas that differ by rounding alone share a number, as ties share a rank
        in `alutils.statistics.friedman_test`. From these, ranks among any of them follow.
    """
    rounded = (areas / ROUNDING).round()
    ranks = rounded.groupby(place_of(cells, factor)).rank("dense", ascending=metric in FALLING)
    return ranks.astype(int) - 1


def in_order(values: Sequence[str] | pd.Series, first: Sequence[str]) -> list[str]:
    """Return the different values, those named `first` in that order before all others."""
    there = dict.fromkeys(values)
    return list(dict.fromkeys([*(v for v in first if v in there), *there]))


def whole(values: pd.Series) -> list[int | None]:
    """Return shares in hundred thousandths, as an archive keeps them; None where there is none."""
    return [None if np.isnan(value) else round(value * 100_000) for value in values.astype(float)]
