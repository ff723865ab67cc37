"""Minimise the softmax objective of many replicates at once: Newton steps, roughly solved for.

Steps come from conjugate gradients in float32, twice as fast; gradients are in float64, and it is
they that say where the optimum is. Points are (R, C, K + 1), in the coordinates of
`alutils.heads.span`: labelled rows or dimensions, whichever are fewer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from alutils.heads.conjugate import newton_step
from alutils.heads.span import Coordinates, Space, Span, dot

#: Far more Newton steps than any real problem needed. Reaching it is an error.
LIMIT = 200

#: Halvings of a step.
HALVINGS = 60

#: Coordinates from which steps are in float32. Below, products are not what takes the time.
NARROW_FROM = 64

#: Logits are computed anew when the gradient has shrunk to this share of what it was then.
DRIFT = 1e-3

#: And every so many steps, in case that rounding hides how small the gradient is.
PATIENCE = 16


@dataclass(frozen=True)
class Problem:
    """Labelled points of R replicates.

    Attributes
    ----------
    points : torch.Tensor
        Shape (R, L, D), the labelled rows in the dtype to work in.
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

    @cached_property
    def lengths(self) -> Tensor:
        """Euclidean lengths (R, L) of the points."""
        return torch.linalg.vector_norm(self.points, dim=2)

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
        Shape (R,), int64, of conjugate gradients.
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
    newton = _Newton(problem, start, tolerance)
    for count in range(1, LIMIT + 1):
        if bool(newton.done.all()):
            return Solution(newton.point, newton.norm * newton.penalty, newton.counts)
        newton.step()
        newton.check(every=count % PATIENCE == 0)
    excess = float((newton.norm / newton.target).max())
    raise RuntimeError(
        f"softmax regression stopped with its gradient {excess:.1e} times above the tolerance: "
        "scale the embeddings, or fit with a larger tolerance"
    )


def _inverse_pays(problem: Problem) -> bool:
    """Whether, beyond the span, the whole stand-in is worth its inverse.

    It takes (2 L + D) D² operations to make, and saves the more iterations of L D C the larger
    C and L are. Fitted to text embeddings: where it says no, fits take 5 to 45 % less time.
    """
    _, n_points, d = problem.points.shape
    return 10 * problem.C * n_points**2 > (2 * n_points + d) * d


