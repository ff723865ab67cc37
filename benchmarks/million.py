"""What a run on a million rows takes: memory above all, and time.

    python -m benchmarks.million [--rows 1000000] [--strategies random margin badge coreset]
                                 [--seeds 1 3] [--embedder minilm] [--output FILE]

The pool is that of `benchmarks.enlarged`, put into an embedding store of its own and deleted
afterwards; while it is made, it takes the room of the matrix twice. Each run has a process of its
own, set up as the workers of a study are: the store opens the entry, the pool is scaled, and
`alutils.loop.run_cell` goes through its cycles. Memory is what is allocated at the peak, with
Python and PyTorch; pages of mapped files, which the system may drop at any time, do not count.
Prints a table and, unless sizes are given, writes data/benchmarks/million.json.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from alutils import speed
from alutils.cell import Cell
from alutils.embedding_store import EmbeddingStore, Fields
from alutils.execution.local import WORKER_ENVIRONMENT
from alutils.loop import Problem, Replicates, run_cell
from alutils.progress import say
from benchmarks.enlarged import EMBEDDER, enlarged
from benchmarks.growth import Peak

ROOT = Path(__file__).parents[1]
ROWS, TEST_ROWS = 1_000_000, 10_000
STRATEGIES = ("random", "margin", "badge", "coreset")
SEEDS = (1, 3)
INITIAL_SIZE = QUERY_SIZE = 100
CYCLES = 5
ALLOWED_BYTES = 4 * 2**30


def measure(
    rows: int, strategies: Sequence[str], seeds: Sequence[int], **small: Any
) -> Iterator[dict[str, Any]]:
    """Measure one run of each strategy with each number of seeds.

    Parameters
    ----------
    rows : int
        Size N of the pool.
    strategies : sequence of str
        Names in the registry.
    seeds : sequence of int
        Numbers of seeds, which advance together.
    **small
        What is enlarged, if not the default of `benchmarks.enlarged.enlarged`.

    Yields
    ------
    dict
        A row, with the keys `alutils.speed.MILLION`.
    """
    with (
        tempfile.TemporaryDirectory(prefix="alutils-million-") as folder,
        ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as process,
    ):
        store = EmbeddingStore(Path(folder))
        problem, fields = enlarged(rows, TEST_ROWS, store, **small)
        for number in seeds:
            for strategy in strategies:
                cell = Cell(
                    *(problem.dataset, problem.embedder, "random", strategy),
                    *(INITIAL_SIZE, QUERY_SIZE, CYCLES),
                )
                yield process.submit(measure_one, cell, number, problem, fields, store).result()


def measure_one(
    cell: Cell, seeds: int, problem: Problem, fields: Fields, store: EmbeddingStore
) -> dict[str, Any]:
    """Open the pool and run a cell on it in this process; see `measure`."""
    torch.set_num_threads(1)
    with Peak() as memory:
        start = time.perf_counter()
        store.get(fields)
        found = time.perf_counter()
        replicates = Replicates(problem, range(seeds))
        opened, used = time.perf_counter(), time.thread_time()
        records = run_cell(cell, replicates)
        used, done = time.thread_time() - used, time.perf_counter()
    return {
        "strategy": cell.strategy,
        "seeds": seeds,
        "rows": len(replicates.pool),
        "test_rows": len(replicates.test),
        "dim": replicates.pool.shape[1],
        "classes": problem.n_classes,
        "initial_size": cell.initial_size,
        "query_size": cell.query_size,
        "cycles": cell.cycles,
        "find_seconds": found - start,
        "open_seconds": opened - found,
        "cycle_seconds": (done - opened) / cell.cycles,
        "cycle_cpu_seconds": used / cell.cycles,
        "pool_bytes": replicates.pool.nbytes,
        "idle_bytes": memory.before,
        "peak_bytes": memory.before + memory.peak,
        "allowed_bytes": ALLOWED_BYTES,
        "accuracy": float(records.loc[records["cycle"] == cell.cycles - 1, "accuracy"].mean()),
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure, write and print."""
    from benchmarks import report  # not above: each process would load the peers with it

    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.million",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--strategies", nargs="+", default=STRATEGIES)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--embedder", default=EMBEDDER, help="what is enlarged")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the rows are written")
    options = parser.parse_args(arguments)
    sizes = options.rows, tuple(options.strategies), tuple(options.seeds), options.embedder
    os.environ.update(WORKER_ENVIRONMENT)  # for the processes to come
    rows = []
    for each in measure(*sizes[:3], embedder=options.embedder):
        rows.append(each)
        say(f"{each['strategy']}, seeds: {each['seeds']}, {each['peak_bytes'] / 2**30:.2f} GiB")
    file = options.output
    if file is None and sizes == (ROWS, STRATEGIES, SEEDS, EMBEDDER):
        file = ROOT / speed.FOLDER / speed.MILLION_FILE
    if file:
        report.write(file, report.origin(), rows)
        say(f"written to {file}")
    shown = pd.DataFrame(
        {
            "strategy": row["strategy"],
            "seeds": row["seeds"],
            "rows": f"{row['rows']:,}",
            "peak, GiB": f"{row['peak_bytes'] / 2**30:.2f}",
            "store opens it, ms": f"{1000 * row['find_seconds']:.1f}",
            "scaled, s": f"{row['open_seconds']:.1f}",
            "a cycle, s": f"{row['cycle_seconds']:.2f}",
            "a cycle, CPU s": f"{row['cycle_cpu_seconds']:.2f}",
            "accuracy": f"{row['accuracy']:.3f}",
        }
        for row in rows
    )
    print(report.table(shown))


if __name__ == "__main__":
    main()
