"""Squared distances between points, or between points that carry a factor per replicate.

A *product* of a factor a and a point h is the outer product a hᵀ written as one long vector. Its
inner products factor, ⟨a hᵀ, b gᵀ⟩ = ⟨a, b⟩⟨h, g⟩, so the long vectors are never built.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

CHUNK = 1024  # rows per matrix product: what a product leaves behind still fits in the cache
CENTRES = 64  # of each replicate, compared at once with every point

Factors = Callable[[Tensor, Tensor], Tensor]


def tolerance(dtype: torch.dtype) -> float:
    """Return the relative size below which a squared distance is rounding, and is taken as 0."""
    return 64 * torch.finfo(dtype).eps


def with_priority(values: Tensor, priority: Tensor) -> Tensor:
    """Values in float64 that differ as the priority says where only rounding sets them apart.

    Parameters
    ----------
    values, priority : torch.Tensor
        Shape (N,); priorities are from 0 to 1.

    Returns
    -------
    torch.Tensor
        Shape (N,), larger than a value of at least 0 by a share of rounding at most.
    """
    tiny = torch.finfo(torch.float64).tiny  # decides between zeros
    return values.double() * (1 + tolerance(values.dtype) * priority) + tiny * priority


def squared_norms(points: Tensor) -> Tensor:
    """Return the squared Euclidean norm of each row of (..., D)."""
    return torch.linalg.vector_norm(points, dim=-1).square_()


def squared_between(one: Tensor, one_norms: Tensor, two: Tensor, two_norms: Tensor) -> Tensor:
    """Squared distances of points to other points, 0 where they are rounding.

    Parameters
    ----------
    one, one_norms : torch.Tensor
        Shapes (A, D) and (A,), points and their squared norms.
    two, two_norms : torch.Tensor
        Shapes (B, D) and (B,).

    Returns
    -------
    torch.Tensor
        Shape (A, B).
    """
    squared = torch.addmm(two_norms, one, two.T, alpha=-2)
    squared += one_norms[:, None]
    rounding = 2 * tolerance(squared.dtype) * one_norms[:, None]
    return squared.masked_fill_(squared <= rounding, 0)


class Space:
    """N points seen by R replicates, each point optionally times a factor of its replicate.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D), shared by the replicates.
    replicates : int
        Number of replicates R.
    factors : callable, optional
        Hands back the factors (A, B, C) of the rows (A, B) of the replicates (A,): called with
        replicates and rows. Left out, the points stand alone.
    factor_norms : torch.Tensor, optional
        Squared norms of the factors, shape (R, N); required with `factors`.
    """

    def __init__(
        self,
        points: Tensor,
        replicates: int,
        factors: Factors | None = None,
        factor_norms: Tensor | None = None,
    ) -> None:
        self.points, self.factors = points, factors
        norms = squared_norms(points).expand(replicates, -1)
        self.norms = norms if factor_norms is None else norms * factor_norms

    def between(self, replicates: Tensor, rows: Tensor, others: Tensor) -> Tensor:
        """Squared distances of rows to other rows, per replicate.

        Parameters
        ----------
        replicates : torch.Tensor
            Shape (A,), the replicates asked for.
        rows, others : torch.Tensor
            Shapes (A, B) and (A, E).

        Returns
        -------
        torch.Tensor
            Shape (A, B, E). A row is at distance exactly 0 from itself and from every row that
            is closer than rounding.
        """
        inner = torch.bmm(self.points[rows], self.points[others].mT)
        if self.factors is not None:
            inner *= torch.bmm(self.factors(replicates, rows), self.factors(replicates, others).mT)
        which = replicates[:, None]
        total = self.norms[which, rows][:, :, None] + self.norms[which, others][:, None, :]
        distances = torch.sub(total, inner, alpha=2)
        same = rows[:, :, None] == others[:, None, :]
        rounding = distances <= tolerance(total.dtype) * total
        return distances.masked_fill_(same | rounding, 0)

    def to_nearest(self, replicates: Tensor, centres: Tensor) -> Tensor:
        """Squared distances of every point to the nearest of its replicate's centres.

        Parameters
        ----------
        replicates : torch.Tensor
            Shape (A,), the replicates asked for.
        centres : torch.Tensor
            Rows of the centres, shape (A, B).

        Returns
        -------
        torch.Tensor
            Shape (A, N). One matrix product serves all replicates.
        """
        n_replicates, n_centres = centres.shape
        vectors = self.points[centres.flatten()]
        centre_norms = self.norms[replicates[:, None], centres][:, :, None]
        factors = None if self.factors is None else self.factors(replicates, centres)
        nearest = vectors.new_empty(n_replicates, len(self.points))
        for start in range(0, len(self.points), CHUNK):
            part = self.points[start : start + CHUNK]
            inner = (vectors @ part.T).view(n_replicates, n_centres, len(part))
            if self.factors is not None and factors is not None:
                rows = torch.arange(start, start + len(part), device=part.device)
                mine = self.factors(replicates, rows.expand(n_replicates, -1))
                inner *= torch.bmm(factors, mine.mT)
            norms = self.norms[:, start : start + CHUNK].index_select(0, replicates)
            squared = torch.sub(centre_norms, inner, alpha=2).amin(dim=1).add_(norms)
            squared.masked_fill_(squared <= 2 * tolerance(norms.dtype) * norms, 0)
            nearest[:, start : start + CHUNK] = squared
        return nearest

    def to_nearest_of(self, centres: Sequence[Tensor]) -> Tensor:
        """Squared distances of every point to the nearest centre, however many there are.

        Parameters
        ----------
        centres : sequence of torch.Tensor
            Rows of each replicate's centres, shape (L,), as many as it has.

        Returns
        -------
        torch.Tensor
            Shape (R, N); infinite in a replicate without centres.
        """
        nearest = torch.full_like(self.norms, torch.inf)
        for start in range(0, max(map(len, centres)), CENTRES):
            some = [rows[start : start + CENTRES] for rows in centres]
            have = [r for r, rows in enumerate(some) if len(rows)]
            width = max(map(len, some))
            padded = [torch.cat([some[r], some[r][:1].expand(width)])[:width] for r in have]
            which = torch.tensor(have, device=nearest.device)
            found = self.to_nearest(which, torch.stack(padded))
            nearest[which] = torch.minimum(nearest[which], found)
        return nearest
