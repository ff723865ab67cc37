"""What failed: named at the end of a run, after all the rest, and cells not tried again unasked."""

from __future__ import annotations

import functools
import json
import traceback
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from alutils.errors import CellsFailed, UserError
from alutils.execution import Workers, WorkersDied, available_workers, run_tasks
from alutils.results import Provenance, keep, read_kept

Name = TypeVar("Name", bound=Hashable)
Task = TypeVar("Task")
Result = TypeVar("Result")


class FailedCells:
    """What is known of cells that failed, beside the results.

    Parameters
    ----------
    store : pathlib.Path
        The folder of a `alutils.results.ResultsStore`.
    """

    def __init__(self, store: Path) -> None:
        self.folder = store / "failed"

    def read(self, provenance: Provenance) -> str | None:
        """Return why this cell failed, with this code and these data; None if it did not."""
        for path in self._files(provenance):
            if (reason := read_kept(path, _reason)) is not None:
                return reason
        return None

    def write(self, provenance: Provenance, reason: str, trace: str) -> None:
        """Keep why a cell failed, and where in the code."""
        found = {"cell": provenance.cell.fields(), "reason": reason, "trace": trace.splitlines()}
        data = json.dumps(found, indent=1, ensure_ascii=False).encode()
        keep(self.folder, provenance.key, ".json", data)

    def forget(self, provenance: Provenance) -> None:
        """Let a cell be tried again."""
        for path in self._files(provenance):
            path.unlink(missing_ok=True)

    def _files(self, provenance: Provenance) -> list[Path]:
        return sorted(self.folder.glob(f"{provenance.key}-*.json"))


def _reason(data: bytes) -> str:
    return str(json.loads(data)["reason"])


def attempts(
    function: Callable[[Task], Result],
    tasks: Mapping[Name, Task],
    workers: Workers | None,
    *,
    noun: str = "cell",
) -> Iterator[tuple[Name, Result]]:
    """Apply a function to each task; what fails does not stop the rest.

    Parameters
    ----------
    function : callable
        Takes one task. Must be importable by name.
    tasks : mapping
        Each under the name that people know it by.
    workers : int, str or None
        Processes at once, or the address of a Dask scheduler; None for a process on each core.
    noun : str
        What a task is called.

    Yields
    ------
    tuple of name and result
        As they come.

    Raises
    ------
    CellsFailed
        When all others are done, if some tasks failed.
    """
    failed: dict[Name, str] = {}
    attempt = functools.partial(_attempt, function)
    try:
        for name, result, reason in run_tasks(
            attempt, list(tasks.items()), workers or available_workers()
        ):
            if result is None:
                failed[name] = reason
            else:
                yield name, result
    except WorkersDied as error:
        failed |= {name: str(error) for name, _ in error.tasks}
    if failed:
        raise CellsFailed(failed, noun=noun)


def _attempt(
    function: Callable[[Task], Result], item: tuple[Name, Task]
) -> tuple[Name, Result | None, str]:
    name, task = item
    try:
        return name, function(task), ""
    except Exception as error:
        return name, None, reason_of(error)


def reason_of(error: Exception) -> str:
    """Say in one line why a cell failed."""
    if isinstance(error, UserError):
        return str(error)
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}".removesuffix(": ")


def trace_of(error: Exception) -> str:
    """Write where in the code an error arose."""
    return "".join(traceback.format_exception(error))
