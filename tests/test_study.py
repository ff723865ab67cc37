"""Studies: what is missing is run, what is there is kept, and a kill loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import running, study
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.loop import Replicates
from alutils.results import ResultsStore
from alutils.study import Grid, requests_of, run_study

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
    timings = [name for name in records if "_seconds" in name or "_bytes" in name]
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


def test_several_initial_sizes_are_crossed_and_make_no_cell_twice() -> None:
    both = GRID.model_copy(update={"initial_size": [10, 20]})
    assert set(both.cells()) == set(GRID.cells()) | {
        replace(cell, initial_size=20) for cell in GRID.cells()
    }
    assert len(both.cells()) == 4
    with pytest.raises(UserError, match="initial_size"):
        Grid(**{**GRID.model_dump(), "initial_size": [10, 0]})
    with pytest.raises(UserError, match="initial_size"):
        Grid(**{**GRID.model_dump(), "initial_size": []})


def test_every_cell_says_what_it_took(tmp_path: Path) -> None:
    records = run_study(GRID, workers=1, store=ResultsStore(tmp_path))
    costs = records.groupby("strategy")[["cell_wall_seconds", "cell_cpu_seconds"]]
    assert (costs.nunique() == 1).all(axis=None)
    assert (records["cell_cpu_seconds"] > 0).all()
    spent = records.groupby("strategy")[["fit_seconds", "query_seconds"]].sum().sum(axis=1)
    assert (spent <= costs.first()["cell_wall_seconds"]).all()
    assert records["cell_peak_memory_bytes"].between(2**26, 2**33).all()


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
    run_cell = running.run_cell
    both_compute = threading.Barrier(2)  # each has a cell of its own, or this times out

    def counted(cell: Cell, replicates: Replicates) -> pd.DataFrame:
        computed.append((cell.strategy, threading.current_thread().name))
        both_compute.wait(timeout=20)
        return run_cell(cell, replicates)

    monkeypatch.setattr(running, "run_cell", counted)
    task = running._Task(tuple(missing), store.root)
    threads = [threading.Thread(target=running._run_task, args=(task,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert {strategy for strategy, _ in computed} == {"random", "margin"}
    assert len({name for _, name in computed}) == len(computed) == 2
    assert len(list(tmp_path.rglob("*.parquet"))) == 2
    running.run_cells(missing, store, 1)
    assert len(computed) == 2


def test_only_the_seeds_that_are_lacking_are_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ResultsStore(tmp_path / "a")
    missing = study.requests_of([GRID.model_copy(update={"seeds": 3})])
    run_study(GRID, workers=1, store=store)  # another run, which wants seeds 0 and 1
    running.run_cells(missing, store, 1)
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


def test_the_key_names_everything_the_numbers_depend_on() -> None:
    grid = GRID.model_copy(update={"strategies": ["margin"], "initial_pools": ["typiclust"]})
    (request,) = requests_of([grid])
    own = {"strategies.uncertainty", "strategies.ties", "strategies.typiclust", "geometry.kmeans"}
    own |= {
        "loop",
        "metrics",
        "streams",
        "device",
        "heads.scaling",
        "heads.softmax",
        "heads.solver",
    }
    assert {f"alutils.{name}" for name in own} <= set(request.provenance.code)
    assert "alutils.strategies.badge" not in request.provenance.code
    assert not any(name.startswith("alutils.datasets") for name in request.provenance.code)
    keys = {request.provenance.key}
    for field in ("data_fingerprint", "embedding_fingerprint"):
        problem = replace(request.problem, **{field: "other"})
        keys.add(replace(request, problem=problem).provenance.key)
    assert len(keys) == 3


@pytest.mark.parametrize("seeds", [2, 3])
def test_results_of_other_code_are_never_left_out_silently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seeds: int
) -> None:
    store = ResultsStore(tmp_path)
    if seeds == 3:  # some seeds are kept, and the others went to another key
        run_study(GRID, workers=1, store=store)
    monkeypatch.setattr(study, "run_cells", lambda *_: None)
    with pytest.raises(UserError, match="computed by other code"):
        run_study(GRID.model_copy(update={"seeds": seeds}), workers=1, store=store)


def test_cells_that_lack_different_seeds_each_get_their_own(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    run_study(GRID.model_copy(update={"strategies": ["margin"]}), workers=1, store=store)
    names = ["random", "margin", "entropy", "least_confidence", "coreset"]  # in tasks of two
    more = GRID.model_copy(update={"strategies": names, "seeds": 3})
    table = run_study(more, workers=1, store=store)
    assert table.groupby("strategy")["seed"].unique().map(sorted).tolist() == [[0, 1, 2]] * 5
    assert len(list(tmp_path.rglob("0-2-*.parquet"))) == 4
    assert len(list(tmp_path.rglob("2-2-*.parquet"))) == 1


@pytest.mark.parametrize(
    ("change", "message", "forbidden"),
    [
        ({"strategies": ["margni"]}, "did you mean 'margin'", "datasets.load"),
        ({"initial_pools": ["margin"]}, "cannot choose the initial pool", "datasets.load"),
        ({"query_size": 500}, "need 510 pool texts", "embedders.embed"),
    ],
)
def test_mistakes_are_refused_before_the_slow_step(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, object], message: str, forbidden: str
) -> None:
    module, name = forbidden.split(".")
    monkeypatch.setattr(getattr(study, module), name, lambda *_: pytest.fail(forbidden))
    with pytest.raises(UserError, match=message):
        requests_of([GRID.model_copy(update=change)])


def test_every_field_of_the_grid_reaches_its_cells() -> None:
    (cell,) = Grid(
        datasets=["d"], embedders=["e"], initial_pools=["i"], strategies=["s"], initial_size=1,
        query_size=2, cycles=3, seeds=4, pool_size=5, test_size=6, head="h",
    ).cells()  # fmt: skip
    assert list(cell.fields().values()) == ["d", "e", "i", "s", 1, 2, 3, 5, 6, "h"]


def test_cells_that_share_a_task_are_each_kept_as_themselves(tmp_path: Path) -> None:
    names = ["random", "margin", "entropy", "least_confidence", "coreset"]
    grid = GRID.model_copy(update={"strategies": names})
    run_study(grid, workers=1, store=ResultsStore(tmp_path))  # five cells in tasks of two
    for request in requests_of([grid]):
        table = ResultsStore(tmp_path).read(request.provenance)
        assert table is not None and set(table["strategy"]) == {request.cell.strategy}


def test_two_files_with_the_same_texts_are_never_one_task() -> None:
    """Random numbers are named by the dataset, so neither may be opened in place of the other."""
    one = study.requests_of([GRID])[0]
    other = replace(one, problem=replace(one.problem, dataset="file:copy.csv?text=a&label=b"))
    assert len(running._tasks([one, other], Path("store"), 1)) == 2
    opened = [running.opened(each.problem, each.seeds).label for each in (one, other)]
    assert opened[0] != opened[1]
