"""Coordinates to minimise the softmax objective in, and a cheap stand-in for its inverse Hessian.

Points are (R, C, K + 1): K coordinates for each class, then the intercept. The `image` of a point
is what makes the plain product of one point with the image of another their inner product in the
space of the weights. Classes come first because products of a short, wide matrix are fast.

The Hessian is bounded by a multiple of ``penalty + curvature * X'X``, the same for every class
(Böhning 1992), and at zero equal to it. `precondition` inverts that exactly, the unpenalised
intercept included.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

import torch
from torch import Tensor


class Coordinates(Protocol):
    """One way to write the weights of R replicates with labelled rows X (R, L, D)."""

    TENSORS: ClassVar[tuple[str, ...]]  # attributes with one entry per replicate

    def image(self, values: Tensor) -> Tensor:
        """Return the image (R, C, K) of coordinates (R, C, K)."""
        ...

    def logits(self, image: Tensor) -> Tensor:
        """Return the logits (R, C, L), without intercept, of an image (R, C, K)."""
        ...

    def gradient(self, residual: Tensor) -> Tensor:
        """Return the gradient (R, C, K) for derivatives (R, C, L) by the logits."""
        ...

    def precondition(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Return the stand-in times a gradient (R, C, K + 1), and the image of that."""
        ...


def _inverse(gram: Tensor, penalty: Tensor, curvature: Tensor) -> Tensor:
    shifted = gram * curvature
    shifted.diagonal(dim1=1, dim2=2).add_(penalty[:, 0])
    return torch.cholesky_inverse(torch.linalg.cholesky(shifted))


class Span:
    """Weights as a combination ``W = A X`` of the labelled rows, where the optimum lies.

    The coordinates are A (C, L), their image is A times the Gram matrix ``X X'``, which are the
    logits: one (C, L) by (L, L) product an iteration, whatever D is. For L up to D; beyond, the
    combination is not unique, and its idle part would drown the rest in rounding.

    Parameters
    ----------
    points : torch.Tensor
        Shape (R, L, D).
    penalty, curvature : torch.Tensor
        Shape (R, 1, 1), both positive.
    """

    TENSORS: ClassVar[tuple[str, ...]] = ("penalty", "curvature", "gram", "smooth", "shrunk_ones")

    def __init__(self, points: Tensor, penalty: Tensor, curvature: Tensor) -> None:
        self.penalty, self.curvature = penalty, curvature
        self.gram = points @ points.mT
        inverse = _inverse(self.gram, penalty, curvature)
        self.shrunk_ones = inverse.sum(dim=1, keepdim=True)
        # gram (penalty + curvature gram)^-1, so that no small difference is divided later.
        self.smooth = inverse.mul_(-penalty / curvature)
        self.smooth.diagonal(dim1=1, dim2=2).add_((1 / curvature)[:, 0])

    def image(self, values: Tensor) -> Tensor:
        """See `Coordinates`."""
        return values @ self.gram

    def logits(self, image: Tensor) -> Tensor:
        """See `Coordinates`."""
        return image

    def gradient(self, residual: Tensor) -> Tensor:
        """See `Coordinates`."""
        return residual

    def precondition(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """See `Coordinates`; the image comes without a second product."""
        values, intercept = gradient[..., :-1], gradient[..., -1:]
        penalty, curvature = self.penalty, self.curvature
        surplus = 1 - penalty * self.shrunk_ones
        total = penalty * curvature * self.shrunk_ones.sum(dim=2, keepdim=True)
        step = (intercept - (surplus @ values.mT).mT) / total
        smoothed = values @ self.smooth
        image = torch.cat([smoothed - step * surplus, step], dim=2)
        shrunk = (values - curvature * smoothed) / penalty - curvature * step * self.shrunk_ones
        return torch.cat([shrunk, step], dim=2), image


class Space:
    """Weights as they are, (C, D), for more labelled rows than dimensions.

    Parameters
    ----------
    points : torch.Tensor
        Shape (R, L, D).
    penalty, curvature : torch.Tensor
        Shape (R, 1, 1), both positive.
    """

    TENSORS: ClassVar[tuple[str, ...]] = ("points", "inverse", "drift", "total")

    def __init__(self, points: Tensor, penalty: Tensor, curvature: Tensor) -> None:
        self.points = points
        self.inverse = _inverse(points.mT @ points, penalty, curvature)
        pull = curvature * points.sum(dim=1, keepdim=True)
        self.drift = pull @ self.inverse
        self.total = curvature * points.shape[1] - (pull * self.drift).sum(dim=2, keepdim=True)

    def image(self, values: Tensor) -> Tensor:
        """See `Coordinates`."""
        return values

    def logits(self, image: Tensor) -> Tensor:
        """See `Coordinates`."""
        return image @ self.points.mT

    def gradient(self, residual: Tensor) -> Tensor:
        """See `Coordinates`."""
        return residual @ self.points

    def precondition(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """See `Coordinates`."""
        values, intercept = gradient[..., :-1], gradient[..., -1:]
        step = (intercept - (self.drift @ values.mT).mT) / self.total
        shrunk = torch.cat([values @ self.inverse - step * self.drift, step], dim=2)
        return shrunk, shrunk
