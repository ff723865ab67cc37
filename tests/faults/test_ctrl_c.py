"""Ctrl-C at any moment: one sentence, exit code 130, and the next run goes on."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from alutils.cli import STOPPED
from tests.faults.runs import MOMENTS, SEED, Run, Study, assert_same

WHEN: dict[str, Callable[[Study, Run], bool]] = {
    # NumPy comes after alutils itself, and before everything that takes long to import.
    "start": lambda study, run: b"numpy" in Path(f"/proc/{run.process.pid}/maps").read_bytes(),
    "embedding": lambda study, run: bool(study.shards()),
    "cells": lambda study, run: len(study.done()) >= 2,
    "measuring": lambda study, run: any(study.store.glob("evidence/*/*.parquet")),
}


def interrupted(study: Study, run: Run) -> None:
    """Press Ctrl-C again and again, as impatient people do, and see that it is taken well."""
    run.signal(signal.SIGINT)
    while STOPPED not in run.log.read_text() and not run.ended():
        time.sleep(0.001)
    while not run.ended(0.02):
        with suppress(ProcessLookupError):  # it ended just now
            run.signal(signal.SIGINT)
    code, said = run.finish()
    assert (code, said.splitlines()[-1], said.count("alutils:")) == (130, STOPPED, 1), said
    assert "Traceback" not in said and "Exception" not in said
    assert not list(study.store.rglob(".writing-*"))


@pytest.mark.parametrize("moment", WHEN)
def test_ctrl_c(tmp_path: Path, undisturbed: Study, moment: str) -> None:
    study = Study(tmp_path / "study")
    run = study.start(cold=moment == "start")
    while not WHEN[moment](study, run):
        assert not run.ended()
        time.sleep(0.001)
    before = study.finished()
    interrupted(study, run)
    assert before.items() <= study.finished().items()
    if moment == "cells":
        code, said = study.run(cold=False)
        assert (code, f"{len(study.done())} kept" in said) == (0, False), said
        assert before.items() <= study.finished().items()
        assert_same(study, undisturbed)


@pytest.mark.campaign
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_at_random_moments(tmp_path: Path, undisturbed: Study, workers: int) -> None:
    draw = random.Random(f"{SEED} {workers}")
    clock = time.monotonic()
    assert Study(tmp_path / "0").run(workers=workers)[0] == 0
    span = time.monotonic() - clock
    study, studies = Study(tmp_path / "1"), 1
    for _ in range(MOMENTS):
        before, moment = study.finished(), draw.uniform(0.5, span)
        run = study.start(workers=workers)
        if run.ended(moment):
            assert run.finish()[0] == 0
            assert_same(study, undisturbed)
            studies += 1
            study = Study(tmp_path / str(studies))
            continue
        interrupted(study, run)
        assert before.items() <= study.finished().items()
        print(f"stopped after {moment:.2f} s: {len(study.done())} cells kept")
    assert study.run(workers=workers)[0] == 0
    assert_same(study, undisturbed)
