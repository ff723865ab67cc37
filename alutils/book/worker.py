"""Run one notebook, in a process of its own: ``python -m alutils.book.worker < job.json``.

A process of its own, because a kernel's working directory and environment belong to a process,
because its children's CPU time and memory are then those of this notebook alone, and because a
crash here takes no other notebook along.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil  # type: ignore[import-untyped]
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from alutils.book.convert import NUMBER, convert, hide
from alutils.book.key import run_label
from alutils.book.origins import origins
from alutils.book.steady import steady
from alutils.inputs import noted
from alutils.progress import duration, say
from alutils.provenance import children_cost, environment

SHOWN_SECONDS = 1.0  # cells that took less are not worth a line


class _Lines:
    """Pass on what the notebook writes to standard error, line by line, under its name."""

    def __init__(self, name: str) -> None:
        self.name, self.rest = name, ""

    def write(self, text: str) -> None:
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            say(f"{self.name}: {line}")

    def flush(self) -> None:
        """Nothing to do: whole lines are written at once."""


class _Watch:
    """Follow the cells as they run: say which took long, know where it stopped."""

    def __init__(self, name: str, total: int) -> None:
        self.name, self.total = name, total
        self.cell: int | None = None
        self.start = time.monotonic()

    def started(self, cell: Any, cell_index: int) -> None:
        if cell.cell_type == "code":
            self.cell, self.start = cell.metadata.get(NUMBER), time.monotonic()

    def finished(self, cell: Any, cell_index: int) -> None:
        spent = time.monotonic() - self.start
        if spent >= SHOWN_SECONDS:
            say(f"{self.name}: cell {self.cell} of {self.total}, {duration(spent)}")


def run(source: Path, values: dict[str, object], output: Path, figures: Path, device: str) -> bool:
    """Execute one notebook and write it, its figures and its record.

    Parameters
    ----------
    source : pathlib.Path
        A py:percent notebook.
    values : dict of str to object
        Every parameter, validated.
    output : pathlib.Path
        Where the executed notebook goes; the record goes beside it, ending in ``.run.json``.
    figures : pathlib.Path
        Where the notebook writes its figures, and `alutils.inputs` what it reads.
    device : str
        What it computes on, for the record.

    Returns
    -------
    bool
        Whether every cell ran through.
    """
    label = run_label(source, values)
    os.environ["ALUTILS_RUN"] = json.dumps(label)  # the kernel's figures say it too
    notebook = convert(source, values)
    output.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, output)
    path = str(output).replace("{", "{{").replace("}", "}}")  # papermill formats its paths
    watch = _Watch(source.stem, notebook.cells[-1].metadata[NUMBER])
    began, clock = datetime.now(UTC), time.monotonic()
    error: dict[str, object] | None = None
    # parameters are checked already, better than papermill does in its warnings
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        papermill.execute_notebook(
            path,
            path,
            values,
            progress_bar=False,
            stderr_file=_Lines(source.stem),
            on_cell_start=watch.started,
            on_cell_complete=watch.finished,
            config=_kernel_config(),
        )
    except PapermillExecutionError as failure:
        error = {"name": failure.ename, "message": failure.evalue}
    except Exception as failure:  # the kernel died, could not start, ...
        error = {"name": type(failure).__name__, "message": str(failure)}
    wall = time.monotonic() - clock
    if error:
        error |= {"cell": watch.cell, "cells": watch.total}
    _tidy(source, output, failed=error is not None)
    inputs = noted(figures)
    record = {
        "notebook": source.stem,
        "run_key": label["key"],
        "status": "failed" if error else "completed",
        "error": error,
        "parameters": values,
        "seeds": _seeds(values, inputs.pop("seeds", {})),
        "inputs": inputs,
        "origins": origins(inputs),
        "source_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "started": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(wall, 3),
        **children_cost(),
        "device": device,
        **environment(source.parent),
    }
    output.with_suffix(".run.json").write_text(json.dumps(record, indent=2) + "\n")
    if not error:
        say(f"{source.stem}: notebook done in {duration(wall)}")
    return error is None


def _seeds(values: dict[str, object], noted: dict[str, list[str]]) -> list[int]:
    """Return the seeds of a notebook: 0, 1, ... as far as its parameter or its cells go."""
    counts = [int(count) for counts in noted.values() for count in counts]
    given = values.get("seeds")
    return list(range(max([*counts, given if isinstance(given, int) else 0])))


def _kernel_config() -> Config:
    """Talk to the kernel through files where that is possible.

    Kernels that start side by side can grab the same TCP port; these files are in a folder that
    no other kernel has (`alutils.book.execute` makes it).
    """
    if sys.platform != "linux":
        return Config()
    address = str(Path(os.environ["JUPYTER_RUNTIME_DIR"], "kernel"))
    return Config({"KernelManager": {"transport": "ipc", "ip": address}})


def _tidy(source: Path, output: Path, *, failed: bool) -> None:
    """Hide papermill's cell, forget this machine's paths, and never look finished if not."""
    notebook = nbformat.read(output, as_version=4)
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
            hide(cell)
    notebook.metadata.papermill |= {"input_path": source.name, "output_path": output.name}
    if failed:
        # papermill marks every cell as completed when a kernel dies
        notebook.metadata.papermill["exception"] = True
    steady(notebook)
    nbformat.write(notebook, output)


def _stop(number: int, frame: object) -> None:
    """End at once, with the kernel and what it started; asked nicely they talk for seconds."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    os._exit(128 + number)


if __name__ == "__main__":
    job = json.load(sys.stdin)
    signal.signal(signal.SIGINT, _stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by who started this
    done = run(
        source=Path(job["source"]),
        values=job["values"],
        output=Path(job["output"]),
        figures=Path(job["figures"]),
        device=job["device"],
    )
    sys.exit(0 if done else 1)
