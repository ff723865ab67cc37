"""A small study in a folder of its own, and `alutils run` on it in a process group of its own."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd

from alutils.home import home

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "what_can_go_wrong.md"
FULL = "No space left on device"
SCRIPT = Path(sys.executable).parent / "alutils"

CAMPAIGN = "FAULTS_MOMENTS" in os.environ
MOMENTS = int(os.environ.get("FAULTS_MOMENTS", "2"))
SEED = int(os.environ.get("FAULTS_SEED", "0"))

PROFILE = f"""
about: A study that is killed, starved and damaged.
notebooks:
  ties:
    datasets: [movie_sentiment]
    embedders: [hashing, lsa]
    strategies: [random, margin, entropy, badge]
    initial_size: 10
    query_size: 10
    cycles: {20 if CAMPAIGN else 3}
    seeds: {10 if CAMPAIGN else 2}
    pool_size: 1100
    test_size: 100
  why_typiclust:
    datasets: [movie_sentiment]
    embedders: [lsa]
    initial_pools: [kmeans]
    initial_size: [20]
    seeds: 1
    pool_size: 1100
    test_size: 100
"""
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

    def gone(self, timeout: float) -> bool:
        """Wait at most so many seconds until no process of the command is there, and tell."""
        clock = time.monotonic()
        while time.monotonic() - clock < timeout:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return True
            time.sleep(0.01)  # workers that were killed may take a moment to end
        return False

    def finish(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and all that was said."""
        assert self.ended(300)
        code = (
            self.process.exitcode
            if isinstance(self.process, BaseProcess)
            else self.process.returncode
        )
        assert code is not None
        return code, self.log.read_text()


class Study:
    """A project folder with one profile and a store of its own, which shares downloads.

    Parameters
    ----------
    root : pathlib.Path
        Folder; made.
    profile : str
        What is run.
    """

    def __init__(self, root: Path, profile: str = PROFILE) -> None:
        self.root, self.store = root, root / "store"
        (root / "data" / "profiles").mkdir(parents=True)
        (root / "data" / "profiles" / "faults.yaml").write_text(profile)
        (root / "notebooks").symlink_to(ROOT / "notebooks")
        self.store.mkdir()

    def start(self, *, workers: int | str = 1, cold: bool = CAMPAIGN, **environment: str) -> Run:
        """Start `alutils run`: as people do, or from a process that has imported everything.

        Workers are a number, or the address of a scheduler.
        """
        downloads = home() / "downloads"
        downloads.mkdir(parents=True, exist_ok=True)
        if not (self.store / "downloads").is_symlink():
            (self.store / "downloads").symlink_to(downloads)
        option = "--workers" if isinstance(workers, int) else "--scheduler"
        words = ["run", "faults", "--root", str(self.root), option, str(workers)]
        settings = {"ALUTILS_HOME": str(self.store), "ALUTILS_ARCHIVE": "", "OMP_NUM_THREADS": "1"}
        settings |= environment
        log = self.root / f"log-{time.monotonic_ns()}"
        if cold:
            with log.open("wb") as file:
                process = subprocess.Popen(
                    [SCRIPT, *words],
                    env={**os.environ, **settings},
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                    preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                )
            return Run(process, log)
        warm = _WARM.Process(target=_command, args=(words, settings, log))
        warm.start()
        while not log.exists():  # it has a group of its own then
            time.sleep(0.001)
        return Run(warm, log)

    def run(self, **how: Any) -> tuple[int, str]:
        """Run it to the end; return the exit code and all that was said."""
        return self.start(**how).finish()

    def finished(self) -> dict[Path, tuple[int, int]]:
        """Return every file with a result, each with its inode and when it was written."""
        paths = [path for shape in FINISHED for path in self.store.glob(shape)]
        return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}

    def done(self) -> set[Path]:
        """Return the folders of cells that have a result."""
        return {path.parent for path in self.store.glob("results/*/*/*.parquet")}

    def begun(self) -> dict[Path, int]:
        """Return the folders of cells that were begun, and when: when they were last locked."""
        locks = self.store.glob("results/*/*/.lock")
        return {path.parent: path.stat().st_mtime_ns for path in locks}

    def shards(self) -> dict[str, int]:
        """Return the shards of matrices that are not complete, and their inodes."""
        return {
            path.name: path.stat().st_ino for path in self.store.glob("embeddings/*.partial/*.npy")
        }

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

    def others(self) -> dict[str, str]:
        """Return the hash of every result that is no record."""
        return self._hashes(*FINISHED[1:])

    def matrices(self) -> dict[str, str]:
        """Return the hash of every matrix of embeddings."""
        return {
            name: found
            for name, found in self._hashes("embeddings/*/embeddings.npy").items()
            if ".new/" not in name and ".damaged" not in name
        }

    def _hashes(self, *shapes: str) -> dict[str, str]:
        return {
            str(path.relative_to(self.store)): hashlib.sha256(path.read_bytes()).hexdigest()
            for shape in shapes
            for path in self.store.glob(shape)
        }


def assert_same(study: Study, undisturbed: Study) -> None:
    """A study has what one has that nothing happened to, to the bit, and nothing besides."""
    pd.testing.assert_frame_equal(study.table(), undisturbed.table(), check_exact=True)
    assert study.others() == undisturbed.others()
    assert study.matrices() == undisturbed.matrices()
    assert len(list(study.store.glob("results/*/*/*.parquet"))) == len(study.done())  # none twice
    assert study.temporary() == []


def assert_on_page(line: str, study: Study) -> None:
    """What is said is what the page about faults quotes."""
    line = line.replace(str(study.store), "PATH").replace("Read-only file system", FULL)
    line = re.sub(r"PATH[^\s:]+", "PATH", re.sub(r"[0-9a-f]{12,}", "…", line))
    line = re.sub(r"set aside as \S+\.damaged", "set aside as NAME.damaged", line)
    assert line in PAGE.read_text(encoding="utf-8").splitlines(), line


def _command(words: list[str], environment: dict[str, str], log: Path) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background ignore it
    os.environ.update(environment)
    for folder in environment.get("PYTHONPATH", "").split(":"):
        if (start := Path(folder) / "sitecustomize.py").is_file():  # as Python itself does
            runpy.run_path(str(start))
    output = os.open(log, os.O_WRONLY | os.O_CREAT)
    for stream in sys.stdout, sys.stderr:
        os.dup2(output, stream.fileno())
    sys.argv = ["alutils", *words]
    from alutils.cli import main

    main()
