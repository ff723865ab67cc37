"""Workers, or the process that started them, killed while a study runs on two of them."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.clusters import begin_scheduler, begin_workers
from tests.faults.runs import MOMENTS, PROFILE, SEED, Study, assert_same

pytestmark = pytest.mark.campaign

LONG = PROFILE.replace("pool_size: 1100", "pool_size: 5000")
EVERY = 20.0


def workers_of(parent: psutil.Process) -> list[psutil.Process]:
    """Return the worker processes below another process at this moment."""
    found = []
    for process in parent.children(recursive=True):
        try:
            if "multiprocessing.spawn" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


@contextlib.contextmanager
def cluster(store: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start a scheduler with two workers; yield its address and the parent of the workers."""
    scheduler, address = begin_scheduler()
    workers = begin_workers(address, 2, ALUTILS_HOME=str(store))
    try:
        yield address, psutil.Process(workers.pid)
    finally:
        for process in (workers, scheduler):
            process.terminate()
            process.wait()


@pytest.mark.parametrize("where", ["here", "cluster"])
def test_a_worker_is_killed_every_twenty_seconds(tmp_path: Path, where: str) -> None:
    draw = random.Random(SEED)
    undisturbed, study = Study(tmp_path / "0", LONG), Study(tmp_path / "1", LONG)
    assert undisturbed.run(cold=False)[0] == 0
    clock, kills = time.monotonic(), 0
    with contextlib.ExitStack() as stack:
        if where == "here":
            run = study.start(workers=2)
            parent = psutil.Process(run.process.pid)
        else:
            address, parent = stack.enter_context(cluster(study.store))
            run = study.start(workers=address)
        while not run.ended(EVERY):
            before = study.finished()
            if workers := workers_of(parent):
                draw.choice(workers).kill()
                kills += 1
            assert before.items() <= study.finished().items()
        code, said = run.finish()
    print(f"{where}: {kills} workers killed in {time.monotonic() - clock:.0f} s")
    assert (code, "Traceback" in said) == (0, False), said
    assert_same(study, undisturbed)


def test_no_worker_outlives_the_process_that_started_it(tmp_path: Path, undisturbed: Study) -> None:
    draw = random.Random(SEED)
    study, studies = Study(tmp_path / "0"), 0
    for _ in range(MOMENTS):
        run = study.start(workers=2)
        if run.ended(draw.uniform(5, 30)):
            studies += 1
            study = Study(tmp_path / str(studies))
            continue
        left = workers_of(psutil.Process(run.process.pid))
        os.kill(run.process.pid, signal.SIGKILL)
        run.finish()
        gone, alive = psutil.wait_procs(left, timeout=10)
        print(f"{len(gone)} workers ended with their parent")
        assert not alive
    code, said = study.run(workers=2)
    assert (code, "Traceback" in said) == (0, False), said
    assert_same(study, undisturbed)
