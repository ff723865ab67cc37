"""Give out tasks and take in results."""

from __future__ import annotations

import functools
import itertools
import queue
import time
import uuid
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from alutils.errors import UserError
from alutils.execution.cluster import cluster_workers, site
from alutils.execution.local import local_workers
from alutils.execution.worker import Hear, Message, Site, perform, perform_on_worker
from alutils.progress import say

if TYPE_CHECKING:
    import distributed

Task = TypeVar("Task")
Result = TypeVar("Result")

ANNOUNCED_AFTER_SECONDS = 30
"""Work that lasts longer is worth watching on Dask's dashboard."""

TRIES = 3
"""Times that a task is begun on workers that die, before it is given up."""

ROUNDS = 10
"""Times that Dask gives up a task that was not seen to begin, before it is given up."""

AHEAD, AT_LEAST = 4, 256
"""Tasks that are given out for each thread there is, and in any case: more would fill the memory of
the scheduler, fewer would let a cluster that grows with its work see too little of it."""

PATIENCE_SECONDS = 20
"""How long to hear nothing before looking whether there is any worker left."""

LOOKS = 6
"""Times in a row that no worker of this machine is found, before none is waited for any more."""


class WorkersDied(UserError):
    """Tasks were given up because each took several workers down.

    Attributes
    ----------
    tasks : list
        As they were given.
    """

    def __init__(self, tasks: list[Any]) -> None:
        self.tasks = tasks
        super().__init__(
            "a worker process died again and again, for want of memory or, on a cluster, of time: "
            "ask for fewer workers, or for workers with more"
        )


def available_workers() -> int:
    """Return how many processes are worth starting here.

    That is one for each GPU, else one for each processor core that this process may use, a
    container's share included.
    """
    from dask.system import cpu_count

    return torch.cuda.device_count() or cpu_count()


def run_tasks(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    workers: int | str,
    *,
    hear: Hear = lambda message: None,
    isolated: bool = False,
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
    workers : int or str
        Processes of this machine at once; with 1, or with a single task, nothing is started. Or
        the address of a Dask scheduler, whose workers do it.
    hear : callable
        Called here, between results, with each message that a task tells (`tell`).
    isolated : bool
        Whether a single task gets a process of its own too, since it may take that down.

    Yields
    ------
    object
        The function's result for each task, in order of completion.

    Raises
    ------
    WorkersDied
        When all other tasks are done, if a task took several workers down.
    UserError
        If a scheduler cannot be reached, or was lost, or has workers that cannot do this.
    """
    if isinstance(workers, int) and not isolated and min(workers, len(tasks)) <= 1:
        for task in tasks:
            yield perform(function, task, hear)
    elif isinstance(workers, int):
        with local_workers(min(workers, len(tasks))) as client:
            yield from _give_out(client, function, tasks, None, hear)
    elif tasks:
        with cluster_workers(workers) as client, site() as here:
            yield from _give_out(client, function, tasks, here, hear)


def _give_out(
    client: distributed.Client,
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    here: Site | None,
    hear: Hear,
) -> Iterator[Result]:
    from distributed import KilledWorker

    arrivals: queue.SimpleQueue[Message | distributed.Future] = queue.SimpleQueue()
    topic = f"alutils-{uuid.uuid4().hex}"
    client.subscribe_topic(topic, lambda event: arrivals.put(Message(*event[1])))
    work = functools.partial(perform_on_worker, function, topic, here)
    wanted = _wanted(client)
    waiting: dict[Hashable, tuple[int, distributed.Future]] = {}

    def submit(numbers: Sequence[int]) -> None:
        own = [tasks[n] for n in numbers]
        futures = client.map(work, numbers, own, pure=False, resources=wanted)
        for number, future in zip(numbers, futures, strict=True):
            waiting[future.key] = number, future
            future.add_done_callback(arrivals.put)

    to_do = iter(range(len(tasks)))
    watched = _Watched(client, local=here is None)

    def submit_more() -> None:
        room = max(AT_LEAST, AHEAD * watched.threads()) - len(waiting)
        submit(list(itertools.islice(to_do, max(0, room))))

    submit_more()
    begun, killed, died = Counter[int](), Counter[int](), []
    while waiting:
        try:
            arrived = arrivals.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            watched.look()
            submit_more()
            continue
        if isinstance(arrived, Message):
            watched.announce()
            if arrived.told is None:
                begun[arrived.number] += 1
            else:
                hear(arrived.told)
            continue
        number, _ = waiting.pop(arrived.key)
        submit_more()
        try:
            result = arrived.result()
        except KilledWorker:
            # Dask suspects every task that a dead worker had before it, begun or not.
            killed[number] += 1
            if begun[number] >= TRIES or killed[number] >= ROUNDS:
                died.append(tasks[number])
            else:
                submit([number])
        except Exception as error:
            raise watched.lost(error) or _not_installed(error) or error from error.__cause__
        else:
            yield result
    if died:
        raise WorkersDied(died)


def _not_installed(error: Exception) -> UserError | None:
    """Return what to do if the error is that a worker or the scheduler lacks a module."""
    missing = error if isinstance(error, ImportError) else error.__cause__
    if not isinstance(missing, ImportError):
        return None
    return UserError(
        f"the scheduler or a worker cannot import what this needs ({missing}): install the same "
        "alutils there as here"
    )


class _Watched:
    """Whether a scheduler and its workers are there, and where people can watch them."""

    def __init__(self, client: distributed.Client, *, local: bool) -> None:
        self.client, self.local = client, local
        self.address = client.scheduler.address
        self.dashboard = client.dashboard_link
        self.start, self.announced, self.alone = time.monotonic(), False, 0

    def announce(self) -> None:
        """Say once where the workers can be watched, if there is much to do."""
        if not self.announced and time.monotonic() - self.start > ANNOUNCED_AFTER_SECONDS:
            self.announced = True
            say(f"the workers can be watched at {self.dashboard}")

    def threads(self) -> int:
        """Count the threads there are to do tasks: workers come and go."""
        try:
            threads: int = self.client.scheduler_info(n_workers=0)["total_threads"]
        except OSError as error:
            raise self.lost(error) or error from error
        return threads

    def look(self) -> None:
        """See that there is a worker; a cluster may bring new ones when there is none."""
        self.announce()
        try:
            workers = self.client.scheduler_info(n_workers=1).get("workers")
        except OSError as error:
            raise self.lost(error) or error from error
        self.alone = 0 if workers else self.alone + 1
        if self.alone == 1 and not self.local:
            say(f"no worker is left at {self.address}: waiting for another")
        if self.alone == LOOKS and self.local:
            raise UserError(
                "all worker processes have ended and none could be started again: see that there "
                "is memory and disk, then give the same command again"
            )

    def lost(self, error: Exception) -> UserError | None:
        """Return what to do if an error is that the scheduler has gone."""
        from distributed.client import FutureCancelledError

        gone = isinstance(error, FutureCancelledError) or (
            isinstance(error, OSError) and self.client.status != "running"
        )
        if not gone:
            return None
        return UserError(
            f"the Dask scheduler {self.address} was lost: start it again, and then the same "
            "command, which goes on from what is finished"
        )


def _wanted(client: distributed.Client) -> dict[str, int]:
    """Ask for a GPU where workers offer one, so that none gets more work than it has GPUs."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return {"GPU": 1} if any("GPU" in worker["resources"] for worker in workers) else {}
