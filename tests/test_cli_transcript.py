"""Transcripts: what was typed and printed, without a path of this machine."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from alutils.cli import transcript
from alutils.cli.transcript import Transcript, run
from alutils.errors import UserError
from alutils.tables import Table, read_table, write_table


def test_a_command_runs_in_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = Path.cwd()
    write_table(tmp_path / "texts.csv", Table({"text": [f"text {n}" for n in range(30)]}))
    done = run("alutils select texts.csv --embedder hashing -k 4 -o 'to label.csv'", tmp_path)
    assert read_table(tmp_path / "to label.csv", []).n_rows == 4
    assert done.printed.splitlines()[-1] == "to label.csv"  # standard output
    assert "4 texts to label" in done.printed  # standard error
    assert str(tmp_path) not in str(done) and done.seconds > 0
    assert Path.cwd() == here and capsys.readouterr() == ("", "")


def test_warnings_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(words: list[str], standalone_mode: bool) -> None:
        warnings.warn(f"in {tmp_path}", stacklevel=1)
        print(*words)

    monkeypatch.setattr(transcript, "app", warn)
    assert run("alutils one two", tmp_path).printed == "one two\n"


def test_a_mistake_stays_one(tmp_path: Path) -> None:
    here = Path.cwd()
    with pytest.raises(UserError, match=r"there is no file texts\.csv"):
        run("alutils select texts.csv", tmp_path)
    with pytest.raises(ValueError, match="only alutils"):
        run("rm texts.csv", tmp_path)
    assert Path.cwd() == here


def test_what_was_typed_can_be_typed_again() -> None:
    command = f"alutils select texts.csv --classes 'first class, {'second class, ' * 9}last'"
    shown = str(Transcript(command, f"{'one two ' * 40}\n\nend", 1.0))
    assert shown.split("\n") == [f"$ {command}", "one two " * 40, "", "end"]
    assert "\x1b" not in str(Transcript("alutils", "\x1b[31mred", 0.0))
