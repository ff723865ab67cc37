"""Transcripts: what a command printed, in lines that fit, without a path of this machine."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from alutils.cli import transcript
from alutils.cli.transcript import WIDTH, Transcript, run
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


def test_long_lines_are_broken_between_words() -> None:
    long = "one-two " * 40
    shown = str(Transcript(f"alutils select {long}--for label-studio", f"{long}\n\nend", 1.0))
    lines = shown.split("\n")
    assert max(map(len, lines)) <= WIDTH
    typed = [line for line in lines if line.endswith(" \\")]
    assert lines[0].startswith("$ alutils select one-two") and len(typed) >= 3
    # What stands there can be typed: broken lines joined are the command.
    command = "\n".join(lines[: len(typed) + 1]).replace(" \\\n   ", "")
    assert command == f"$ alutils select {long}--for label-studio"
    assert lines[-2:] == ["", "end"]
    assert all(line.startswith("    one-two") for line in lines[len(typed) + 2 : -2])
    name = "x" * (2 * WIDTH)
    assert name in str(Transcript("alutils", name, 0.0)).replace(os.linesep, "\n")
