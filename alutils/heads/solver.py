"""Minimise the softmax objective of many replicates at once: preconditioned L-BFGS.

Points, gradients and directions are (R, C, K + 1), in the coordinates of `alutils.heads.span`:
labelled rows or dimensions, whichever are fewer. Replicates that have converged leave the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from alutils.heads.history import History
from alutils.heads.span import Coordinates, Space, Span

#: Far more iterations than any real problem needed (below 300). Reaching it is an error.
LIMIT = 5000


@dataclass(frozen=True)
class Problem:
    """Labelled points of R replicates.

    Attributes
    ----------
    points : torch.Tensor
        Shape (R, L, D), the labelled rows in the dtype to work in; overwritten while solving.
    labels : torch.Tensor
        Shape (R, L), int64.
    seen : torch.Tensor
        Shape (R, C), bool: the classes the replicate has.
    C : float
        Weight of the log-losses against ``0.5 * ||weights||²``.
    """

    points: Tensor
    labels: Tensor
    seen: Tensor
    C: float

    @property
    def in_span(self) -> bool:
        """Whether the coordinates are the labelled rows; else they are the dimensions."""
        return self.points.shape[1] <= self.points.shape[2]


@dataclass(frozen=True)
class Solution:
    """Where the gradient is small.

    Attributes
    ----------
    point : torch.Tensor
        Shape (R, C, K + 1): the weights in the problem's coordinates, then the intercepts.
    gradient_norm : torch.Tensor
        Shape (R,), in the space of the weights and intercepts.
    iterations : torch.Tensor
        Shape (R,), int64.
    """

    point: Tensor
    gradient_norm: Tensor
    iterations: Tensor


def solve(problem: Problem, start: Tensor, tolerance: float) -> Solution:
    """Minimise until each replicate's gradient is small.

    Parameters
    ----------
    problem : Problem
        The labelled points.
    start : torch.Tensor
        Shape (R, C, K + 1).
    tolerance : float
        A replicate is done when the norm of its gradient is at most `tolerance` times its norm at
        zero, or at most the rounding error of the sum it is.

    Returns
    -------
    Solution
        One optimum per replicate.

    Raises
    ------
    RuntimeError
        If a replicate does not get there.
    """
    batch = _Batch(problem, start, tolerance)
    solved, norms = torch.empty_like(start), torch.empty_like(batch.target)
    counts = torch.zeros_like(batch.index)
    for iteration in range(LIMIT):
        batch.aim()
        norm, done = batch.converged()
        at = batch.index[done]
        solved[at], norms[at], counts[at] = batch.point[done], norm[done], iteration
        if bool(done.all()):
            return Solution(solved, norms, counts)
        if len(at):
            batch.keep(~done)
        if not batch.step():
            break
    excess = float((batch.norm() / batch.target).max())
    raise RuntimeError(
        f"softmax regression stopped with its gradient {excess:.1e} times above the tolerance: "
        "scale the embeddings, or fit with a larger tolerance"
    )


class _Batch:
    """The replicates that have not converged; every tensor's first axis counts them."""

    TENSORS = (
        *("index", "labels", "mask", "penalty", "target", "ratio", "point", "image", "logits"),
        *("value", "p", "gradient", "direction", "direction_image", "slope"),
    )

    def __init__(self, problem: Problem, start: Tensor, tolerance: float) -> None:
        points, self.C = problem.points, problem.C
        n_seen = problem.seen.sum(dim=1).to(points.dtype)[:, None, None]
        # scikit-learn fits two classes with one weight vector w, so with weights +w/2 and -w/2.
        self.penalty = torch.where(n_seen == 2, 2.0, 1.0).to(points.dtype)
        # Between the curvature at zero, 1 / classes, and that at an optimum, which is smaller.
        # A rule of thumb: it changes the number of iterations, never the solution.
        kind = Span if problem.in_span else Space
        self.space: Coordinates = kind(points, self.penalty, 0.4 * self.C * n_seen**-1.5)
        self.history = History(start)
        self.labels = problem.labels[:, None].clone()
        self.mask = torch.where(problem.seen, 0.0, -torch.inf).to(points.dtype)[..., None]
        self.index = torch.arange(len(points), device=points.device)

        zero = torch.zeros_like(start)
        logits = self.mask.repeat(1, 1, points.shape[1])
        self._move(zero, zero, logits, *self._value(zero, zero, logits))
        # Where the optimum is at zero, that norm is rounding: ask for no less than can be computed.
        lengths = (torch.linalg.vector_norm(points, dim=2).square() + 1).sqrt()
        rounding = 100 * torch.finfo(points.dtype).eps * self.C * lengths.sum(dim=1)
        self.target = torch.maximum(tolerance * self.norm(), rounding)
        self.ratio = torch.ones_like(self.target)
        if bool(start.any()):
            image = torch.cat([self.space.image(start[..., :-1]), start[..., -1:]], dim=2)
            logits = self._logits(image) + self.mask
            self._move(start, image, logits, *self._value(start, image, logits))

    def _logits(self, image: Tensor) -> Tensor:
        return self.space.logits(image[..., :-1]) + image[..., -1:]

    def _value(self, point: Tensor, image: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Objective (R,) and log-probabilities (R, C, L)."""
        log_p = torch.log_softmax(logits, dim=1)
        fit = log_p.gather(1, self.labels).sum(dim=(1, 2))
        norm = (point[..., :-1] * image[..., :-1]).sum(dim=(1, 2))
        return 0.5 * self.penalty[:, 0, 0] * norm - self.C * fit, log_p

    def _move(
        self, point: Tensor, image: Tensor, logits: Tensor, value: Tensor, log_p: Tensor
    ) -> None:
        self.point, self.image, self.logits = point, image, logits
        self.value, self.p = value, log_p.exp()
        residual = self.C * self.p
        residual.scatter_add_(1, self.labels, residual.new_full(self.labels.shape, -self.C))
        values = self.space.gradient(residual) + self.penalty * point[..., :-1]
        self.gradient = torch.cat([values, residual.sum(dim=2, keepdim=True)], dim=2)

    def norm(self) -> Tensor:
        """Norm of the gradient (R,), in the space of the weights and intercepts."""
        values, intercept = self.gradient[..., :-1], self.gradient[..., -1:]
        square = (values * self.space.image(values)).sum(dim=(1, 2))
        return (square.clamp(min=0) + intercept.square().sum(dim=(1, 2))).sqrt()

    def aim(self) -> None:
        """Choose the direction of descent."""
        z, z_image = self.space.precondition(self.gradient)
        ascent, image = self.history.aim(self.gradient, z, z_image)
        self.direction, self.direction_image = -ascent, -image
        self.slope = (self.direction_image * self.gradient).sum(dim=(1, 2))

    def converged(self) -> tuple[Tensor, Tensor]:
        """Return the gradient's norm and who is done.

        The norm costs a product with K. The decrement, which is free, tells when it is worth it.
        A replicate that is not due is let be, so that when it stops does not depend on the others.
        """
        decrement = (-self.slope).clamp(min=0).sqrt()
        due = self.ratio * decrement <= self.target
        if not bool(due.any()):
            return self.target, due
        norm = self.norm()
        self.ratio = torch.where(due & (decrement > 0), norm / decrement, self.ratio)
        return norm, due & (norm <= self.target)

    def keep(self, keep: Tensor) -> None:
        """Keep some replicates: the last ones move into the gaps, the rest stay where they are."""
        n = int(keep.sum())
        gaps, movers = torch.nonzero(~keep[:n])[:, 0], n + torch.nonzero(keep[n:])[:, 0]
        for owner in (self, self.space, self.history):
            for name in owner.TENSORS:
                tensor = getattr(owner, name)
                if len(gaps):
                    tensor[gaps] = tensor[movers]
                setattr(owner, name, tensor[:n])

    def step(self) -> bool:
        """Move along the direction: a Newton step in one dimension, halved until it descends."""
        d, d_image = self.direction, self.direction_image
        along = self._logits(d_image)
        weighted = self.p * along
        bend = (weighted * along).sum(dim=(1, 2)) - weighted.sum(dim=1).square().sum(dim=1)
        norm = (d[..., :-1] * d_image[..., :-1]).sum(dim=(1, 2))
        length = -self.slope / (self.C * bend + self.penalty[:, 0, 0] * norm)
        slack = 100 * torch.finfo(d.dtype).eps * self.value.abs()
        for _ in range(60):
            by = length[:, None, None]
            step, step_image, logits = by * d, by * d_image, self.logits + by * along
            point, image = self.point + step, self.image + step_image
            value, log_p = self._value(point, image, logits)
            descends = value <= self.value + 1e-4 * length * self.slope + slack
            if bool(descends.all()):
                self.history.remember(step, step_image)
                self._move(point, image, logits, value, log_p)
                return True
            length = torch.where(descends, length, length / 2)
        return False
