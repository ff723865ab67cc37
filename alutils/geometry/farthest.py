"""Farthest-first traversal (k-centre greedy), exact but lazy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry.space import CHUNK, Space, squared_norms, tolerance, with_priority

SHORTLIST = 256
FIRST_CENTRES = 32  # compared with every point; the others only with points that may matter
CENTRES = 96  # compared at once with points that may matter


def farthest_first(
    points: Tensor, centres: Sequence[Tensor], k: int, streams: Sequence[Generator]
) -> Tensor:
    """Choose points one by one, each the farthest from its nearest centre so far.

    A distance to the nearest centre only shrinks as centres are added, so one computed against
    some of the centres is an upper bound. Points of large bound form a shortlist with exact
    distances; its farthest point is the farthest of all as long as it exceeds every bound off the
    list, and only then are more bounds brought up to date. The choice is that of the plain
    algorithm. Distances that only rounding sets apart are equal, and the stream decides.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    centres : sequence of torch.Tensor
        For each replicate the rows that are centres from the start, shape (L,). Without any, the
        first choice is the point nearest the mean.
    k : int
        Rows to choose, at most N - L.
    streams : sequence of numpy.random.Generator
        One per replicate, to break ties between equal distances.

    Returns
    -------
    torch.Tensor
        Shape (R, k), distinct rows that are not centres, in the order chosen.

    References
    ----------
    Gonzalez, Clustering to minimize the maximum intercluster distance, 1985.
    """
    draws = np.stack([stream.random(len(points)) for stream in streams])
    priorities = torch.as_tensor(draws, device=points.device)
    cold = [not len(rows) for rows in centres]
    starts = list(centres)
    if any(cold):
        to_mean = _to_mean(points)
        nearest = to_mean <= (1 + tolerance(to_mean.dtype)) * to_mean.min()
        central = torch.where(nearest, priorities, -1.0).argmax(dim=1)
        starts = [central[r, None] if cold[r] else rows for r, rows in enumerate(centres)]

    space = Space(points, len(starts))
    width = max(min(FIRST_CENTRES, len(rows)) for rows in starts)
    padded = torch.stack([torch.cat([rows, rows[:1].expand(width)])[:width] for rows in starts])
    everyone = torch.arange(len(starts), device=points.device)
    bounds = space.to_nearest(everyone, padded)

    chosen = torch.empty((len(starts), k), dtype=torch.int64, device=points.device)
    for r, start in enumerate(starts):
        known = min(FIRST_CENTRES, len(start))
        traversal = _Traversal(points, space.norms[r], bounds[r], start, known, priorities[r])
        picks = [start] if cold[r] else []
        while (left := k - sum(map(len, picks))) > 0:
            picks.append(traversal.advance(left))
        chosen[r] = torch.cat(picks)
    return chosen


def _to_mean(points: Tensor) -> Tensor:
    """Squared distances (N,) to the mean of the points, without a copy of them."""
    mean, squared = points.mean(dim=0), points.new_empty(len(points))
    for start in range(0, len(points), CHUNK):
        part = slice(start, start + CHUNK)
        squared[part] = squared_norms(points[part] - mean)
    return squared


class _Traversal:
    """Upper bounds on each point's squared distance to the centres, sharpened where it matters.

    Parameters
    ----------
    points, norms : torch.Tensor
        Shapes (N, D) and (N,), the points and their squared norms.
    bound : torch.Tensor
        Shape (N,), squared distance to the nearest of the first `known` centres.
    centres : torch.Tensor
        Rows, shape (L,).
    priority : torch.Tensor
        Shape (N,); of points at equal distance the largest goes first (`with_priority`).
    """

    def __init__(
        self,
        points: Tensor,
        norms: Tensor,
        bound: Tensor,
        centres: Tensor,
        known: int,
        priority: Tensor,
    ) -> None:
        self.points, self.norms, self.priority = points, norms, priority
        self.vectors, self.centre_norms = points[centres], norms[centres]
        self.bound = bound
        self.bound[centres] = -1.0  # below every distance
        self.known = torch.full_like(priority, known, dtype=torch.int64)

    def advance(self, k: int) -> Tensor:
        """Choose at least one row and at most k, shape (at most k,)."""
        rows, off_list = self._shortlist()
        picks = rows[self._walk(rows, off_list, k)]
        self.vectors = torch.cat([self.vectors, self.points[picks]])
        self.centre_norms = torch.cat([self.centre_norms, self.norms[picks]])
        self.bound[picks] = -1.0
        return picks

    def _shortlist(self) -> tuple[Tensor, float]:
        """Rows with exact distances, the farthest among them; the largest score of the others."""
        size = min(SHORTLIST, len(self.points))
        top = self.bound.topk(size).indices
        self._sharpen(top, -1.0)
        # Every distance that exceeds this level is made exact; a quarter of the list does, and
        # whatever may tie with the farthest.
        level = float(self.bound[top].topk(max(size // 4, 1)).values[-1])
        level -= 2 * tolerance(self.bound.dtype) * abs(level)
        self._sharpen((self.bound >= level).nonzero()[:, 0], level)
        score = with_priority(self.bound, self.priority)
        top = score.topk(size).indices
        top = top[self.bound[top] >= level]
        return top, float(score.index_fill(0, top, -torch.inf).max())

    def _sharpen(self, rows: Tensor, level: float) -> None:
        """Compare rows with the centres they do not know, while their bound reaches the level."""
        known = self.known[rows]
        for start in known.unique().tolist():
            for part in rows[known == start].split(CHUNK):
                vectors = self.points.index_select(0, part)
                for first in range(start, len(self.vectors), CENTRES):
                    last = min(first + CENTRES, len(self.vectors))
                    squared = torch.addmm(
                        self.centre_norms[first:last],
                        vectors,
                        self.vectors[first:last].T,
                        alpha=-2,
                    ).amin(dim=1)
                    norms = self.norms[part]
                    squared += norms
                    squared.masked_fill_(squared <= 2 * tolerance(norms.dtype) * norms, 0)
                    bound = torch.minimum(self.bound[part], squared)
                    self.bound[part], self.known[part] = bound, last
                    matters = (bound >= level).nonzero()[:, 0]
                    if 2 * len(matters) < len(part):  # else copying costs more than it saves
                        part, vectors = part[matters], vectors.index_select(0, matters)

    def _walk(self, rows: Tensor, off_list: float, k: int) -> Tensor:
        """Choose from the shortlist while its farthest point is the farthest of all: places."""
        listed, norms = self.points[rows], self.norms[rows]
        total = norms[:, None] + norms
        squared = torch.addmm(total, listed, listed.T, alpha=-2)
        squared.masked_fill_(squared <= tolerance(squared.dtype) * total, 0)
        among, distance = squared.cpu().numpy(), self.bound[rows].cpu()
        priority = self.priority[rows].cpu()
        places: list[int] = []
        while len(places) < min(k, len(rows)):
            score = with_priority(distance, priority).numpy()
            place = int(score.argmax())
            if score[place] < off_list:
                break
            places.append(place)
            np.minimum(distance, among[place], out=distance.numpy())
            distance[place] = -1.0
        return torch.tensor(places, dtype=torch.int64, device=rows.device)
