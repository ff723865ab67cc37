"""ALFA-Mix: representatives of the rows whose prediction flips when mixed with labelled ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import pydantic
import torch
from numpy.random import Generator
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.geometry import squared_norms
from alutils.strategies.base import Selection
from alutils.strategies.representatives import representatives


@dataclass(frozen=True)
class AlfaMix:
    """Diverse rows whose predicted class flips when a little of a labelled class is mixed in.

    The anchor of a class is the mean embedding of its labelled rows; only classes with labels have
    one. Mixing a row z with an anchor z* by the paper's closed form moves z along the gradient of
    the log-loss of its predicted class, by the length ε ‖z* - z‖ / √D. A row is a candidate if
    its prediction then differs for some anchor. The mixing ε grows in equal steps until there are
    k candidates, or it is 1. They are clustered by k-means into k clusters, and the row nearest
    each centre is chosen. If they are fewer than k, all are chosen, and the rest are other
    unlabelled rows at random.

    The anchor enters by its distance alone, and beyond the first flip the old prediction never
    comes back. So a row flips as soon as ε exceeds √D times its distance to a flip, divided by its
    distance to the farthest anchor: one number per row, without a loop over anchors and steps.

    Parameters
    ----------
    step : float
        First value of ε, and what is added to it until there are enough candidates.

    Notes
    -----
    Needs: a head.

    Cost: distances to the anchors and to a flip, O(R N D C), and one k-means of the candidates
    per replicate, O(n D k) per iteration for n of them, often a few times k.

    Weak when: labels are few, since anchors and gradients are then those of chance; a class has
    several clusters, since its anchor lies in none of them.

    Differs: the paper's mixing weights divide by z* - z entry by entry, which fails where one is
    zero; the displacement that they give does not. The division of ε by √D is in the authors'
    code. That code clusters embeddings scaled to length one; here they are those that the head
    sees.

    References
    ----------
    Parvaneh, Abbasnejad, Teney, Haffari, van den Hengel and Shi, Active learning by feature
    mixing, CVPR 2022.
    """

    step: Annotated[float, pydantic.Field(gt=0, le=1)] = 0.03125
    name = "alfa_mix"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the clusters."""
        assert selection.head is not None
        pool, chosen = selection.pool, []
        to_flip = selection.head.distance_to_flip(pool)
        for r, stream in enumerate(streams):
            labels, allowed = selection.labels[r], ~selection.labelled[r]
            reach = farthest_anchor(pool, anchors(pool, labels)) / math.sqrt(pool.shape[1])
            found = allowed & candidates(to_flip[r], reach, allowed, k, self.step)
            chosen.append(representatives(pool, found, allowed, k, stream))
        return torch.stack(chosen)


def anchors(pool: Tensor, labels: Tensor) -> Tensor:
    """Mean of the rows of each class that has labels, shape (classes seen, D)."""
    rows = (labels >= 0).nonzero()[:, 0]
    _, place, counts = labels[rows].unique(return_inverse=True, return_counts=True)
    sums = pool.new_zeros(len(counts), pool.shape[1]).index_add_(0, place, pool[rows])
    return sums / counts[:, None]


def farthest_anchor(pool: Tensor, anchors: Tensor) -> Tensor:
    """Distance of each row to the anchor farthest from it, shape (N,)."""
    squared = torch.addmm(squared_norms(anchors), pool, anchors.T, alpha=-2).amax(dim=1)
    return (squared + squared_norms(pool)).clamp_(min=0).sqrt_()


def candidates(to_flip: Tensor, reach: Tensor, allowed: Tensor, k: int, step: float) -> Tensor:
    """Rows that flip at the first mixing at which k allowed ones do, or at full mixing.

    Parameters
    ----------
    to_flip, reach : torch.Tensor
        Shape (N,): how far a row is from a flip, and how far it is moved at full mixing.
    allowed : torch.Tensor
        Boolean, shape (N,), at least k rows.
    """
    critical = to_flip / reach  # NaN for a row on its only anchor and on a border: no candidate
    needed = float(critical.masked_fill(~allowed, torch.inf).kthvalue(k).values)
    mixing = min(step * (needed // step + 1), 1.0) if needed < 1 else 1.0
    return critical < mixing
