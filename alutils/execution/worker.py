"""What happens around a task, wherever it runs."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from threadpoolctl import threadpool_limits

from alutils.errors import UserError
from alutils.fingerprint import package_fingerprint

Task = TypeVar("Task")
Result = TypeVar("Result")
Hear = Callable[[Any], None]

_hear: ContextVar[Hear] = ContextVar("hear", default=lambda message: None)


def tell(message: Any) -> None:
    """Tell whoever gave out the task how far it is, from inside of it.

    Parameters
    ----------
    message
        Made of numbers, text, lists and dictionaries. It may get lost with the worker.
    """
    _hear.get()(message)


def perform(function: Callable[[Task], Result], task: Task, hear: Hear) -> Result:
    """Do a task on one thread; what it tells goes to `hear`."""
    token = _hear.set(hear)
    try:
        with one_thread():
            return function(task)
    finally:
        _hear.reset(token)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let every library compute on one thread.

    Sums are then added in one order, and numbers do not depend on how many cores there are.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Site:
    """What a worker must have in common with the process that gives it work.

    Parameters
    ----------
    code : str
        Fingerprint of all of alutils.
    token : pathlib.Path
        A file that lies in the home of alutils, in which are embeddings and results.
    """

    code: str
    token: Path


class Message(NamedTuple):
    """What is heard of a task: that it began, or what it tells."""

    number: int
    told: Any = None


def perform_on_worker(
    function: Callable[[Task], Result], topic: str, site: Site | None, number: int, task: Task
) -> Result:
    """Do a task on a Dask worker; its messages go to those who listen to `topic`."""
    import distributed

    worker = distributed.get_worker()
    if site is not None and (fault := _fault(site, worker.state.nthreads)):
        raise UserError(f"the worker {worker.address} {fault}")
    if site is None and torch.cuda.device_count() > 1:  # a worker of this machine: 0, 1, ...
        torch.cuda.set_device(int(worker.name) % torch.cuda.device_count())
    worker.log_event(topic, Message(number))
    return perform(function, task, lambda told: worker.log_event(topic, Message(number, told)))


@functools.cache
def _fault(site: Site, threads: int) -> str:
    if threads != 1:
        return (
            f"does {threads} tasks at once in one process, whose numbers could then depend on each "
            "other: start workers with --nthreads 1, and --nworkers for more of them"
        )
    if not site.token.is_file():
        return (
            f"does not see {site.token.parent}: set ALUTILS_HOME to a folder that all machines "
            "share under one path"
        )
    if package_fingerprint() != site.code:
        return (
            "has another version of alutils than this command: install the same there, and start "
            "the worker again"
        )
    return ""
