"""Dropout on embeddings: what a head predicts when parts of its input are missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pydantic
import torch
from numpy.random import Generator
from pydantic_core import PydanticCustomError
from torch import Tensor

from alutils.heads import FittedHead

STEPS = 256  # one byte decides about one entry
POINTS = 256  # about as many dropped rows at once: they stay in the cache


def _share_of_bytes(value: float) -> float:
    if value * STEPS != round(value * STEPS):
        near = min(max(round(value * STEPS), 1), STEPS - 1) / STEPS
        raise PydanticCustomError(
            "dropout", "should be a multiple of 1/256, the nearest is {near}", {"near": near}
        )
    return value


Rate = Annotated[float, pydantic.Field(gt=0, lt=1), pydantic.AfterValidator(_share_of_bytes)]
"""Probability that an entry is dropped: a multiple of 1/256, since one random byte decides."""


def dropped_probabilities(
    pool: Tensor, head: FittedHead, passes: int, dropout: float, stream: Generator
) -> Iterator[tuple[slice, Tensor]]:
    """Predict every row several times, each time with other entries dropped.

    Each entry of a row is set to zero with probability `dropout` and multiplied by
    1 / (1 - dropout) otherwise, so that its mean stays what it was. Every pass over every row has
    a mask of its own.

    Parameters
    ----------
    pool : torch.Tensor
        Shape (N, D), of zero mean, so that zero is the average embedding.
    head : FittedHead
        One replicate's, R = 1.
    passes : int
        Masks T per row.
    dropout : float
        As `Rate`.
    stream : numpy.random.Generator
        Where masks are drawn: passes x D bytes for each row in turn, whatever the dtype.

    Yields
    ------
    tuple of slice and torch.Tensor
        Some rows of the pool, in order, and their probabilities, shape (rows, T, C).
    """
    n_dimensions, kept = pool.shape[1], round(STEPS * (1 - dropout))
    # A multiple of 8 rows takes whole words of 8 bytes: how rows are divided changes no mask.
    size = max(POINTS // passes // 8, 1) * 8
    for start in range(0, len(pool), size):
        rows = slice(start, min(start + size, len(pool)))
        part = pool[rows]
        n_bytes = len(part) * passes * n_dimensions
        words = stream.integers(0, 2**64 - 1, -(-n_bytes // 8), dtype=np.uint64, endpoint=True)
        draws = words.astype("<u8", copy=False).view(np.uint8)[:n_bytes]
        mask = (draws < kept).astype(np.float32)  # faster than to cast it in torch
        dropped = torch.as_tensor(mask, dtype=pool.dtype, device=pool.device)
        dropped = dropped.view(len(part), passes, n_dimensions).mul_(part[:, None])
        dropped.mul_(1 / (1 - dropout))
        probabilities = head.probabilities(dropped.view(-1, n_dimensions))[0]
        yield rows, probabilities.view(len(part), passes, -1)
