"""Embeddings made worse on purpose, one thing at a time: noise, fewer dimensions, fewer bits.

Every step is fitted on the pool's embeddings alone and then applied to pool and test rows alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from alutils.catalogue.steps import Step
from alutils.errors import UserError
from alutils.streams import stream

RECIPE = 1
"""Part of the key of the store. Raise it with any change here that changes a vector."""

BLOCK = 1024  # rows of noise from one stream: shards of any size then draw the same noise

Transform = Callable[[np.ndarray, int], np.ndarray]


def dimensions(dim: int, steps: Sequence[Step]) -> int:
    """Return how many dimensions are left of `dim` after some steps."""
    for step in steps:
        if step.name in ("pca", "projection"):
            dim = int(step.value)
    return dim


def fit(pool: np.ndarray, steps: Sequence[Step], label: str) -> Transform:
    """Fit steps on the pool, one after the other.

    Parameters
    ----------
    pool : numpy.ndarray
        Shape (N, D), embeddings.
    steps : sequence of Step
        What to do.
    label : str
        Names the streams of random numbers. Noise of different strength under one label is the
        same noise, so that rungs of a ladder differ in nothing but its strength.

    Returns
    -------
    callable
        ``transform(rows, start)`` turns float32 rows (n, D), of which the first is row `start` of
        all texts, pool first, into float32 rows.

    Raises
    ------
    UserError
        If a step would keep more dimensions than there are.
    """
    fitted: list[Transform] = []
    with threadpool_limits(1):  # sums on two threads are not bitwise the same
        for step in steps:
            one = _FIT[step.name](pool, step, label)
            fitted.append(one)
            pool = one(np.asarray(pool), 0) if len(steps) > 1 else pool

    def transform(rows: np.ndarray, start: int) -> np.ndarray:
        with threadpool_limits(1):
            for one in fitted:
                rows = one(rows, start)
        return np.ascontiguousarray(rows, dtype=np.float32)

    return transform


def _noise(pool: np.ndarray, step: Step, label: str) -> Transform:
    mean = pool.mean(axis=0, dtype=np.float64)
    size = step.value * float(np.sqrt(np.mean(np.square(pool - mean))))

    def transform(rows: np.ndarray, start: int) -> np.ndarray:
        first, last = start // BLOCK, (start + len(rows) - 1) // BLOCK
        shape = (BLOCK, rows.shape[1])
        blocks = [
            stream(f"noise {block}", label, 0).standard_normal(shape, dtype=np.float32)
            for block in range(first, last + 1)
        ]
        begin = start - first * BLOCK
        drawn = np.concatenate(blocks)[begin : begin + len(rows)]
        return rows + np.float32(size) * drawn

    return transform


def _pca(pool: np.ndarray, step: Step, label: str) -> Transform:
    mean, _, axes = _principal_axes(pool)
    return _onto(axes[:, : _fewer(pool, step)], mean)


def _whiten(pool: np.ndarray, step: Step, label: str) -> Transform:
    mean, variances, axes = _principal_axes(pool)
    # Axes along which nothing differs but rounding would be blown up to the size of the others.
    used = variances > 1e-9 * variances[0]
    return _onto(axes[:, used] * variances[used] ** (-step.value / 2), mean)


def _projection(pool: np.ndarray, step: Step, label: str) -> Transform:
    kept = _fewer(pool, step)
    # Directions are drawn one by one: those of a smaller projection are among those of a larger.
    drawn = stream("projection", "", 0).standard_normal((kept, pool.shape[1]))
    return _onto(drawn.T / np.sqrt(kept))


def _bits(pool: np.ndarray, step: Step, label: str) -> Transform:
    if step.value == 1:
        return lambda rows, start: np.where(rows > 0, 1, -1).astype(np.float32)
    low, high = pool.min(axis=0), pool.max(axis=0)
    width = np.maximum(high - low, np.finfo(np.float32).tiny) / (2**step.value - 1)

    def transform(rows: np.ndarray, start: int) -> np.ndarray:
        level = np.round((np.clip(rows, low, high) - low) / width)
        return (low + level * width).astype(np.float32)

    return transform


_FIT: dict[str, Callable[[np.ndarray, Step, str], Transform]] = {
    "noise": _noise,
    "pca": _pca,
    "projection": _projection,
    "bits": _bits,
    "whiten": _whiten,
}


def _fewer(pool: np.ndarray, step: Step) -> int:
    if step.value > pool.shape[1]:
        raise UserError(
            f"{step} cannot be had of embeddings with {pool.shape[1]} dimensions: ask for fewer"
        )
    return int(step.value)


def _principal_axes(pool: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pool's mean (D,), variances (D,) from the largest on, and axes (D, D)."""
    mean = pool.mean(axis=0, dtype=np.float64)
    centred = pool - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(pool))
    variances, axes = variances[::-1], axes[:, ::-1]
    # An axis may come out either way round: its largest entry is made positive.
    largest = np.abs(axes).argmax(axis=0)
    return mean, variances, axes * np.sign(axes[largest, np.arange(axes.shape[1])])


def _onto(axes: np.ndarray, mean: np.ndarray | float = 0.0) -> Transform:
    return lambda rows, start: ((rows - mean) @ axes).astype(np.float32)
