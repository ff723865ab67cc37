"""BAIT: the rows that most shrink the variance of the head's predictions over the pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import pydantic
import torch
from numpy.random import Generator
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.fisher import Inverse, fisher_mean, quadratic_forms

OVERSAMPLING = 2  # rows chosen going forward for each row wanted
TIED = 1e-6  # gains that differ by less than this share of them are equal


@dataclass(frozen=True)
class Bait:
    """Rows whose labels would most reduce the uncertainty of the head over the whole pool.

    The Fisher information of row i is that of the binary question whether its predicted class is
    right, F_i = p_i (1 - p_i) h_i h_iᵀ, with p_i the largest class probability and h_i the
    embedding without a constant entry. The rows S minimise the trace of M⁻¹ F, where M = λ I +
    the sum of F_i over labelled rows and S, each with weight one, and F is the mean of F_i over
    the whole pool, labelled or not.

    Greedily: rows are added one by one, each the one that lowers the trace most, until there are
    2 k (or no more), then taken out one by one, each the one that raises it least, until k are
    left. Rows of equal effect, to six digits, are told apart by the stream. A head that is sure
    of everything leaves no information anywhere: all rows are equal.

    Parameters
    ----------
    ridge : float
        λ, the information there is before any label, from 1e-9 to 1e9. The pool's mean square is
        one, so that 1 is little. Below 0.1 the rounding of a float32 pool may decide between rows
        of nearly equal effect.

    Notes
    -----
    Needs: a head.

    Cost: F and hᵀ M⁻¹ F M⁻¹ h, O(R N D²) once; then these and hᵀ M⁻¹ h are kept up to date by one
    product of the pool with 2 R vectors per step, O(R N D). Holds R matrices D x D, or fewer when
    they would outgrow the pool.

    Weak when: there are many classes, since one number per row stands for what all classes could
    learn; the first labels are few, since p is then far from the truth.

    Differs: the paper's sum over classes is the binary form above, as it proposes for speed. It
    averages F_i over the labelled rows but adds those of S whole, so that one choice outweighs
    any label; here each counts once.

    References
    ----------
    Ash, Goel, Krishnamurthy and Kakade, Gone fishing: neural active learning with Fisher
    embeddings, NeurIPS 2021.
    """

    ridge: Annotated[float, pydantic.Field(ge=1e-9, le=1e9)] = 1.0
    name = "bait"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order the rows were added."""
        pool = selection.pool
        draws = np.stack([stream.random(len(pool)) for stream in streams])
        priority = torch.as_tensor(draws, device=pool.device)
        top = selection.summary(lambda p: p.amax(dim=-1))
        roots = (top * (1 - top)).sqrt_()
        free = int((~selection.labelled).sum(dim=1).min())
        n_forward = min(OVERSAMPLING * k, free)
        chosen = []
        # Six times D x D numbers for each, with what passes by: no more than the pool holds.
        at_once = max(1, len(pool) // (6 * pool.shape[1]))
        for start in range(0, len(roots), at_once):
            part = slice(start, start + at_once)
            search = _Search(pool, roots[part], selection.labelled[part], self.ridge, n_forward)
            rows = search.forward(n_forward, priority[part])
            kept = search.backward(rows, k, priority[part].gather(1, rows))
            chosen.append(rows.gather(1, kept))
        return torch.cat(chosen)


class _Search:
    """The search of G replicates; f_i = sqrt(p_i (1 - p_i)) h_i, so that F_i = f_i f_iᵀ.

    Parameters
    ----------
    pool : torch.Tensor
        Embeddings h, shape (N, D).
    roots : torch.Tensor
        sqrt(p_i (1 - p_i)), shape (G, N).
    labelled : torch.Tensor
        Boolean, shape (G, N).
    ridge : float
        λ.
    room : int
        Rows that will be added.
    """

    def __init__(
        self, pool: Tensor, roots: Tensor, labelled: Tensor, ridge: float, room: int
    ) -> None:
        self.pool, self.roots, self.free = pool, roots, ~labelled
        rows = labelled.int().argsort(dim=1, descending=True, stable=True)
        rows = rows[:, : int(labelled.sum(dim=1).max())]
        known = self._vectors(rows) * labelled.gather(1, rows)[:, :, None]
        self.inverse = Inverse(known, ridge, room)
        self.fisher = torch.stack([fisher_mean(pool, root.square()) for root in roots])
        # a_i = f_iᵀ M⁻¹ f_i and b_i = f_iᵀ M⁻¹ F M⁻¹ f_i
        self.a = torch.empty_like(roots, dtype=torch.float64)
        self.b = torch.empty_like(self.a)
        for r, root in enumerate(roots):
            weights = root.double().square()
            self.a[r] = self.inverse.forms(pool, r) * weights
            self.b[r] = quadratic_forms(pool, self._between(r)) * weights

    def _vectors(self, rows: Tensor) -> Tensor:
        """Take the f of rows (G, M): float64, shape (G, M, D)."""
        return self.pool[rows].double() * self.roots.gather(1, rows)[:, :, None]

    def _between(self, r: int) -> Tensor:
        """M⁻¹ F M⁻¹ of one replicate, shape (D, D)."""
        one = slice(r, r + 1)
        left = self.inverse.times(self.fisher[one].double(), one)
        return self.inverse.times(left.mT, one)[0].to(self.pool.dtype)

    def forward(self, n_rows: int, priority: Tensor) -> Tensor:
        """Add rows one by one: shape (G, n_rows), in the order added."""
        replicates = torch.arange(len(self.free), device=self.free.device)
        rows = torch.empty(len(self.free), n_rows, dtype=torch.int64, device=self.free.device)
        for step in range(n_rows):
            # tr((M + f fᵀ)⁻¹ F) = tr(M⁻¹ F) - b / (1 + a)
            row = _highest(self.b / (1 + self.a), self.free, priority)
            rows[:, step] = row
            self.free[replicates, row] = False
            self._add(row[:, None])
        return rows

    def _add(self, row: Tensor) -> None:
        """Add row (G, 1) to M, and bring a and b up to date."""
        f = self._vectors(row)
        u = self.inverse.times(f)  # M⁻¹ f
        image = u.to(self.fisher.dtype) @ self.fisher
        v = self.inverse.times(image.double())  # M⁻¹ F M⁻¹ f
        growth, shrinkage = 1 + (f * u).sum(dim=2), (f * v).sum(dim=2)
        both = torch.cat([u[:, 0], v[:, 0]]).to(self.pool.dtype)
        products = (self.pool @ both.T).T.double().view(2, len(row), -1).mul_(self.roots)
        self.inverse.add(u[:, 0], growth[:, 0])
        x, y = products[0], products[1]
        x /= growth
        self.b += x * (x * shrinkage - 2 * y)
        self.a -= x.square() * growth

    def backward(self, rows: Tensor, k: int, priority: Tensor) -> Tensor:
        """Take rows (G, M) out one by one: places of the k that are left, in order (G, k)."""
        f = self._vectors(rows)
        g = self.inverse.times(f)
        a = f @ g.mT  # as before, but between any two of the rows
        b = (g.to(self.fisher.dtype) @ self.fisher).double() @ g.mT
        replicates = torch.arange(len(rows), device=rows.device)
        left = torch.ones_like(rows, dtype=torch.bool)
        for _ in range(rows.shape[1] - k):
            # tr((M - f fᵀ)⁻¹ F) = tr(M⁻¹ F) + b / (1 - a)
            rest = (1 - a.diagonal(dim1=1, dim2=2)).clamp_(min=1e-12)
            place = _highest(-b.diagonal(dim1=1, dim2=2) / rest, left, 1 - priority)
            left[replicates, place] = False
            rest = rest[replicates, place, None]
            x, y = a[replicates, place] / rest, b[replicates, place]
            half = y + 0.5 * x * y[replicates, place, None]
            b += x[:, :, None] * half[:, None] + half[:, :, None] * x[:, None]
            a += x[:, :, None] * (x * rest)[:, None]
        return left.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :k]


def _highest(scores: Tensor, allowed: Tensor, priority: Tensor) -> Tensor:
    """Row of the highest score in each replicate, the one of highest priority if several tie."""
    scores = scores.masked_fill(~allowed, -torch.inf)
    best = scores.amax(dim=1, keepdim=True)
    tied = scores >= best - TIED * best.abs()
    return torch.where(tied, priority, -1.0).argmax(dim=1)
