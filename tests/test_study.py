"""Studies: what is missing is run, what is there is kept, and a kill loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import study
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.loop import Replicates
from alutils.results import ResultsStore
from alutils.study import Grid, run_study

GRID = Grid(
    datasets=["icd10_chapters"],
    embedders=["hashing"],
    strategies=["random", "margin"],
    initial_size=10,
    query_size=10,
    cycles=2,
    seeds=2,
    pool_size=200,
    test_size=50,
)


def comparable(records: pd.DataFrame) -> pd.DataFrame:
    timings = ["fit_seconds", "query_seconds"]
    return records.drop(columns=timings).assign(
        **{name: [list(v) for v in records[name]] for name in ("chosen", "class_counts")}
    )


def test_second_run_computes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ResultsStore(tmp_path)
    first = run_study(GRID, workers=1, store=store)
    assert len(first) == 2 * 2 * 2
    monkeypatch.setattr(study, "run_cells", lambda *_: pytest.fail("something was computed"))
    second = run_study([GRID, GRID], workers=1, store=store)
    pd.testing.assert_frame_equal(comparable(first), comparable(second))


def test_more_seeds_keep_the_old_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ResultsStore(tmp_path)
    run_study(GRID, workers=1, store=store)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    capsys.readouterr()
    more = run_study(GRID.model_copy(update={"seeds": 3}), workers=1, store=store)
    assert "2 because: more seeds" in capsys.readouterr().err
    assert sorted(more["seed"].unique()) == [0, 1, 2]
    assert all(path.read_bytes() == data for path, data in before.items())
    again = ResultsStore(tmp_path / "b")
    alone = run_study(GRID.model_copy(update={"seeds": 3}), workers=1, store=again)
    pd.testing.assert_frame_equal(comparable(more), comparable(alone))
    fewer = run_study(GRID, workers=1, store=store)
    assert sorted(fewer["seed"].unique()) == [0, 1]


def test_two_runs_at_once_share_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ResultsStore(tmp_path)
    missing = study.requests_of([GRID])  # as both runs found before either computed
    computed: list[tuple[str, str]] = []
    run_cell = study.run_cell
    both_compute = threading.Barrier(2)  # each has a cell of its own, or this times out

    def counted(cell: Cell, replicates: Replicates) -> pd.DataFrame:
        computed.append((cell.strategy, threading.current_thread().name))
        both_compute.wait(timeout=20)
        return run_cell(cell, replicates)

    monkeypatch.setattr(study, "run_cell", counted)
    task = study._Task(tuple(missing), store.root)
    threads = [threading.Thread(target=study._run_task, args=(task,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert {strategy for strategy, _ in computed} == {"random", "margin"}
    assert len({name for _, name in computed}) == len(computed) == 2
    assert len(list(tmp_path.rglob("*.parquet"))) == 2
    study.run_cells(missing, store, 1)
    assert len(computed) == 2


def test_only_the_seeds_that_are_lacking_are_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ResultsStore(tmp_path / "a")
    missing = study.requests_of([GRID.model_copy(update={"seeds": 3})])
    run_study(GRID, workers=1, store=store)  # another run, which wants seeds 0 and 1
    study.run_cells(missing, store, 1)
    names = sorted(path.name.rsplit("-", 1)[0] for path in tmp_path.rglob("*.parquet"))
    assert names == ["0-1", "0-1", "2-2", "2-2"]


def test_the_report_says_that_a_file_was_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ResultsStore(tmp_path)
    run_study(GRID, workers=1, store=store)
    next(tmp_path.rglob("*.parquet")).write_bytes(b"truncated")
    run_study(GRID, workers=1, store=store)
    assert "1 because: its file was damaged" in capsys.readouterr().err


def test_results_are_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    one = run_study(GRID, workers=1, store=ResultsStore(tmp_path / "one"))
    two = run_study(GRID, workers=2, store=ResultsStore(tmp_path / "two"))
    pd.testing.assert_frame_equal(comparable(one), comparable(two))


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    big = GRID.model_copy(update={"strategies": ["random", "margin", "badge", "coreset"]})
    script = (
        "from pathlib import Path\n"
        "from alutils.study import Grid, run_study\n"
        "from alutils.results import ResultsStore\n"
        f"grid = Grid.model_validate_json({big.model_dump_json()!r})\n"
        f"run_study(grid, workers=1, store=ResultsStore(Path({str(tmp_path / 'a')!r})))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    deadline = time.monotonic() + 120
    while not list(tmp_path.rglob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.005)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    done = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert done, "nothing was written before the kill"
    resumed = run_study(big, workers=1, store=ResultsStore(tmp_path / "a"))
    assert all(path.stat().st_mtime_ns == written for path, written in done.items())
    whole = run_study(big, workers=1, store=ResultsStore(tmp_path / "b"))
    pd.testing.assert_frame_equal(comparable(resumed), comparable(whole))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"datasets": ["icd10_chapter"]}, "did you mean 'icd10_chapters'"),
        ({"embedders": ["minlm"]}, "did you mean 'minilm"),
        ({"strategies": ["margni"]}, "did you mean 'margin'"),
        ({"initial_pools": ["margin"]}, "cannot choose the initial pool"),
        ({"query_size": 500}, "need 510 pool texts, but there are 200"),
    ],
)
def test_mistakes_are_refused_before_anything_is_written(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        run_study(GRID.model_copy(update=change), store=ResultsStore(tmp_path))
    assert not list(tmp_path.iterdir())


def test_grid_is_crossed_without_repetition() -> None:
    grid = GRID.model_copy(update={"strategies": ["margin", "margin", "random"]})
    assert [cell.strategy for cell in grid.cells()] == ["margin", "random"]
    assert len({cell.id for cell in grid.cells()}) == 2


def test_records_hold_every_choice(tmp_path: Path) -> None:
    records = run_study(GRID, workers=1, store=ResultsStore(tmp_path))
    for _, run in records.groupby(["strategy", "seed"]):
        chosen = np.concatenate(run["chosen"].tolist())
        assert len(set(chosen)) == len(chosen) == run["n_labelled"].max()
