"""The space the labelled rows span, where the optimum of an L2-penalised head lies.

The optimal weights are a combination ``W = X' A`` of the labelled rows X (L, D). So A (L, C) is
solved for, logits are ``K A`` with the Gram matrix ``K = X X'``, and D does not matter any more.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Span:
    """The Gram matrix of each replicate and a cheap stand-in for the inverse Hessian.

    The Hessian of the objective is bounded by, and near the start equal to, a multiple of
    ``penalty + curvature K``, the same for every class (Böhning 1992). `precondition` inverts that
    exactly, the unpenalised intercept included, with one (L, L) by (L, C) product, and the image
    under K comes without another.

    Parameters
    ----------
    points : torch.Tensor
        Shape (R, L, D), the labelled rows.
    penalty, curvature : torch.Tensor
        Shape (R, 1, 1), both positive.
    """

    def __init__(self, points: Tensor, penalty: Tensor, curvature: Tensor) -> None:
        _, n_rows, n_dimensions = points.shape
        # Beyond 2 D rows two thin products are cheaper than one with the Gram matrix.
        self.thin = n_rows > 2 * n_dimensions
        self.penalty, self.curvature = penalty, curvature
        gram = points.mT @ points if self.thin else points @ points.mT
        shifted = gram * curvature
        shifted.diagonal(dim1=1, dim2=2).add_(penalty[:, 0])
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(shifted))
        ones = torch.ones_like(points[:, :, :1])
        if self.thin:
            # A copy: replicates are moved about in here as they converge.
            self.points, self.inverse = points.clone(), inverse
            self.shrunk = (ones - curvature * self.smooth(ones)) / penalty
        else:
            # smooth = K (penalty + curvature K)^-1: never divide a small difference later.
            self.points = gram
            self.shrunk = inverse.sum(dim=2, keepdim=True)
            self.inverse = inverse.mul_(-penalty / curvature)
            self.inverse.diagonal(dim1=1, dim2=2).add_((1 / curvature)[:, 0])

    def image(self, combination: Tensor) -> Tensor:
        """Return K times (R, L, C)."""
        if self.thin:
            return self.points @ (self.points.mT @ combination)
        return self.points @ combination

    def smooth(self, combination: Tensor) -> Tensor:
        """Return K (penalty + curvature K)^-1 times (R, L, C)."""
        if self.thin:
            return self.points @ (self.inverse @ (self.points.mT @ combination))
        return self.inverse @ combination

    def precondition(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Apply the stand-in for the inverse Hessian.

        Parameters
        ----------
        gradient : torch.Tensor
            Shape (R, L + 1, C): coefficients of the rows, then the intercepts.

        Returns
        -------
        torch.Tensor, torch.Tensor
            Shape (R, L + 1, C) each: the result, and its image (K times the coefficients, then
            the intercepts unchanged).
        """
        rows, intercept = gradient[:, :-1], gradient[:, -1:]
        c, penalty, u = self.curvature, self.penalty, self.shrunk
        surplus = 1 - penalty * u
        step = (intercept - surplus.mT @ rows) / (penalty * c * u.sum(dim=1, keepdim=True))
        smoothed = self.smooth(rows)
        direction = (rows - c * smoothed) / penalty - c * step * u
        return torch.cat([direction, step], 1), torch.cat([smoothed - step * surplus, step], 1)

    def tensors(self) -> list[str]:
        """Name the attributes with one entry per replicate."""
        return ["penalty", "curvature", "points", "inverse", "shrunk"]
