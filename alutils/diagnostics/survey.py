"""One pass over the distances between rows, shared by all measures that need them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from alutils.geometry.space import squared_between, squared_norms

NEIGHBOURS = 10
ENTRIES = 1 << 23  # distances held at once, 32 MiB


class Survey(NamedTuple):
    """What n rows of a pool of N see around them. Distances are Euclidean.

    Attributes
    ----------
    asked : numpy.ndarray
        The rows, shape (n,).
    neighbours : numpy.ndarray
        Their k nearest other rows, the nearest first, shape (n, k); k is 10, or N - 1 in a
        smaller pool.
    distances : numpy.ndarray
        To these, shape (n, k), float64. Rounding counts as 0.
    mean_distance : numpy.ndarray
        To all other rows, shape (n,).
    silhouettes : list of numpy.ndarray
        For each grouping of the rows, the silhouette of each row asked, shape (n,).
    """

    asked: np.ndarray
    neighbours: np.ndarray
    distances: np.ndarray
    mean_distance: np.ndarray
    silhouettes: list[np.ndarray]


def survey(points: Tensor, asked: np.ndarray, groupings: Sequence[Tensor]) -> Survey:
    """Compare some rows with all others, in blocks.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D), at least two rows.
    asked : numpy.ndarray
        Rows to compare, shape (n,).
    groupings : sequence of torch.Tensor
        Labels from 0, shape (N,) each.

    Notes
    -----
    Takes n * N * (D + K) multiplications for K groups over all groupings. Besides the points,
    holds N x K numbers and 32 MiB of distances.
    """
    n_points, n_neighbours = len(points), min(NEIGHBOURS, len(points) - 1)
    norms = squared_norms(points)
    members = [torch.nn.functional.one_hot(g).to(points.dtype) for g in groupings]
    rows = torch.as_tensor(asked)
    parts: list[tuple[np.ndarray, ...]] = []
    for some in rows.split(max(1, ENTRIES // n_points)):
        distances = squared_between(points[some], norms[some], points, norms).sqrt_()
        itself = (torch.arange(len(some)), some)
        distances[itself] = 0
        means = distances.sum(dim=1, dtype=torch.float64) / (n_points - 1)
        silhouettes = [
            _silhouettes(distances @ member, group[some], member.sum(dim=0))
            for group, member in zip(groupings, members, strict=True)
        ]
        distances[itself] = torch.inf
        near = distances.topk(n_neighbours, largest=False)
        parts.append(tuple(t.numpy() for t in (near.indices, near.values, means, *silhouettes)))
    neighbours, nearest, means_, *rest = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Survey(asked, neighbours, nearest.astype(np.float64), means_, rest)


def _silhouettes(sums: Tensor, own: Tensor, sizes: Tensor) -> Tensor:
    """Silhouettes (b,) from total distances to groups (b, K), own groups (b,), sizes (K,)."""
    mine = own[:, None]
    others = sizes[own] - 1
    inside = sums.gather(1, mine)[:, 0].double() / others.clamp(min=1)
    means = (sums.double() / sizes).nan_to_num_(nan=torch.inf)  # no row is near an empty group
    outside = means.scatter_(1, mine, torch.inf).amin(dim=1)
    found = (outside - inside) / torch.maximum(inside, outside)
    return torch.where((others > 0) & outside.isfinite(), found.nan_to_num_(nan=0), 0.0)
