"""Sums of outer products of weighted embeddings: building them, inverting them, using them."""

from __future__ import annotations

import torch
from torch import Tensor

from alutils.geometry import squared_norms

BLOCK = 256  # columns at a time: of a symmetric matrix only one triangle is computed


def fisher_mean(points: Tensor, weights: Tensor) -> Tensor:
    """Mean of w h hᵀ over all points h, whatever their number.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    weights : torch.Tensor
        Shape (N,).

    Returns
    -------
    torch.Tensor
        Symmetric, shape (D, D).
    """
    mean = points.new_zeros(points.shape[1], points.shape[1])
    for start in range(0, points.shape[1], BLOCK):
        stop = min(start + BLOCK, points.shape[1])
        weighted = points[:, start:stop] * (weights / len(points))[:, None]
        mean[:stop, start:stop] = points[:, :stop].T @ weighted
    return mean.triu() + mean.triu(1).T


def quadratic_forms(points: Tensor, matrix: Tensor) -> Tensor:
    """Return hᵀ A h for each point h and a symmetric A.

    Parameters
    ----------
    points : torch.Tensor
        Shape (N, D).
    matrix : torch.Tensor
        A, shape (D, D).

    Returns
    -------
    torch.Tensor
        Shape (N,), float64.
    """
    half = matrix.triu() + matrix.triu(1)
    forms = points.new_zeros(len(points), dtype=torch.float64)
    for start in range(0, points.shape[1], BLOCK):
        stop = min(start + BLOCK, points.shape[1])
        forms += (points[:, :stop] @ half[:stop, start:stop]).mul_(points[:, start:stop]).sum(dim=1)
    return forms


class Inverse:
    """(λ I + Σ f fᵀ)⁻¹ for each of R replicates, kept as I / λ - Wᵀ W with few rows of W.

    In float64, so that the rounding of many additions stays far below that of the pool's products.

    Parameters
    ----------
    vectors : torch.Tensor
        The first f of each replicate, float64, shape (R, L, D).
    ridge : float
        λ.
    room : int
        How many f may be added.
    """

    def __init__(self, vectors: Tensor, ridge: float, room: int) -> None:
        n_replicates, n_vectors, n_dimensions = vectors.shape
        if n_vectors > n_dimensions:  # the same sum from fewer vectors
            vectors = torch.linalg.qr(vectors, mode="r").R
            n_vectors = n_dimensions
        # The identity of Woodbury: Wᵀ W = Fᵀ (λ I + F Fᵀ)⁻¹ F / λ, with the f as rows of F.
        gram = vectors @ vectors.mT
        gram.diagonal(dim1=1, dim2=2).add_(ridge)
        factor = torch.linalg.cholesky(gram)
        self.ridge, self.used = ridge, n_vectors
        self.rows = vectors.new_zeros(n_replicates, n_vectors + room, n_dimensions)
        self.rows[:, :n_vectors] = torch.linalg.solve_triangular(factor, vectors, upper=False)
        self.rows[:, :n_vectors] /= ridge**0.5

    def times(self, vectors: Tensor, replicates: slice = slice(None)) -> Tensor:
        """Multiply with vectors (R, M, D), one per row, of all or some replicates: same shape."""
        rows = self.rows[replicates, : self.used]
        return torch.baddbmm(vectors, vectors @ rows.mT, rows, beta=1 / self.ridge, alpha=-1)

    def forms(self, points: Tensor, replicate: int) -> Tensor:
        """Return hᵀ M⁻¹ h for each point h of (N, D): shape (N,), float64."""
        rows = self.rows[replicate, : self.used]
        # The difference of two large numbers, so in float64 even for a float32 pool.
        parts = (part.double() for part in points.split(1024))
        forms = [squared_norms(p) / self.ridge - squared_norms(p @ rows.T) for p in parts]
        return torch.cat(forms)

    def add(self, image: Tensor, growth: Tensor) -> None:
        """Add f fᵀ to the inverted matrices.

        Parameters
        ----------
        image : torch.Tensor
            M⁻¹ f, float64, shape (R, D).
        growth : torch.Tensor
            1 + fᵀ M⁻¹ f, shape (R,).
        """
        self.rows[:, self.used] = image / growth.sqrt()[:, None]
        self.used += 1
