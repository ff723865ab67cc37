"""A small study in a folder of its own, and `alutils run` on it in a process group of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pandas as pd

from alutils.home import home

ROOT = Path(__file__).parents[2]
SCRIPT = Path(sys.executable).parent / "alutils"

PROFILE = """
about: A study that is killed, starved and damaged.
notebooks:
  ties:
    datasets: [movie_sentiment]
    embedders: [hashing, lsa]
    strategies: [random, margin, entropy, badge]
    initial_size: 10
    query_size: 10
    cycles: 3
    seeds: 2
    pool_size: 2200
    test_size: 300
  why_typiclust:
    datasets: [movie_sentiment]
    embedders: [lsa]
    initial_pools: [kmeans]
    initial_size: [20]
    seeds: 1
    pool_size: 2200
    test_size: 300
"""
CELLS = 8
FINISHED = ["results/*/*/*.parquet", "quality/*.json", "evidence/*/*.parquet"]
TEMPORARY = [".writing-*", "*.tmp", "*.partial", "*.new"]

_WARM = multiprocessing.get_context("forkserver")
_WARM.set_forkserver_preload(["alutils.claims", "alutils.quality", "alutils.cli"])


class Run:
    """A command that was started, and the group of its processes."""

    def __init__(self, process: subprocess.Popen[bytes] | BaseProcess, log: Path) -> None:
        self.process, self.log = process, log

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all processes of the command, as a terminal does."""
        os.killpg(self.process.pid, number)

    def ended(self, timeout: float = 0.0) -> bool:
        """Wait at most so many seconds, and tell whether the command has ended."""
        if isinstance(self.process, BaseProcess):
            self.process.join(timeout)
            return self.process.exitcode is not None
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def finish(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and all that was said."""
        assert self.ended(300)
        code = self.process.exitcode if isinstance(self.process, BaseProcess) else self.process.returncode
        assert code is not None
        return code, self.log.read_text()


class Study:
    """A project folder with one profile and a store of its own, which shares downloads.

    Parameters
    ----------
    root : pathlib.Path
        Folder; filled if it is empty.
    """

    def __init__(self, root: Path, store: Path | None = None) -> None:
        self.root, self.store = root, store or root / "store"
        (root / "data" / "profiles").mkdir(parents=True)
        (root / "data" / "profiles" / "faults.yaml").write_text(PROFILE)
        (root / "notebooks").symlink_to(ROOT / "notebooks")
        self.store.mkdir(exist_ok=True)
        downloads = home() / "downloads"
        downloads.mkdir(parents=True, exist_ok=True)
        (self.store / "downloads").symlink_to(downloads)

    def start(self, *, workers: int = 1, cold: bool = False, **environment: str) -> Run:
        """Start `alutils run`: from a process that has imported everything, or as people do."""
        words = ["run", "faults", "--root", str(self.root), "--workers", str(workers)]
        environment = {"ALUTILS_HOME": str(self.store), "OMP_NUM_THREADS": "1", **environment}
        log = self.root / f"log-{time.monotonic_ns()}"
        if cold:
            with log.open("wb") as file:
                process = subprocess.Popen(
                    [SCRIPT, *words],
                    env={**os.environ, **environment},
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                )
            return Run(process, log)
        warm = _WARM.Process(target=_command, args=(words, environment, log))
        warm.start()
        while not log.exists():  # it has a group of its own then
            time.sleep(0.001)
        return Run(warm, log)

    def run(self, **how: object) -> tuple[int, str]:
        """Run it to the end; return the exit code and all that was said."""
        return self.start(**how).finish()

    def finished(self) -> dict[Path, tuple[int, int]]:
        """Return every file with a result, each with its inode and when it was written."""
        paths = [path for shape in FINISHED for path in self.store.glob(shape)]
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}

    def temporary(self) -> list[Path]:
        """Return every file and folder that should not outlive its writer."""
        return [path for shape in TEMPORARY for path in self.store.rglob(shape)]

    def table(self) -> pd.DataFrame:
        """Return all records that are stored, but for what time and memory they took."""
        tables = [pd.read_parquet(path) for path in self.store.glob("results/*/*/*.parquet")]
        table = pd.concat(tables, ignore_index=True)
        measured = [name for name in table if "_seconds" in name or "_bytes" in name]
        for name in ("chosen", "class_counts"):
            table[name] = table[name].map(list)
        order = ["embedder", "strategy", "seed", "cycle"]
        return table.drop(columns=measured).sort_values(order, ignore_index=True)

    def others(self) -> list[str]:
        """Return the names of all other results; they end in the hash of what is in them."""
        return sorted(path.name for shape in FINISHED[1:] for path in self.store.glob(shape))


def _command(words: list[str], environment: dict[str, str], log: Path) -> None:
    os.setsid()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT)
    for stream in sys.stdout, sys.stderr:
        os.dup2(output, stream.fileno())
    sys.argv = ["alutils", *words]
    from alutils.cli import main

    main()
