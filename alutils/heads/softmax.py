"""Softmax regression with an L2 penalty: convex, solved to tolerance, all replicates at once."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

from alutils.errors import UserError
from alutils.heads.base import FittedHead
from alutils.heads.solver import Problem, solve

#: Entries (R, C, L) of a block of replicates on a CPU: what conjugate gradients go over
#: again and again stays in its cache.
BLOCK_ENTRIES = 2**16
CHUNK = 4096  # points whose logits are held at once


@dataclass(frozen=True)
class FittedSoftmax:
    """R softmax regressions at their optimum.

    Attributes
    ----------
    weights : torch.Tensor
        Shape (R, C, D), in the pool's dtype; zero for classes not seen.
    bias : torch.Tensor
        Shape (R, C), in the pool's dtype; zero for classes not seen.
    classes_seen : torch.Tensor
        Shape (R, C), bool.
    gradient_norm : torch.Tensor
        Shape (R,), Euclidean norm of the objective's gradient over weights and intercepts. The
        objective is 1-strongly convex in the weights: they are no further than this, in Euclidean
        norm, from the best for their intercepts.
    iterations : torch.Tensor
        Shape (R,), int64, iterations of conjugate gradients.
    rows : torch.Tensor
        Shape (R, L), the labelled rows it was fitted on.
    combination : torch.Tensor or None
        Shape (R, C, L), float64: the weights as a combination of the labelled rows, from which
        the next cycle starts; None if there were more rows than dimensions.
    """

    weights: Tensor
    bias: Tensor
    classes_seen: Tensor
    gradient_norm: Tensor
    iterations: Tensor
    rows: Tensor = field(repr=False)
    combination: Tensor | None = field(repr=False)

    def logits(self, points: Tensor) -> Tensor:
        """Return the logits of points (M, D): shape (R, M, C), minus infinity if not seen."""
        n_replicates, n_classes, n_dimensions = self.weights.shape
        if points.ndim != 2 or points.shape[1] != n_dimensions:
            raise UserError(
                f"points have shape {tuple(points.shape)}, but the head was fitted on embeddings "
                f"of {n_dimensions} dimensions: give a matrix with {n_dimensions} columns"
            )
        # One product for all replicates reads the points once.
        shift = self.bias.masked_fill(~self.classes_seen, -torch.inf).flatten()
        logits = torch.addmm(shift, points, self.weights.reshape(-1, n_dimensions).T)
        return logits.view(-1, n_replicates, n_classes).transpose(0, 1)

    def probabilities(self, points: Tensor) -> Tensor:
        """Return the class probabilities of points (M, D): shape (R, M, C), 0 if not seen."""
        found = points.new_empty(len(self.bias), len(points), self.bias.shape[1])
        for start in range(0, len(points), CHUNK):
            logits = self.logits(points[start : start + CHUNK])
            found[:, start : start + CHUNK] = torch.softmax(logits, dim=-1)
        return found

    def replicate(self, r: int) -> FittedSoftmax:
        """Return one replicate's classifier, as a head with R = 1."""
        return self._cut(slice(r, r + 1))

    def _cut(self, at: slice) -> FittedSoftmax:
        """Return some of the replicates."""
        cut: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            cut[each.name] = None if value is None else value[at]
        return FittedSoftmax(**cut)

    def distance_to_flip(self, points: Tensor) -> Tensor:
        """Return how far each point (M, D) is from another prediction: shape (R, M).

        The gradient of the log-loss is ``W'(p - onehot(argmax p))``. Along it logits are linear,
        so the first class to overtake the predicted one is found in closed form, and beyond it
        the old prediction never comes back.
        """
        found = []
        for r in range(len(self.weights)):
            head, seen = self.replicate(r), self.classes_seen[r]
            logits, weights = head.logits(points)[0][:, seen], self.weights[r, seen]
            top = logits.max(dim=1, keepdim=True)
            residual = torch.softmax(logits, dim=1)
            # p - onehot, without the cancellation of 1 - p where p is nearly 1.
            residual.scatter_(1, top.indices, 0)
            residual.scatter_(1, top.indices, -residual.sum(dim=1, keepdim=True))
            slopes = residual @ (weights @ weights.T)
            length = (slopes * residual).sum(dim=1).clamp(min=0).sqrt()
            closing = slopes - slopes.gather(1, top.indices)
            needed = torch.where(closing > 0, (top.values - logits) / closing, torch.inf)
            needed.scatter_(1, top.indices, torch.inf)
            distance = needed.amin(dim=1) * length
            found.append(torch.where(length > 0, distance, torch.inf))
        return torch.stack(found)


