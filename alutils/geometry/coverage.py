"""Greedy coverage: choose the rows to which all points, in sum, are most similar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry.similarity import Similarity
from alutils.geometry.space import Space, squared_between, squared_norms, tolerance, with_priority

TILE = 512  # rows compared with as many at once: what is left behind fits in the cache
SHORTLIST = 64  # rows whose similarities to all points are held at once
AHEAD = 16  # choices made on the shortlist, at most, before it is checked that they were right


def cover(
    points: Tensor,
    similarities: Sequence[Similarity],
    weights: Tensor,
    centres: Sequence[Tensor],
    k: int,
    streams: Sequence[Generator],
) -> Tensor:
    """Choose rows one by one, each the one that raises the coverage most.

    Coverage is the weighted sum, over all points, of the similarity to the most similar centre or
    chosen row; 0 for a point as long as there is none.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    similarities : sequence of Similarity
        One per replicate.
    weights : torch.Tensor
        What it counts that a point is covered, at least 0, shape (R, N).
    centres : sequence of torch.Tensor
        For each replicate the rows that cover from the start, shape (L,).
    k : int
        Rows to choose, at most N - L.
    streams : sequence of numpy.random.Generator
        One per replicate, to break ties. Rows tie when only rounding sets their gains apart.

    Returns
    -------
    torch.Tensor
        Shape (R, k), distinct rows that are not centres, in the order chosen.

    Notes
    -----
    What a row gains can only fall as others are chosen (coverage is submodular), so an old gain is
    a bound and most rows are never looked at again. The gains at the start cost N² D
    multiplications for all replicates together and a few passes over N² numbers for each; every
    choice then costs a small multiple of 64 N D, or nothing if it was foreseen.

    References
    ----------
    Minoux, Accelerated greedy algorithms for maximizing submodular set functions, 1978.
    """
    draws = np.stack([stream.random(len(points)) for stream in streams])
    nearest = Space(points, len(streams)).to_nearest_of(centres)
    covered = torch.stack([alike(n) for alike, n in zip(similarities, nearest, strict=True)])
    gains = _gains(points, similarities, weights, covered)
    chosen = []
    for r, alike in enumerate(similarities):
        priority = torch.as_tensor(draws[r], device=points.device)
        greedy = _Greedy(points, alike, weights[r], covered[r], gains[r], priority)
        greedy.bound[centres[r]] = -torch.inf
        picks: list[Tensor] = []
        while (left := k - sum(map(len, picks))) > 0:
            picks.append(greedy.advance(left))
        chosen.append(torch.cat(picks))
    return torch.stack(chosen)


def _gains(
    points: Tensor, similarities: Sequence[Similarity], weights: Tensor, covered: Tensor
) -> Tensor:
    """Add up what every row would bring to the coverage (R, N), given what is covered (R, N)."""
    norms, gains = squared_norms(points), torch.zeros_like(covered)
    room = norms.new_empty(TILE * TILE)
    for a in range(0, len(points), TILE):
        rows = slice(a, a + TILE)
        for b in range(0, len(points), TILE):
            others = slice(b, b + TILE)
            squared = squared_between(points[rows], norms[rows], points[others], norms[others])
            more = room[: squared.numel()].view(squared.shape)
            for r, alike in enumerate(similarities):
                if r == 0 or alike != similarities[r - 1]:
                    similar = alike(squared)
                torch.sub(similar, covered[r, others], out=more).clamp_(min=0)
                gains[r, rows] += more @ weights[r, others]
    return gains


class _Greedy:
    """Upper bounds on each row's gain, made exact where it matters.

    Gains are compared through `with_priority`, so that the priority decides between equals.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    alike : Similarity
        The replicate's.
    weights, covered, gains, priority : torch.Tensor
        Shape (N,): what a point counts, how well it is covered, the gain of each row at the
        start, and which of two equal rows goes first.
    """

    def __init__(
        self,
        points: Tensor,
        alike: Similarity,
        weights: Tensor,
        covered: Tensor,
        gains: Tensor,
        priority: Tensor,
    ) -> None:
        self.points, self.norms, self.alike = points, squared_norms(points), alike
        self.weights, self.covered, self.priority = weights, covered, priority
        self.slack, self.ahead = tolerance(points.dtype), AHEAD
        self.bound = with_priority(gains, priority)

    def advance(self, k: int) -> Tensor:
        """Choose at most k rows, shape (at most k,); perhaps none, and bounds are then sharper."""
        rows = self.bound.topk(min(SHORTLIST, len(self.points))).indices
        off_list = self.bound.index_fill(0, rows, -torch.inf).max()
        squared = squared_between(self.points[rows], self.norms[rows], self.points, self.norms)
        columns = self.alike(squared)
        free, priority = self.bound[rows], self.priority[rows]
        covered, places, best = self.covered, [], []
        for step in range(min(self.ahead, k, len(rows))):
            gains = (columns - covered).clamp_(min=0) @ self.weights
            score = torch.where(free > -torch.inf, with_priority(gains, priority), -torch.inf)
            if step == 0:
                self.bound[rows] = score
            place = score.argmax(dim=0, keepdim=True)
            places.append(place)
            best.append(score[place])
            free = free.index_fill(0, place, -torch.inf)
            covered = torch.maximum(covered, columns[place][0])
        # A score off the list may have fallen since, but never risen; nor do those of choices.
        right = torch.cat(best) * (1 + self.slack) >= off_list
        n_right = int(right.sum())
        self.ahead = min(2 * n_right + 1, AHEAD)
        picks = torch.cat(places)[:n_right]
        self.covered = torch.cat([columns[picks], self.covered[None]]).amax(dim=0)
        self.bound[rows[picks]] = -torch.inf
        return rows[picks]
