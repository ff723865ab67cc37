"""Power acquisition: uncertain rows, but not only the most uncertain ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pydantic
import torch
from numpy.random import Generator
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.ties import lowest
from alutils.strategies.uncertainty import margin


@dataclass(frozen=True)
class PowerMargin:
    """Rows drawn at random, the likelier the smaller their margin.

    The score of a row is s = 1 - margin, its margin being the gap between the two largest class
    probabilities. Rows are drawn one by one without replacement, each with probability
    proportional to s to the power of beta among the rows that remain. Rows of score 0 are drawn
    uniformly, once no other row is left.

    Parameters
    ----------
    beta : float
        How much the score counts, above 0: near 0 the draw is uniform, for large values the
        choice is that of Margin.

    Notes
    -----
    Needs: a head.

    Cost: the head's probabilities, O(R N D C), one pass over them, and one random number per row.

    Weak when: the pool is large and most of it is certain, since many faintly uncertain rows
    together outweigh the few that matter; raise beta.

    Differs: the paper's main score is BALD, which needs several heads; here it is 1 - margin.

    References
    ----------
    Kirsch, Farquhar, Atighehchian, Jesson, Branchaud-Charron and Gal, Stochastic batch
    acquisition: a simple baseline for deep active learning, TMLR 2023.
    """

    beta: pydantic.PositiveFloat = 1.0
    name = "power_margin"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order drawn."""
        margins = selection.summary(margin).double()
        draws = np.stack([stream.exponential(size=margins.shape[1]) for stream in streams])
        noise = torch.as_tensor(draws, device=margins.device)
        # The k smallest of E / s^beta, E exponential; -log E is the Gumbel noise of the paper.
        # Logarithms, since powers may underflow. A score of 0 gives infinity: last of all, tied.
        times = noise.log_() - self.beta * (1 - margins).clamp_(min=0).log_()
        return lowest(times, ~selection.labelled, k, streams)
