"""A plan: what a profile asks for, counted, and what each piece of it will take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alutils import archive
from alutils.catalogue.steps import base_name, same_texts
from alutils.cell import Cell
from alutils.embedders import entry_of
from alutils.home import home
from alutils.loop import check
from alutils.planning.model import CostModel, memory
from alutils.planning.sizes import UNKNOWN, side_of, sized
from alutils.spending import PARTS
from alutils.study import Grid, check_names

GPU_FLOPS = 1e14
"""What a GPU sustains in half precision: a third of the 312e12 that an A100 does at its peak."""

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True)
class Plan:
    """What there is to do.

    Parameters
    ----------
    notebooks : pandas.DataFrame
        One row each: ``notebook``, ``cells``, ``new_cells`` (no notebook before it asks for
        them), ``runs``, ``new_runs``, and ``what`` is crossed.
    cells : pandas.DataFrame
        Every cell once: as of `alutils.planning.sizes.sized`, ``seeds``, ``bytes`` of memory
        beside what a worker needs anyway, `PARTS` in core seconds of all its seeds together (NaN
        without a model), and ``archived`` and ``stored``: whether a result lies in the archive in
        force, or in the store, where it counts if neither code nor texts have changed.
    passes : pandas.DataFrame
        Each pass of an embedder over a dataset: ``dataset``, ``embedder``, ``texts``, ``bytes``
        on disk, ``tokens`` at most, ``weights``, ``weight_bytes`` and ``gpu_seconds`` at most
        (NaN where there is no transformer), ``core_seconds`` (NaN where nothing was measured),
        ``hub``: whether the weights come from there.
    assumed : list of str
        Datasets whose size the catalogue does not know.
    """

    notebooks: pd.DataFrame
    cells: pd.DataFrame
    passes: pd.DataFrame
    assumed: list[str]

    @property
    def seconds(self) -> pd.Series:
        """Core seconds of each cell."""
        return self.cells[PARTS].sum(axis=1, skipna=False)


def make(notebooks: Mapping[str, Sequence[Grid]], model: CostModel | None) -> Plan:
    """Plan a study.

    Parameters
    ----------
    notebooks : mapping of str to sequence of Grid
        The grids of each notebook; empty for one that computes nothing.
    model : CostModel or None
        What to predict times by.

    Returns
    -------
    Plan

    Raises
    ------
    UserError
        If a name is unknown, or a budget larger than the pool can be.
    """
    wanted: dict[Cell, int] = {}
    rows = [_notebook(name, grids, wanted) for name, grids in notebooks.items()]
    check_names(wanted)
    for cell in wanted:
        pool = side_of(cell.dataset, "pool", cell.pool_size)
        if pool.known or cell.pool_size is not None:
            check(cell, pool.texts)
    return Plan(
        pd.DataFrame(rows, columns=["notebook", *COUNTS, "what"]),
        _cells(wanted, model),
        _passes(wanted, model),
        sorted(
            {
                cell.dataset
                for cell in wanted
                for side, size in (("pool", cell.pool_size), ("test", cell.test_size))
                if not side_of(cell.dataset, side, size).known
            }
        ),
    )


COUNTS = ["cells", "new_cells", "runs", "new_runs"]


def _notebook(name: str, grids: Sequence[Grid], wanted: dict[Cell, int]) -> dict[str, object]:
    """Count what a notebook asks for, and add to `wanted` what none before it did."""
    own: dict[Cell, int] = {}
    for grid in grids:
        for cell in grid.cells():
            own[cell] = max(own.get(cell, 0), grid.seeds)
    row = {
        "notebook": name,
        "cells": len(own),
        "new_cells": len(own.keys() - wanted.keys()),
        "runs": sum(own.values()),
        "new_runs": sum(max(0, n - wanted.get(cell, 0)) for cell, n in own.items()),
        "what": "; ".join(map(_crossed, grids)),
    }
    for cell, seeds in own.items():
        wanted[cell] = max(seeds, wanted.get(cell, 0))
    return row


def _crossed(grid: Grid) -> str:
    sizes = grid.initial_size if isinstance(grid.initial_size, list) else [grid.initial_size]
    factors = {
        "dataset": len(set(grid.datasets)),
        "embedder": len(set(grid.embedders)),
        "initial pool": len(set(grid.initial_pools)),
        "initial size": len(set(sizes)),
        "strategy": len(set(grid.strategies)),
    }
    several = [f"{n} {_plural(name)}" for name, n in factors.items() if n > 1]
    return " x ".join(several or ["1 cell"])


def _plural(name: str) -> str:
    return name.replace("strategy", "strategie") + "s"


def _cells(wanted: Mapping[Cell, int], model: CostModel | None) -> pd.DataFrame:
    table, seeds = sized(wanted), pd.Series(list(wanted.values()), dtype=float)
    found = archive.in_force()
    have = archive.cells_of(found.records) if found else {}
    if model is None:
        parts = pd.DataFrame(np.nan, table.index, PARTS)
    else:
        parts = model.seconds(table).mul(seeds, axis=0)
    return table.assign(
        seeds=seeds,
        bytes=memory(table, seeds),
        **parts,
        archived=[have.get(cell, 0) >= n for cell, n in wanted.items()],
        stored=[any((home() / "results" / cell.id).glob("*/*.parquet")) for cell in wanted],
    )


def _passes(wanted: Mapping[Cell, int], model: CostModel | None) -> pd.DataFrame:
    """Gather what is embedded: layers of one backbone share a pass over the same texts."""
    groups: dict[tuple[str, int | None, int | None, str], set[str]] = {}
    for cell in wanted:
        whose = entry_of(cell.embedder).backbone or base_name(cell.embedder)
        key = (same_texts(cell.dataset), cell.pool_size, cell.test_size, whose)
        groups.setdefault(key, set()).add(cell.embedder)
    rows = []
    for (dataset, pool, test, whose), embedders in groups.items():
        entry = entry_of(whose)
        texts = side_of(dataset, "pool", pool).texts + side_of(dataset, "test", test).texts
        dims = sum(entry_of(name).dim or UNKNOWN["dim"] for name in embedders)
        rate = None if model is None else model.seconds_per_text(whose, dataset)
        transformer = entry.kind == "transformer" and entry.parameters is not None
        weights = float(entry.parameters or np.nan) if transformer else np.nan
        tokens = texts * entry.max_length
        rows.append(
            {
                "dataset": dataset,
                "embedder": whose,
                "texts": texts,
                "bytes": 4.0 * texts * dims,
                "tokens": float(tokens) if transformer else np.nan,
                "weights": weights,
                "weight_bytes": weights * BYTES[entry.dtype],
                "core_seconds": np.nan if rate is None else rate * texts,
                "gpu_seconds": 2 * weights * tokens / GPU_FLOPS,
                "hub": entry.hub is not None,
            }
        )
    return pd.DataFrame(rows, columns=PASS)


PASS = [
    *("dataset", "embedder", "texts", "bytes", "tokens", "weights", "weight_bytes"),
    *("core_seconds", "gpu_seconds", "hub"),
]
