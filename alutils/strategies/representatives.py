"""Representatives of some rows: those nearest the centres of their clusters."""

from __future__ import annotations

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry import kmeans, squared_norms, to_own_centre, tolerance


def representatives(
    pool: Tensor, candidates: Tensor, allowed: Tensor, k: int, stream: Generator
) -> Tensor:
    """Choose the row nearest the centre of each of k clusters of the candidates.

    Parameters
    ----------
    pool : torch.Tensor
        Shape (N, D).
    candidates : torch.Tensor
        Boolean, shape (N,).
    allowed : torch.Tensor
        Boolean, shape (N,): the candidates and what may stand in for them, at least k rows.
    k : int
        Rows to choose.
    stream : numpy.random.Generator
        Where k-means draws, and what breaks ties.

    Returns
    -------
    torch.Tensor
        Distinct rows of the pool, shape (k,), in the order of the clusters. Of fewer than k
        candidates all are there, and behind them other allowed rows drawn uniformly.
    """
    rows = candidates.nonzero()[:, 0]
    if len(rows) < k:
        others = (allowed & ~candidates).nonzero()[:, 0]
        drawn = stream.choice(len(others), k - len(rows), replace=False)
        return torch.cat([rows, others[torch.as_tensor(drawn, device=rows.device)]])
    points = pool[rows]
    labels, centres = kmeans(points, k, stream)
    return rows[nearest_of_each(points, labels, centres, stream)]


def nearest_of_each(points: Tensor, labels: Tensor, centres: Tensor, stream: Generator) -> Tensor:
    """Find the point nearest each centre among its cluster's own.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    labels, centres : torch.Tensor
        Shapes (N,) and (K, D), clusters of which none is empty.
    stream : numpy.random.Generator
        Breaks ties. Points tie when only rounding sets them apart, as the two of a pair are from
        their mean.

    Returns
    -------
    torch.Tensor
        Places in `points`, shape (K,).
    """
    distances = to_own_centre(points, labels, centres)
    smallest = distances.new_full((len(centres),), torch.inf)
    smallest.scatter_reduce_(0, labels, distances, "amin")
    rounding = tolerance(points.dtype) * squared_norms(points)
    tied = distances <= smallest[labels] + rounding
    priority = torch.as_tensor(stream.random(len(points)), device=points.device)
    order = torch.where(tied, priority, 2.0).argsort()
    order = order[labels[order].argsort(stable=True)]
    ordered = labels[order]
    first = torch.ones_like(tied)
    first[1:] = ordered[1:] != ordered[:-1]
    return order[first]
