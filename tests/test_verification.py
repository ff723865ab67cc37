from __future__ import annotations

from pathlib import Path

import pytest

from alutils.errors import UserError
from alutils.results import ResultsStore
from alutils.study import Grid, requests_of, run_study
from alutils.verification import verify

GRID = Grid(
    datasets=["icd10_chapters"],
    embedders=["hashing"],
    strategies=["random", "typiclust"],
    initial_size=10,
    query_size=10,
    cycles=2,
    seeds=2,
    pool_size=200,
    test_size=50,
)


def test_stored_results_are_found_equal(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    run_study(GRID, workers=1, store=store)
    said = verify([GRID], sample=5, workers=1, store=store)
    assert "2 of 2 cells computed again" in said and "largest difference 0," in said


def test_a_number_that_is_not_computed_is_found(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    request = requests_of([GRID])[0]
    records = run_study(GRID, workers=1, store=ResultsStore(tmp_path / "honest"))
    forged = records[records["strategy"] == request.cell.strategy].copy()
    forged.loc[forged.index[1], "macro_f1"] += 2e-6
    store.write(request.provenance, forged)
    with pytest.raises(UserError, match="macro_f1 differs by 2e-06"):
        verify([GRID], sample=5, workers=1, store=store)


def test_nothing_stored_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no result to verify"):
        verify([GRID], sample=5, store=ResultsStore(tmp_path))
