"""Work on a Dask cluster of its own processes, as on SLURM or Kubernetes; and what ends it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import distributed
import numpy as np
import pandas as pd
import pytest

from alutils import datasets, embedders
from alutils.errors import UserError
from alutils.execution import cluster, run_tasks, tasks, tell, worker
from alutils.execution.worker import Site
from alutils.fingerprint import package_fingerprint
from alutils.results import ResultsStore
from alutils.study import Grid, run_study
from tests.clusters import begin_scheduler, begin_worker, free_port

GRID = Grid(
    datasets=["icd10_chapters"],
    embedders=["hashing"],
    strategies=["random", "margin"],
    initial_size=10,
    query_size=5,
    cycles=3,
    seeds=2,
    pool_size=200,
    test_size=100,
)
TIMES = ["fit_seconds", "query_seconds", *(f"cell_{n}" for n in ("wall_seconds", "cpu_seconds"))]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Start a scheduler with two workers."""
    scheduler, address = begin_scheduler()
    processes = [scheduler, *(begin_worker(address) for _ in range(2))]
    yield address
    for process in processes:
        process.kill()
        process.wait()


def square(number: int) -> int:
    tell(number)
    return number * number


def seconds(number: float) -> float:
    time.sleep(number)
    return number


def comparable(records: pd.DataFrame) -> pd.DataFrame:
    return records.drop(columns=[*TIMES, "cell_peak_memory_bytes"])


def test_results_and_what_tasks_tell_come_back(address: str) -> None:
    heard: list[int] = []
    found = list(run_tasks(square, range(5), address, hear=heard.append))
    assert sorted(found) == [0, 1, 4, 9, 16]
    assert sorted(heard) == [0, 1, 2, 3, 4]


def test_a_study_is_the_same_on_a_cluster(address: str, tmp_path: Path) -> None:
    here = run_study(GRID, workers=1, store=ResultsStore(tmp_path / "here"))
    there = run_study(GRID, workers=address, store=ResultsStore(tmp_path / "there"))
    pd.testing.assert_frame_equal(comparable(here), comparable(there))


def test_embeddings_are_the_same_on_a_cluster(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = datasets.sampled("icd10_chapters", 1100, 100)
    names = ["hashing", "lsa", "hashing+pca(16)"]
    here = embedders.embed(few, names)
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path))
    there = embedders.embed(few, names, scheduler=address)
    for name in names:
        assert there[name].path.is_relative_to(tmp_path)
        np.testing.assert_array_equal(here[name].pool, there[name].pool)
        np.testing.assert_array_equal(here[name].test, there[name].test)


def test_workers_that_offer_a_gpu_are_asked_for_one(address: str) -> None:
    """The same request on a worker without a GPU: only the one that offers it gets the tasks."""
    offering = begin_worker(address, "--nthreads", "1", "--resources", "GPU=1", "--name", "gpu")
    try:
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=300)
            found = list(run_tasks(name_of_worker, range(4), address))
        assert found == ["gpu"] * 4
    finally:
        offering.kill()
        offering.wait()


def name_of_worker(task: int) -> str:
    return str(distributed.get_worker().name)


def test_a_worker_that_dies_loses_nothing(address: str) -> None:
    mortal = begin_worker(address, "--nthreads", "1", "--name", "mortal")
    try:
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=300)
        results = run_tasks(seconds, [0.2] * 12, address)
        found = [next(results)]
        mortal.kill()
        assert [*found, *results] == [0.2] * 12
    finally:
        mortal.wait()


def test_a_scheduler_that_is_lost_is_one_sentence() -> None:
    scheduler, address = begin_scheduler()
    process = begin_worker(address)
    results = run_tasks(seconds, [0.1, 60.0], address)
    assert next(results) == 0.1
    scheduler.kill()
    with pytest.raises(UserError, match="was lost: start it again, and then the same command"):
        next(results)
    process.kill()
    process.wait()


def test_an_address_at_which_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(UserError, match="no Dask scheduler"):
        list(run_tasks(square, [1, 2], f"tcp://127.0.0.1:{free_port()}"))


def test_an_address_at_which_somebody_listens_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(UserError, match="no Dask scheduler"):
            list(run_tasks(square, [1, 2], f"tcp://127.0.0.1:{port}"))


def test_workers_that_cannot_do_it_are_refused(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of another machine: the folder is there, but the file that was laid into it is not.
    with pytest.raises(UserError, match="set ALUTILS_HOME to a folder that all machines share"):
        site = Site(package_fingerprint(), tmp_path / "elsewhere" / "token")
        give_out(address, site)
    with pytest.raises(UserError, match="has another version of alutils"):
        (tmp_path / "token").touch()
        give_out(address, Site("other", tmp_path / "token"))


def give_out(address: str, site: Site) -> None:
    with distributed.Client(address, set_as_default=False) as client:
        list(tasks._give_out(client, square, [1], site, print))


def test_a_worker_with_several_threads_is_refused(tmp_path: Path) -> None:
    here = Site(package_fingerprint(), tmp_path)
    assert "does 2 tasks at once" in worker._fault(here, threads=2)


def test_a_scheduler_that_ends_while_its_first_worker_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 10)
    scheduler, address = begin_scheduler()
    with cluster.connected(address) as client:
        scheduler.kill()
        scheduler.wait()
        with pytest.raises(UserError, match="ended while its workers were waited for"):
            cluster.wait_for_a_worker(client, address)


def test_a_module_that_workers_or_the_scheduler_lack_is_named() -> None:
    absent = RuntimeError("Error during deserialization of the task graph")
    absent.__cause__ = ModuleNotFoundError("No module named 'alutils'")
    for error in (absent, absent.__cause__):
        assert "install the same alutils" in str(tasks._not_installed(error))
    assert tasks._not_installed(RuntimeError("no")) is None
