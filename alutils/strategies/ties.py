"""Choosing the best by a score, with ties broken by the stream instead of by row order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor


def lowest(scores: Tensor, allowed: Tensor, k: int, streams: Sequence[Generator]) -> Tensor:
    """Return the k allowed rows of lowest score in each replicate.

    Parameters
    ----------
    scores : torch.Tensor
        Shape (R, N).
    allowed : torch.Tensor
        Boolean, shape (R, N), at least k rows of each replicate.
    k : int
        Rows to choose.
    streams : sequence of numpy.random.Generator
        One per replicate; rows of equal score come in uniformly random order.

    Returns
    -------
    torch.Tensor
        Shape (R, k), lowest score first.
    """
    draws = np.empty(scores.shape)
    for mine, stream in zip(draws, streams, strict=True):
        stream.random(out=mine)
    priority = torch.as_tensor(draws, device=scores.device)
    scores = scores.masked_fill(~allowed, torch.inf)
    cutoff = scores.kthvalue(k, dim=1, keepdim=True).values
    # Below the cutoff all are in, at the cutoff the stream decides, above it none is in.
    rank = torch.where(scores < cutoff, priority - 1, priority)
    rank.masked_fill_(~allowed | (scores > cutoff), torch.inf)
    rows = rank.topk(k, dim=1, largest=False).indices
    rows = rows.gather(1, priority.gather(1, rows).argsort(dim=1))
    order = scores.gather(1, rows).argsort(dim=1, stable=True)
    return rows.gather(1, order)
