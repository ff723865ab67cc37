"""Cells that two sides share, paired by seed; and what is left where only sizes differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alutils.archive import CELL_FIELDS
from alutils.comparison.side import Side
from alutils.explorer.numbers import SIZES, settings_of
from alutils.statistics import (
    METRICS,
    aulc,
    holm,
    intervals,
    paired_differences,
    unpaired_differences,
)

PLACE = ["dataset", "embedder", "head", "initial_pool", "strategy"]

ROUNDING = 1e-6
KEPT_ROUNDING = 1.1e-5  # five decimals on a side, and a little for the fraction


@dataclass(frozen=True)
class Comparison:
    """What came out.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per cell that both have: `CELL_FIELDS`, ``seeds`` (in both), ``same`` (every metric
        of every cycle and seed), the AULC's ``mean_a``, ``mean_b``, and of B minus A, paired by
        seed, ``mean``, ``low``, ``high``, ``p`` and ``corrected`` for all cells (Holm).
    gains : pandas.DataFrame
        Where the sizes of the two differ: gains over Random of ``dataset``, ``embedder``, ``head``,
        ``initial_pool`` and ``strategy`` in both: ``mean_one``, ``mean_other``, ``mean``, ``low``,
        ``high``, ``p``, ``corrected``; no pairing, since the pools are others.
    only_a, only_b : pandas.DataFrame
        Cells that only one of them has, by their fields.
    sizes : tuple of dict
        With which sizes the gains of A and of B were taken.
    tolerance : float
        Up to which values are the same.
    """

    cells: pd.DataFrame
    gains: pd.DataFrame
    only_a: pd.DataFrame
    only_b: pd.DataFrame
    sizes: tuple[dict[str, int | None], dict[str, int | None]]
    tolerance: float


def compare(a: Side, b: Side, metric: str = "accuracy") -> Comparison:
    """Compare the results of two sides.

    Parameters
    ----------
    a, b : Side
        As of `alutils.comparison.read_side`.
    metric : str
        Whose area under the curve is compared; sameness is judged by all metrics.

    Returns
    -------
    Comparison
    """
    tolerance = KEPT_ROUNDING if a.rounded or b.rounded else ROUNDING
    mine, theirs = _sized(a.records), _sized(b.records)
    have = [each[CELL_FIELDS].drop_duplicates() for each in (mine, theirs)]
    sizes = tuple(_main_sizes(cells) for cells in have)
    gains = pd.DataFrame(columns=[*PLACE, "mean", "low", "high", "p"])
    if sizes[0] != sizes[1]:
        of_a, of_b = _gains(mine, sizes[0], metric), _gains(theirs, sizes[1], metric)
        gains = unpaired_differences(of_a, of_b, "difference", PLACE)
    return Comparison(
        cells=_corrected(_matched(mine, theirs, metric, tolerance)),
        gains=_corrected(gains),
        only_a=_without(have[0], have[1]),
        only_b=_without(have[1], have[0]),
        sizes=(sizes[0], sizes[1]),
        tolerance=tolerance,
    )


def _matched(a: pd.DataFrame, b: pd.DataFrame, metric: str, tolerance: float) -> pd.DataFrame:
    keys = [*CELL_FIELDS, "seed", "cycle"]
    both = a.merge(b, on=keys, suffixes=("_a", "_b"))
    apart = np.max([(both[f"{m}_a"] - both[f"{m}_b"]).abs() for m in METRICS], axis=0)
    both["same"] = apart <= tolerance
    by_cell = both.groupby(CELL_FIELDS, dropna=False, sort=False)
    both["cell"] = by_cell.ngroup()
    areas = [
        aulc(both.rename(columns={f"n_labelled_{s}": "n_labelled"}), f"{metric}_{s}") for s in "ab"
    ]
    runs = areas[0].merge(areas[1], on=[*CELL_FIELDS, "seed"], suffixes=("_a", "_b"))
    numbers = both[[*CELL_FIELDS, "cell"]].drop_duplicates()
    runs = runs.merge(numbers, on=CELL_FIELDS)
    runs["difference"] = runs["aulc_b"] - runs["aulc_a"]
    means = runs.groupby("cell").agg(mean_a=("aulc_a", "mean"), mean_b=("aulc_b", "mean"))
    found = intervals(runs, "difference", ["cell"]).rename(columns={"n_seeds": "seeds"})
    same = both.groupby("cell")["same"].all()
    table = numbers.merge(found, on="cell").merge(means.join(same), on="cell")
    table.loc[table["same"], ["low", "high"]] = table.loc[table["same"], ["low", "high"]].fillna(0)
    table.loc[table["same"], "p"] = 1.0
    return table.drop(columns="cell")


def _sized(table: pd.DataFrame) -> pd.DataFrame:
    """Give sizes one type, whether or not one of them is missing somewhere."""
    return table.astype(dict.fromkeys(SIZES, "Int64"))


def _main_sizes(cells: pd.DataFrame) -> dict[str, int | None]:
    first = settings_of(cells).iloc[0]
    return {name: None if pd.isna(first[name]) else int(first[name]) for name in SIZES}


def _gains(records: pd.DataFrame, sizes: dict[str, int | None], metric: str) -> pd.DataFrame:
    """Gains over Random of every run with these sizes."""
    here = records
    for name, size in sizes.items():
        here = here[here[name].isna() if size is None else here[name] == size]
    areas = aulc(here, metric)
    partners = areas.loc[areas["strategy"] == "random", [*PLACE[:-1], "seed"]]
    return paired_differences(
        areas.merge(partners, on=[*PLACE[:-1], "seed"]), "aulc", "strategy", "random"
    )


def _corrected(table: pd.DataFrame) -> pd.DataFrame:
    corrected = holm(table["p"].astype(float))
    return table.assign(corrected=corrected).sort_values(
        ["p", "mean"], key=lambda v: v if v.name == "p" else -v.abs(), ignore_index=True
    )


def _without(cells: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    marked = cells.merge(others, on=CELL_FIELDS, how="left", indicator=True)
    return marked.loc[marked["_merge"] == "left_only", CELL_FIELDS].reset_index(drop=True)
