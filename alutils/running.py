"""Run cells, here or on workers, and keep each as soon as it is done."""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alutils import heads, strategies
from alutils.cell import Cell
from alutils.costs import measured
from alutils.errors import CellsFailed
from alutils.execution import Workers, WorkersDied, available_workers, run_tasks, tell
from alutils.failures import FailedCells, reason_of, trace_of
from alutils.fingerprint import code_fingerprint
from alutils.loop import Problem, Replicates, run_cell
from alutils.progress import Progress, say
from alutils.results import Provenance, ResultsStore, missing_seeds

CELLS_PER_TASK = 8
"""Cells that a worker of a cluster gets at once: they share what is opened and clustered once."""

BEGAN, DONE, FAILED, ELSEWHERE = "began", "done", "failed", "elsewhere"


@dataclass(frozen=True)
class Request:
    """Some seeds of one cell, on the problem that they are run on."""

    cell: Cell
    seeds: tuple[int, ...]
    problem: Problem

    @property
    def provenance(self) -> Provenance:
        """Everything the numbers depend on."""
        data, embedding = self.problem.data_fingerprint, self.problem.embedding_fingerprint
        return Provenance(self.cell, data, embedding, code_of(self.cell))


def code_of(cell: Cell) -> dict[str, str]:
    """Return the fingerprint of each module that computes a cell, and how each part is set up."""
    names = (cell.initial_pool, cell.strategy)
    parts: list[strategies.QueryStrategy | heads.Head] = [strategies.get(n) for n in names]
    parts.append(heads.get(cell.head))
    modules = {type(part).__module__ for part in parts}
    # How a part is set up stands in its registry, which is left out of the code.
    setups = {part.name: f"{type(part).__qualname__} {vars(part)}" for part in parts}
    return {**code_fingerprint(["alutils.loop", *sorted(modules)]), **setups}


@dataclass(frozen=True)
class _Task:
    """Cells that share a problem and seeds, and with them what depends on embeddings alone."""

    requests: tuple[Request, ...]
    store: Path


def run_cells(missing: Sequence[Request], store: ResultsStore, workers: Workers | None) -> None:
    """Run cells and write each to the store as soon as it is done.

    Parameters
    ----------
    missing : sequence of Request
        What to run; seeds that another process has computed meanwhile are left out.
    store : ResultsStore
        Where results go.
    workers : int, str or None
        Processes at once, or the address of a Dask scheduler; None for a process on each core.

    Raises
    ------
    CellsFailed
        When all others are done, if some cells failed. Why is kept in the store as well.
    """
    workers = available_workers() if workers is None else workers
    with Progress("running cells", len(missing), "cells") as progress:
        watch = _Watch(progress)
        tasks = _tasks(missing, store.root, workers)
        again = False
        while tasks:
            try:
                for reasons in run_tasks(
                    _run_task, tasks, workers, hear=watch.hear, isolated=again
                ):
                    watch.failed.update(reasons)
                tasks = []
            except WorkersDied as error:
                unfinished = [r for task in error.tasks for r in task.requests if _lacks(r, store)]
                if again:
                    for request in unfinished:
                        FailedCells(store.root).write(request.provenance, str(error), "")
                        watch.hear([FAILED, request.cell.id])
                        watch.failed[request.cell] = str(error)
                    break
                # One of its cells may be too large for a worker. By itself it harms no other.
                tasks, again = [_Task((request,), store.root) for request in unfinished], True
    if watch.failed:
        raise CellsFailed(watch.failed)


class _Watch:
    """What is heard from the workers, as progress that people see."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.running: set[str] = set()
        self.ended: dict[str, str] = {}
        self.failed: dict[Cell, str] = {}

    def hear(self, message: list[str]) -> None:
        """Take in a kind of event and the identity of the cell."""
        kind, cell = message
        if kind == ELSEWHERE:
            _say_once("waiting for another process that computes the same cells")
        else:
            new = kind != BEGAN and cell not in self.ended  # one whose worker died may come again
            if kind == BEGAN:
                self.running.add(cell)
            else:
                self.running.discard(cell)
                self.ended[cell] = kind
            counts = {
                "failed": list(self.ended.values()).count(FAILED),
                "running": len(self.running),
            }
            self.progress.note = ", ".join(f"{n:,} {what}" for what, n in counts.items() if n)
            self.progress.advance(int(new))


def _tasks(missing: Iterable[Request], store: Path, workers: Workers) -> list[_Task]:
    groups: dict[tuple[object, ...], list[Request]] = defaultdict(list)
    for request in missing:
        groups[_identity(request.problem, request.seeds)].append(request)
    size = CELLS_PER_TASK  # of a cluster nobody knows how many workers will come
    if isinstance(workers, int):
        size = max(1, math.ceil(sum(map(len, groups.values())) / (4 * workers)))
    tasks: list[_Task] = []
    for requests in groups.values():
        # Cells of one strategy stay together: they are likely to need the same clusterings.
        requests.sort(key=lambda r: (r.cell.strategy, r.cell.initial_pool))
        starts = range(0, len(requests), size)
        tasks.extend(_Task(tuple(requests[s : s + size]), store) for s in starts)
    return tasks


def _lacks(request: Request, store: ResultsStore) -> bool:
    return bool(missing_seeds(store.read(request.provenance), request.seeds))


def _run_task(task: _Task) -> dict[Cell, str]:
    """Run the cells of a task, and return why some failed."""
    store, failures = ResultsStore(task.store), FailedCells(task.store)
    failed: dict[Cell, str] = {}

    def run(request: Request, *, wait: bool) -> bool:
        cell, provenance = request.cell, request.provenance
        with store.locked(provenance, wait=wait) as held:
            if not held:
                return False
            # Looked up again, now that nobody else computes it.
            if seeds := missing_seeds(store.read(provenance), request.seeds):
                tell([BEGAN, cell.id])
                try:
                    with measured() as cost:
                        records = run_cell(cell, opened(request.problem, tuple(seeds)))
                except Exception as error:
                    # Whatever is wrong with this cell need not be wrong with the next.
                    failed[cell] = reason_of(error)
                    failures.write(provenance, failed[cell], trace_of(error))
                else:
                    costs = {f"cell_{name}": value for name, value in cost.items()}
                    store.write(provenance, records.assign(**costs))
                    failures.forget(provenance)
            tell([FAILED if cell in failed else DONE, cell.id])
        return True

    # What another process is computing comes last, so that two share the work.
    elsewhere = [request for request in task.requests if not run(request, wait=False)]
    if elsewhere:
        tell([ELSEWHERE, ""])
    for request in elsewhere:
        run(request, wait=True)
    return failed


_OPEN: dict[tuple[object, ...], Replicates] = {}


def opened(problem: Problem, seeds: tuple[int, ...]) -> Replicates:
    """Open a problem, or go on with the last one: its clusterings serve all its cells."""
    key = _identity(problem, seeds)
    if key not in _OPEN:
        _OPEN.clear()  # before another is opened, so that there is room for one only
        _OPEN[key] = Replicates(problem, seeds)
    return _OPEN[key]


def _identity(problem: Problem, seeds: tuple[int, ...]) -> tuple[object, ...]:
    # Its name too, which names the random numbers: two files may hold the same texts.
    vectors = problem.path, problem.embedding_fingerprint
    return problem.dataset, problem.data_fingerprint, *vectors, seeds


@functools.cache
def _say_once(message: str) -> None:
    say(message)
