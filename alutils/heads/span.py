"""The space the labelled rows span, where the optimum of an L2-penalised head lies.

The optimal weights are a combination ``W = A X`` of the labelled rows X (L, D). So A (C, L) is
solved for, logits are ``A K`` with the Gram matrix ``K = X X'``, and D does not matter any more.
Classes come first because products of a short, wide matrix with K are the fast ones.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Span:
    """The Gram matrix of each replicate and a cheap stand-in for the inverse Hessian.

    The Hessian of the objective is bounded by a multiple of ``penalty + curvature K``, the same
    for every class (Böhning 1992), and equal to it at zero. `precondition` inverts that exactly,
    the unpenalised intercept included, with one (C, L) by (L, L) product; the image under K comes
    without another.

    Parameters
    ----------
    points : torch.Tensor
        Shape (R, L, D), the labelled rows.
    penalty, curvature : torch.Tensor
        Shape (R, 1, 1), both positive.
    """

    #: The attributes with one entry per replicate.
    TENSORS = ("penalty", "curvature", "points", "inverse", "shrunk_ones")

    def __init__(self, points: Tensor, penalty: Tensor, curvature: Tensor) -> None:
        _, n_rows, n_dimensions = points.shape
        # Beyond 2 D rows two thin products are cheaper than one with the Gram matrix.
        self.thin = n_rows > 2 * n_dimensions
        self.penalty, self.curvature = penalty, curvature
        gram = points.mT @ points if self.thin else points @ points.mT
        shifted = gram * curvature
        shifted.diagonal(dim1=1, dim2=2).add_(penalty[:, 0])
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(shifted))
        if self.thin:
            # A copy: replicates are moved about in here as they converge.
            self.points, self.inverse = points.clone(), inverse
            ones = torch.ones_like(points[:, None, :, 0])
            self.shrunk_ones = (ones - curvature * self.smooth(ones)) / penalty
        else:
            self.points = gram
            self.shrunk_ones = inverse.sum(dim=1, keepdim=True)
            # K (penalty + curvature K)^-1, so that no small difference is divided later.
            self.inverse = inverse.mul_(-penalty / curvature)
            self.inverse.diagonal(dim1=1, dim2=2).add_((1 / curvature)[:, 0])

    def image(self, rows: Tensor) -> Tensor:
        """Return (R, C, L) times K."""
        if self.thin:
            return rows @ self.points @ self.points.mT
        return rows @ self.points

    def smooth(self, rows: Tensor) -> Tensor:
        """Return (R, C, L) times K (penalty + curvature K)^-1."""
        if self.thin:
            return rows @ self.points @ self.inverse @ self.points.mT
        return rows @ self.inverse

    def precondition(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Apply the stand-in for the inverse Hessian.

        Parameters
        ----------
        gradient : torch.Tensor
            Shape (R, C, L + 1): coefficients of the rows, then the intercept.

        Returns
        -------
        torch.Tensor, torch.Tensor
            Shape (R, C, L + 1) each: the result, and its image (the coefficients times K, then
            the intercept unchanged).
        """
        rows, intercept = gradient[..., :-1], gradient[..., -1:]
        penalty, curvature = self.penalty, self.curvature
        surplus = 1 - penalty * self.shrunk_ones
        total = penalty * curvature * self.shrunk_ones.sum(dim=2, keepdim=True)
        step = (intercept - (surplus @ rows.mT).mT) / total
        smoothed = self.smooth(rows)
        image = torch.cat([smoothed - step * surplus, step], dim=2)
        shrunk = (rows - curvature * smoothed) / penalty - curvature * step * self.shrunk_ones
        return torch.cat([shrunk, step], dim=2), image
