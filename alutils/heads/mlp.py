"""A multilayer perceptron with one hidden layer, trained for all replicates at once."""

from __future__ import annotations

import dataclasses
import math

import pydantic
import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.errors import UserError
from alutils.heads.base import FittedHead

# What may be fitted is the same for both heads. By this import the results of this head are also
# named by softmax regression, with which uncertainty herding calibrates any head.
from alutils.heads.softmax import _check
from alutils.streams import stream

CHUNK = 1024  # points that pass through the hidden layers at once

#: Of Adam: what its two running means remember at each step, and what keeps from dividing by zero.
MOMENTUM, MEMORY, TINY = 0.9, 0.999, 1e-8


@dataclasses.dataclass(frozen=True)
class FittedMlp:
    """R trained networks: logits are ``relu(points @ inner + inner_bias) @ outer + outer_bias``.

    Attributes
    ----------
    inner : torch.Tensor
        Shape (R, D, H), in the pool's dtype.
    inner_bias : torch.Tensor
        Shape (R, 1, H).
    outer : torch.Tensor
        Shape (R, H, C); zero for classes not seen.
    outer_bias : torch.Tensor
        Shape (R, 1, C); zero for classes not seen.
    classes_seen : torch.Tensor
        Shape (R, C), bool.
    """

    inner: Tensor
    inner_bias: Tensor
    outer: Tensor
    outer_bias: Tensor
    classes_seen: Tensor

    def features(self, points: Tensor) -> Tensor:
        """Return what the hidden layer makes of points (M, D): shape (R, M, H), none below 0."""
        n_dimensions = self.inner.shape[1]
        if points.ndim != 2 or points.shape[1] != n_dimensions:
            raise UserError(
                f"points have shape {tuple(points.shape)}, but the head was fitted on embeddings "
                f"of {n_dimensions} dimensions: give a matrix with {n_dimensions} columns"
            )
        shared = points.expand(len(self.inner), -1, -1)
        return torch.baddbmm(self.inner_bias, shared, self.inner).relu_()

    def probabilities(self, points: Tensor) -> Tensor:
        """Return the class probabilities of points (M, D): shape (R, M, C), 0 if not seen."""
        shift = self.outer_bias.masked_fill(~self.classes_seen[:, None], -torch.inf)
        logits = (torch.baddbmm(shift, self.features(p), self.outer) for p in points.split(CHUNK))
        return torch.cat([torch.softmax(each, dim=2) for each in logits], dim=1)

    def replicate(self, r: int) -> FittedMlp:
        """Return one replicate's network, as a head with R = 1."""
        parts = (getattr(self, each.name) for each in dataclasses.fields(self))
        return FittedMlp(*(part[r : r + 1] for part in parts))

    def distance_to_flip(self, points: Tensor) -> Tensor:
        """Return how far each point (M, D) is from another prediction: shape (R, M).

        Along a ray the logits are linear between the places where a hidden unit turns on or off.
        All of these are known, so the first flip is found in closed form. Unlike under softmax
        regression, the old prediction may come back further on.
        """
        replicates = [self.replicate(r) for r in range(len(self.inner))]
        return torch.stack(
            [torch.cat([head._follow(part) for part in points.split(CHUNK)]) for head in replicates]
        )

    def _follow(self, points: Tensor) -> Tensor:
        """Do as `distance_to_flip` for R = 1 and few points: shape (M,)."""
        seen = self.classes_seen[0]
        inner, outer = self.inner[0], self.outer[0][:, seen]
        before = torch.addmm(self.inner_bias[0], points, inner)
        on = before > 0
        logits = torch.addmm(self.outer_bias[0][:, seen], before.relu(), outer)
        top = logits.max(dim=1, keepdim=True)
        residual = torch.softmax(logits, dim=1)
        # p - onehot, without the cancellation of 1 - p where p is nearly 1.
        residual.scatter_(1, top.indices, 0)
        residual.scatter_(1, top.indices, -residual.sum(dim=1, keepdim=True))
        pull = (residual @ outer.T) * on
        speed = pull @ (inner.T @ inner)  # of the hidden units, before they are cut at zero
        length = (pull * speed).sum(dim=1).clamp(min=0).sqrt()

        # A unit turns when it comes to zero, and either way its slope grows by its absolute speed.
        turning = (on == (speed < 0)) & (speed != 0)
        turns, order = torch.where(turning, -before / speed, torch.inf).sort(dim=1)
        growth = speed.abs().gather(1, order)
        behind, slopes = top.values - logits, (speed * on) @ outer
        start = turns.new_zeros(len(points))
        found = torch.full_like(start, torch.inf)
        for unit in range(turns.shape[1] + 1):
            closing = slopes - slopes.gather(1, top.indices)
            needed = torch.where(closing > 0, behind / closing, torch.inf)
            flip = start + needed.scatter_(1, top.indices, torch.inf).amin(dim=1).clamp_(min=0)
            end = turns[:, unit] if unit < turns.shape[1] else torch.full_like(start, torch.inf)
            found = torch.where(flip <= end, torch.minimum(found, flip), found)
            if bool((found <= end).all()):  # also where no turn is left
                break
            behind -= closing * (end - start).masked_fill(end.isinf(), 0)[:, None]
            slopes += growth[:, unit, None] * outer[order[:, unit]]
            start = end
        return torch.where(length > 0, found * length, torch.inf)


