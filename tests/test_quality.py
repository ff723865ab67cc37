from __future__ import annotations

from pathlib import Path

import pytest

from alutils import home, quality
from alutils.study import Grid

GRID = Grid(
    datasets=["icd10_chapters", "movie_sentiment"],
    embedders=["lsa", "hashing"],
    initial_size=10,
    query_size=10,
    cycles=1,
    seeds=1,
    pool_size=300,
    test_size=50,
)


def test_measured_once_and_ordered_from_worst_to_best(monkeypatch: pytest.MonkeyPatch) -> None:
    table = quality.measure_quality(GRID, workers=1)
    assert len(table) == 4
    order = quality.embedder_order(table)
    means = table.groupby("embedder")["probe_accuracy"].mean()
    assert means[order[0]] <= means[order[1]]
    assert list(dict.fromkeys(table["embedder"])) == order
    monkeypatch.setattr(quality, "_measure", lambda _: pytest.fail("measured again"))
    assert quality.measure_quality(GRID, workers=1).equals(table)


def test_the_test_side_plays_no_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = quality.measure_quality(GRID, workers=1)
    monkeypatch.setattr(quality, "home", lambda: tmp_path)  # forget what was measured
    other = GRID.model_copy(update={"test_size": 20})
    assert home.home() != tmp_path
    after = quality.measure_quality(other, workers=1)
    assert after.drop(columns="dataset").equals(before.drop(columns="dataset"))
