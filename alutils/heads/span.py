"""Coordinates to minimise the softmax objective in, and a cheap stand-in for its inverse Hessian.

The objective is ``scale * sum of log-losses + 0.5 * ||weights||²`` here, with a scale for each
replicate. Points are (R, C, K + 1): K coordinates for each class, then the intercept. Gradients
and steps have their own width; the `image` of a step is what makes a plain product with it the
inner product in the space of the weights. Classes come first because products of a short, wide
matrix are fast.

The Hessian is bounded by a multiple of ``identity + curvature * X'X``, the same for every class
(Böhning 1992), and at zero equal to it. `precondition` inverts that exactly, the unpenalised
intercept included.

Points and gradients are exact, in the dtype of the labelled rows. Steps may be narrower.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

#: What is added to the Gram matrix in steps, as a share of 1 / curvature: more than float32 rounds
#: by. It makes what cannot be seen in the weights shrink along with the rest, where labelled rows
#: are (nearly) dependent; steps are wrong by less than their length times this, which the next
#: step sees.
JITTER = 1e-5


def dot(left: Tensor, right: Tensor) -> Tensor:
    """Return the product (R,) of each replicate's two arrays."""
    return (left * right).sum(dim=(1, 2))


class Coordinates(Protocol):
    """One way to write the weights of R replicates with labelled rows X (R, L, D)."""

    def prepare(self, dtype: torch.dtype) -> bool:
        """Make ready for steps in this dtype; say whether it is wide enough."""
        ...

    def settle(self, point: Tensor, drifted: Tensor | None = None) -> Tensor:
        """Return the exact logits (R, C, L) of a point; make good in it what steps left out.

        `drifted` are its logits as the sum of those along its steps.
        """
        ...

    def gradient(self, residual: Tensor, point: Tensor) -> Tensor:
        """Return the gradient at a point for derivatives (R, C, L) by the logits."""
        ...

    def norm(self, gradient: Tensor) -> Tensor:
        """Return the norm (R,) of a gradient in the space of the weights and intercepts."""
        ...

    def precondition(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """Return the step that is the stand-in times a gradient, and its image."""
        ...

    def balance(self, gradient: Tensor, mean: Tensor) -> None:
        """Take out, in place, what would move all intercepts by the same.

        That changes no probability and has no curvature: what rounding leaves of it would grow
        without bound. `mean` (R, C) averages over the classes seen.
        """
        ...

    def logits(self, image: Tensor) -> Tensor:
        """Return the logits (R, C, L) along a step, of its image."""
        ...

    def bend(self, curved: Tensor, step: Tensor) -> Tensor:
        """Return the Hessian times a step; `curved` (R, C, L) is that of the losses."""
        ...

    def measure(self, step: Tensor, along: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return a step's image, exact logits and squared length (R,); `along` are its logits."""
        ...


def _inverse(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Invert positive definite matrices, and say whether the dtype is wide enough for that."""
    factor, fault = torch.linalg.cholesky_ex(matrix)
    return torch.cholesky_inverse(factor), (fault == 0).all()


class Span:
    """Weights as a combination ``W = A X`` of the labelled rows, where the optimum lies.

    The coordinates are A (C, L), and a step's image are its logits: one (C, L) by (L, L) product
    an iteration, whatever D is. At the optimum, where the intercept's derivative is zero, the
    rows of A sum to zero. So they do everywhere here: then the gradient by A determines that by
    the intercept, and what a step adds to the intercept shows in its logits.
    For L up to D; beyond, the combination is not unique.

    Parameters
    ----------
    points : torch.Tensor
        Shape (R, L, D).
    curvature : torch.Tensor
        Shape (R, 1, 1), positive.
    """

    def __init__(self, points: Tensor, curvature: Tensor) -> None:
        self.gram = points @ points.mT
        self.exact_curvature = curvature

    def prepare(self, dtype: torch.dtype) -> bool:
        """See `Coordinates`."""
        self.curvature = curvature = self.exact_curvature.to(dtype)
        shifted = self.gram.to(dtype) * curvature
        shifted.diagonal(dim1=1, dim2=2).add_(1 + JITTER)
        inverse, sound = _inverse(shifted)
        ones = inverse.sum(dim=1, keepdim=True)
        total = curvature * ones.sum(dim=2, keepdim=True)
        # gram (1 + curvature gram)^-1, so that no small difference is divided later.
        self.smooth = inverse.mul_(-1 / curvature)
        self.smooth.diagonal(dim1=1, dim2=2).add_((1 / curvature)[:, 0])
        # Rank one more for the intercept, so that an iteration has nothing to do for it.
        self.smooth.addcmul_(ones.mT, ones / total)
        return bool(sound)

    def settle(self, point: Tensor, drifted: Tensor | None = None) -> Tensor:
        """See `Coordinates`."""
        values, intercept = point[..., :-1], point[..., -1:]
        values -= values.mean(dim=2, keepdim=True)
        logits = values @ self.gram
        if drifted is not None:
            intercept.copy_((drifted - logits).mean(dim=2, keepdim=True))
        return logits.add_(intercept)

    def gradient(self, residual: Tensor, point: Tensor) -> Tensor:
        """See `Coordinates`."""
        return residual.add_(point[..., :-1])

    def norm(self, gradient: Tensor) -> Tensor:
        """See `Coordinates`."""
        square = dot(gradient, gradient @ self.gram).clamp(min=0)
        return (square + gradient.sum(dim=2).square().sum(dim=1)).sqrt()

    def precondition(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """See `Coordinates`; the step comes without a second product."""
        image = gradient @ self.smooth
        return torch.addcmul(gradient, image, self.curvature, value=-1), image

    def balance(self, gradient: Tensor, mean: Tensor) -> None:
        """See `Coordinates`: the mean over the labelled rows stands for an intercept."""
        common = (gradient.mean(dim=2) * mean).sum(dim=1, keepdim=True)
        gradient -= (common * (mean > 0))[..., None]

    def logits(self, image: Tensor) -> Tensor:
        """See `Coordinates`."""
        return image

    def bend(self, curved: Tensor, step: Tensor) -> Tensor:
        """See `Coordinates`."""
        return curved.add_(step)

    def measure(self, step: Tensor, along: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `Coordinates`."""
        # Without the jitter's share logits would drift: up to a tenth more iterations.
        return along, along - step * (JITTER / self.curvature), dot(step, along)


class Space:
    """Weights as they are, (C, D), for more labelled rows than dimensions.

    Parameters
    ----------
    points : torch.Tensor
        Shape (R, L, D).
    curvature : torch.Tensor
        Shape (R, 1, 1), positive.
    whole : bool
        Whether to invert the stand-in, or its diagonal alone unless steps are exact.
    """

    def __init__(self, points: Tensor, curvature: Tensor, whole: bool) -> None:
        self.exact, self.exact_curvature, self.whole = points, curvature, whole

    def prepare(self, dtype: torch.dtype) -> bool:
        """See `Coordinates`."""
        n, size, d = self.exact.shape
        # The intercept is the weight of one more dimension, without penalty.
        self.points = self.exact.new_ones(n, size, d + 1, dtype=dtype)
        self.points[..., :-1] = self.exact
        self.penalised = self.points.new_ones(d + 1)
        self.penalised[-1] = 0
        curvature = self.exact_curvature.to(dtype)
        if not self.whole and dtype is not self.exact.dtype:
            squares = self.points.square().sum(dim=1, keepdim=True)
            self.inverse = 1 / (self.penalised + curvature * squares)
            return bool(torch.isfinite(squares.sum()))
        shifted = (self.points.mT @ self.points).mul_(curvature)
        shifted.diagonal(dim1=1, dim2=2).add_(self.penalised)
        self.inverse, sound = _inverse(shifted)
        return bool(sound)

    def settle(self, point: Tensor, drifted: Tensor | None = None) -> Tensor:
        """See `Coordinates`."""
        return (point[..., :-1] @ self.exact.mT).add_(point[..., -1:])

    def gradient(self, residual: Tensor, point: Tensor) -> Tensor:
        """See `Coordinates`."""
        values = (residual @ self.exact).add_(point[..., :-1])
        return torch.cat([values, residual.sum(dim=2, keepdim=True)], dim=2)

    def norm(self, gradient: Tensor) -> Tensor:
        """See `Coordinates`."""
        return torch.linalg.vector_norm(gradient, dim=(1, 2))

    def precondition(self, gradient: Tensor) -> tuple[Tensor, Tensor]:
        """See `Coordinates`."""
        diagonal = self.inverse.shape[1] == 1
        step = gradient * self.inverse if diagonal else gradient @ self.inverse
        return step, step

    def balance(self, gradient: Tensor, mean: Tensor) -> None:
        """See `Coordinates`: the last column is the intercepts'."""
        common = (gradient[..., -1] * mean).sum(dim=1, keepdim=True)
        gradient[..., -1] -= common * (mean > 0)

    def logits(self, image: Tensor) -> Tensor:
        """See `Coordinates`."""
        return image @ self.points.mT

    def bend(self, curved: Tensor, step: Tensor) -> Tensor:
        """See `Coordinates`."""
        return (curved @ self.points).addcmul_(step, self.penalised)

    def measure(self, step: Tensor, along: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `Coordinates`."""
        return step, along, dot(step, step * self.penalised)
