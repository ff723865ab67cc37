"""Scale embeddings, so that the same regularisation suits every embedder."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from alutils.errors import UserError

#: Entries converted to float64 at a time while the statistics are taken.
BLOCK_ENTRIES = 1 << 22


def scale(pool: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
    """Centre on the pool's mean and divide by one number, the pool's root mean square.

    One number, not one per dimension: directions keep their relative weight. It removes "a bigger
    norm looks like better quality", and makes C = 0.1 suit every embedder. Only the pool's
    embeddings are looked at, never a label and never the test side.

    Parameters
    ----------
    pool : torch.Tensor
        Shape (N, D), floating point.
    *others : torch.Tensor
        Shape (M, D) each: points to move into the same space.

    Returns
    -------
    tuple of torch.Tensor
        The scaled pool, then the others, in the dtype they came in. Over all entries of the pool
        the mean square is 1. Statistics are taken in float64 (float32 on a device without it),
        block by block: no more memory than the result.

    Raises
    ------
    UserError
        If the pool is constant, or a row of any of the tensors holds NaN or infinity.
    """
    for what, points in [
        ("the pool", pool),
        *((f"tensor {i}", p) for i, p in enumerate(others, 2)),
    ]:
        _check(what, points, pool.shape[-1])
    work = torch.float32 if pool.device.type == "mps" else torch.float64
    # Measure in units of the largest entry, lest squares overflow; a power of two rounds nothing.
    unit = 2.0 ** (math.frexp(max(abs(float(end)) for end in pool.aminmax()))[1] - 1)
    sums = [block.sum(dim=0) for block in _blocks(pool, unit, work)]
    mean = torch.stack(sums).sum(dim=0) / len(pool)
    squares = [block.sub_(mean).square_().sum() for block in _blocks(pool, unit, work)]
    total = torch.stack(squares).sum()
    rms = (total / pool.numel()).sqrt()
    # A constant column of float32 numbers may miss its own mean by rounding.
    if rms <= 8 * torch.finfo(pool.dtype).eps * mean.abs().max():
        raise UserError(
            f"all {len(pool):,} rows of the pool are the same vector, so there is nothing to learn "
            "from: check the embedder and its texts"
        )
    return tuple(_apply(points, unit, mean, rms) for points in (pool, *others))


def _blocks(pool: Tensor, unit: float, work: torch.dtype) -> Iterator[Tensor]:
    """Yield blocks of rows in this unit and dtype, each in the place of the one before.

    Memory taken and given back for every block would come from ever new places: of a million rows
    it had grown to four times the pool.
    """
    blocks = pool.split(max(1, BLOCK_ENTRIES // max(1, pool.shape[1])))
    place = torch.empty_like(blocks[0], dtype=work)
    for block in blocks:
        yield place[: len(block)].copy_(block).div_(unit)


def _apply(points: Tensor, unit: float, mean: Tensor, rms: Tensor) -> Tensor:
    return (points / unit).sub_(mean.to(points.dtype)).div_(rms.to(points.dtype))


def _check(what: str, points: Tensor, n_dimensions: int) -> None:
    if points.ndim != 2 or not points.is_floating_point() or points.shape[1] != n_dimensions:
        raise UserError(
            f"{what} has shape {tuple(points.shape)} and type {points.dtype}: give embeddings as a "
            f"floating-point matrix with {n_dimensions} columns"
        )
    if what == "the pool" and points.numel() == 0:
        raise UserError("the pool is empty: give at least one embedding")
    # A sum is finite only if its terms are; sums that overflow are looked at again.
    suspects = torch.nonzero(~torch.isfinite(points.sum(dim=1)))[:, 0]
    broken = suspects[~torch.isfinite(points[suspects]).all(dim=1)]
    if len(broken):
        raise UserError(
            f"row {int(broken[0])} of {what} holds NaN or infinity ({len(broken):,} such rows "
            f"of {len(points):,}): embed these texts again or leave them out"
        )
