"""Distances to nearest neighbours, in blocks of rows so that memory stays bounded."""

from __future__ import annotations

import torch
from torch import Tensor

from alutils.geometry.space import squared_norms

BLOCK = 2048


def mean_neighbour_distance(points: Tensor, n_neighbours: int) -> Tensor:
    """Mean Euclidean distance of each point to its nearest other points.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    n_neighbours : int
        Neighbours to count, the point itself not among them; at most N - 1 are counted.

    Returns
    -------
    torch.Tensor
        Shape (N,); 0 for a point without others.
    """
    n_neighbours = min(n_neighbours, len(points) - 1)
    if n_neighbours == 0:
        return points.new_zeros(len(points))
    points = points - points.mean(dim=0)  # smaller norms, smaller rounding
    norms = squared_norms(points)
    means = torch.empty_like(norms)
    for start in range(0, len(points), BLOCK):
        part = slice(start, start + BLOCK)
        squared = torch.addmm(norms[part, None] + norms, points[part], points.T, alpha=-2)
        itself = torch.arange(len(squared), device=points.device)
        squared[itself, itself + start] = torch.inf
        nearest = squared.topk(n_neighbours, dim=1, largest=False, sorted=False).values
        means[part] = nearest.clamp_(min=0).sqrt_().mean(dim=1)
    return means
