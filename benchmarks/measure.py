"""CPU seconds and memory of calls in processes of their own, which may run out of either."""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import gc
import multiprocessing
import resource
import signal
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import torch
from threadpoolctl import threadpool_limits

from benchmarks.problem import Shape

WATCH_SECONDS = 0.1
OUT_OF_MEMORY = "out of memory"
Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one measurement may take.

    Attributes
    ----------
    seconds : float
        CPU seconds for one replicate.
    memory_bytes : int
        Address space on top of what is there at the start (Linux only).
    patience : float
        A call is repeated until its repeats together have taken this long, or there are seven.
    calls : int
        How many times the seconds are given: once for each replicate and call.
    """

    seconds: float
    memory_bytes: int
    patience: float = 0.5
    calls: int = 1


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a call: its value, its peak memory, or a note that says why there is none."""

    value: Any = None
    memory_bytes: int | None = None
    note: str = ""


def one_thread() -> None:
    """Keep the numerical libraries from starting threads."""
    torch.set_num_threads(1)
    threadpool_limits(1)


def cpu_seconds(call: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def repeat(once: Callable[[int], Any], patience: float) -> list[Any]:
    """Do something once, and again while its turns, numbered from 0, together took less."""
    start, found = time.process_time(), []
    while not found or (time.process_time() - start < patience and len(found) < 7):
        found.append(once(len(found)))
    return found


def guarded(
    work: Callable[[], Any], limits: Limits, warm: Callable[[], Any] | None = None
) -> Outcome:
    """Do something in a process of its own, under limits.

    Parameters
    ----------
    work : callable
        Its value is handed back. It sees everything that is there already, without a copy.
    limits : Limits
        What it may take.
    warm : callable, optional
        Called first, so that imports and first calls are neither timed nor counted as memory.

    Returns
    -------
    Outcome
        With the peak of resident memory above that before the work.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_in_child, args=(work, limits, warm, sender))
    process.start()
    sender.close()
    # Watched from here: a limit on CPU time would make the child's own clock coarse.
    while not receiver.poll(WATCH_SECONDS):
        if _cpu_seconds(process.pid) > limits.seconds * limits.calls:
            process.kill()
            process.join()
            return Outcome(note=f"over {limits.seconds:g} s")
    try:
        outcome: Outcome = receiver.recv()
    except EOFError:
        process.join()
        killed = process.exitcode == -signal.SIGKILL  # by a system that has no memory left
        return Outcome(note=OUT_OF_MEMORY if killed else f"ended with code {process.exitcode}")
    process.join()
    return outcome


def _cpu_seconds(pid: int | None) -> float:
    """CPU seconds that a process has taken; none if it has ended."""
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)


def _in_child(
    work: Callable[[], Any], limits: Limits, warm: Callable[[], Any] | None, sender: Connection
) -> None:
    try:
        if warm:
            warm()
        _give_back()
        here = psutil.Process().memory_info()
        if sys.platform == "linux":
            allowed = here.vms + limits.memory_bytes
            resource.setrlimit(resource.RLIMIT_AS, (allowed, resource.RLIM_INFINITY))
        value = work()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
        outcome = Outcome(value, max(peak - here.rss, 0))
    except MemoryError:
        outcome = Outcome(note=OUT_OF_MEMORY)
    except Exception as error:
        memory = "allocate memory" in str(error)  # how torch says it
        outcome = Outcome(note=OUT_OF_MEMORY if memory else f"failed: {type(error).__name__}")
    sender.send(outcome)


def _give_back() -> None:
    """Return memory that was freed to the system, and forget the peak there was so far."""
    gc.collect()
    if sys.platform == "linux":
        if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
            libc.malloc_trim(0)
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")


def row(
    shape: Shape,
    task: str,
    item: str,
    system: str,
    seconds: Sequence[float] = (),
    *,
    part: str = "query",
    implementation: str = "",
    replicates: int = 1,
    memory_bytes: int | None = None,
    flops: float | None = None,
    bytes_moved: float | None = None,
    note: str = "",
) -> Row:
    """Write one result as a tidy row; seconds are CPU seconds per replicate, one per repeat."""
    return {
        "task": task,
        "item": item,
        "part": part,
        "system": system,
        "implementation": implementation,
        **dataclasses.asdict(shape),
        "replicates": replicates,
        "seconds": statistics.median(seconds) if seconds else None,
        "fastest": min(seconds, default=None),
        "slowest": max(seconds, default=None),
        "repeats": len(seconds),
        "memory_bytes": memory_bytes,
        "flops": flops,
        "bytes": bytes_moved,
        "note": note,
    }
