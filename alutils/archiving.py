"""Write an archive: gather from the store what a study has, and say what it was made of."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alutils import quality, spending
from alutils.archive import CELL_FIELDS, FILES, in_force
from alutils.embedding_store import EmbeddingStore
from alutils.errors import UserError
from alutils.home import home
from alutils.provenance import environment, machine
from alutils.results import ResultsStore, missing_seeds, write_atomically
from alutils.statistics import METRICS
from alutils.study import Grid, Request, requests_of, run_study

DECIMALS = 5

EMBEDDING = [
    *("stage", "dataset", "embedder", "texts", "shared_by"),
    *("wall_seconds", "cpu_seconds", "peak_memory_bytes"),
]

KEPT = [*CELL_FIELDS, "seed", "cycle", "n_labelled", *METRICS, "classes_seen"]


@dataclass(frozen=True)
class Gathered:
    """How much of a study an archive holds.

    Parameters
    ----------
    folder : pathlib.Path
        The archive.
    cells, missing : int
        Cells that are in it, and cells of the study that have no result yet.
    """

    folder: Path
    cells: int
    missing: int


def write(folder: Path, name: str, grids: Sequence[Grid], root: Path) -> Gathered:
    """Gather the results of a study into a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Where to; made if need be. Files of an older archive are replaced one by one.
    name : str
        Name of the profile.
    grids : sequence of Grid
        What belongs to the study. Cells without a result are left out and counted.
    root : pathlib.Path
        The checkout, whose commit is recorded.

    Returns
    -------
    Gathered

    Raises
    ------
    UserError
        If there is no result at all, or the folder cannot be written.
    """
    store = ResultsStore(home() / "results")
    requests = requests_of(grids)
    tables, timed, have = [], [], []
    for request in requests:
        table = store.read(request.provenance)
        if table is None or missing_seeds(table, request.seeds):
            continue
        table = table[table["seed"].isin(request.seeds)]
        tables.append(_records(table))
        timed.append(table[spending.COLUMNS])
        have.append(request)
    if not have:
        raise UserError(f"there are no results of {name!r} yet: alutils run {name} computes them")
    measured = quality.measure_quality(_restricted(grids, have))
    records = pd.concat(tables, ignore_index=True)
    cells = spending.of_cells(pd.concat(timed, ignore_index=True))
    spent = pd.concat([cells, embedding_costs(have)], ignore_index=True)
    files = {
        "records.parquet": _parquet(records),
        "quality.parquet": _parquet(measured),
        "costs.parquet": _parquet(spent),
        "run.json": (json.dumps(_run(name, have, spent, root), indent=1) + "\n").encode(),
    }
    assert set(files) == set(FILES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in files.items():
            write_atomically(folder / file, data)
    except OSError as error:
        raise UserError(f"cannot write the archive {folder}: {error.strerror or error}") from error
    return Gathered(folder, len(have), len(requests) - len(have))


def _restricted(grids: Sequence[Grid], have: Sequence[Request]) -> list[Grid]:
    """Leave out of the grids the datasets that no result is there of."""
    there = {request.cell.dataset for request in have}
    return [
        grid.model_copy(update={"datasets": some})
        for grid in grids
        if (some := [name for name in grid.datasets if name in there])
    ]


def _records(table: pd.DataFrame) -> pd.DataFrame:
    counts = np.stack(table["class_counts"].to_list())
    # Five decimals are a hundredth of what the smallest test side can tell, and halve the file.
    rounded = {name: table[name].round(DECIMALS) for name in METRICS}
    seen = (counts > 0).sum(axis=1).astype(np.int16)
    return table.assign(classes_seen=seen, **rounded)[KEPT]


def costs_of(grid: Grid) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return what the study in force took, or without an archive what the cells of a grid took.

    Parameters
    ----------
    grid : Grid
        Its cells are run if there is no archive and they have no result yet.

    Returns
    -------
    tuple of pandas.DataFrame and dict
        Costs as in ``costs.parquet`` of an archive, and the machine as in its ``run.json``.
    """
    if (found := in_force()) is not None:
        return found.costs, found.run["machine"]
    cells = spending.of_cells(run_study(grid))
    embeddings = embedding_costs(requests_of([grid]))
    return pd.concat([cells, embeddings], ignore_index=True), machine()


def embedding_costs(requests: Sequence[Request]) -> pd.DataFrame:
    """Read from the store what each embedding took.

    Parameters
    ----------
    requests : sequence of Request
        What was embedded.

    Returns
    -------
    pandas.DataFrame
        ``stage`` (``"embedding"``), ``dataset``, ``embedder``, ``texts``, ``shared_by`` (layers
        that came out of one pass; each bears its share of the pass), ``wall_seconds``,
        ``cpu_seconds``, ``peak_memory_bytes`` of the process. What an older store did not note is
        left out.
    """
    rows = []
    for key, problem in {r.problem.embedding_fingerprint: r.problem for r in requests}.items():
        meta = json.loads((EmbeddingStore().folder / key / "meta.json").read_text(encoding="utf-8"))
        cost = meta["notes"].get("cost")
        if cost is None:
            continue
        rows.append(
            {
                "stage": "embedding",
                "dataset": problem.dataset,
                "embedder": problem.embedder,
                "texts": meta["shape"][0],
                "shared_by": cost["shared_by"],
                "wall_seconds": cost["wall_seconds"] / cost["shared_by"],
                "cpu_seconds": cost["cpu_seconds"] / cost["shared_by"],
                "peak_memory_bytes": cost["peak_memory_bytes"],
            }
        )
    return pd.DataFrame(rows, columns=EMBEDDING)


def _run(name: str, requests: Sequence[Request], costs: pd.DataFrame, root: Path) -> dict[str, Any]:
    code: dict[str, str] = {}
    for request in requests:
        code |= request.provenance.code
    return {
        "profile": name,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells": len(requests),
        "runs": sum(len(request.seeds) for request in requests),
        "seeds": sorted({seed for request in requests for seed in request.seeds}),
        "cells_by_dataset": dict(Counter(request.cell.dataset for request in requests)),
        "stages": {
            stage: {
                "wall_seconds": round(float(of["wall_seconds"].sum()), 1),
                "cpu_seconds": round(float(of["cpu_seconds"].sum()), 1),
                "peak_memory_bytes": int(of["peak_memory_bytes"].max()),
            }
            for stage, of in costs.groupby("stage")
        },
        "data": {r.cell.dataset: r.problem.data_fingerprint for r in requests},
        "embeddings": {
            f"{r.cell.dataset} / {r.cell.embedder}": r.problem.embedding_fingerprint
            for r in requests
        },
        "code": dict(sorted(code.items())),
        **environment(root),
    }


def _parquet(table: pd.DataFrame) -> bytes:
    """Write a table small: texts as categories, numbers in single precision (seven digits)."""
    table = table.copy()
    for name in table:
        if table[name].dtype == object or isinstance(table[name].dtype, pd.StringDtype):
            table[name] = table[name].astype("category")
        elif table[name].dtype == "float64":
            table[name] = table[name].astype("float32")
    buffer = io.BytesIO()
    content = pa.Table.from_pandas(table, preserve_index=False)
    pq.write_table(content, buffer, compression="zstd", compression_level=19)
    return buffer.getvalue()
