"""Work on Dask workers: results, workers that die, Ctrl-C, and nothing left behind."""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from alutils.errors import UserError
from alutils.execution import WorkersDied, run_tasks, tasks

SLEEPER = """
import os, sys, time
from alutils.execution import run_tasks

def sleep(seconds):
    os.write(1, b"began\\n")  # in one piece: two workers share this output
    time.sleep(seconds)

if __name__ == "__main__":
    print("ready", flush=True)
    try:
        list(run_tasks(sleep, [900.0] * 4, workers=2))
    except KeyboardInterrupt:
        sys.exit(130)
"""


def threads(task: int) -> tuple[int, int]:
    return task, torch.get_num_threads()


def fail(task: int) -> int:
    raise UserError(f"task {task} is wrong")


def die_once(marker: Path) -> int:
    """Take the worker down, unless one was taken down before."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def children() -> int:
    return len(multiprocessing.active_children())


def itself(task: object) -> int:
    assert isinstance(task, int)
    return task


class Sent:
    """A task that is noted when it is sent to a worker."""

    numbers: ClassVar[set[int]] = set()

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        Sent.numbers.add(self.number)
        return int, (self.number,)


def test_tasks_wait_here_until_there_is_a_worker_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AT_LEAST", 2)
    results = run_tasks(itself, [Sent(number) for number in range(40)], workers=2)
    first = next(results)
    assert len(Sent.numbers) == 2 * tasks.AHEAD + 1  # one in the place of the first
    assert sorted([first, *results]) == list(range(40)) == sorted(Sent.numbers)


def test_one_worker_starts_nothing() -> None:
    before = torch.get_num_threads()
    assert list(run_tasks(threads, range(3), workers=1)) == [(0, 1), (1, 1), (2, 1)]
    assert list(run_tasks(threads, [7], workers=4)) == [(7, 1)]
    assert torch.get_num_threads() == before
    assert "distributed.nanny" not in sys.modules or not children()


def test_workers_do_every_task_on_one_thread_and_end_at_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    results = run_tasks(threads, range(6), workers=2)
    assert sorted(results) == [(task, 1) for task in range(6)]
    assert children() == 0
    results = run_tasks(threads, range(6), workers=2)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert children() == 0
    assert capfd.readouterr() == ("", "")


def test_a_worker_that_dies_is_replaced_and_its_task_done_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "ANNOUNCED_AFTER_SECONDS", math.inf)
    found = list(run_tasks(die_once, [tmp_path / "a", tmp_path / "b"], workers=2))
    assert len(found) == 2
    assert children() == 0
    assert capfd.readouterr().err == ""


def process(task: int) -> int:
    return os.getpid()


def die_if_odd(task: int) -> int:
    if task % 2:
        time.sleep(0.2)  # what it told before is on its way
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def test_a_task_that_takes_every_worker_down_is_given_up_when_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "ANNOUNCED_AFTER_SECONDS", math.inf)
    found = []
    with pytest.raises(WorkersDied, match="want of memory") as caught:
        for result in run_tasks(die_if_odd, [1, 2, 4], workers=2):
            found.append(result)
    assert (sorted(found), caught.value.tasks) == ([2, 4], [1])


def test_a_single_task_runs_here_or_in_a_process_of_its_own() -> None:
    assert list(run_tasks(process, [1], workers=2)) == [os.getpid()]
    assert list(run_tasks(process, [1], workers=2, isolated=True)) != [os.getpid()]
    assert children() == 0


def test_an_error_of_a_task_is_the_callers_and_logged_by_nobody(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UserError, match="task 1 is wrong"):
        list(run_tasks(fail, [1, 1], workers=2))
    assert children() == 0
    assert capfd.readouterr().err == ""
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("moment", ["ready", "began"])
def test_ctrl_c_ends_quickly_and_silently_and_leaves_no_worker(tmp_path: Path, moment: str) -> None:
    script = tmp_path / "sleeper.py"
    script.write_text(SLEEPER)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a process group of its own, as a terminal gives to a command
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    said = [process.stdout.readline().strip() for _ in range(1 + (moment == "began"))]
    assert said[-1] == moment, said
    time.sleep(1.5)  # after "ready" that is in the middle of the start of the workers
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=300)  # ends when the last one has closed its output
    assert (process.returncode, error) == (130, "")


def test_a_script_without_the_guard_of_main_is_told_so(tmp_path: Path) -> None:
    script = tmp_path / "bare.py"
    script.write_text(
        "from alutils.execution import run_tasks\nlist(run_tasks(abs, [1, 2], workers=2))"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300)
    assert "call this under if __name__ == '__main__'" in done.stderr.splitlines()[-1]
