"""Cells that fail stop no others, are named at the end, and are tried again only when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from alutils import cli, running, study
from alutils.cell import Cell
from alutils.errors import CellsFailed
from alutils.execution import WorkersDied
from alutils.failures import FailedCells
from alutils.loop import Replicates
from alutils.results import ResultsStore
from alutils.running import run_cells
from alutils.study import Grid, requests_of, run_study

GRID = Grid(
    datasets=["icd10_chapters"],
    embedders=["hashing"],
    strategies=["random", "margin", "entropy"],
    initial_size=10,
    query_size=5,
    cycles=2,
    seeds=2,
    pool_size=100,
    test_size=50,
)
RunCell = Callable[[Cell, Replicates], pd.DataFrame]


@pytest.fixture
def store(tmp_path: Path) -> ResultsStore:
    return ResultsStore(tmp_path / "results")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let cells of these strategies fail, as they would without memory."""
    strategies = ["margin"]
    run_cell = running.run_cell

    def failing(cell: Cell, replicates: Replicates) -> pd.DataFrame:
        if cell.strategy in strategies:
            raise MemoryError("no memory\nfor this")
        return run_cell(cell, replicates)

    monkeypatch.setattr(running, "run_cell", failing)
    return strategies


def test_one_failing_cell_does_not_stop_the_rest(store: ResultsStore, broken: list[str]) -> None:
    with pytest.raises(CellsFailed) as caught:
        run_study(GRID, workers=1, store=store)
    assert str(caught.value) == (
        "1 cell failed; all others are finished and kept:\n"
        "  MemoryError: no memory\n"
        "    icd10_chapters / hashing / random -> margin"
    )
    done = [r for r in requests_of([GRID]) if store.read(r.provenance) is not None]
    assert {r.cell.strategy for r in done} == {"random", "entropy"}


def test_what_failed_is_tried_again_only_when_asked(
    store: ResultsStore, broken: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CellsFailed):
        run_study(GRID, workers=1, store=store)
    broken.clear()  # by now it would go well
    with pytest.raises(CellsFailed, match="MemoryError: no memory"):
        run_study(GRID, workers=1, store=store)
    assert "3 cells, 2 kept, 1 failed before" in capsys.readouterr().err
    records = run_study(GRID, workers=1, store=store, retry_failed=True)
    assert set(records["strategy"]) == {"random", "margin", "entropy"}
    assert len(run_study(GRID, workers=1, store=store)) == len(records)
    assert not list((store.root / "failed").glob("*.json"))


def test_a_cell_fails_only_with_the_code_and_data_that_it_failed_with(
    store: ResultsStore, broken: list[str]
) -> None:
    with pytest.raises(CellsFailed):
        run_study(GRID, workers=1, store=store)
    failed = FailedCells(store.root)
    margin = next(r for r in requests_of([GRID]) if r.cell.strategy == "margin").provenance
    assert failed.read(margin) == "MemoryError: no memory"
    assert failed.read(replace(margin, data="other texts")) is None
    assert failed.read(replace(margin, code={})) is None


def test_a_damaged_note_of_a_failure_lets_the_cell_be_tried(
    store: ResultsStore, broken: list[str]
) -> None:
    with pytest.raises(CellsFailed):
        run_study(GRID, workers=1, store=store)
    [note] = (store.root / "failed").glob("*.json")
    assert "Traceback" in note.read_text()
    note.write_text("{}")
    broken.clear()
    run_study(GRID, workers=1, store=store)


def test_cells_that_cannot_be_opened_fail_and_others_do_not(store: ResultsStore) -> None:
    """Without its embeddings no cell can run; on other workers all others do."""
    requests = requests_of([GRID, GRID.model_copy(update={"embedders": ["lsa"]})])
    gone = store.root.parent / "gone.npy"
    requests = [
        replace(r, problem=replace(r.problem, path=gone)) if r.cell.embedder == "lsa" else r
        for r in requests
    ]
    with pytest.raises(CellsFailed) as caught:
        run_cells(requests, store, workers=2)
    assert {cell.embedder for cell in caught.value.reasons} == {"lsa"}
    assert all(reason.startswith("FileNotFoundError") for reason in caught.value.reasons.values())
    done = [r for r in requests if store.read(r.provenance) is not None]
    assert len(done) == 3 and {r.cell.embedder for r in done} == {"hashing"}


def test_many_cells_that_fail_alike_are_counted() -> None:
    cell = requests_of([GRID])[0].cell
    cells = [replace(cell, initial_size=n) for n in range(1, 9)]
    reasons = dict.fromkeys(cells, "no memory") | {replace(cell, cycles=9): "no disk"}
    lines = str(CellsFailed(reasons, "try again")).splitlines()
    assert lines[:2] == ["9 cells failed; all others are finished and kept:", "  no memory"]
    assert lines[7:] == ["    and 3 more", "  no disk", f"    {cell}", "try again"]


def test_a_cell_that_takes_its_worker_down_again_and_again_fails_alone(
    store: ResultsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cells that shared a task with it are given out again, each by itself."""
    given: list[list[str]] = []

    def run_tasks(
        function: Callable[[running._Task], dict[Cell, str]],
        tasks: Sequence[running._Task],
        workers: int,
        *,
        hear: Callable[[list[str]], None],
        isolated: bool,
    ) -> Iterator[dict[Cell, str]]:
        died = []
        for task in tasks:
            given.append([request.cell.strategy for request in task.requests])
            if "margin" in given[-1]:
                died.append(task)
            else:
                yield function(task)
        if died:
            raise WorkersDied(died)

    monkeypatch.setattr(running, "run_tasks", run_tasks)
    monkeypatch.setattr(running, "_tasks", lambda all, store, _: [running._Task(tuple(all), store)])
    with pytest.raises(CellsFailed) as caught:
        run_study(GRID, workers=2, store=store)
    assert given == [["entropy", "margin", "random"], ["entropy"], ["margin"], ["random"]]
    assert [cell.strategy for cell in caught.value.reasons] == ["margin"]
    assert "a worker process died again and again" in str(caught.value)
    with pytest.raises(CellsFailed, match="died again and again"):  # known, and not tried again
        run_study(GRID, workers=1, store=store)


def test_the_command_line_names_what_failed_and_ends_with_1(
    tmp_path: Path,
    broken: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "notebooks").symlink_to(Path(__file__).parent.parent / "notebooks")
    (tmp_path / "data" / "profiles").mkdir(parents=True)
    profile = yaml.safe_dump(
        {"about": "t", "notebooks": {"ties": GRID.model_dump(exclude={"head"})}}
    )
    (tmp_path / "data" / "profiles" / "three.yaml").write_text(profile)
    monkeypatch.setenv("ALUTILS_ARCHIVE", "")
    monkeypatch.setattr(study, "home", lambda: tmp_path)

    def run(*options: str) -> tuple[int | str | None, str]:
        words = ["run", "three", "--workers", "1", "--root", str(tmp_path), *options]
        monkeypatch.setattr("sys.argv", ["alutils", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code, capsys.readouterr().err

    code, said = run()
    assert code == 1, said
    assert said.endswith("to try them again: alutils run three --retry-failed\n")
    assert "random -> margin" in said and "Traceback" not in said
    broken.clear()
    assert run("--retry-failed")[0] == 0
    assert run()[0] == 0
