"""Pairs of near points, kept as compressed rows: the graph of who lies in whose ball."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from alutils.geometry.space import CHUNK, squared_norms, tolerance

MOST = 0.35  # pairs that may be kept, per number that the points consist of
FEW = 1 << 22  # pairs that may always be kept, 32 MiB


class Pairs(NamedTuple):
    """All pairs of N points within some distance, in both directions, each point with itself.

    On the host: to walk a ragged graph step by step is nothing for another device.

    Attributes
    ----------
    starts : numpy.ndarray
        int64, shape (N + 1,): the pairs of point i are those from `starts[i]` to `starts[i + 1]`.
    others : numpy.ndarray
        int32, shape (P,): the other point of each pair.
    squared : numpy.ndarray
        Squared distance of each pair, shape (P,); the same in both directions, 0 for copies.
    """

    starts: np.ndarray
    others: np.ndarray
    squared: np.ndarray

    def of(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the others and squared distances of these rows' pairs, one row after another."""
        first = self.starts[rows]
        lengths = self.starts[rows + 1] - first
        places = np.repeat(first - (lengths.cumsum() - lengths), lengths)
        places += np.arange(len(places))
        return self.others[places], self.squared[places]


def near_pairs(points: Tensor, limit: float) -> Pairs | None:
    """Find the pairs of points whose squared distance is at most a limit.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    limit : float
        Largest squared distance.

    Returns
    -------
    Pairs or None
        None if they would take more memory than the points do (in float32), and more than 32 MiB.

    Notes
    -----
    Each pair is computed once, by blocked matrix products: N²D / 2 multiplications. On the way,
    takes somewhat more memory than the points do.
    """
    most = max(MOST * points.numel(), FEW)
    norms = squared_norms(points)
    # Closer than rounding is at distance 0, as everywhere in this package.
    rounding = 2 * tolerance(norms.dtype) * norms
    reach = rounding.clamp(min=limit) - norms
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    n_pairs = len(points)
    room = norms.new_empty(CHUNK * CHUNK)  # one for all tiles, else memory falls to pieces
    for a in range(0, len(points), CHUNK):
        rows = slice(a, a + CHUNK)
        for b in range(a, len(points), CHUNK):
            mine, others = points[rows], points[b : b + CHUNK]
            tile = room[: len(mine) * len(others)].view(len(mine), len(others))
            torch.addmm(norms[b : b + CHUNK], mine, others.T, alpha=-2, out=tile)
            near = tile <= reach[rows, None]
            if a == b:
                near.triu_(1)
            i, j = near.nonzero(as_tuple=True)
            n_pairs += 2 * len(i)
            if n_pairs > most:
                return None
            squared = tile[i, j] + norms[rows][i]
            squared.masked_fill_(squared <= rounding[rows][i], 0)
            first, second = (i + a).int().cpu().numpy(), (j + b).int().cpu().numpy()
            found.append((first, second, squared.cpu().numpy()))
    return _compress(found, len(points), n_pairs)


def _compress(
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]], n_points: int, n_pairs: int
) -> Pairs:
    """Sort pairs, given in one direction, by their points; empties the list on the way."""
    lengths = np.ones(n_points, dtype=np.int64)
    for first, second, _ in found:
        lengths += np.bincount(first, minlength=n_points)
        lengths += np.bincount(second, minlength=n_points)
    starts = np.concatenate([[0], lengths.cumsum()])
    others = np.empty(n_pairs, dtype=np.int32)
    distances = np.empty(n_pairs, dtype=found[0][2].dtype)
    others[starts[:-1]], distances[starts[:-1]] = np.arange(n_points), 0
    free = starts[:-1] + 1  # next place of each point

    def put(owners: np.ndarray, partners: np.ndarray, squared: np.ndarray) -> None:
        """Put pairs sorted by owner behind those that the owners have already."""
        run = np.arange(len(owners)) - np.searchsorted(owners, owners)
        places = free[owners] + run
        others[places], distances[places] = partners, squared
        free[:] += np.bincount(owners, minlength=n_points)

    while found:
        first, second, squared = found.pop()
        put(first, second, squared)
        order = second.argsort(kind="stable")
        put(second[order], first[order], squared[order])
    return Pairs(starts, others, distances)
