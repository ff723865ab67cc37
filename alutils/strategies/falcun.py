"""FALCUN: uncertain rows whose predictions differ from those already chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pydantic
import torch
from numpy.random import Generator
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.geometry import inverse_cdf
from alutils.strategies.base import Selection
from alutils.strategies.uncertainty import margin


@dataclass(frozen=True)
class Falcun:
    """Uncertain rows, drawn at random so that predictions differ from those already chosen.

    The uncertainty of row i is u_i = 1 - margin, its margin being the gap between the two largest
    class probabilities p_i. Its diversity d_i begins as u_i; whenever a row j is chosen it becomes
    the smaller of d_i and the L1 distance between p_i and p_j. Rows are drawn one by one, each
    with probability proportional to (u_i + d'_i) to the power of gamma, where d' is d shifted and
    scaled to run from 0 to 1 over the unlabelled rows not chosen yet. Where all d are equal, d' is
    0; where all weights are, the draw is uniform.

    Parameters
    ----------
    gamma : float
        How sharply the draw prefers the best rows, above 0.

    Notes
    -----
    Needs: a head.

    Cost: the head's probabilities, O(R N D C), then O(R N C) for each row chosen.

    Weak when: classes are many and their probabilities faint, since all predictions then lie
    close together; texts that differ but are predicted alike are wanted, since embeddings are not
    looked at.

    Differs: as in the authors' code, d' is made anew from d at every draw, the first included,
    and d itself is never rescaled. That code draws uniformly as soon as every d is 0; here u still
    counts then.

    References
    ----------
    Gilhuber, Beer, Ma and Seidl, FALCUN: a simple and efficient deep active learning strategy,
    ECML PKDD 2024.
    """

    gamma: pydantic.PositiveFloat = 10.0
    name = "falcun"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order drawn."""
        probabilities = selection.probabilities()
        margins = torch.stack([margin(p) for p in probabilities])
        draws = np.stack([stream.random(k) for stream in streams])
        uniform = torch.as_tensor(draws, device=margins.device)
        uncertainty, free = (1 - margins.double()).clamp_(min=0), ~selection.labelled
        nearest = uncertainty
        chosen = []
        for step in range(k):
            weights = relevance(uncertainty, nearest, free, self.gamma)
            row = inverse_cdf(weights.cumsum(dim=1), uniform[:, step, None])
            chosen.append(row)
            free = free.scatter(1, row, False)
            theirs = probabilities.take_along_dim(row[:, :, None], dim=1)
            distance = torch.cdist(probabilities, theirs, p=1)[:, :, 0]
            nearest = torch.minimum(nearest, distance)
        return torch.cat(chosen, dim=1)


def relevance(uncertainty: Tensor, diversity: Tensor, free: Tensor, gamma: float) -> Tensor:
    """Weights with which the next row is drawn.

    Parameters
    ----------
    uncertainty, diversity : torch.Tensor
        u and d, shape (R, N).
    free : torch.Tensor
        Boolean, shape (R, N): rows that may be drawn.
    gamma : float
        Power.

    Returns
    -------
    torch.Tensor
        Shape (R, N), the largest 1, and 0 for rows that may not be drawn.
    """
    lowest = diversity.masked_fill(~free, torch.inf).amin(dim=1, keepdim=True)
    highest = diversity.masked_fill(~free, -torch.inf).amax(dim=1, keepdim=True)
    span = highest - lowest
    scaled = (diversity - lowest) / torch.where(span > 0, span, 1)
    total = (uncertainty + scaled).masked_fill_(~free, 0)
    best = total.amax(dim=1, keepdim=True)
    weights = (total / best).pow_(gamma)  # relative to the best, lest all powers vanish
    return torch.where(best > 0, weights, free.to(weights.dtype))
