from __future__ import annotations

from pathlib import Path

import numpy as np
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


@pytest.mark.parametrize("harm", ["nan", "cycle", "chosen", "accuracy"])
def test_no_harm_goes_unseen(tmp_path: Path, harm: str) -> None:
    grid = GRID.model_copy(update={"strategies": ["margin"]})
    (request,) = requests_of([grid])
    table = run_study(grid, workers=1, store=ResultsStore(tmp_path / "honest"))
    if harm == "nan":
        table["accuracy"] = np.nan
    elif harm == "cycle":
        table = table[table["cycle"] == 0]
    elif harm == "chosen":
        table["chosen"] = table["chosen"].map(lambda rows: rows[::-1])
    else:  # one seed of one cycle only
        table.loc[table.index[-1], "accuracy"] += 2e-6
    store = ResultsStore(tmp_path / "forged")
    store.write(request.provenance, table)
    with pytest.raises(UserError, match="margin"):
        verify([grid], sample=1, workers=1, store=store)


def test_the_cell_that_differs_is_the_one_named(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    table = run_study(GRID, workers=1, store=ResultsStore(tmp_path / "honest"))
    for request in requests_of([GRID]):
        own = table[table["strategy"] == request.cell.strategy].copy()
        if request.cell.strategy == "random":  # comes after margin
            own["accuracy"] += 1e-3
        store.write(request.provenance, own)
    with pytest.raises(UserError, match="-> random: accuracy"):
        verify([GRID], sample=2, workers=1, store=store)
