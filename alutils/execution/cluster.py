"""The workers of a Dask cluster that somebody started: SLURM, Kubernetes, GPUs, other machines."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from alutils.errors import UserError
from alutils.execution.quiet import quiet_dask
from alutils.execution.worker import Site
from alutils.fingerprint import package_fingerprint
from alutils.home import home
from alutils.progress import say

if TYPE_CHECKING:
    import distributed

CONNECT_SECONDS = 15
PATIENCE_SECONDS = 2
"""How long to wait for a first worker before saying that one is waited for."""


@contextlib.contextmanager
def cluster_workers(address: str) -> Iterator[distributed.Client]:
    """Connect to a scheduler and wait until it has a worker; it goes on when the block ends.

    Raises
    ------
    UserError
        If nothing answers at the address.
    """
    with connected(address) as client:
        wait_for_a_worker(client, address)
        yield client


@contextlib.contextmanager
def connected(address: str) -> Iterator[distributed.Client]:
    """Connect to a scheduler; see `cluster_workers`."""
    import distributed

    quiet_dask()
    try:
        with ThreadPoolExecutor(1) as thread:  # a notebook's own has a loop already
            thread.submit(asyncio.run, _greeted(address)).result()
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise UserError(
            f"no Dask scheduler of the same version answers at {address!r}: start one with dask "
            "scheduler, and give the address that it prints, such as tcp://10.0.0.1:8786"
        ) from error
    try:
        yield client
    finally:
        client.close()


async def _greeted(address: str) -> None:
    """See that something answers: a client waits without end for one that takes its call."""
    from distributed import Security
    from distributed.comm.core import connect

    arguments = Security().get_connection_args("client")
    async with asyncio.timeout(CONNECT_SECONDS):
        comm = await connect(address, timeout=CONNECT_SECONDS, **arguments)
        await comm.close()


def wait_for_a_worker(client: distributed.Client, address: str) -> None:
    """Wait until a scheduler has a worker, however long that takes; see `cluster_workers`."""
    start, said = time.monotonic(), False
    while not client.scheduler_info(n_workers=1).get("workers"):
        if client.status not in ("running", "connecting"):
            raise UserError(f"the Dask scheduler {address} ended while its workers were waited for")
        if not said and time.monotonic() - start > PATIENCE_SECONDS:
            said = True
            say(f"waiting for the first worker of {address}")
        time.sleep(0.1)


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """Lay a file into the home of alutils by which workers find that it is theirs too."""
    folder = home()
    token = folder / f".seen-by-workers-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        token.touch()
    except OSError as error:
        raise UserError(
            f"cannot write to {folder} ({error.strerror}), where workers leave their results: set "
            "ALUTILS_HOME to a folder that all machines share"
        ) from error
    try:
        yield Site(package_fingerprint(), token)
    finally:
        token.unlink(missing_ok=True)
