"""Minimise the softmax objective of many replicates at once: preconditioned L-BFGS in the span.

Points and gradients are (R, L + 1, C): a combination of the labelled rows for each class, then its
intercept. Beside each travels its image: K times the combination, then the intercept. The inner
product of two of them, in the space of the weights, is the plain product of one with the image of
the other, so that an iteration costs one product with an (L, L) matrix. L-BFGS is in its compact
form (Byrd, Nocedal and Schnabel 1994): a few large products instead of a loop over the history.
Replicates that have converged leave the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from alutils.heads.span import Span

#: Steps remembered by L-BFGS.
MEMORY = 10
#: Well beyond what any real problem needed (below 300); reaching it is an error, never silent.
LIMIT = 5000


@dataclass(frozen=True)
class Problem:
    """Labelled points of R replicates.

    Parameters
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


@dataclass(frozen=True)
class Solution:
    """Where the gradient is small.

    Attributes
    ----------
    combination : torch.Tensor
        Shape (R, L, C); the weights are ``combination' points``.
    intercept : torch.Tensor
        Shape (R, 1, C).
    gradient_norm : torch.Tensor
        Shape (R,), in the space of the weights and intercepts.
    iterations : torch.Tensor
        Shape (R,), int64.
    """

    combination: Tensor
    intercept: Tensor
    gradient_norm: Tensor
    iterations: Tensor


def solve(problem: Problem, combination: Tensor, intercept: Tensor, tolerance: float) -> Solution:
    """Minimise until each replicate's gradient is small.

    Parameters
    ----------
    problem : Problem
        The labelled points.
    combination : torch.Tensor
        Shape (R, L, C), where to start.
    intercept : torch.Tensor
        Shape (R, 1, C), where to start.
    tolerance : float
        A replicate is done when the norm of its gradient is at most `tolerance` times its norm at
        zero.

    Returns
    -------
    Solution
        One optimum per replicate.

    Raises
    ------
    RuntimeError
        If a replicate does not get there.
    """
    batch = _Batch(problem, torch.cat([combination, intercept], dim=1), tolerance)
    for iteration in range(LIMIT):
        batch.aim()
        if batch.leave(iteration):
            return batch.solution()
        batch.step()
    raise _stuck(batch)


def _stuck(batch: _Batch) -> RuntimeError:
    return RuntimeError(
        f"softmax regression stopped at {batch.decrement.max():.1e} times the gradient at zero, "
        f"above its tolerance {batch.tolerance:.1e}: raise the tolerance or scale the embeddings"
    )


