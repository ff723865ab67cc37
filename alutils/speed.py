"""What a measurement of speed says: ours beside peers, and beside what the hardware allows.

``python -m benchmarks`` writes the measurements; here they are read and compared. Times are CPU
seconds of one thread, for one replicate.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alutils.errors import UserError
from alutils.inputs import note

FOLDER = Path("data/benchmarks")
OURS = "alutils"
ONCE = "once per pool"
SHAPE = ["rows", "dim", "classes", "labelled", "query_size"]
COLUMNS = [
    *("task", "item", "part", "system", "implementation", *SHAPE, "replicates"),
    *("seconds", "fastest", "slowest", "repeats", "memory_bytes", "flops", "bytes", "note"),
]
WORKERS_FILE = "workers.json"
WORKERS = [
    *("where", "workers", "cells", "wall_seconds", "cell_seconds", "start_seconds", "identical"),
]
MILLION_FILE = "million.json"
MILLION = [
    *("strategy", "seeds", "rows", "test_rows", "dim", "classes"),
    *("initial_size", "query_size", "cycles"),
    *("find_seconds", "open_seconds", "cycle_seconds", "cycle_cpu_seconds"),
    *("pool_bytes", "idle_bytes", "peak_bytes", "allowed_bytes", "accuracy"),
]


@dataclass(frozen=True)
class Speed:
    """A measurement.

    Attributes
    ----------
    about : dict
        When, at which commit, with which versions and on what hardware it was made, and the
        ``peak_flops`` and ``peak_bandwidth`` (bytes per second) of one core there.
    rows : pandas.DataFrame
        One row for each thing measured, with `COLUMNS`.
    """

    about: dict[str, Any]
    rows: pd.DataFrame


def read(results: str | None = None) -> Speed:
    """Read a file of measurements.

    Parameters
    ----------
    results : str, optional
        Path of the file; one that is not absolute begins at the project's folder, which is
        ``$ALUTILS_PROJECT`` or the current one. Left out, the full measurement is taken if there
        is one, else the quick one.

    Returns
    -------
    Speed

    Raises
    ------
    UserError
        If there is no such file, or it holds no measurements.
    """
    names = [results] if results else [FOLDER / "full.json", FOLDER / "quick.json"]
    paths = [_project() / name for name in names]
    path = next((each for each in paths if each.exists()), paths[-1])
    return _read(path, of, "`make bench` writes data/benchmarks/quick.json", "benchmarks")


def read_million(results: str | None = None) -> Speed:
    """Read what runs on a million rows took.

    Parameters
    ----------
    results : str, optional
        As for `read`; left out, it is data/benchmarks/million.json.

    Returns
    -------
    Speed
        A row for each strategy and number of seeds, with the columns `MILLION`: ``find_seconds``
        until the embedding store has opened the matrix, ``open_seconds`` until it is scaled and
        ready for cells, ``cycle_seconds`` by the clock and ``cycle_cpu_seconds`` for a cycle of all
        seeds, ``pool_bytes`` of the matrix (N, D), ``idle_bytes`` allocated before anything was
        opened, ``peak_bytes`` at the most, with those, ``allowed_bytes``, and ``accuracy`` after
        the last cycle, the mean of the seeds.

    Raises
    ------
    UserError
        As `read`.
    """
    path = _project() / (results or FOLDER / MILLION_FILE)
    return _read(
        path,
        lambda about, rows: Speed(about, pd.DataFrame(rows, columns=MILLION)),
        f"`python -m benchmarks.million` writes {FOLDER / MILLION_FILE}",
        "benchmarks.million",
    )


def read_workers(results: str | None = None) -> Speed:
    """Read what one study took on different numbers of workers.

    Parameters
    ----------
    results : str, optional
        As for `read`; left out, it is data/benchmarks/workers.json.

    Returns
    -------
    Speed
        A row for each place, with the columns `WORKERS`: ``where`` and the number of ``workers``;
        how many ``cells``; ``wall_seconds`` of the whole study; ``cell_seconds``, the wall time of
        all cells together; ``start_seconds``, what of the whole it takes to start and end the
        workers; and ``identical``, whether all results are those of one process, to the bit.

    Raises
    ------
    UserError
        As `read`.
    """
    path = _project() / (results or FOLDER / WORKERS_FILE)
    return _read(
        path,
        lambda about, rows: Speed(about, pd.DataFrame(rows, columns=WORKERS)),
        f"`python -m benchmarks.workers` writes {FOLDER / WORKERS_FILE}",
        "benchmarks.workers",
    )


def speed_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Compare places with the first of them.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `read_workers` gives them.

    Returns
    -------
    pandas.DataFrame
        The same with ``speed_up``, how many times as fast the study is, and
        ``overhead_seconds``, what the workers' time holds for each cell beyond the cell itself,
        their start left out.

    Examples
    --------
    >>> rows = pd.DataFrame({"workers": [1, 2], "cells": [10, 10], "wall_seconds": [22.0, 12.0],
    ...                      "cell_seconds": [20.0, 19.0], "start_seconds": [0.0, 1.0]})
    >>> speed_up(rows)[["speed_up", "overhead_seconds"]].round(2).values.tolist()
    [[1.0, 0.2], [1.83, 0.3]]
    """
    working = (rows["wall_seconds"] - rows["start_seconds"]) * rows["workers"]
    spent = working - rows["cell_seconds"]
    faster = rows["wall_seconds"].iloc[0] / rows["wall_seconds"]
    return rows.assign(speed_up=faster, overhead_seconds=spent / rows["cells"])


