"""Where work runs: in this process, or on Dask workers of this machine."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import multiprocessing.resource_tracker
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import torch

from alutils.errors import UserError

if TYPE_CHECKING:
    import distributed

WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Dask has workers return memory to the system at once. A cell asks for the same megabytes
    # thousands of times, and would spend most of its time on page faults: keep what was freed.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(2**30),
}

Task = TypeVar("Task")
Result = TypeVar("Result")


def available_workers() -> int:
    """Return the number of processor cores this process may use, a container's share included."""
    from dask.system import cpu_count

    return cpu_count()


def run_tasks(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int
) -> Iterator[Result]:
    """Apply a function to every task and yield results as they come.

    Every task runs on one thread whatever the number of workers: sums are then added in one
    order, and the numbers do not depend on how many cores there are.

    Parameters
    ----------
    function : callable
        Takes one task. Must be importable by name, since it is sent to other processes.
    tasks : sequence
        What to do, in the order to start.
    workers : int
        Processes at once; with 1, or with a single task, nothing is started.

    Yields
    ------
    object
        The function's result for each task, in order of completion.
    """
    workers = min(workers, len(tasks))
    if workers <= 1:
        for task in tasks:
            yield _on_one_thread(function, task)
        return
    # Imported here because it takes a second and most calls do not need it.
    import distributed

    with _workers(workers) as client:
        futures = client.map(lambda task: _on_one_thread(function, task), tasks, pure=False)
        for future in distributed.as_completed(futures):
            try:
                result = future.result()
            except distributed.KilledWorker as error:
                raise UserError(
                    "a worker process died again and again, most likely for want of memory: "
                    f"ask for fewer than {workers} workers"
                ) from error
            yield result
            future.release()


@contextlib.contextmanager
def _workers(number: int) -> Iterator[distributed.Client]:
    """Start Dask workers; however the block ends, none is left a moment later."""
    import dask
    import distributed

    # What is wrong with a task reaches the caller; how Dask's parts take leave of each other is
    # nothing to people.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    others = multiprocessing.active_children()
    with dask.config.set({"distributed.nanny.pre-spawn-environ": WORKER_ENVIRONMENT}):
        with _ctrl_c_held_back():  # and from the workers, which this cluster's thread starts
            cluster = distributed.LocalCluster(
                n_workers=0,
                threads_per_worker=1,
                processes=True,
                # Dask's limit is the memory by the cores of the machine, however few workers there
                # are. Workers that keep freed memory never come back below it, and would wait
                # forever.
                memory_limit=None,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
            client = distributed.Client(cluster.scheduler_address)
        try:
            # Started only now, since this takes seconds in which Ctrl-C must find what to close.
            cluster.scale(number)
            while not cluster.workers:  # filled when each has started or failed
                time.sleep(0.02)
            if not any(nanny.is_alive() for nanny in cluster.workers.values()):
                raise UserError(
                    "no worker process could start: in a script of yours, call this under "
                    "if __name__ == '__main__'; else ask for one worker"
                )
            yield client
        finally:
            with _ctrl_c_held_back():
                # Nothing is left to do, or nobody wants it: workers are not asked to end, which
                # takes seconds in the middle of a cell. What they write, they write atomically.
                for nanny in cluster.workers.values():
                    nanny.close_gracefully()  # start no other worker in the place of this
                for process in multiprocessing.active_children():
                    if process not in others:
                        process.kill()
                client.close()
                cluster.close()


@contextlib.contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Hold back Ctrl-C in this thread, and for good in the threads and processes it starts."""
    # Before, because the start of this helper of multiprocessing unblocks the signal.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _on_one_thread(function: Callable[[Task], Result], task: Task) -> Result:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return function(task)
    finally:
        torch.set_num_threads(before)
