"""k-medoids: exchange medoids for other points while that brings points nearer to them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from alutils.geometry.space import squared_between, squared_norms

CANDIDATES = 256  # rows whose distances to all points are computed at once, for all replicates
BLOCK = 16  # of them, compared at once with each medoid
ENOUGH = 1e-6  # share of the summed distance that an exchange must save


def swap_medoids(
    points: Tensor,
    medoids: Tensor,
    fixed: Tensor,
    allowed: Tensor,
    order: np.ndarray,
    passes: int | None = None,
) -> Tensor:
    """Lower the summed distance of all points to their nearest medoid, by exchanges.

    In each pass every point is tried, in blocks of 16, in place of every medoid. The best
    exchange of a block is made while it lowers the sum by more than a millionth; then comes the
    next block. It ends once no exchange does.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    medoids : torch.Tensor
        Rows to begin with, distinct in each replicate, shape (R, k).
    fixed : torch.Tensor
        Distance of each point to the nearest medoid that is not to be exchanged, shape (R, N);
        infinite without any.
    allowed : torch.Tensor
        Boolean, shape (R, N): rows that may be medoids.
    order : numpy.ndarray
        The rows in the order in which they are tried, shape (N,); decides between equals.
    passes : int, optional
        End after so many passes in any case.

    Returns
    -------
    torch.Tensor
        Shape (R, k), distinct allowed rows.

    Notes
    -----
    A pass costs N²D multiplications for all replicates together, on the device of the points, and
    N² sums for each, on the host, where exchanges follow one another step by step. Holds 256 x N
    distances and R N k numbers beside the points.

    References
    ----------
    Kaufman and Rousseeuw, Finding groups in data, Wiley 1990.
    Schubert and Rousseeuw, Fast and eager k-medoids clustering: O(k) runtime improvement of the
    PAM, CLARA, and CLARANS algorithms, Information Systems 2021.
    """
    norms = squared_norms(points)
    states = []
    for rows, away, free in zip(medoids, fixed, allowed, strict=True):
        ways = torch.cat([_distances(points, norms, rows), away[None]])
        states.append(_Medoids(rows.cpu().numpy(), ways.cpu().numpy(), free.cpu().numpy()))
    idle = [0] * len(states)  # rows tried since the last exchange
    done = 0
    while min(idle) < len(points) and (passes is None or done < passes):
        for start in range(0, len(order), CANDIDATES):
            chunk = order[start : start + CANDIDATES]
            rows = torch.as_tensor(chunk, device=points.device)
            distances = _distances(points, norms, rows).cpu().numpy()
            for first in range(0, len(chunk), BLOCK):
                block = slice(first, first + BLOCK)
                tried = chunk[block]
                for r, state in enumerate(states):
                    if idle[r] < len(points):
                        changed = state.improve(tried, distances[block])
                        idle[r] = 0 if changed else idle[r] + len(tried)
        done += 1
    chosen = np.stack([state.medoids for state in states])
    return torch.as_tensor(chosen, device=points.device)


def _distances(points: Tensor, norms: Tensor, rows: Tensor) -> Tensor:
    """Distances (B, N) of rows (B,) to all points."""
    return squared_between(points[rows], norms[rows], points, norms).sqrt_()


class _Medoids:
    """The medoids of one replicate, and for each point the nearest two.

    Parameters
    ----------
    medoids : numpy.ndarray
        Rows, shape (k,).
    ways : numpy.ndarray
        Distances to each of them and to the nearest medoid that stays, shape (k + 1, N).
    allowed : numpy.ndarray
        Boolean, shape (N,).
    """

    def __init__(self, medoids: np.ndarray, ways: np.ndarray, allowed: np.ndarray) -> None:
        n_points = ways.shape[1]
        self.medoids, self.ways, self.free = medoids.copy(), ways, allowed.copy()
        self.free[medoids] = False
        self.nearest = np.zeros((2, n_points), dtype=np.int64)
        self.distance = np.zeros((2, n_points), dtype=ways.dtype)
        self._look_again(np.arange(n_points))

    def _look_again(self, places: np.ndarray) -> None:
        """Find the nearest two medoids of some points among all."""
        ways = self.ways[:, places]
        two = np.argpartition(ways, 1, axis=0)[:2]
        self.nearest[:, places] = two
        self.distance[:, places] = np.take_along_axis(ways, two, axis=0)

    def improve(self, rows: np.ndarray, distances: np.ndarray) -> bool:
        """Exchange medoids for some of the rows (B,), of distances (B, N), while it helps."""
        k, changed = len(self.medoids), False
        while True:
            first, second = self.distance
            # What each point loses if its medoid goes and the row comes: never more than the way
            # to its second medoid. Points that the row is nearer to gain, whichever goes.
            loss = distances - first
            np.minimum(loss, second - first, out=loss)
            change = np.minimum(loss, 0).sum(axis=1, keepdims=True)
            change = change + self._by_medoid(np.maximum(loss, 0, out=loss))[:, :k]
            change[~self.free[rows]] = np.inf
            row, place = divmod(int(change.argmin()), k)
            if change[row, place] >= -ENOUGH * first.sum():
                return changed
            self._exchange(place, int(rows[row]), distances[row])
            changed = True

    def _by_medoid(self, loss: np.ndarray) -> np.ndarray:
        """Sum losses (B, N) over the points of each medoid and of those that stay: (B, k + 1)."""
        n_ways = len(self.ways)
        sums = [np.bincount(self.nearest[0], weights=each, minlength=n_ways) for each in loss]
        return np.stack(sums)

    def _exchange(self, place: int, row: int, distance: np.ndarray) -> None:
        """Put a row, at a distance (N,) from every point, in the place of a medoid."""
        self.free[[self.medoids[place], row]] = True, False
        self.medoids[place], self.ways[place] = row, distance
        (first, second), (nearest, next_nearest) = self.distance, self.nearest
        lost = (nearest == place) | (next_nearest == place)
        closer = distance < first
        close = (distance < second) & ~closer
        second[close], next_nearest[close] = distance[close], place
        second[closer], next_nearest[closer] = first[closer], nearest[closer]
        first[closer], nearest[closer] = distance[closer], place
        self._look_again(np.flatnonzero(lost))
