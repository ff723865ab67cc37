"""Dask's own log, which is nothing to people."""

from __future__ import annotations

import logging


def quiet_dask() -> None:
    """Say nothing of how Dask's parts greet, lose and leave each other, and what is large.

    What is wrong with a task reaches the caller as an error.
    """
    import dask
    import distributed  # noqa: F401, for its loggers: each has a level of its own

    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 TB"})
    for name in ("distributed", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)
