"""The largest balls that hardly ever mix clusters, found exactly."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from alutils.geometry.balls import Balls, nearer_than
from alutils.geometry.pairs import Pairs, near_pairs
from alutils.geometry.space import CHUNK, squared_norms, tolerance

SAMPLE = 1024  # points that tell how far the pairs must reach


def pure_balls(points: Tensor, labels: Tensor, purity: float) -> Balls:
    """Make balls as large as they can be while at least a share `purity` of them is pure.

    A ball holds the points nearer than its radius, and is pure if all of them have one label. So
    the ball of a point is pure as long as the radius is at most the distance to the nearest point
    of another label, and the largest radius is a quantile of these distances. No radii have to
    be tried.

    The distances are read off the pairs of near points, which the balls need anyway. How far
    these must reach is told by a sample. If they are too many to keep, or the sample misled,
    every point is compared with every other instead.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    labels : torch.Tensor
        int64, shape (R, N): a labelling per replicate, with at least two labels if N > 1.
    purity : float
        Share of pure balls, above 0 and at most 1.

    Returns
    -------
    Balls
        One radius per replicate.
    """
    n_points = len(points)
    n_sample = min(n_points, SAMPLE)
    rows = torch.linspace(0, n_points - 1, n_sample, device=points.device).round().long()
    impure = (1 - purity) * n_sample
    place = min(int(impure + 4 * math.sqrt(impure * purity)) + 3, n_sample - 1)
    sampled = distance_to_other(points, labels, rows)
    pairs = near_pairs(points, float(np.partition(sampled, place, axis=1)[:, place].max()))

    squared = np.full(len(labels), np.inf)
    if pairs is not None:
        squared = _largest_pure(_read_off(pairs, labels), purity)
    if np.isinf(squared).any():
        everyone = torch.arange(n_points, device=points.device)
        squared = _largest_pure(distance_to_other(points, labels, everyone), purity)
        pairs = None if pairs is None else near_pairs(points, float(squared.max()))
    return Balls(points, nearer_than(points, squared), pairs)


def distance_to_other(points: Tensor, labels: Tensor, rows: Tensor) -> np.ndarray:
    """Squared distance of each of the rows (M,) to the nearest point of another label: (R, M)."""
    norms = squared_norms(points)
    nearest = norms.new_full((len(labels), len(rows)), torch.inf)
    for first in range(0, len(rows), CHUNK):
        some = rows[first : first + CHUNK]
        found = nearest[:, first : first + CHUNK]
        for start in range(0, len(points), CHUNK):
            part = slice(start, start + CHUNK)
            tile = torch.addmm(norms[part], points[some], points[part].T, alpha=-2)
            for r, own in enumerate(labels):
                others = tile.masked_fill(own[some, None] == own[part], torch.inf).amin(dim=1)
                torch.minimum(found[r], others, out=found[r])
    nearest += norms[rows]
    nearest.masked_fill_(nearest <= 2 * tolerance(norms.dtype) * norms[rows], 0)
    return nearest.cpu().numpy()


def _read_off(pairs: Pairs, labels: Tensor) -> np.ndarray:
    """Squared distance of each point to the nearest of another label, shape (R, N).

    Infinite where the pairs do not reach that far.
    """
    lengths = np.diff(pairs.starts)
    nearest = []
    for own in labels.int().cpu().numpy():
        other = own[pairs.others] != np.repeat(own, lengths)
        squared = np.where(other, pairs.squared, np.inf)
        nearest.append(np.minimum.reduceat(squared, pairs.starts[:-1]))
    return np.stack(nearest)


def _largest_pure(squared: np.ndarray, purity: float) -> np.ndarray:
    """Largest squared radius (R,) that at least a share of the distances (R, N) reach."""
    n_points = squared.shape[1]
    n_pure = max(math.ceil(purity * n_points - 1e-9), 1)
    place = n_points - n_pure
    return np.partition(squared, place, axis=1)[:, place]
