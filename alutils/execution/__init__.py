"""Where work runs: in this process, on Dask workers of this machine, or on any Dask cluster."""

from __future__ import annotations

from alutils.execution.tasks import WorkersDied, available_workers, run_tasks
from alutils.execution.worker import tell

__all__ = ["Workers", "WorkersDied", "available_workers", "run_tasks", "tell"]

Workers = int | str
"""How much runs at once: a number of processes of this machine, or the address of a scheduler."""
