"""Farthest-first traversal (k-centre greedy), exact but lazy."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry.space import CHUNK, squared_norms, tolerance

SHORTLIST = 256
FIRST_CENTRES = 32


def farthest_first(points: Tensor, centres: Tensor, k: int, stream: Generator) -> Tensor:
    """Choose points one by one, each the farthest from its nearest centre so far.

    A distance to the nearest centre only shrinks as centres are added, so one computed against
    some of the centres is an upper bound. The points of largest bound form a shortlist with exact
    distances; the farthest point is on it as long as its distance exceeds every bound off it, and
    only then are more bounds brought up to date. The choice is that of the plain algorithm.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    centres : torch.Tensor
        Rows that are centres from the start, shape (L,). Without any, the first choice is the
        point nearest the mean.
    k : int
        Rows to choose, at most N - L.
    stream : numpy.random.Generator
        Breaks ties between equal distances.

    Returns
    -------
    torch.Tensor
        Shape (k,), distinct rows that are not centres, in the order chosen.

    References
    ----------
    Gonzalez, Clustering to minimize the maximum intercluster distance, 1985.
    """
    priority = torch.as_tensor(stream.random(len(points)), device=points.device)
    chosen: list[int] = []
    if not len(centres):
        to_mean = squared_norms(points - points.mean(dim=0))
        nearest = to_mean == to_mean.min()
        chosen.append(int(priority.where(nearest, -torch.ones_like(priority)).argmax()))
        centres = torch.tensor(chosen, device=points.device)
    bounds = _Bounds(points, centres)
    while len(chosen) < k:
        rows, off_list = bounds.shortlist()
        picks = _walk(bounds, rows, off_list, priority, k - len(chosen))
        bounds.add(picks)
        chosen += picks.tolist()
    return torch.tensor(chosen, device=points.device)


class _Bounds:
    """Upper bounds on the squared distance of each point to its nearest centre."""

    def __init__(self, points: Tensor, centres: Tensor) -> None:
        self.points, self.centres = points, centres
        self.norms = squared_norms(points)
        self.bound = torch.full_like(self.norms, torch.inf)
        self.known = torch.zeros_like(self.norms, dtype=torch.int64)  # centres compared with
        everything = torch.arange(len(points), device=points.device)
        self._compare(everything, 0, min(FIRST_CENTRES, len(centres)))
        self.bound[centres] = -1.0

    def add(self, centres: Tensor) -> None:
        """Take on more centres; no point is compared with them yet."""
        self.centres = torch.cat([self.centres, centres])
        self.bound[centres] = -1.0

    def shortlist(self) -> tuple[Tensor, float]:
        """Rows of largest bound, all of them exact, and the largest bound of any other row."""
        size = SHORTLIST
        while True:
            top = self.bound.topk(min(size + 1, len(self.points)))
            rows, off_list = top.indices[:size], float("-inf")
            if len(top.values) > size:
                off_list = float(top.values[size])
            stale = rows[self.known[rows] < len(self.centres)]
            if not len(stale):
                exact = self.bound[rows]
                if float(exact[0]) > off_list or len(rows) == len(self.points):
                    return rows, off_list
                size *= 2  # a tie reaches beyond the shortlist
                continue
            for start in self.known[stale].unique().tolist():
                self._compare(stale[self.known[stale] == start], start, len(self.centres))

    def _compare(self, rows: Tensor, start: int, end: int) -> None:
        """Bring these rows up to date with centres start..end."""
        centres = self.points[self.centres[start:end]]
        norms = squared_norms(centres)[:, None]
        for part in rows.split(CHUNK):
            squared = torch.addmm(norms, centres, self.points[part].T, alpha=-2).amin(dim=0)
            squared += self.norms[part]
            rounding = squared <= 2 * tolerance(squared.dtype) * self.norms[part]
            squared.masked_fill_(rounding, 0)
            self.bound[part] = torch.minimum(self.bound[part], squared)
        self.known[rows] = end


def _walk(bounds: _Bounds, rows: Tensor, off_list: float, priority: Tensor, k: int) -> Tensor:
    """Choose from the shortlist for as long as its farthest point is the farthest of all."""
    listed = bounds.points[rows]
    norms = bounds.norms[rows]
    total = norms[:, None] + norms
    squared = torch.addmm(total, listed, listed.T, alpha=-2)
    squared.masked_fill_(squared <= tolerance(squared.dtype) * total, 0)
    among, distance = squared.cpu().numpy(), bounds.bound[rows].cpu().numpy()
    order = priority[rows].cpu().numpy()
    places: list[int] = []
    while len(places) < min(k, len(rows)):
        best = distance.max()
        if best <= off_list:
            break
        place = int(np.where(distance == best, order, -1.0).argmax())
        places.append(place)
        np.minimum(distance, among[place], out=distance)
        distance[place] = -1.0
    return rows[torch.tensor(places, dtype=torch.int64, device=rows.device)]