class _Newton:
    """Where R replicates are. Those that are done stand still until all are."""

    def __init__(self, problem: Problem, start: Tensor, tolerance: float) -> None:
        points, dtype = problem.points, problem.points.dtype
        n_seen = problem.seen.sum(dim=1).to(dtype)
        self.mean = problem.seen / n_seen[:, None]
        # scikit-learn fits two classes with one weight vector w, so with weights +w/2 and -w/2:
        # the penalty counts twice or, here, the losses half.
        self.penalty = torch.where(n_seen == 2, 2.0, 1.0).to(dtype)
        scale = problem.C / self.penalty
        self.scale = scale[:, None, None]
        # Between the curvature at zero, 1 / classes, and that at an optimum, which is smaller.
        # A rule of thumb: it changes the number of iterations, never the solution.
        curvature = (0.2 * scale * n_seen**-1.5)[:, None, None]
        self.space: Coordinates = (
            Span(points, curvature)
            if problem.in_span
            else Space(points, curvature, _inverse_pays(problem))
        )
        self.narrow = torch.float32 if min(points.shape[1:]) >= NARROW_FROM else dtype
        if not self.space.prepare(self.narrow):
            self._widen(dtype)
        self.labels = problem.labels[:, None]
        self.mask = torch.where(problem.seen, 0.0, -torch.inf).to(dtype)[..., None]
        self.counts = torch.zeros_like(problem.labels[:, 0])

        self.point = torch.zeros_like(start)
        self._move(start.new_zeros(*start.shape[:2], points.shape[1]))
        self.norm = self.norm_at_zero = self.space.norm(self.gradient)
        # Where the optimum is at zero, that norm is rounding: ask for no less than can be computed.
        sizes = (problem.lengths.square() + 1).sqrt()
        rounding = 100 * torch.finfo(dtype).eps * scale * sizes.sum(dim=1)
        self.target = torch.maximum(tolerance * self.norm, rounding)
        if bool(start.any()):
            self.point = start.clone()
            self._move(self.space.settle(self.point))
            self.norm = self.space.norm(self.gradient)
        self.done = self.norm <= self.target
        self._aim()
        self.ratio = self.norm / self.decrement

    def _widen(self, dtype: torch.dtype) -> None:
        """Take steps with more digits."""
        if self.narrow is not dtype:
            self.narrow = dtype
            self.space.prepare(dtype)

    def _p(self, logits: Tensor) -> Tensor:
        return torch.log_softmax(logits + self.mask, dim=1).exp_()

    def _move(self, logits: Tensor, p: Tensor | None = None) -> None:
        """Take these for the point's logits and probabilities."""
        self.logits, self.p = logits, self._p(logits) if p is None else p
        residual = self.scale * self.p
        residual.scatter_add_(1, self.labels, (-self.scale).expand_as(self.labels))
        self.gradient = self.space.gradient(residual, self.point)

    def _aim(self) -> None:
        """Find where each step begins, and so the gradient's norm under the stand-in."""
        going = torch.where(self.done, 0.0, -1.0)[:, None, None]
        self.downhill = (self.gradient * going).to(self.narrow)
        self.space.balance(self.downhill, self.mean.to(self.narrow))
        self.first = self.space.precondition(self.downhill)
        self.decrement = dot(self.downhill, self.first[1]).sqrt().to(self.norm.dtype)

    def step(self) -> None:
        """Move by a rough Newton step, doubled or halved until it ends where it is nearly flat."""
        near = self.ratio * self.decrement
        # The nearer the optimum, the better the step; but no better than the target asks.
        share = torch.maximum(near / self.norm_at_zero, (0.5 * self.target / near) ** 2)
        step, along, counts = newton_step(
            self.space,
            self.p.to(self.narrow),
            self.scale.to(self.narrow),
            self.downhill,
            self.first,
            share.clamp(max=0.25).to(self.narrow),
            self.mean.to(self.narrow),
        )
        self.counts += counts
        if not bool(torch.isfinite(step.sum() + along.sum())):
            self._widen(self.norm.dtype)
            self._aim()
            return
        image, change, square = self.space.measure(step, along)
        steepest = -dot(self.gradient, image)
        along, change = along.to(self.logits.dtype), change.to(self.logits.dtype)
        length = torch.where(self.done, 0.0, 1.0).to(along.dtype)
        growing = ~self.done
        for _ in range(HALVINGS):
            logits = torch.addcmul(self.logits, change, length[:, None, None])
            p = self._p(logits)
            # By how much the slope has risen: exact where the slope itself is all rounding.
            rise = self.scale[:, 0, 0] * dot(p - self.p, along) + length * square
            # Separable classes need longer steps: a fifth fewer iterations with two.
            overshot, growing = rise > 1.1 * steepest, growing & (rise < 0.8 * steepest)
            if not bool((overshot | growing).any()):
                break
            length = length * torch.where(overshot, 0.5, torch.where(growing, 2.0, 1.0))
        self.point[..., : step.shape[2]] += length[:, None, None] * step
        self._move(logits, p)
        self._aim()

    def check(self, every: bool) -> None:
        """Settle the replicates that may be done, and those whose logits have drifted."""
        near = self.ratio * self.decrement
        # Not a number, where steps have too few digits, is due too.
        due = ~self.done & (every | ~(near > torch.maximum(self.target, DRIFT * self.norm)))
        if not bool(due.any()):
            return
        # A replicate that is not due is let be: what it does must not depend on the others.
        at, point = due[:, None, None], self.point.clone()
        logits = self.space.settle(point, self.logits)
        self.point = torch.where(at, point, self.point)
        self._move(torch.where(at, logits, self.logits))
        before, norm = self.norm, self.space.norm(self.gradient)
        self.norm = torch.where(due, norm, before)
        self.done = self.done | (due & (norm <= self.target))
        if bool((due & ~(norm < 0.5 * before)).any()):
            self._widen(norm.dtype)
        self._aim()
        self.ratio = torch.where(due, norm / self.decrement, self.ratio)
