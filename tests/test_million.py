"""A pool is held once: what a run allocates grows with its rows as one copy of the matrix does."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from alutils.cell import Cell
from alutils.embedding_store import EmbeddingStore

pytest.importorskip("skactiveml")
pytest.importorskip("small_text")

from benchmarks import million
from benchmarks.enlarged import enlarged

FEW, MANY = 40_000, 120_000
SMALL: dict[str, Any] = {"embedder": "wordllama", "sample": (1_000, 300)}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A folder for each size, so that none finds the other's."""
    return {rows: tmp_path_factory.mktemp(f"rows{rows}") for rows in (FEW, MANY)}


@pytest.mark.parametrize("strategy", ["margin", "badge", "coreset"])
def test_there_is_no_second_copy_of_the_pool(strategy: str, folders: dict[int, Path]) -> None:
    found = []
    for rows, folder in folders.items():
        store = EmbeddingStore(folder)
        problem, fields = enlarged(rows, 1_000, store, **SMALL)
        cell = Cell(problem.dataset, problem.embedder, "coreset", strategy, 50, 50, 3)
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            found.append(
                process.submit(million.measure_one, cell, 1, problem, fields, store).result()
            )
    few, many = found
    assert many["pool_bytes"] == MANY * many["dim"] * 4
    growth = (many["peak_bytes"] - few["peak_bytes"]) / (many["pool_bytes"] - few["pool_bytes"])
    assert 0.9 < growth < 1.75
    assert 0 < few["idle_bytes"] < few["peak_bytes"]
    assert 0 <= few["find_seconds"] < 1
    print(strategy, growth, few["peak_bytes"] / 2**20, few["idle_bytes"] / 2**20)