class _Batch:
    """The replicates that have not converged; every tensor's first axis counts them."""

    def __init__(self, problem: Problem, start: Tensor, tolerance: float) -> None:
        points, self.C, self.tolerance = problem.points, problem.C, tolerance
        n, n_rows, _ = points.shape
        n_seen = problem.seen.sum(dim=1).to(points.dtype)[:, None, None]
        # scikit-learn fits two classes with one weight vector w, so with weights +w/2 and -w/2.
        self.penalty = torch.where(n_seen == 2, 2.0, 1.0).to(points.dtype)
        # Between the curvature at zero, 1 / classes, and that of a fitted model, much smaller.
        self.span = Span(points, self.penalty, 0.4 * self.C * n_seen**-1.5)
        self.labels = problem.labels[..., None].clone()
        self.mask = torch.where(problem.seen, 0.0, -torch.inf).to(points.dtype)[:, None]
        self.index = torch.arange(n, device=points.device)
        self.n_steps = 0

        zero = torch.zeros_like(start)
        self._evaluate(zero, zero.clone())
        self.target = tolerance * self._norm()
        if bool(start.any()):
            self._evaluate(start, self._image(start))
        self.solved = torch.empty_like(start)
        self.norms, self.counts = torch.empty_like(self.target), torch.empty_like(self.index)

        self.ratio = torch.ones_like(self.target)
        size = start[0].numel()
        for name in ("steps", "step_images", "changes", "shrunk", "shrunk_images"):
            setattr(self, name, start.new_zeros(n, MEMORY, size))
        self.step_change = start.new_zeros(n, MEMORY, MEMORY)
        self.change_shrunk = start.new_zeros(n, MEMORY, MEMORY)

    def _image(self, values: Tensor) -> Tensor:
        return torch.cat([self.span.image(values[:, :-1]), values[:, -1:]], dim=1)

    def _value(self, x: Tensor, image: Tensor) -> tuple[Tensor, Tensor]:
        """Objective (R,) and log-probabilities (R, L, C)."""
        logits = image[:, :-1] + image[:, -1:] + self.mask
        log_p = torch.log_softmax(logits, dim=-1)
        fit = log_p.gather(2, self.labels).sum(dim=(1, 2))
        norm = (x[:, :-1] * image[:, :-1]).sum(dim=(1, 2))
        return 0.5 * self.penalty[:, 0, 0] * norm - self.C * fit, log_p

    def _evaluate(self, x: Tensor, image: Tensor) -> None:
        self._move(x, image, *self._value(x, image))

    def _move(self, x: Tensor, image: Tensor, value: Tensor, log_p: Tensor) -> None:
        self.x, self.image, self.value, self.p = x, image, value, log_p.exp()
        residual = self.C * self.p
        residual.scatter_add_(2, self.labels, residual.new_full((), -self.C).expand_as(self.labels))
        rows = residual + self.penalty * x[:, :-1]
        self.gradient = torch.cat([rows, residual.sum(dim=1, keepdim=True)], dim=1)

    def _norm(self) -> Tensor:
        return (self.gradient * self._image(self.gradient)).sum(dim=(1, 2)).clamp(min=0).sqrt()

    def aim(self) -> None:
        """Choose the direction: minus the inverse Hessian, as far as known, times the gradient."""
        z, z_image = self.span.precondition(self.gradient)
        n, m, slot = len(z), min(self.n_steps, MEMORY), (self.n_steps - 1) % MEMORY
        if m:
            self.changes[:, slot] = (self.gradient - self.old_gradient).view(n, -1)
            self.shrunk[:, slot] = (z - self.old_z).view(n, -1)
            self.shrunk_images[:, slot] = (z_image - self.old_z_image).view(n, -1)
        # Slots from the oldest step to the newest.
        order = [(self.n_steps + i) % m for i in range(m)]
        by_step = self.step_images[:, :m] @ self.gradient.view(n, -1, 1)
        by_change = self.changes[:, :m] @ z_image.view(n, -1, 1)
        if m:
            self.step_change[:, :m, slot] = (
                self.step_images[:, :m] @ self.changes[:, slot, :, None]
            )[..., 0]
            column = (self.changes[:, :m] @ self.shrunk_images[:, slot, :, None])[..., 0]
            self.change_shrunk[:, :m, slot] = self.change_shrunk[:, slot, :m] = column
            upper = self.step_change[:, order][:, :, order].triu()
            inner = self.change_shrunk[:, order][:, :, order] + torch.diag_embed(
                upper.diagonal(dim1=1, dim2=2)
            )
            back = torch.linalg.solve_triangular(upper, by_step[:, order], upper=True)
            forth = torch.linalg.solve_triangular(
                upper.mT, inner @ back - by_change[:, order], upper=False
            )
            unorder = [order.index(i) for i in range(m)]
            u, v = back[:, unorder].mT, forth[:, unorder].mT
            z_step = (v @ self.steps[:, :m] - u @ self.shrunk[:, :m]).view_as(z)
            z_step_image = (v @ self.step_images[:, :m] - u @ self.shrunk_images[:, :m]).view_as(z)
            self.direction, self.direction_image = z + z_step, z_image + z_step_image
        else:
            self.direction, self.direction_image = z, z_image
        self.direction, self.direction_image = -self.direction, -self.direction_image
        self.old_gradient, self.old_z, self.old_z_image = self.gradient, z, z_image
        self.slope = (self.direction_image * self.gradient).sum(dim=(1, 2))
        self.decrement = (-self.slope).clamp(min=0).sqrt()

    def leave(self, iteration: int) -> bool:
        """Take out the replicates that have converged; return whether none is left.

        The gradient's norm costs a product with K. The decrement, which is free, says when it is
        worth a look.
        """
        if not bool((self.ratio * self.decrement <= self.target).any()):
            return False
        norm = self._norm()
        self.ratio = norm / self.decrement
        done = norm <= self.target
        at = self.index[done]
        self.solved[at], self.norms[at], self.counts[at] = self.x[done], norm[done], iteration
        if bool(done.all()):
            return True
        if bool(done.any()):
            self._keep(~done)
        return False

    def _keep(self, keep: Tensor) -> None:
        """Keep some replicates: the last ones move into the gaps, the rest stay where they are."""
        n = int(keep.sum())
        gaps, movers = torch.nonzero(~keep[:n])[:, 0], n + torch.nonzero(keep[n:])[:, 0]
        for owner, names in ((self, STATE), (self.span, self.span.tensors())):
            for name in names:
                tensor = getattr(owner, name)
                tensor[gaps] = tensor[movers]
                setattr(owner, name, tensor[:n])

    def step(self) -> None:
        """Move along the direction: a Newton step in one dimension, halved until it descends."""
        d, d_image = self.direction, self.direction_image
        along = d_image[:, :-1] + d_image[:, -1:]
        weighted = self.p * along
        bend = (weighted * along).sum(dim=(1, 2)) - weighted.sum(dim=2).square().sum(dim=1)
        norm = (d[:, :-1] * d_image[:, :-1]).sum(dim=(1, 2))
        length = -self.slope / (self.C * bend + self.penalty[:, 0, 0] * norm)
        slack = 100 * torch.finfo(d.dtype).eps * self.value.abs()
        for _ in range(60):
            t = length[:, None, None]
            s, s_image = t * d, t * d_image
            x, image = self.x + s, self.image + s_image
            value, log_p = self._value(x, image)
            descends = value <= self.value + 1e-4 * length * self.slope + slack
            if bool(descends.all()):
                break
            length = torch.where(descends, length, length / 2)
        else:
            raise _stuck(self)
        slot = self.n_steps % MEMORY
        self.steps[:, slot] = s.view(len(s), -1)
        self.step_images[:, slot] = s_image.view(len(s), -1)
        self.n_steps += 1
        self._move(x, image, value, log_p)

    def solution(self) -> Solution:
        """Return what was solved, in the order the replicates came in."""
        return Solution(self.solved[:, :-1], self.solved[:, -1:], self.norms, self.counts)


#: What a batch holds for each replicate.
STATE = (
    "index labels mask penalty target ratio x image value p gradient direction direction_image "
    "slope decrement old_gradient old_z old_z_image steps step_images changes shrunk "
    "shrunk_images step_change change_shrunk"
).split()
