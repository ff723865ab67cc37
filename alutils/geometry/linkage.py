"""Average-linkage clustering by merging all mutual nearest neighbours at once, in little memory."""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from alutils.geometry.copies import first_copies
from alutils.geometry.space import squared_norms

BLOCK = 256  # clusters compared with all clusters at once


def average_linkage(points: Tensor, n_clusters: int) -> Tensor:
    """Merge the two clusters of smallest mean squared distance until `n_clusters` are left.

    Copies of a point are one cluster from the start: fewer different points than `n_clusters`
    give as many clusters as there are different points.

    The clusters are those of the plain algorithm, which keeps all N² distances. Here a cluster is
    known by its mean and its spread, which give the mean squared distance between two clusters A
    and B, over all their pairs of points, as |mean A - mean B|² + spread A + spread B. No merge
    brings two clusters nearer than they were, so two clusters that are nearest to each other stay
    so until they merge: all such pairs merge at once, and a cluster looks for a new neighbour
    only when it has lost its own.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    n_clusters : int
        Clusters wanted, at most N.

    Returns
    -------
    torch.Tensor
        Cluster of each point, int64 from 0 to one less than there are, shape (N,). Between merges
        at equal distance rounding decides.

    Notes
    -----
    O(N² D) at first, less for each round as clusters grow fewer. Holds a copy of the points.

    References
    ----------
    Bruynooghe, Classification ascendante hiérarchique des grands ensembles de données, 1978.
    """
    forest = _Forest(points)
    wanted = max(len(points) - n_clusters, len(forest.heights))  # copies stay together
    if not wanted:
        return torch.arange(len(points), device=points.device)
    while True:
        limit = forest.cut(wanted)
        forest.look(limit)
        if not forest.merge(limit):
            return forest.labels(wanted)


class _Forest:
    """Clusters so far and the merges that made them.

    A cluster is named by the least of its rows; what is said of other rows is out of date.
    """

    def __init__(self, points: Tensor) -> None:
        rows = torch.arange(len(points), device=points.device)
        # Copies of a point merge first of all. Left alone they would merge one pair per round,
        # since each finds the same one nearest.
        least = first_copies(points)
        copies = (least != rows).nonzero()[:, 0]
        self.pairs = [torch.stack([least[copies], copies])]
        self.heights = torch.zeros(len(copies), dtype=torch.float64, device=points.device)
        self.alive = least == rows
        self.sizes = torch.bincount(least, minlength=len(rows)).double()
        self.means = points.clone()
        self.norms = squared_norms(points).double()
        self.spread = torch.zeros_like(self.norms)
        self.nearest = torch.full_like(rows, -1)  # -1 where not known
        self.distance = torch.zeros_like(self.norms)  # to the nearest; a lower bound if not known

    def cut(self, wanted: int) -> float:
        """Distance above which no merge can be among the `wanted` lowest."""
        if len(self.heights) < wanted:
            return torch.inf
        return float(self.heights.kthvalue(wanted).values)

    def look(self, limit: float) -> None:
        """Find the nearest neighbour of each cluster that has none and may merge yet."""
        alive = self.alive.nonzero()[:, 0]
        seek = alive[(self.nearest[alive] < 0) & (self.distance[alive] <= limit)]
        if 2 * len(alive) > len(self.alive):  # a copy of most of them would be much to hold
            alive = torch.arange(len(self.alive), device=alive.device)
            means = self.means
        else:
            means = self.means[alive]
        own = (self.norms + self.spread)[alive]
        own = own.masked_fill(~self.alive[alive], torch.inf).to(means.dtype)
        place = torch.empty_like(self.nearest)
        place[alive] = torch.arange(len(alive), device=alive.device)
        for rows in seek.split(BLOCK):
            squared = torch.addmm(own, self.means[rows], means.T, alpha=-2)
            squared.scatter_(1, place[rows][:, None], torch.inf)
            low = squared.min(dim=1)
            self.nearest[rows] = alive[low.indices]
            mine = self.norms[rows] + self.spread[rows]
            self.distance[rows] = (low.values + mine).clamp_(min=0)

    def merge(self, limit: float) -> bool:
        """Merge the clusters that are nearest to each other; tell whether there were any."""
        rows = (self.alive & (self.nearest >= 0) & (self.distance <= limit)).nonzero()[:, 0]
        if not len(rows):
            return False
        other = self.nearest[rows]
        mutual = (self.nearest[other] == rows) & (rows < other)
        if not bool(mutual.any()):  # rounding: three that each find the next one nearest
            mutual = torch.zeros_like(mutual)
            mutual[self.distance[rows].argmin()] = True
        one, two = rows[mutual], other[mutual]
        one, two = torch.minimum(one, two), torch.maximum(one, two)
        self.heights = torch.cat([self.heights, self.distance[rows[mutual]]])
        self.pairs.append(torch.stack([one, two]))
        for a, b in zip(one.split(BLOCK), two.split(BLOCK), strict=True):
            self._join(a, b)
        self.alive[two] = False
        gone = torch.zeros_like(self.alive)
        gone[one], gone[two] = True, True
        self.nearest[gone[self.nearest.clamp(min=0)] | gone] = -1
        return True

    def _join(self, one: Tensor, two: Tensor) -> None:
        """Make the clusters `one` what they are together with the clusters `two`."""
        share = self.sizes[two] / (self.sizes[one] + self.sizes[two])
        step = self.means[two] - self.means[one]
        apart = squared_norms(step).double()
        self.spread[one] += share * (self.spread[two] - self.spread[one])
        self.spread[one] += share * (1 - share) * apart
        self.means[one] += share.to(step.dtype)[:, None] * step
        self.norms[one] = squared_norms(self.means[one]).double()
        self.sizes[one] += self.sizes[two]

    def labels(self, wanted: int) -> Tensor:
        """Cluster of each point after the `wanted` lowest merges."""
        n_points = len(self.alive)
        lowest = self.heights.argsort(stable=True)[:wanted]
        one, two = torch.cat(self.pairs, dim=1)[:, lowest].cpu().numpy()
        joined = coo_array((np.ones(len(one)), (one, two)), shape=(n_points, n_points))
        _, found = connected_components(joined, directed=False)
        return torch.as_tensor(found.astype(np.int64), device=self.alive.device)
