"""Two runs of one study at once share it; the one goes on when the other is killed."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.faults.runs import MOMENTS, SEED, Study, assert_on_page, assert_same


def test_two_runs_at_once(tmp_path: Path, undisturbed: Study) -> None:
    study = Study(tmp_path / "study")
    both = [study.start(), study.start()]
    for run in both:
        code, said = run.finish()
        assert (code, "Traceback" in said) == (0, False), said
        for line in said.splitlines():
            if "waiting" in line:
                assert_on_page(line, study)
    assert_same(study, undisturbed)


@pytest.mark.campaign
def test_one_of_two_runs_is_killed(tmp_path: Path, undisturbed: Study) -> None:
    draw = random.Random(SEED)
    for moment in range(MOMENTS):
        study = Study(tmp_path / str(moment))
        lives, dies = study.start(cold=False), study.start(cold=False)
        dies.ended(draw.uniform(0, 5))
        try:
            dies.signal(signal.SIGKILL)
        except ProcessLookupError:
            print("it was through before")
        code, said = lives.finish()
        assert (code, "Traceback" in said) == (0, False), said
        dies.finish()
        assert_same(study, undisturbed)