@dataclass(frozen=True)
class Mlp:
    """A network with one hidden layer of rectified linear units, trained by Adam.

    Minimises the mean over L labels of log-losses plus ``penalty / (2 L) * ||weights||²``, that
    of scikit-learn's ``MLPClassifier`` with ``alpha=penalty``; biases are not penalised. With
    ``penalty = 1 / C`` losses weigh against the penalty as they do in softmax regression. Classes
    not seen take no part and have probability 0; with one class seen its probability is 1.

    Every fit starts afresh from the same weights: the hidden layer's are drawn from the stream
    ``mlp weights``, by the sizes D and H alone, and those of the logits are zero, so that no class
    is preferred. What a replicate gives therefore depends on its labelled rows alone, and spread
    over seeds is that of labels, not of starts. Each step of Adam looks at all labels; its rate
    falls to zero along a cosine, so that the number of steps is the time it takes.

    Parameters
    ----------
    hidden : int
        Units H of the hidden layer.
    penalty : float
        Strength of the penalty.
    steps : int
        Steps of Adam.
    learning_rate : float
        Rate of the first step.

    Notes
    -----
    The defaults were chosen on the pool of icd10_chapters under MiniLM, from accuracy and
    log-loss on pool rows held out, with 50 to 1,500 labels, eight times each. From penalty 3 to 5
    hardly anything changes; 1 does worse with many labels and 10 with few. A fit of 5 replicates
    to 800 rows of 384 dimensions takes about half a second on one core, whatever the classes.
    """

    hidden: pydantic.PositiveInt = 128
    penalty: pydantic.NonNegativeFloat = 5.0
    steps: pydantic.PositiveInt = 50
    learning_rate: pydantic.PositiveFloat = 0.01
    name = "mlp"

    def fit(
        self,
        pool: Tensor,
        rows: Tensor,
        labels: Tensor,
        n_classes: int,
        warm: FittedHead | None = None,
    ) -> FittedMlp:
        """Train one network per replicate; see `alutils.heads.Head`.

        Parameters
        ----------
        pool : torch.Tensor
            Shape (N, D).
        rows, labels : torch.Tensor
            Shape (R, L), int64.
        n_classes : int
            Number of classes C.
        warm : FittedHead, optional
            Ignored: the objective has many minima, and a start from the last head would make the
            result depend on the cycles before, not on the labels alone.

        Returns
        -------
        FittedMlp
            Each replicate trained on its own: the others in the batch change nothing but rounding.

        Raises
        ------
        UserError
            If nothing is labelled, a row or label is out of range, a row is not finite, or the
            learning rate is so large that weights become infinite.
        """
        _check(pool, rows, labels, n_classes)
        points = pool[rows]
        if not bool(torch.isfinite(points.square().sum())):
            raise UserError(
                "a labelled row of the pool holds NaN, infinity or a number too large to square: "
                "pass the pool through alutils.heads.scale"
            )
        seen = torch.zeros(len(rows), n_classes, dtype=torch.bool, device=pool.device)
        seen = seen.scatter(1, labels, True)
        weights = self._train(points, labels, seen)
        if not all(bool(torch.isfinite(each).all()) for each in weights):
            raise UserError(
                f"the weights of {self} became infinite: lower learning_rate or penalty"
            )
        inner, inner_bias, outer, outer_bias = weights
        return FittedMlp(inner, inner_bias, outer, outer_bias, seen)

    def _train(self, points: Tensor, labels: Tensor, seen: Tensor) -> list[Tensor]:
        """Return the weights and biases of both layers after all steps."""
        (n_replicates, _, n_dimensions), n_classes = points.shape, seen.shape[1]
        start = stream("mlp weights", "", 0).standard_normal((n_dimensions, self.hidden))
        start *= math.sqrt(2 / n_dimensions)  # He et al. 2015: keeps the size of what comes in
        inner = torch.as_tensor(start, dtype=points.dtype, device=points.device)
        weights = [
            inner.repeat(n_replicates, 1, 1),
            points.new_zeros(n_replicates, 1, self.hidden),
            points.new_zeros(n_replicates, self.hidden, n_classes),
            points.new_zeros(n_replicates, 1, n_classes),
        ]
        means = [torch.zeros_like(each) for each in weights]
        squares = [torch.zeros_like(each) for each in weights]
        unseen = torch.zeros_like(weights[3]).masked_fill_(~seen[:, None], -torch.inf)
        truth = torch.nn.functional.one_hot(labels, n_classes).to(points.dtype)
        for step in range(self.steps):
            gradients = self._gradients(weights, points, truth, unseen)
            rate = self.learning_rate * (1 + math.cos(math.pi * step / self.steps)) / 2
            rate /= 1 - MOMENTUM ** (step + 1)
            for each, gradient, mean, square in zip(
                weights, gradients, means, squares, strict=True
            ):
                mean.lerp_(gradient, 1 - MOMENTUM)
                square.mul_(MEMORY).addcmul_(gradient, gradient, value=1 - MEMORY)
                size = (square / (1 - MEMORY ** (step + 1))).sqrt_().add_(TINY)
                each.addcdiv_(mean, size, value=-rate)
        return weights

    def _gradients(
        self, weights: list[Tensor], points: Tensor, truth: Tensor, unseen: Tensor
    ) -> list[Tensor]:
        """Differentiate the objective by the weights and biases of both layers."""
        inner, inner_bias, outer, outer_bias = weights
        n_labels = points.shape[1]
        decay = self.penalty / n_labels
        hidden = torch.baddbmm(inner_bias, points, inner).relu_()
        logits = torch.baddbmm(outer_bias + unseen, hidden, outer)
        residual = torch.softmax(logits, dim=2).sub_(truth).div_(n_labels)
        back = torch.bmm(residual, outer.mT).mul_(hidden > 0)
        return [
            torch.baddbmm(inner, points.mT, back, beta=decay),
            back.sum(dim=1, keepdim=True),
            torch.baddbmm(outer, hidden.mT, residual, beta=decay),
            residual.sum(dim=1, keepdim=True),
        ]
