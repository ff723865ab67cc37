"""What commands print about hostile files steers no terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from alutils.cli import app
from alutils.errors import UserError
from alutils.tables import Table, write_table


def test_ids_in_a_report_are_spelt_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    steering = "\x1b[2J\u202e"
    texts = [f"text number {row}" for row in range(60)]
    ids = [f"{steering}{row}" for row in range(60)]
    labels = ["ab"[row % 2] if row < 30 else "" for row in range(60)]
    write_table(tmp_path / "t.csv", Table({"text": texts, "id": ids, "label": labels}))
    for command in "select", "progress":
        app([command, "t.csv", "--embedder", "hashing"], standalone_mode=False)
    out = capsys.readouterr().out
    assert "The audit ends at id \\x1b[2J\\u202e" in out
    assert not {"\x1b", "\u202e"} & set(out)


def test_a_sentence_about_a_file_with_such_a_name_is_printable(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        app(["progress", str(tmp_path / "\x1b[2J\u202e.csv")], standalone_mode=False)
    assert "\\x1b[2J\\u202e.csv" in str(caught.value)
