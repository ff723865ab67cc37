"""The benchmarks run through at a tiny size, and their limits are limits."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alutils import speed, strategies
from alutils.geometry import Geometry

pytest.importorskip("skactiveml")
pytest.importorskip("small_text")

from benchmarks import __main__ as main
from benchmarks import limits, measure, peers, run
from benchmarks.measure import Limits, guarded
from benchmarks.problem import Shape, draw

ENOUGH = Limits(seconds=20, memory_bytes=2**32, patience=0)
TINY = ["--rows", "300", "--dim", "8", "--classes", "3", "--labelled", "20", "--query-size", "5"]
TINY += ["--replicates", "2", "--labels", "20", "--cycles", "4", "--patience", "0"]


def test_a_tiny_measurement_is_written_and_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    some = ["random", "entropy", "badge", "coreset", "typiclust"]  # of every kind, with peers
    monkeypatch.setattr(strategies, "names", lambda: some)
    file = tmp_path / "new" / "tiny.json"
    main.main([*TINY, "--output", str(file)])
    found = speed.read(str(file))
    printed = capsys.readouterr().out
    ours = found.rows[(found.rows["system"] == "alutils") & (found.rows["task"] == "strategy")]
    assert list(dict.fromkeys(ours["item"])) == some
    assert not found.rows["note"].str.contains("failed|over|memory|ended").any()
    assert (found.rows.loc[found.rows["part"] != "once per pool", "seconds"] > 0).all()
    assert (found.rows["seconds"] >= found.rows["fastest"]).all()
    kept = set(found.rows.loc[found.rows["part"] == "once per pool", "item"])
    assert kept == {"typiclust"}
    for task, systems in {
        "strategy": {"alutils", "scikit-activeml", "small-text"},
        "head": {"alutils", "scikit-learn", "AdamW loop"},
        "run": {"alutils", "scikit-activeml"},
    }.items():
        assert set(found.rows.loc[found.rows["task"] == task, "system"]) == systems
    assert {"date", "git", "python", "packages", "machine"} <= set(found.about)
    assert found.about["packages"]["scikit-activeml"]
    assert found.about["peak_flops"] > 1e8
    assert found.about["peak_bandwidth"] > 1e8
    assert "## One query: 300 texts, 8 dimensions, 3 classes" in printed
    assert str(Path.home()) not in file.read_text()


def test_nothing_is_written_for_other_sizes_or_some_tasks() -> None:
    def plan(*arguments: str) -> main.Plan:
        return main._plan(main._parser().parse_args(arguments))

    assert plan().kind == "quick"
    assert (plan("--full").kind, len(plan("--full").shapes)) == ("full", 2)
    other = plan(*TINY)
    assert other.kind == "other"
    assert other.run.shape.rows == other.shapes[0].rows == 300
    assert other.run.shape.labelled == run.SHAPE.labelled


def test_what_exceeds_its_limits_is_reported() -> None:
    def forever() -> None:
        while True:
            pass

    start = time.monotonic()
    assert guarded(forever, Limits(0.3, 2**32)).note == "over 0.3 s"
    assert guarded(forever, Limits(0.1, 2**32, calls=3)).note == "over 0.1 s"
    assert time.monotonic() - start < 10
    assert guarded(lambda: 1 / 0, ENOUGH).note == "failed: ZeroDivisionError"
    assert guarded(lambda: sys.exit(3), ENOUGH).note == "ended with code 3"
    assert guarded(lambda: "fine", ENOUGH).value == "fine"


def touched(megabytes: int) -> Callable[[], None]:
    return lambda: np.ones(megabytes * 2**17).sum() and None


def test_memory_is_measured_and_limited() -> None:
    small, large = (guarded(touched(n), ENOUGH).memory_bytes or 0 for n in (20, 120))
    assert 15e6 < small < 40e6
    assert 115e6 < large < 145e6
    # neither what came before nor what it left counts
    assert 15e6 < (guarded(touched(20), ENOUGH, warm=touched(120)).memory_bytes or 0) < 40e6
    if sys.platform == "linux":
        less = Limits(20, 60 * 2**20)
        assert guarded(touched(120), less).note == measure.OUT_OF_MEMORY


def test_cpu_seconds_are_not_those_of_sleep() -> None:
    assert measure.cpu_seconds(lambda: time.sleep(0.05)) < 0.04
    assert measure.repeat(lambda turn: turn, 0) == [0]
    assert measure.repeat(lambda turn: turn, 60) == list(range(7))


def test_least_work_by_hand() -> None:
    shape = Shape(rows=1000, dim=10, classes=4, labelled=20, query_size=5, replicates=2)
    pool = 4 * 1000 * 10 / 2  # bytes of the pool, shared by two replicates
    assert limits.of("margin", "query", shape) == (2 * 1000 * 10 * 4, pool + 2 * 4 * 1000 * 4)
    badge = limits.of("badge", "query", shape)
    assert badge == (2 * 1000 * 40 + 2 * 1000 * 5 * 14, 2 * pool + 2 * 4 * 1000 * 4)
    coreset = limits.of("coreset", "query", shape)
    assert coreset == (2 * 10 * (1000 * 20 + 5 * 22.5), pool)
    once = limits.of("typiclust", "once per pool", shape)  # 25 clusters, a sample of 500
    assert once == (2 * 10 * (500 * 4 * 25 + 1000 * 25), pool + 4 * 1000 * 25)
    assert limits.of("a_new_one", "query", shape) is None
    medoids = limits.of("kmedoids", "query", shape)
    assert medoids == (1000**2 * 10 / 2 + 3 * 1000**2, pool)
    bait = limits.of("bait", "query", shape)  # 10 rows added, 5 of them taken away
    assert bait == (2 * 1000 * 40 + 1000 * 100 + 4 * 1000 * 10 * 15, pool + 2 * 4 * 1000 * 4)
    few, many = (replace(shape, labelled=n) for n in (19, 20))
    for part in "query", "once per pool":
        assert limits.of("tcm", part, few) == limits.of("typiclust", part, few)
    assert limits.of("tcm", "query", many) == limits.of("margin", "query", many)
    for name in strategies.names():
        limits.of(name, "query", shape)


def test_peers_are_found_in_any_spelling() -> None:
    for spelling in "prob_cover", "probcover", "probcover(alpha=0.9)":
        assert [peer.implementation for peer in peers.of(spelling)] == ["ProbCover"]
    assert peers.of("a_new_one") == []


def test_every_peer_can_be_run() -> None:
    problem = draw(Shape(rows=200, dim=8, classes=3, labelled=20, query_size=4, replicates=1))
    for name in {*peers._SKACTIVEML, *peers._SMALL_TEXT}:
        for peer in peers.of(name):
            rows = peer.prepare(problem, 4)(0)
            assert len(set(rows.tolist())) == 4, (name, peer.system)
            assert not set(rows.tolist()) & set(problem.rows[0].tolist()), (name, peer.system)


def test_a_problem_knows_every_class_and_its_geometry_is_empty() -> None:
    problem = draw(Shape(rows=200, dim=8, classes=5, labelled=10, query_size=4, replicates=3))
    for rows in problem.rows:
        assert len(rows.unique()) == 10
        assert len(problem.truth[rows].unique()) == 5
    assert isinstance(problem.geometry(), Geometry)
    assert problem.selection(problem.geometry()).labelled.sum(dim=1).tolist() == [10] * 3


def test_measured_cycles_are_spread() -> None:
    assert run._spread(19, 3) == [0, 9, 18]
    assert run._spread(2, 3) == [0, 1]
    assert run._spread(5, None) == list(range(5))


def test_cycles_between_are_interpolated(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1, 100))

    def ticking(call: Callable[[], object]) -> int:
        call()
        return next(clock)

    monkeypatch.setattr(run, "cpu_seconds", ticking)
    shape = Shape(rows=300, dim=8, classes=3, labelled=20, query_size=5, replicates=2)
    ours, theirs = run.measure(run.Run(shape, test=50, cycles=5), ENOUGH, 2)
    assert ours["seconds"] == 2 / 2  # the first tick was that of the warming up
    # cycles 0 and 3 take 1 and 2, the two between follow a line, the last takes 3
    assert theirs["seconds"] == pytest.approx(1 + 4 / 3 + 5 / 3 + 2 + 3)
    assert theirs["note"] == "3 of 5 cycles measured, the others interpolated"
