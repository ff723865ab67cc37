"""Ctrl-C at any moment: one sentence, exit code 130, and the next run goes on."""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from alutils.cli import STOPPED
from tests.faults.runs import MOMENTS, SEED, Run, Study, assert_on_page, assert_same

Moment = Callable[[Study, Run], bool]
MOMENTS_AND_LACK: dict[str, tuple[Moment, list[str]]] = {
    # NumPy comes after alutils itself, and before everything that takes long to import.
    "start": (lambda _, run: b"numpy" in Path(f"/proc/{run.process.pid}/maps").read_bytes(), []),
    "embedding": (lambda study, _: bool(study.shards()), ["embeddings"]),
    "cells": (lambda study, _: len(study.done()) >= 2, ["results"]),
    "measuring": (lambda study, _: any(study.store.glob("evidence/*/*")), ["quality", "evidence"]),
}
"""When Ctrl-C is pressed, and what the store lacks at first."""


def interrupted(study: Study, run: Run) -> bool:
    """Press Ctrl-C again and again, as impatient people do, and see that it is taken well.

    Tell whether it stopped the run, which may have been ending already.
    """
    run.signal(signal.SIGINT)
    while STOPPED not in run.log.read_text() and not run.ended():
        time.sleep(0.001)
    while not run.ended(0.02):
        with suppress(ProcessLookupError):  # it ended just now
            run.signal(signal.SIGINT)
    code, said = run.finish()
    assert run.gone(10), "a worker is left"
    last, sentences = "".join(said.splitlines()[-1:]), said.count("alutils:")
    assert code == 0 or (code, last, sentences) == (130, STOPPED, 1), said
    assert_on_page(STOPPED, study)
    assert "Traceback" not in said and "Exception" not in said
    assert not list(study.store.rglob(".writing-*"))
    return code == 130


@pytest.mark.parametrize("moment", MOMENTS_AND_LACK)
def test_ctrl_c(copy: Study, undisturbed: Study, moment: str) -> None:
    has_come, lacking = MOMENTS_AND_LACK[moment]
    for folder in lacking:
        shutil.rmtree(copy.store / folder)
    run = copy.start(cold=moment == "start")
    while not has_come(copy, run):
        assert not run.ended()
        time.sleep(0.001)
    before = copy.finished()
    assert interrupted(copy, run)
    assert before.items() <= copy.finished().items()
    kept = len(copy.done())
    code, said = copy.run(cold=False)
    assert (code, f"study: 8 cells, {kept} kept" in said) == (0, True), said
    assert before.items() <= copy.finished().items()
    assert_same(copy, undisturbed)


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
        if run.ended(moment) or not interrupted(study, run):
            assert run.finish()[0] == 0
            assert_same(study, undisturbed)
            studies += 1
            study = Study(tmp_path / str(studies))
            continue
        assert before.items() <= study.finished().items()
        print(f"stopped after {moment:.2f} s: {len(study.done())} cells kept")
    assert study.run(workers=workers)[0] == 0
    assert_same(study, undisturbed)
