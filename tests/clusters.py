"""A Dask cluster of its own processes, as people start one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys


def free_port() -> int:
    """Find a port at which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def begin_scheduler() -> tuple[subprocess.Popen[bytes], str]:
    """Start a scheduler; return its process and its address."""
    port = free_port()
    process = _begin("scheduler", "--host", "127.0.0.1", "--port", str(port))
    return process, f"tcp://127.0.0.1:{port}"


def begin_worker(address: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a worker in a process of its own."""
    given = options or ("--nthreads", "1")
    return _begin("worker", address, *given, "--no-nanny", **environment)


def begin_workers(address: str, number: int, **environment: str) -> subprocess.Popen[bytes]:
    """Start a process that starts workers, and others in the place of those that die."""
    options = ("--nworkers", str(number), "--nthreads", "1")
    return _begin("worker", address, *options, **environment)


def _begin(command: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.dask_{command}", *options, "--no-dashboard"],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
