"""Which points are copies of each other."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from alutils.streams import stream

BLOCK = 256  # points looked at together: little beside all


def first_copies(points: Tensor) -> Tensor:
    """Find for each point the first that is the same in every entry, itself perhaps.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D), in float32 or float64.

    Returns
    -------
    torch.Tensor
        Rows, int64, shape (N,).

    Notes
    -----
    Points are compared only if a hash of their bits agrees, so that nothing as large as the points
    is sorted. Two that differ and share a hash, one chance in 2^64, would count as different from
    their copies, never as copies.
    """
    bits = torch.int32 if points.dtype == torch.float32 else torch.int64
    draws = stream("hash", "rows", 0).integers(2**63, size=(2, points.shape[1]), dtype=np.int64)
    first, second = torch.as_tensor(draws | 1, device=points.device)
    hashes = []
    for part in points.split(BLOCK):
        mixed = (part + 0.0).view(bits) * first  # adding zero turns -0 into 0
        mixed ^= mixed >> 32  # else the high bits, of signs and exponents, would stay alone
        hashes.append((mixed * second).sum(dim=1))
    kind = torch.cat(hashes).unique(return_inverse=True)[1]
    rows = torch.arange(len(points), device=points.device)
    least = torch.full_like(rows, len(rows)).scatter_reduce_(0, kind, rows, "amin")[kind]
    for some in (least != rows).nonzero()[:, 0].split(BLOCK):
        same = (points[some] == points[least[some]]).all(dim=1)
        least[some] = torch.where(same, least[some], some)
    return least