def _project() -> Path:
    return Path(os.environ.get("ALUTILS_PROJECT", "."))


def _read(path: Path, of: Callable[..., Speed], remedy: str, module: str) -> Speed:
    try:
        content = path.read_bytes()
        found = json.loads(content.decode())
        measured = of(dict(found["about"]), list(found["rows"]))
    except OSError as error:
        raise UserError(f"cannot read {path} ({error.strerror}): {remedy}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(
            f"{path} holds no measurements: name a file that python -m {module} wrote"
        ) from None
    note("measurements", [(path.name, hashlib.sha256(content).hexdigest())])
    return measured


def of(about: dict[str, Any], rows: list[dict[str, Any]]) -> Speed:
    """Return a measurement, given what a file of it holds."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = ["seconds", "fastest", "slowest", "memory_bytes", "flops", "bytes"]
    table[numbers] = table[numbers].apply(pd.to_numeric)
    return Speed(about, table)


def least_seconds(rows: pd.DataFrame, about: dict[str, Any]) -> pd.Series:
    """Return the seconds that a core at its best would need for the work of each row.

    The longer of its arithmetic and its memory traffic, as if each hid the other perfectly;
    missing where no model of the work was given.

    Examples
    --------
    >>> rows = pd.DataFrame({"flops": [6e9, 1e9], "bytes": [1e9, 4e9]})
    >>> list(least_seconds(rows, {"peak_flops": 2e9, "peak_bandwidth": 1e9}))
    [3.0, 4.0]
    """
    seconds = pd.DataFrame(
        {
            "arithmetic": rows["flops"] / about["peak_flops"],
            "traffic": rows["bytes"] / about["peak_bandwidth"],
        }
    )
    return seconds.max(axis=1)


def compare(speed: Speed, task: str) -> pd.DataFrame:
    """Put ours and the peers of one task side by side.

    Parameters
    ----------
    speed : Speed
        What was measured.
    task : str
        ``"strategy"``, ``"head"``, ``"run"`` or ``"growth"``.

    Returns
    -------
    pandas.DataFrame
        A row for each shape, item and system, in the order measured: ``seconds``, ``once`` (what
        ours spends once per pool, else 0), ``whole`` (both), ``ratio`` (its whole divided by
        ours; below 1 where ours is slower), ``least`` (the least possible seconds, of both) and
        ``over_least`` (its whole divided by that), ``memory_bytes``, ``implementation``, ``note``.
    """
    rows = speed.rows[speed.rows["task"] == task]
    keys = [*SHAPE, "item", "system"]
    main = rows[rows["part"] != ONCE].copy()
    main["least"] = least_seconds(main, speed.about)
    once = rows[rows["part"] == ONCE].set_index(keys)
    index = pd.MultiIndex.from_frame(main[keys])
    kept, least = once["seconds"], least_seconds(once, speed.about)
    main["once"] = kept.reindex(index).fillna(0.0).to_numpy()
    main["least"] += np.where(index.isin(once.index), least.reindex(index), 0.0)
    main["whole"] = main["seconds"] + main["once"]
    ours = main[main["system"] == OURS].set_index([*SHAPE, "item"])["whole"]
    here = pd.MultiIndex.from_frame(main[[*SHAPE, "item"]])
    main["ratio"] = main["whole"] / ours.reindex(here).to_numpy()
    main["over_least"] = main["whole"] / main["least"]
    columns = [
        *(*keys, "replicates", "seconds", "once", "whole", "ratio", "least", "over_least"),
        *("memory_bytes", "implementation", "note"),
    ]
    return main[columns].reset_index(drop=True)
