"""What a piece of work took: seconds by the clock, seconds of the processor, peak of memory."""

from __future__ import annotations

import contextlib
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_STATUS = Path("/proc/self/status")


@contextlib.contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Measure a block of code.

    Yields
    ------
    dict of str to float
        Filled when the block ends: ``wall_seconds``; ``cpu_seconds``, all threads of this process
        together; ``peak_memory_bytes``, resident, of the whole process. On Linux the peak is that
        of the block, elsewhere that of the process so far.
    """
    cost: dict[str, float] = {}
    _forget_peak()
    wall, cpu = time.perf_counter(), time.process_time()
    yield cost
    cost["wall_seconds"] = time.perf_counter() - wall
    cost["cpu_seconds"] = time.process_time() - cpu
    cost["peak_memory_bytes"] = _peak()


def _forget_peak() -> None:
    with contextlib.suppress(OSError):  # no Linux, or a system that does not let us
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    with contextlib.suppress(OSError):
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
