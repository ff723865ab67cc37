"""What lies around each row of the pool."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from alutils.geometry import squared_norms
from alutils.geometry.space import squared_between

BLOCK = 1024


class Surroundings(NamedTuple):
    """Two numbers for each row of the pool.

    Attributes
    ----------
    remoteness : torch.Tensor
        Mean distance to the nearest other rows, shape (N,).
    disagreement : torch.Tensor
        Share of them with another class, shape (N,).
    """

    remoteness: Tensor
    disagreement: Tensor


def surroundings(pool: Tensor, truth: Tensor, n_neighbours: int) -> Surroundings:
    """Look at the nearest other rows of every row.

    Parameters
    ----------
    pool : torch.Tensor
        Shape (N, D), N > 1.
    truth : torch.Tensor
        int64, shape (N,), classes.
    n_neighbours : int
        Rows to look at; at most N - 1 are.

    Returns
    -------
    Surroundings
    """
    distances, rows = nearest_others(pool, n_neighbours)
    disagree = (truth[rows] != truth[:, None]).double().mean(dim=1)
    return Surroundings(distances.mean(dim=1), disagree)


def nearest_others(pool: Tensor, n_neighbours: int) -> tuple[Tensor, Tensor]:
    """Find the nearest other rows of every row, in blocks so that memory stays bounded.

    Parameters
    ----------
    pool : torch.Tensor
        Shape (N, D), N > 1.
    n_neighbours : int
        Rows to find; at most N - 1 are.

    Returns
    -------
    tuple of torch.Tensor
        Their distances and which they are, both (N, `n_neighbours`), the nearest first.
    """
    norms, n = squared_norms(pool), min(n_neighbours, len(pool) - 1)
    distances, rows = [], []
    for start in range(0, len(pool), BLOCK):
        part = slice(start, start + BLOCK)
        squared = squared_between(pool[part], norms[part], pool, norms)
        squared.diagonal(offset=start).fill_(torch.inf)
        found = squared.topk(n, dim=1, largest=False)
        distances.append(found.values.sqrt())
        rows.append(found.indices)
    return torch.cat(distances), torch.cat(rows)
