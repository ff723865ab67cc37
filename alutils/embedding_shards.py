"""Shards: the pieces of a matrix that is still being computed, each safe against a kill.

A shard is a file ``START-SHA256.npy``, so that its name says which rows it has and whether its
bytes are what was written.
"""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import IO

import numpy as np

SHARD_ROWS = 1024
"""Rows that are computed, checked and written together: what a kill can lose."""


def spans(rows: int) -> list[tuple[int, int]]:
    """Return start and stop of each shard of a matrix.

    Examples
    --------
    >>> spans(2500)
    [(0, 1024), (1024, 2048), (2048, 2500)]
    """
    return [(start, min(start + SHARD_ROWS, rows)) for start in range(0, rows, SHARD_ROWS)]


def read_shard(folder: Path, start: int, stop: int) -> np.ndarray | None:
    """Return the rows ``start:stop`` if they are there and whole, else None."""
    for path in folder.glob(f"{start:09d}-*.npy"):
        content = path.read_bytes()
        if path.stem == f"{start:09d}-{hashlib.sha256(content).hexdigest()}":
            shard: np.ndarray = np.load(io.BytesIO(content), allow_pickle=False)
            if len(shard) == stop - start:
                return shard
    return None


def write_shard(folder: Path, start: int, shard: np.ndarray) -> None:
    """Write rows that begin at `start`; the file appears under its name when it is complete."""
    folder.mkdir(exist_ok=True)
    buffer = io.BytesIO()
    np.save(buffer, shard, allow_pickle=False)
    content = buffer.getvalue()
    temporary = folder / f".{start:09d}.tmp"
    with temporary.open("wb") as file:
        file.write(content)
        sync(file)
    temporary.replace(folder / f"{start:09d}-{hashlib.sha256(content).hexdigest()}.npy")


def join_shards(folder: Path, rows: int, path: Path) -> tuple[int, str]:
    """Write all shards as one ``.npy`` file, never more than one of them in memory.

    Returns
    -------
    tuple of int and str
        Number of columns, and the SHA-256 of the file.
    """
    columns, digest = 0, hashlib.sha256()
    with path.open("wb") as file:
        for start, stop in spans(rows):
            shard = read_shard(folder, start, stop)
            if shard is None or (start and shard.shape[1] != columns):
                raise OSError(f"the shards in {folder} changed while they were read")
            columns = shard.shape[1]
            for content in (_header(rows, columns) if start == 0 else b"", shard.tobytes()):
                file.write(content)
                digest.update(content)
        sync(file)
    return columns, digest.hexdigest()


def sync(file: IO[bytes] | IO[str]) -> None:
    """Make what was written to a file survive a power cut."""
    file.flush()
    os.fsync(file.fileno())


def _header(rows: int, columns: int) -> bytes:
    buffer = io.BytesIO()
    layout = {"descr": "<f4", "fortran_order": False, "shape": (rows, columns)}
    np.lib.format.write_array_header_1_0(buffer, layout)
    return buffer.getvalue()
