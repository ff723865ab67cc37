"""Give out tasks and take in results."""

from __future__ import annotations

import functools
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
"""Workers that a task may take down before it is given up."""


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
            "a worker process died again and again, most likely for want of memory: ask for fewer "
            "workers"
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

    submit(range(len(tasks)))
    start, announced = time.monotonic(), False
    begun, killed, died = Counter[int](), Counter[int](), []
    while waiting:
        arrived = arrivals.get()
        if not announced and time.monotonic() - start > ANNOUNCED_AFTER_SECONDS:
            announced = True
            say(f"the workers can be watched at {client.dashboard_link}")
        if isinstance(arrived, Message):
            if arrived.told is None:
                begun[arrived.number] += 1
            else:
                hear(arrived.told)
            continue
        number, _ = waiting.pop(arrived.key)
        if arrived.cancelled():
            raise UserError(
                f"the Dask scheduler {client.scheduler.address} was lost: start it again, and then "
                "the same command, which goes on from what is finished"
            )
        try:
            result = arrived.result()
        except KilledWorker:
            # Dask suspects every task that a dead worker had before it, begun or not.
            killed[number] += 1
            if begun[number] >= TRIES or killed[number] >= TRIES:
                died.append(tasks[number])
            else:
                submit([number])
        except ImportError as error:
            raise UserError(
                f"a worker cannot import what this needs ({error}): install the same alutils there "
                "as here"
            ) from error
        else:
            yield result
    if died:
        raise WorkersDied(died)


def _wanted(client: distributed.Client) -> dict[str, int]:
    """Ask for a GPU where workers offer one, so that none gets more work than it has GPUs."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return {"GPU": 1} if any("GPU" in worker["resources"] for worker in workers) else {}
