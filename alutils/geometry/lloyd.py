"""Lloyd's iterations by matrix products, which leave out rows that cannot change their cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from alutils.geometry.space import CHUNK, squared_norms, tolerance

MAX_ITERATIONS = 300


class Clusters(NamedTuple):
    """A partition of N points into K clusters, none empty.

    Attributes
    ----------
    labels : torch.Tensor
        Cluster of each point, int64, shape (N,).
    centres : torch.Tensor
        Mean of each cluster, shape (K, D).
    """

    labels: Tensor
    centres: Tensor


def lloyd(points: Tensor, centres: Tensor) -> Clusters:
    """Move centres to the means of their nearest points until no point changes its cluster.

    A point is compared with the centres again only if its cluster may change: when its own centre
    has come away, or another has come near, by more than the difference of their distances when
    last compared. The result is that of the plain iteration, up to rounding. An empty cluster
    takes the point farthest from its own centre.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    centres : torch.Tensor
        Where to begin, shape (K, D) with K at most N.

    Returns
    -------
    Clusters
        Labels and means.

    References
    ----------
    Elkan, Using the triangle inequality to accelerate k-means, ICML 2003.
    """
    centres, n_clusters = centres.clone(), len(centres)
    norms = squared_norms(points)
    rounding = tolerance(points.dtype) * norms.max()
    step = 8 * torch.finfo(points.dtype).eps * norms.max().sqrt()  # what a bound's update rounds
    labels = torch.full_like(norms, -1, dtype=torch.int64)
    sums = torch.zeros_like(centres, dtype=torch.float64)
    upper = torch.full_like(norms, torch.inf)  # at least the distance to the own centre
    lower = norms.new_zeros(len(points), n_clusters)  # at most that to each other centre
    for iteration in range(MAX_ITERATIONS):
        nearest = labels.clone()
        for rows, vectors in _parts(points, lower.amin(dim=1) <= upper):
            scores = torch.addmm(squared_norms(centres), vectors, centres.T, alpha=-2)
            smallest, nearest[rows] = scores.min(dim=1)
            least = norms[rows] - rounding
            upper[rows] = (smallest + least + 2 * rounding).clamp_(min=0).sqrt_()
            scores.add_(least[:, None]).clamp_(min=0).sqrt_()
            lower[rows] = scores.scatter_(1, nearest[rows, None], torch.inf)
        _fill_empty(points, centres, nearest)
        moved = nearest != labels
        if not moved.any():
            break
        for rows, vectors in _parts(points, moved):
            vectors = vectors.double()
            sums.index_add_(0, nearest[rows], vectors)
            if iteration:
                sums.index_add_(0, labels[rows], vectors, alpha=-1)
        labels = nearest
        counts = torch.bincount(labels, minlength=n_clusters)
        means = (sums / counts[:, None]).to(points.dtype)
        drift = torch.linalg.vector_norm(means - centres, dim=1)
        drift += (drift > 0) * step
        centres = means
        lower -= drift
        upper += drift[labels]
    return Clusters(labels, centres)


def to_own_centre(points: Tensor, labels: Tensor, centres: Tensor) -> Tensor:
    """Squared distance of each point to the centre of its cluster, shape (N,)."""
    parts = zip(points.split(CHUNK), labels.split(CHUNK), strict=True)
    return torch.cat([squared_norms(part - centres[own]) for part, own in parts])


def _parts(points: Tensor, wanted: Tensor) -> Iterator[tuple[slice | Tensor, Tensor]]:
    """Hand out the wanted points in parts: their rows, and the points themselves.

    If nearly all are wanted, the others come too, since copying costs more than comparing them.
    """
    if 4 * int(wanted.sum()) > 3 * len(points):
        for start in range(0, len(points), CHUNK):
            rows = slice(start, start + CHUNK)
            yield rows, points[rows]
    else:
        for places in wanted.nonzero()[:, 0].split(CHUNK):
            yield places, points.index_select(0, places)


def _fill_empty(points: Tensor, centres: Tensor, labels: Tensor) -> None:
    """Give each empty cluster the farthest point whose own cluster keeps another one.

    Its centre then comes to that point, so that the point is compared with all centres again.
    """
    counts = torch.bincount(labels, minlength=len(centres))
    empty = (counts == 0).nonzero()[:, 0].tolist()
    if not empty:
        return
    remaining = counts.tolist()
    distances = to_own_centre(points, labels, centres)
    for row in distances.argsort(descending=True).tolist():
        if not empty:
            break
        if remaining[int(labels[row])] > 1:
            remaining[int(labels[row])] -= 1
            labels[row] = empty.pop()
