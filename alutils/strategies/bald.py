"""BALD: rows on which dropout makes the head disagree with itself, though it is sure each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pydantic
import torch
from numpy.random import Generator
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.dropout import Rate, dropped_probabilities
from alutils.strategies.ties import lowest


@dataclass(frozen=True)
class Bald:
    """The rows on which dropout masks disagree most, each being sure of its own answer.

    Each row is predicted many times with other entries of its embedding dropped. Its score is the
    mutual information between prediction and mask, H(mean p) - mean H(p), with H the entropy and
    means over the passes: large where passes are sure and contradict each other, zero where they
    agree, however unsure they are. The rows of largest score are chosen, ties by the stream. A
    head that knows one class alone scores every row zero.

    Parameters
    ----------
    passes : int
        Predictions per row, at least 2.
    dropout : float
        Probability that an entry is dropped: a multiple of 1/256, since one random byte decides.
        The entries kept are divided by 1 - dropout.

    Notes
    -----
    Needs: a head.

    Cost: passes x R predictions of the whole pool, O(passes R N D C), which no two replicates
    share, since each has masks of its own. Memory for some hundred rows at a time.

    Weak when: batches are large, since it likes the same kind of text k times; the embedding
    spreads what it knows over many entries, since dropping half of them then changes little.

    Differs: dropout acts on the embedding in front of a head that was trained without it, where
    the paper has it inside a network trained with it.

    References
    ----------
    Houlsby, Huszár, Ghahramani and Lengyel, Bayesian active learning for classification and
    preference learning, arXiv 2011. Gal, Islam and Ghahramani, Deep Bayesian active learning with
    image data, ICML 2017.
    """

    passes: Annotated[int, pydantic.Field(ge=2)] = 100
    dropout: Rate = 0.5
    name = "bald"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, largest mutual information first."""
        assert selection.head is not None
        pool, scores = selection.pool, []
        for r, stream in enumerate(streams):
            head = selection.head.replicate(r)
            parts = dropped_probabilities(pool, head, self.passes, self.dropout, stream)
            scores.append(torch.cat([mutual_information(p) for _, p in parts]))
        return lowest(-torch.stack(scores), ~selection.labelled, k, streams)


def mutual_information(probabilities: Tensor) -> Tensor:
    """Entropy of the mean over passes less the mean of entropies, of (N, T, C): shape (N,)."""
    return entropy(probabilities.mean(dim=1)) - entropy(probabilities).mean(dim=1)


def entropy(probabilities: Tensor) -> Tensor:
    """Entropy in nats along the last axis, where 0 log 0 is 0."""
    tiny = torch.finfo(probabilities.dtype).tiny
    return -probabilities.clamp(min=tiny).log_().mul_(probabilities).sum(dim=-1)
