"""Write an archive: gather from the store what a study has, and say what it was made of."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alutils import archive, quality, reproduction, spending
from alutils.archive import CELL_FIELDS, EVIDENCE, FILES, in_force
from alutils.cell import Cell
from alutils.embedding_store import EmbeddingStore
from alutils.errors import UserError
from alutils.evidence import code_of, evidence
from alutils.home import home
from alutils.provenance import device, environment, machine
from alutils.results import ResultsStore, missing_seeds, write_atomically
from alutils.running import Request
from alutils.statistics import METRICS
from alutils.study import Grid, requests_of, run_study

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


def write(
    folder: Path,
    name: str,
    grids: Sequence[Grid],
    root: Path,
    evidence_grids: Mapping[str, Sequence[Grid]] | None = None,
    measured_grids: Sequence[Grid] | None = None,
) -> Gathered:
    """Gather the results of a study into a folder, or add to what it has.

    A cell that the store has is taken from there. One that only the archive has stays in it, as
    long as the code in force is known to give what it says.

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
    evidence_grids : mapping of str to sequence of Grid, optional
        What was measured beyond records, by kind; what is not there yet is measured.
    measured_grids : sequence of Grid, optional
        Those whose embeddings belong into ``quality.parquet``; by default all.

    Returns
    -------
    Gathered

    Raises
    ------
    UserError
        If there is no result at all, the folder cannot be written, or cells that only the archive
        has were made by code of which nobody knows whether it gives the same.
    """
    requests = requests_of(grids)
    records, costs = _stored(requests)
    old, rest = _archived(folder, [r for r in requests if r.cell not in records])
    records |= rest
    have = [request for request in requests if request.cell in records]
    if not have:
        raise UserError(f"there are no results of {name!r} yet: alutils run {name} computes them")
    if old is not None:
        kept = pd.DataFrame([cell.fields() for cell in rest], columns=CELL_FIELDS)
        costs.append(old.costs[old.costs["stage"] == "cell"].merge(kept, on=CELL_FIELDS))
    spent = pd.concat([*costs, embedding_costs(have)], ignore_index=True)
    tables = {"records": pd.concat(records.values(), ignore_index=True)}
    tables["quality"] = quality.measure_quality(_restricted(measured_grids or grids, have))
    tables["costs"] = spent
    for kind, wanted in (evidence_grids or {}).items():
        tables[f"{EVIDENCE}{kind}"] = _rounded(evidence(kind, _restricted(wanted, have)))
    run = _run(name, have, spent, root, list(evidence_grids or {}))
    if old is not None:
        run["grown_from"] = [*old.run.get("grown_from", []), _about(old)]
    files = {f"{table}.parquet": _parquet(rows) for table, rows in tables.items()}
    run["files"] = {file: hashlib.sha256(data).hexdigest() for file, data in files.items()}
    files["run.json"] = (json.dumps(run, indent=1) + "\n").encode()
    assert set(FILES) <= set(files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in files.items():
            write_atomically(folder / file, data)
    except OSError as error:
        raise UserError(f"cannot write the archive {folder}: {error.strerror or error}") from error
    archive.read.cache_clear()  # what was there before may have been read
    return Gathered(folder, len(have), len(requests) - len(have))


def _stored(requests: Sequence[Request]) -> tuple[dict[Cell, pd.DataFrame], list[pd.DataFrame]]:
    """Return the records of the cells that the store has, and what they took."""
    store, records, timed = ResultsStore(home() / "results"), {}, []
    for request in requests:
        table = store.read(request.provenance)
        if table is not None and not missing_seeds(table, request.seeds):
            table = table[table["seed"].isin(request.seeds)]
            records[request.cell] = _records(table)
            timed.append(table[spending.COLUMNS])
    return records, [spending.of_cells(pd.concat(timed, ignore_index=True))] if timed else []


def _archived(
    folder: Path, requests: Sequence[Request]
) -> tuple[archive.Archive | None, dict[Cell, pd.DataFrame]]:
    """Return the archive that a folder has, and the records of the cells that may stay in it."""
    if not requests or not (folder / "run.json").is_file():
        return None, {}
    old = archive.read(folder)
    same = [r for r in requests if _same_texts(old, r)]
    kept = {r.cell: old.of([r.cell], len(r.seeds)) for r in same}
    kept = {cell: rows[KEPT] for cell, rows in kept.items() if len(rows)}
    if not kept:
        return None, {}
    if changed := reproduction.changed_code(old):
        raise UserError(
            f"{len(kept):,} cells are in the archive {folder} and not in the store, and code that "
            f"made them has changed since ({', '.join(changed)}): run alutils verify first, which "
            "finds out whether it still gives the same, or delete the folder and begin again"
        )
    return old, kept


def _same_texts(old: archive.Archive, request: Request) -> bool:
    problem, cell = request.problem, request.cell
    texts = old.run["data"].get(cell.dataset) == problem.data_fingerprint
    vectors = old.run["embeddings"].get(f"{cell.dataset} / {cell.embedder}")
    return texts and bool(vectors == problem.embedding_fingerprint)


def _about(old: archive.Archive) -> dict[str, Any]:
    run = old.run
    return {"written": run["written"], "cells": run["cells"], "commit": run["git"]["commit"]}


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    measures = table.select_dtypes("float").columns.difference(CELL_FIELDS)
    return table.assign(**{name: table[name].round(DECIMALS) for name in measures})


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


def _run(
    name: str, requests: Sequence[Request], costs: pd.DataFrame, root: Path, kinds: Sequence[str]
) -> dict[str, Any]:
    code: dict[str, str] = {}
    for kind in kinds:
        code |= code_of(kind)
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
        "device": device(),
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
