"""What a study took: tables of costs, from its records, and what a run took by its parts."""

from __future__ import annotations

import pandas as pd

from alutils.archive import CELL_FIELDS

BATCH = ["cell_wall_seconds", "cell_cpu_seconds", "cell_peak_memory_bytes"]

COLUMNS = [*CELL_FIELDS, "seed", "cycle", "fit_seconds", "query_seconds", *BATCH]
"""Columns of records that say what was spent."""

PARTS = ["fit", "initial", "query", "rest"]
"""Fitting heads; choosing the initial pool; all later queries; evaluation and the rest."""


def of_cells(records: pd.DataFrame) -> pd.DataFrame:
    """Sum up what each cell took, all its seeds together.

    Parameters
    ----------
    records : pandas.DataFrame
        As of `alutils.study.run_study` without an archive; `COLUMNS` of them are enough.

    Returns
    -------
    pandas.DataFrame
        A row per cell: ``stage`` (``"cell"``), the fields of the cell, ``seeds``; by the clock
        ``fit_seconds``, ``initial_seconds`` (choosing the initial pool), ``query_seconds`` (later
        queries), and ``wall_seconds`` with all the rest; ``cpu_seconds``; ``peak_memory_bytes``.
    """
    keys, first = [*CELL_FIELDS], records["cycle"] == 0
    parts = records[keys].assign(
        fit_seconds=records["fit_seconds"],
        initial_seconds=records["query_seconds"].where(first, 0.0),
        query_seconds=records["query_seconds"].mask(first, 0.0),
    )
    # Seeds that were added later are a batch of their own, with costs of its own.
    batches = records[[*keys, *BATCH]].drop_duplicates()
    whole = batches.groupby(keys, dropna=False, as_index=False).agg(
        wall_seconds=(BATCH[0], "sum"),
        cpu_seconds=(BATCH[1], "sum"),
        peak_memory_bytes=(BATCH[2], "max"),
    )
    groups = records.groupby(keys, dropna=False, as_index=False)
    table = groups.agg(seeds=("seed", "nunique"))
    table = table.merge(parts.groupby(keys, dropna=False, as_index=False).sum(), on=keys)
    table = table.merge(whole, on=keys)
    return table.assign(stage="cell")[["stage", *table.columns]]


def per_run(costs: pd.DataFrame) -> pd.DataFrame:
    """Divide what cells took by their seeds, part by part.

    Parameters
    ----------
    costs : pandas.DataFrame
        As of `of_cells`, or ``costs`` of an `alutils.archive.Archive`.

    Returns
    -------
    pandas.DataFrame
        The cells, with the columns of `PARTS` and their sum ``run`` besides: seconds of one
        processor core for one run. Parts were taken by the clock, which also runs while the core
        works for somebody else; they are scaled so that they sum to the core's seconds.
    """
    cells = costs[costs["stage"] == "cell"].reset_index(drop=True)
    share = cells["cpu_seconds"] / cells["wall_seconds"] / cells["seeds"]
    parts = {part: cells[f"{part}_seconds"] * share for part in PARTS[:-1]}
    run = cells["cpu_seconds"] / cells["seeds"]
    rest = (run - sum(parts.values())).clip(lower=0.0)
    return cells.assign(**parts, rest=rest, run=run)
