"""What is measured on cells beyond their records; measured once, kept, and archived.

A kind of evidence is a module of `alutils.mechanism` with a function ``measure(cell, replicates)``
that returns a table with a column ``seed`` and what it has measured.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from alutils.archive import CELL_FIELDS, cells_of, complete, in_force
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.execution import available_workers, run_tasks
from alutils.fingerprint import code_fingerprint
from alutils.home import home
from alutils.loop import Replicates
from alutils.progress import Progress
from alutils.results import Provenance, keep, read_kept
from alutils.study import Grid, Request, requests_for, wanted_of


def evidence(
    kind: str, grids: Grid | Sequence[Grid], *, workers: int | None = None
) -> pd.DataFrame:
    """Measure the cells of some grids, or take what was measured before.

    Parameters
    ----------
    kind : str
        A module of `alutils.mechanism`: ``"initial_pools"``, ``"queries"``.
    grids : Grid or sequence of Grid
        Their cells, each with the seeds of its grid.
    workers : int, optional
        Processes at once; by default one for each core.

    Returns
    -------
    pandas.DataFrame
        The fields of each cell, ``seed`` and what the kind measures. What the archive in force has
        is taken from it.

    Raises
    ------
    UserError
        If a name or a size is wrong; before anything is computed.
    """
    wanted = wanted_of([grids] if isinstance(grids, Grid) else grids)
    archived = _archived(kind, wanted)
    for cell in cells_of(archived):
        del wanted[cell]
    tables = [archived] if len(archived) else []
    tables += [_kept(kind, requests_for(wanted), workers)] if wanted else []
    return pd.concat(tables, ignore_index=True)


def measured_again(
    kind: str, requests: Sequence[Request], workers: int | None = None
) -> pd.DataFrame:
    """Measure cells, whatever was kept or is in an archive."""
    tasks = [_Task(kind, request) for request in requests]
    found = run_tasks(_measure, tasks, workers or available_workers())
    return pd.concat([_table(data) for _, data in found], ignore_index=True)


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
    return pd.concat(tables, ignore_index=True)


def _kept(kind: str, requests: Sequence[Request], workers: int | None) -> pd.DataFrame:
    """Measure cells, or read what was measured before."""
    folder = home() / "evidence" / kind
    tasks = {task.key: task for task in (_Task(kind, request) for request in requests)}
    found = {key: _read(folder, key) for key in tasks}
    missing = [task for key, task in tasks.items() if found[key] is None]
    with Progress(f"measuring {kind.replace('_', ' ')}", len(missing), "cells") as progress:
        for key, data in run_tasks(_measure, missing, workers or available_workers()):
            keep(folder, key, ".parquet", data)
            found[key] = data
            progress.advance()
    if any(found[key] is None for key in tasks):
        raise UserError(
            "cells were measured by other code than this run began with, because files of alutils "
            "changed meanwhile: run the same command again"
        )
    return pd.concat([_table(data) for data in found.values() if data], ignore_index=True)


def _read(folder: Path, key: str) -> bytes | None:
    found = (read_kept(path) for path in sorted(folder.glob(f"{key}-*.parquet")))
    return next((data for data in found if data is not None), None)


def _measure(task: _Task) -> tuple[str, bytes]:
    module = importlib.import_module(f"alutils.mechanism.{task.kind}")
    request = task.request
    table = module.measure(request.cell, _opened(request))
    buffer = io.BytesIO()
    table.assign(**request.cell.fields()).to_parquet(buffer, index=False)
    return task.key, buffer.getvalue()


_OPEN: dict[tuple[Path, str, tuple[int, ...]], Replicates] = {}


def _opened(request: Request) -> Replicates:
    """Open a problem, or go on with the last one: its clusterings serve all its cells."""
    key = (request.problem.path, request.problem.data_fingerprint, request.seeds)
    if key not in _OPEN:
        _OPEN.clear()
        _OPEN[key] = Replicates(request.problem, request.seeds)
    return _OPEN[key]


def _table(data: bytes) -> pd.DataFrame:
    table = pd.read_parquet(io.BytesIO(data))
    return table[[*CELL_FIELDS, *(name for name in table if name not in CELL_FIELDS)]]
