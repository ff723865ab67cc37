"""How time and memory of one query grow with the pool, on one thread.

    python -m benchmarks.growth [--rows 10000 100000 1000000] [--strategies margin badge coreset]
                                [--replicates 1] [--query-size 100]

The pool is drawn as in `benchmarks.head`, once, into a temporary file that is mapped into memory,
as an embedding store is; smaller pools are its first rows. Each query runs in a process of its
own. Seconds are those of the CPU and count the head's probabilities, not its fit. Memory is what
the query holds at its peak beside the pool: allocated pages, without those of the mapped file.
The allowance makes that twice the pool's matrix in all, and R x N x C probabilities. The exponent
is the slope of log seconds over log rows.
"""

from __future__ import annotations

import argparse
import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch

from alutils import strategies as registry
from alutils.geometry import Geometry
from alutils.heads import SoftmaxRegression
from alutils.strategies import Selection
from alutils.streams import stream

ROWS = (10_000, 30_000, 100_000, 300_000, 1_000_000)
STRATEGIES = ("margin", "badge", "coreset")
LABELLED, DIMENSIONS, CLASSES = 200, 384, 20
CHUNK = 20_000  # rows drawn at once
EVERY = 0.002  # seconds between two looks at the memory


def measure(
    rows: Sequence[int],
    strategies: Sequence[str],
    *,
    replicates: int = 1,
    query_size: int = 100,
    dimensions: int = DIMENSIONS,
    classes: int = CLASSES,
) -> list[dict[str, Any]]:
    """Measure one query of each strategy on pools of each size.

    Parameters
    ----------
    rows : sequence of int
        Sizes N of the pools.
    strategies : sequence of str
        Names in the registry.
    replicates, query_size, dimensions, classes : int
        R, k, D and C.

    Returns
    -------
    list of dict
        One per strategy and size, with the keys ``strategy``, ``rows``, ``replicates``,
        ``query_size``, ``seconds`` (of all replicates together), ``peak_bytes`` (beside the pool)
        and ``allowed_bytes``.
    """
    shape = {"replicates": replicates, "query_size": query_size, "classes": classes}
    with tempfile.TemporaryDirectory(prefix="alutils-growth-") as folder:
        path = Path(folder) / "pool.npy"
        draw_pool(path, max(rows), dimensions, classes)
        found = []
        for name in strategies:
            for n in rows:
                task = json.dumps({"strategy": name, "rows": n, "path": str(path), **shape})
                command = [sys.executable, "-m", "benchmarks.growth", "--one", task]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                found.append(json.loads(done.stdout))
    return found


def exponents(measured: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Fit seconds = constant * rows ** exponent for each strategy of two sizes or more."""
    fitted = {}
    for name in dict.fromkeys(record["strategy"] for record in measured):
        mine = [record for record in measured if record["strategy"] == name]
        if len(mine) > 1:
            points = np.log([(record["rows"], record["seconds"]) for record in mine])
            fitted[name] = float(np.polyfit(points[:, 0], points[:, 1], 1)[0])
    return fitted


def draw_pool(path: Path, n: int, d: int, c: int) -> None:
    """Write n scaled rows around c centres; the classes lie beside them in ``labels.npy``."""
    rng = np.random.default_rng(0)
    spectrum = np.arange(1, d + 1, dtype=np.float32) ** -0.5
    centres = rng.standard_normal((c, d), dtype=np.float32) * spectrum
    centres -= centres.mean(axis=0)
    labels = rng.integers(0, c, n)
    unit = np.sqrt(centres.var() + 1.5**2 * (spectrum**2).mean())
    pool = np.lib.format.open_memmap(path, "w+", np.float32, (n, d))
    for start in range(0, n, CHUNK):
        part = labels[start : start + CHUNK]
        noise = rng.standard_normal((len(part), d), dtype=np.float32)
        pool[start : start + CHUNK] = (centres[part] + 1.5 * spectrum * noise) / unit
    pool.flush()
    np.save(path.with_name("labels.npy"), labels)


class Peak:
    """The largest memory allocated within a ``with`` block, beyond that at its beginning."""

    def __enter__(self) -> Peak:
        self.before = self.peak = _allocated()
        self._end = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def _look(self) -> None:
        while not self._end.wait(EVERY):
            self.peak = max(self.peak, _allocated())

    def __exit__(self, *failure: object) -> None:
        self._end.set()
        self._watch.join()
        self.peak = max(self.peak, _allocated()) - self.before


def _allocated() -> int:
    """Return the bytes of this process that belong to no file."""
    memory = psutil.Process().memory_info()
    return int(memory.rss - memory.shared)


def measure_one(
    strategy: str, rows: int, path: str, replicates: int, query_size: int, classes: int
) -> dict[str, Any]:
    """Run one query in this process; see `measure`."""
    torch.set_num_threads(1)
    pool = torch.from_numpy(np.load(path, mmap_mode="r+")[:rows])
    truth = torch.from_numpy(np.load(Path(path).with_name("labels.npy"))[:rows])
    rng, seeds = np.random.default_rng(0), range(replicates)
    known = torch.from_numpy(np.stack([rng.choice(rows, LABELLED, replace=False) for _ in seeds]))
    labels = torch.full((replicates, rows), -1).scatter_(1, known, truth[known])
    selection = Selection(
        pool=pool,
        labelled=labels >= 0,
        labels=labels,
        n_classes=classes,
        head=SoftmaxRegression().fit(pool, known, truth[known], classes),
        geometry=Geometry(pool, "drawn", list(seeds)),
    )
    streams = [stream("query 1", "drawn", seed) for seed in seeds]
    with Peak() as memory:
        start = time.thread_time()  # without that of the thread that looks at the memory
        registry.select(strategy, selection, query_size, streams)
        seconds = time.thread_time() - start
    return {
        "strategy": strategy,
        "rows": rows,
        "replicates": replicates,
        "query_size": query_size,
        "seconds": seconds,
        "peak_bytes": memory.peak,
        "allowed_bytes": pool.nbytes + 4 * replicates * rows * classes,
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--strategies", nargs="+", default=STRATEGIES)
    parser.add_argument("--replicates", type=int, default=1)
    parser.add_argument("--query-size", type=int, default=100)
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one is not None:
        print(json.dumps(measure_one(**options.one)))
        return
    shape = {"replicates": options.replicates, "query_size": options.query_size}
    measured = measure(options.rows, options.strategies, **shape)
    print("| strategy | rows | seconds | peak beside the pool, MiB | allowed, MiB |")
    print("|---|---|---|---|---|")
    for record in measured:
        peak, allowed = record["peak_bytes"] / 2**20, record["allowed_bytes"] / 2**20
        print(
            f"| {record['strategy']} | {record['rows']:,} | {record['seconds']:.3f} | "
            f"{peak:,.0f} | {allowed:,.0f} |"
        )
    print("\n| strategy | exponent |\n|---|---|")
    for name, exponent in exponents(measured).items():
        print(f"| {name} | {exponent:.2f} |")


if __name__ == "__main__":
    main()
