from __future__ import annotations

import pytest

from alutils import progress
from alutils.progress import Progress


def test_short_jobs_print_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("embedding", 10, "texts") as bar:
        bar.advance(10)
    assert capsys.readouterr().err == ""


def test_long_jobs_print_plain_lines_with_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, 20.0, 25.0, 41.0, 41.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with Progress("embedding", 4, "texts") as bar:
        bar.advance(2)  # at 20 s: printed
        bar.advance(1)  # at 25 s: too soon
        bar.advance(1)  # the last: said at the end
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["embedding: 2 of 4 texts, 20 s left", "embedding: 4 texts in 41 s"]


def test_durations_read_as_people_write_them() -> None:
    assert progress.duration(59.4) == "59 s"
    assert progress.duration(60) == "1 min"
    assert progress.duration(3599.9) == "1 h 0 min"


def test_a_job_that_failed_is_not_said_to_be_done(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, 9.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    with pytest.raises(KeyError), Progress("embedding", 4, "texts"):
        raise KeyError
    assert capsys.readouterr().err == ""
