"""What a notebook has read is noted, and nothing about whose machine it was read on."""

from __future__ import annotations

from pathlib import Path

import pytest

from alutils import inputs


def test_files_are_noted_without_their_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    inputs.note("datasets", [("file:/mnt/texts/mine.csv?text=a/b", "1"), ("trec6", "2")])
    inputs.note("datasets", [("file:mine.csv?text=a/b", "3")])
    inputs.note("embeddings", [("file:/mnt/texts/mine.csv?text=a/b / minilm", "4")])
    assert inputs.noted(tmp_path) == {
        "datasets": {"file:mine.csv?text=a/b": ["1", "3"], "trec6": ["2"]},
        "embeddings": {"file:mine.csv?text=a/b / minilm": ["4"]},
    }


def test_outside_of_a_notebook_nothing_is_noted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ALUTILS_FIGURES", raising=False)
    inputs.note("datasets", [("trec6", "2")])
    assert inputs.noted(tmp_path) == {}
