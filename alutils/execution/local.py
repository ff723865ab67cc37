"""Dask workers of this machine."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import multiprocessing.resource_tracker
import signal
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from alutils.errors import UserError
from alutils.execution.quiet import quiet_dask

if TYPE_CHECKING:
    import distributed

START_SECONDS = 120
"""How long the workers of this machine may take to start."""

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


@contextlib.contextmanager
def local_workers(number: int) -> Iterator[distributed.Client]:
    """Start Dask workers; however the block ends, none is left a moment later."""
    # Imported here because it takes a second and most calls do not need it.
    import dask
    import distributed

    quiet_dask()
    others = multiprocessing.active_children()
    cluster = client = None
    with dask.config.set({"distributed.nanny.pre-spawn-environ": WORKER_ENVIRONMENT}):
        try:
            with _ctrl_c_held_back():  # and from the workers, which this cluster's thread starts
                cluster = distributed.LocalCluster(
                    n_workers=0,
                    threads_per_worker=1,
                    processes=True,
                    # Dask's limit is the memory by the cores of the machine, however few workers
                    # there are. Workers that keep freed memory never come back below it, and would
                    # wait forever.
                    memory_limit=None,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                    resources={"GPU": 1} if torch.cuda.is_available() else {},
                )
                client = distributed.Client(cluster.scheduler_address)
            # Started only now, since this takes seconds in which Ctrl-C must find what to close.
            cluster.scale(number)
            _wait_for(cluster)
            yield client
        finally:
            with _ctrl_c_held_back():
                # Nothing is left to do, or nobody wants it: workers are not asked to end, which
                # takes seconds in the middle of a cell. What they write, they write atomically.
                for nanny in cluster.workers.values() if cluster else ():
                    nanny.close_gracefully()  # start no other worker in the place of this
                for process in multiprocessing.active_children():
                    if process not in others:
                        process.kill()
                if client is not None:
                    client.close()
                if cluster is not None:
                    cluster.close()


def _wait_for(cluster: distributed.LocalCluster) -> None:
    """Wait until each worker has started or failed, and see that one has started."""
    start = time.monotonic()
    while not cluster.workers and time.monotonic() - start < START_SECONDS:
        time.sleep(0.02)
    if not any(nanny.is_alive() for nanny in cluster.workers.values()):
        raise UserError(
            "no worker process could start: in a script of yours, call this under "
            "if __name__ == '__main__'; else see that there is memory and disk, or ask for one "
            "worker"
        )


@contextlib.contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Hold back Ctrl-C until the end of the block, and for good in processes it starts."""
    # Before, because the start of this helper of multiprocessing unblocks the signal.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    pressed: list[int] = []
    # Other threads, of libraries, do not block it, and hand it on to the main thread.
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    if main and callable(handler):
        signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        if main and callable(handler):
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if pressed and callable(handler):
            handler(signal.SIGINT, None)