@dataclass(frozen=True)
class SoftmaxRegression:
    """Softmax regression, the optimum of scikit-learn's ``LogisticRegression``.

    Minimises ``C * sum of log-losses + 0.5 * ||weights||²`` over the classes seen in the labels;
    the intercept is not penalised. With two classes seen the penalty counts twice, which gives
    the probabilities of scikit-learn's single weight vector. With one class seen its probability
    is 1.

    Parameters
    ----------
    C : float
        Inverse strength of the penalty.
    tolerance : float
        Fitting ends when the norm of the objective's gradient is at most this share of its norm
        at zero weights, or as small as rounding allows.
    """

    C: float = 0.1
    tolerance: float = 1e-6

    @property
    def name(self) -> str:
        """Name in the registry."""
        return "softmax"

    def fit(
        self,
        pool: Tensor,
        rows: Tensor,
        labels: Tensor,
        n_classes: int,
        warm: FittedHead | None = None,
    ) -> FittedSoftmax:
        """Fit one softmax regression per replicate; see `alutils.heads.Head`.

        Parameters
        ----------
        pool : torch.Tensor
            Shape (N, D).
        rows, labels : torch.Tensor
            Shape (R, L), int64.
        n_classes : int
            Number of classes C.
        warm : FittedHead, optional
            A start, if it is a `FittedSoftmax` of as many replicates and classes. It saves time
            and does not change the optimum.

        Returns
        -------
        FittedSoftmax
            Each replicate solved to tolerance on its own: the others in the batch change nothing
            but rounding.

        Raises
        ------
        UserError
            If nothing is labelled, a row or label is out of range, or a row is not finite.
        RuntimeError
            If rounding keeps the gradient above the tolerance.
        """
        _check(pool, rows, labels, n_classes)
        if not isinstance(warm, FittedSoftmax) or warm.bias.shape != (len(rows), n_classes):
            warm = None
        size = len(rows)
        if pool.device.type == "cpu":
            size = max(1, BLOCK_ENTRIES // (rows.shape[1] * n_classes))
        parts = [
            self._fit(pool, rows[at], labels[at], n_classes, warm and warm._cut(at))
            for at in (slice(i, i + size) for i in range(0, len(rows), size))
        ]
        return parts[0] if len(parts) == 1 else _join(parts)

    def _fit(
        self,
        pool: Tensor,
        rows: Tensor,
        labels: Tensor,
        n_classes: int,
        warm: FittedSoftmax | None,
    ) -> FittedSoftmax:
        n_replicates = len(rows)
        work = torch.float32 if pool.device.type == "mps" else torch.float64
        seen = torch.zeros(n_replicates, n_classes, dtype=torch.bool, device=pool.device)
        seen = seen.scatter(1, labels, True)
        # Work on the classes seen alone: they come first in `order`, and `rank` undoes it.
        order = seen.to(torch.int8).argsort(dim=1, descending=True, stable=True)
        rank = order.argsort(dim=1)
        width = int(seen.sum(dim=1).max())
        columns = order[:, :width]
        points = pool[rows].to(work)
        problem = Problem(points, rank.gather(1, labels), seen.gather(1, columns), self.C)
        if not bool(torch.isfinite(problem.lengths.sum())):
            raise UserError(
                "a labelled row of the pool holds NaN, infinity or a number too large to square: "
                "pass the pool through alutils.heads.scale"
            )
        # Without float64 (Metal) rounding keeps the gradient above the default tolerance.
        tolerance = self.tolerance if work is torch.float64 else max(self.tolerance, 1e-4)
        start = _start(warm, problem, rows, columns)
        solution = solve(problem, start, tolerance)
        wide = start.new_zeros(n_replicates, n_classes, start.shape[2])
        wide.scatter_(1, columns[..., None].expand_as(solution.point), solution.point)
        found = wide[..., :-1]
        return FittedSoftmax(
            weights=(found @ points if problem.in_span else found).to(pool.dtype),
            bias=wide[..., -1].to(pool.dtype),
            classes_seen=seen,
            gradient_norm=solution.gradient_norm,
            iterations=solution.iterations,
            rows=rows,
            combination=found if problem.in_span else None,
        )


def _join(parts: list[FittedSoftmax]) -> FittedSoftmax:
    """Put replicates one after another."""
    joined: dict[str, Any] = {}
    for each in fields(FittedSoftmax):
        values = [getattr(part, each.name) for part in parts]
        joined[each.name] = None if values[0] is None else torch.cat(values)
    return FittedSoftmax(**joined)


def _start(warm: FittedSoftmax | None, problem: Problem, rows: Tensor, columns: Tensor) -> Tensor:
    """Where to start, in the problem's coordinates: where the last cycle ended, else zero.

    A row labelled before keeps its coefficients, wherever it stands now; a new one gets zero.
    """
    n_replicates, width = columns.shape
    size = rows.shape[1] if problem.in_span else problem.points.shape[2]
    start = problem.points.new_zeros(n_replicates, width, size + 1)
    if warm is None:
        return start
    source = warm.combination if problem.in_span else warm.weights
    if source is None:
        return start
    old = source.gather(1, columns[..., None].expand(-1, -1, source.shape[2]))
    if problem.in_span:
        ordered, position = warm.rows.sort(dim=1)
        place = torch.searchsorted(ordered, rows.contiguous()).clamp_(max=ordered.shape[1] - 1)
        known = ordered.gather(1, place) == rows
        old = old.gather(2, position.gather(1, place)[:, None].expand(-1, width, -1))
        old = old * known[:, None]
    start[..., :-1], start[..., -1] = old, warm.bias.gather(1, columns)
    return start


def _check(pool: Tensor, rows: Tensor, labels: Tensor, n_classes: int) -> None:
    if rows.ndim != 2 or rows.shape != labels.shape or rows.numel() == 0:
        raise UserError(
            f"rows have shape {tuple(rows.shape)} and labels {tuple(labels.shape)}: give both as "
            "(replicates, labelled), with at least one of each"
        )
    low, high = (int(bound) for bound in rows.aminmax())
    if low < 0 or high >= len(pool):
        raise UserError(
            f"rows run from {low} to {high}, but the pool has {len(pool):,} rows: "
            f"give row numbers from 0 to {len(pool) - 1}"
        )
    low, high = (int(bound) for bound in labels.aminmax())
    if low < 0 or high >= n_classes:
        raise UserError(
            f"labels run from {low} to {high}, but there are {n_classes} classes: "
            f"give labels from 0 to {n_classes - 1}"
        )
