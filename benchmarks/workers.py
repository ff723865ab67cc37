"""How a study speeds up with workers: ``python -m benchmarks.workers``.

One study of real texts is run from an empty results store in this process, on two and on four
workers of this machine, and on a scheduler with two workers of its own. Writes
data/benchmarks/workers.json, from which the book's page on running at scale is made.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from alutils import speed
from alutils.execution import run_tasks
from alutils.progress import say
from alutils.results import ResultsStore
from alutils.running import run_cells
from alutils.study import Grid, requests_of
from benchmarks import report

FILE = Path(__file__).parents[1] / speed.FOLDER / speed.WORKERS_FILE

GRID = Grid(
    datasets=["icd10_chapters", "hpo_organ_systems", "movie_sentiment"],
    embedders=["lsa", "wordllama", "minilm"],
    strategies=["random", "margin", "badge", "coreset", "typiclust"],
    initial_size=50,
    query_size=50,
    cycles=8,
    seeds=8,
    pool_size=2000,
    test_size=1000,
)
TIMED = ["fit_seconds", "query_seconds", "cell_wall_seconds", "cell_cpu_seconds"]


def measure() -> Iterator[dict[str, Any]]:
    """Run the study at each place, one after the other.

    Yields
    ------
    dict
        ``where``; ``workers``; ``cells``; ``wall_seconds`` of the whole study;
        ``cell_seconds``, the wall time of all cells together; ``start_seconds``, what of the whole
        goes into starting and ending the workers; ``identical``, whether every record is that of
        one process.
    """
    requests = requests_of([GRID])  # embeds
    first: pd.DataFrame | None = None
    with scheduler(2) as address:
        places: list[tuple[str, int, int | str]] = [
            ("this process", 1, 1),
            ("2 workers", 2, 2),
            ("4 workers", 4, 4),
            ("a scheduler with 2 workers", 2, address),
        ]
        for where, number, workers in places:
            for _ in range(2):  # workers of a scheduler start once, those of a command each time
                start = time.perf_counter()
                list(run_tasks(abs, range(number), workers))
                began = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                store = ResultsStore(Path(folder))
                run_cells(requests, store, workers)
                ended = time.perf_counter()
                found = [store.read(request.provenance) for request in requests]
            records = pd.concat([table for table in found if table is not None])
            numbers = records.drop(columns=[*TIMED, "cell_peak_memory_bytes"])
            first = numbers if first is None else first
            cells = records.drop_duplicates(["dataset", "embedder", "strategy"])
            yield {
                "where": where,
                "workers": number,
                "cells": len(requests),
                "wall_seconds": ended - began,
                "cell_seconds": float(cells["cell_wall_seconds"].sum()),
                "start_seconds": began - start,
                "identical": first.equals(numbers),
            }


@contextlib.contextmanager
def scheduler(workers: int) -> Iterator[str]:
    """Start a scheduler and workers as one does by hand; return the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    host, port = address.split(":")
    commands = [["scheduler", "--host", host, "--port", port]]
    commands += [["worker", f"tcp://{address}", "--nthreads", "1"]] * workers
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{name}", *options, "--no-dashboard"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, *options in commands
    ]
    try:
        yield f"tcp://{address}"
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def main() -> None:
    """Measure, write and print."""
    rows = []
    for row in measure():
        rows.append(row)
        say(f"{row['where']}: {row['cells']} cells in {row['wall_seconds']:.0f} s")
    report.write(FILE, report.origin(), rows)
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
