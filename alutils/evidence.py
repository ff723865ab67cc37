"""What is measured on cells beyond their records; measured once, kept, and archived.

A kind of evidence is a module of `alutils.mechanism` with a function ``measure(cell, replicates)``
that returns a table with a column ``seed`` and what it has measured.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alutils.archive import CELL_FIELDS, cells_of, complete, in_force, note_use
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.execution import Workers
from alutils.failures import attempts
from alutils.fingerprint import code_fingerprint
from alutils.home import home
from alutils.inputs import note
from alutils.progress import Progress
from alutils.results import Provenance, keep, read_kept
from alutils.running import Request, opened
from alutils.study import Grid, requests_for, wanted_of


def evidence(
    kind: str, grids: Grid | Sequence[Grid], *, workers: Workers | None = None
) -> pd.DataFrame:
    """Measure the cells of some grids, or take what was measured before.

    Parameters
    ----------
    kind : str
        A module of `alutils.mechanism`: ``"initial_pools"``, ``"queries"``.
    grids : Grid or sequence of Grid
        Their cells, each with the seeds of its grid.
    workers : int or str, optional
        Processes at once, by default one for each core; or the address of a Dask scheduler.

    Returns
    -------
    pandas.DataFrame
        The fields of each cell, ``seed`` and what the kind measures. What the archive in force has
        is taken from it.

    Raises
    ------
    UserError
        If a name or a size is wrong; before anything is computed.
    CellsFailed
        If some cells cannot be measured: when all others are measured and kept.
    """
    wanted = wanted_of([grids] if isinstance(grids, Grid) else grids)
    note("seeds", [(f"in {kind}", str(seeds)) for seeds in wanted.values()])
    archived = _archived(kind, wanted)
    for cell in cells_of(archived):
        del wanted[cell]
    tables = [archived] if len(archived) else []
    tables += [_kept(kind, requests_for(wanted, workers), workers)] if wanted else []
    return pd.concat(tables, ignore_index=True)


def measured_again(
    kind: str, requests: Sequence[Request], workers: Workers | None = None
) -> pd.DataFrame:
    """Measure cells, whatever was kept or is in an archive."""
    tasks = [_Task(kind, request) for request in requests]
    return pd.concat([_table(data) for _, data in _measured(tasks, workers)], ignore_index=True)


def code_of(kind: str) -> dict[str, str]:
    """Return the fingerprints of the code that measures this kind of evidence."""
    return code_fingerprint([f"alutils.mechanism.{kind}"])


@dataclass(frozen=True)
class _Task:
    """One cell to measure; the key names everything that the numbers depend on."""

    kind: str
    request: Request

    @property
    def key(self) -> str:
        own = self.request.provenance
        code = {**own.code, **code_of(self.kind)}
        whole = Provenance(own.cell, own.data, own.embedding, code)
        return f"{whole.key}-{len(self.request.seeds)}"


def _archived(kind: str, wanted: Mapping[Cell, int]) -> pd.DataFrame:
    """Take from the archive in force, if there is one, the cells that it has."""
    if (archive := in_force()) is None or kind not in archive.evidence:
        return pd.DataFrame(columns=[*CELL_FIELDS, "seed"])
    tables = [
        complete(archive.evidence[kind], [c for c, n in wanted.items() if n == seeds], seeds)
        for seeds in sorted(set(wanted.values()))
    ]
    found = pd.concat(tables, ignore_index=True)
    note_use(archive, cells_of(found))
    return found


def _kept(kind: str, requests: Sequence[Request], workers: Workers | None) -> pd.DataFrame:
    """Measure cells, or read what was measured before."""
    folder = home() / "evidence" / kind
    tasks = {task.key: task for task in (_Task(kind, request) for request in requests)}
    found = {key: _read(folder, key) for key in tasks}
    missing = [task for key, task in tasks.items() if found[key] is None]
    with Progress(f"measuring {kind.replace('_', ' ')}", len(missing), "cells") as progress:
        for key, data in _measured(missing, workers):
            keep(folder, key, ".parquet", data)
            found[key] = _table(data)
            progress.advance()
    if any(found[key] is None for key in tasks):
        raise UserError(
            "cells were measured by other code than this run began with, because files of alutils "
            "changed meanwhile: run the same command again"
        )
    tables = [table for table in found.values() if table is not None]
    return pd.concat(tables, ignore_index=True)


def _read(folder: Path, key: str) -> pd.DataFrame | None:
    found = (read_kept(path, _table) for path in sorted(folder.glob(f"{key}-*.parquet")))
    return next((table for table in found if table is not None), None)


def _measured(tasks: Sequence[_Task], workers: Workers | None) -> Iterator[tuple[str, bytes]]:
    """Measure cells, and name those that failed when all others are done."""
    keys = {task.request.cell: task.key for task in tasks}
    for cell, data in attempts(_measure, {task.request.cell: task for task in tasks}, workers):
        yield keys[cell], data


def _measure(task: _Task) -> bytes:
    module = importlib.import_module(f"alutils.mechanism.{task.kind}")
    request = task.request
    table = module.measure(request.cell, opened(request.problem, request.seeds))
    buffer = io.BytesIO()
    table.assign(**request.cell.fields()).to_parquet(buffer, index=False)
    return buffer.getvalue()


def _table(data: bytes) -> pd.DataFrame:
    table = pd.read_parquet(io.BytesIO(data))
    return table[[*CELL_FIELDS, *(name for name in table if name not in CELL_FIELDS)]]
