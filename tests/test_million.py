"""A pool is held once: what a run allocates grows with its rows as one copy of the matrix does."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alutils import speed
from alutils.cell import Cell
from alutils.datasets import sampled
from alutils.embedders import embed
from alutils.embedding_store import EmbeddingStore
from alutils.errors import UserError
from benchmarks import million
from benchmarks.enlarged import enlarged

FEW, MANY = 40_000, 120_000
SMALL: dict[str, Any] = {"embedder": "wordllama", "sample": (1_000, 300)}


def test_there_is_no_second_copy_of_the_pool(tmp_path: Path) -> None:
    found = []
    for rows in (FEW, MANY):
        store = EmbeddingStore(tmp_path / str(rows))
        problem, fields = enlarged(rows, 1_000, store, **SMALL)
        cell = Cell(problem.dataset, problem.embedder, "coreset", "badge", 50, 50, 3)
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            found.append(
                process.submit(million.measure_one, cell, 1, problem, fields, store).result()
            )
    few, many = found
    assert many["pool_bytes"] == MANY * many["dim"] * 4
    growth = (many["peak_bytes"] - few["peak_bytes"]) / (many["pool_bytes"] - few["pool_bytes"])
    assert 0.9 < growth < 1.75  # with what is held for every row beside its vector
    assert 0 < few["idle_bytes"] < few["peak_bytes"]
    assert 0 <= few["find_seconds"] < 1


def test_rows_are_real_ones_moved_a_little_and_the_same_each_time(tmp_path: Path) -> None:
    one, two = (
        enlarged(3_000, 200, EmbeddingStore(tmp_path / name), **SMALL)[0] for name in ("a", "b")
    )
    vectors, again = np.load(one.path), np.load(two.path)
    np.testing.assert_array_equal(vectors, again)
    np.testing.assert_array_equal(one.pool_labels, two.pool_labels)
    assert vectors.shape[0] == 3_200
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert len(np.unique(vectors, axis=0)) == 3_200
    texts = sampled("icd10_chapters", *SMALL["sample"])
    real = embed(texts, ["wordllama"])["wordllama"]
    for side, labels, known, enlarged_rows in (
        (real.pool, one.pool_labels, texts.pool_labels, vectors[:3_000]),
        (real.test, one.test_labels, texts.test_labels, vectors[3_000:]),
    ):
        nearest = (enlarged_rows @ side.T).argmax(axis=1)
        assert (known[nearest] == labels).mean() > 0.9


def test_a_measurement_is_written_and_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("skactiveml")
    pytest.importorskip("small_text")
    file = tmp_path / "some.json"
    sizes = ["--rows", "2000", "--strategies", "random", "--seeds", "2"]
    million.main([*sizes, "--embedder", "wordllama", "--output", str(file)])
    found = speed.read_million(str(file))
    [row] = found.rows.to_dict("records")
    assert (row["strategy"], row["seeds"], row["rows"], row["dim"]) == ("random", 2, 2000, 256)
    assert found.rows.notna().all(axis=None)
    assert found.about["machine"]["memory_bytes"] > 2**28
    assert "| random | 2 | 2,000 | 0." in capsys.readouterr().out


def test_without_a_measurement_the_command_that_makes_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_PROJECT", str(tmp_path))
    with pytest.raises(UserError, match=r"python -m benchmarks\.million"):
        speed.read_million()
