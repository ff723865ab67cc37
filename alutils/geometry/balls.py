"""Balls around every point: how many of some points lie in each."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from alutils.geometry.pairs import Pairs
from alutils.geometry.space import CHUNK, squared_norms, tolerance


class Balls:
    """Balls of one radius per replicate around each of N points.

    A point lies in another's ball if their squared distance is at most the limit, or so small
    that it is rounding: copies always lie in each other's. So every point lies in its own ball,
    and i in the ball of j if j is in that of i.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    limits : numpy.ndarray
        Squared radii, shape (R,).
    pairs : Pairs, optional
        All pairs within the largest limit. Left out, distances are computed anew wherever they
        are asked for, which gives the same counts.

    Attributes
    ----------
    sizes : numpy.ndarray
        Points in each ball, int64, shape (R, N).
    """

    def __init__(self, points: Tensor, limits: np.ndarray, pairs: Pairs | None = None) -> None:
        self.points, self.limits, self.pairs = points, limits, pairs
        self.sizes = self._counts(np.arange(len(points)), limits)

    def counts(self, replicate: int, rows: np.ndarray) -> np.ndarray:
        """Count how many of the rows (M,), all different, lie in each ball: int64, shape (N,)."""
        return self._counts(rows, self.limits[replicate : replicate + 1])[0]

    def _counts(self, rows: np.ndarray, limits: np.ndarray) -> np.ndarray:
        """Count for several limits (Q,) at once: shape (Q, N)."""
        if self.pairs is None:
            return self._computed(torch.as_tensor(rows, device=self.points.device), limits)
        counts = np.zeros((len(limits), len(self.points)), dtype=np.int64)
        for start in range(0, len(rows), CHUNK):
            others, squared = self.pairs.of(rows[start : start + CHUNK])
            for count, limit in zip(counts, limits, strict=True):
                count += np.bincount(others[squared <= limit], minlength=len(count))
        return counts

    def _computed(self, rows: Tensor, limits: np.ndarray) -> np.ndarray:
        """Count by distances computed anew."""
        n_points = len(self.points)
        counts = torch.zeros((len(limits), n_points), dtype=torch.int64, device=rows.device)
        for part in rows.split(CHUNK):
            vectors = self.points[part]
            norms = squared_norms(vectors)
            for start in range(0, n_points, CHUNK):
                places = slice(start, start + CHUNK)
                mine = squared_norms(self.points[places])
                tile = torch.addmm(norms, self.points[places], vectors.T, alpha=-2)
                rounding = 2 * tolerance(mine.dtype) * mine
                for count, limit in zip(counts, limits.tolist(), strict=True):
                    reach = rounding.clamp(min=limit) - mine
                    count[places] += (tile <= reach[:, None]).sum(dim=1)
        return counts.cpu().numpy()


def nearer_than(points: Tensor, squared: np.ndarray) -> np.ndarray:
    """Limits (R,) for balls of the points nearer than these squared radii (R,).

    They are smaller by more than rounding, so that a point whose own distance is the radius stays
    outside. The step is one for every dtype, so that all draw the line at the same points.
    """
    step = 2 * tolerance(torch.float32) * float(squared_norms(points).mean())
    return np.maximum(squared - step, 0)
