"""What work took: each figure is that of the block, not of the process before it."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from alutils.costs import measured


def test_waiting_takes_wall_time_and_no_processor() -> None:
    with measured() as cost:
        time.sleep(0.2)
    assert 0.2 <= cost["wall_seconds"] < 2
    assert cost["cpu_seconds"] < 0.1


def test_working_takes_both() -> None:
    with measured() as cost:
        until = time.process_time() + 0.1
        while time.process_time() < until:
            pass
    assert cost["cpu_seconds"] >= 0.1 and cost["wall_seconds"] >= 0.09


@pytest.mark.skipif(sys.platform != "linux", reason="the peak can be reset on Linux only")
def test_the_peak_is_that_of_the_block() -> None:
    with measured() as large:
        np.ones(2**25).sum()  # 256 MiB
    with measured() as small:
        pass
    assert large["peak_memory_bytes"] - small["peak_memory_bytes"] > 2**27
