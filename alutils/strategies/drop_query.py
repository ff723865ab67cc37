"""DropQuery: representatives of the rows whose prediction changes under dropout."""

from __future__ import annotations

from collections.abc import Sequence

import pydantic
import torch
from numpy.random import Generator
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.dropout import Rate, dropped_probabilities
from alutils.strategies.representatives import representatives

ENOUGH = 25  # candidates wanted per row to choose


@dataclass(frozen=True)
class DropQuery:
    """Diverse rows whose predicted class often changes when parts of the embedding are dropped.

    Each row is predicted a few times with most entries of its embedding dropped. It is a candidate
    if its predicted class differs from that without dropout in more than half of the passes. With
    fewer than 25 k candidates less is asked: one change less at a time, down to a single one. The
    candidates are clustered by k-means into k clusters, and the row nearest each centre is chosen.
    If they are fewer than k, all are chosen, and the rest are other unlabelled rows at random.

    Parameters
    ----------
    passes : int
        Predictions per row.
    dropout : float
        Probability that an entry is dropped: a multiple of 1/256, since one random byte decides.
        The entries kept are divided by 1 - dropout.

    Notes
    -----
    Needs: a head.

    Cost: passes x R predictions of the pool, O(passes R N D C), and one k-means of the candidates
    per replicate, O(N D k) per iteration. The candidates are copied once.

    Weak when: nearly every prediction changes, as with few labels, since it is then k-means
    sampling; nearly none does, since it is then chance.

    Differs: the authors' code clusters embeddings scaled to length one; here they are those that
    the head sees. The 25 k are from that code too.

    References
    ----------
    Gupte, Aklilu, Nirschl and Yeung-Levy, Revisiting active learning in the era of vision
    foundation models, TMLR 2024.
    """

    passes: pydantic.PositiveInt = 3
    dropout: Rate = 0.75
    name = "drop_query"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the clusters."""
        assert selection.head is not None
        pool, chosen = selection.pool, []
        predictions = selection.summary(lambda p: p.argmax(dim=-1))
        for r, (predicted, stream) in enumerate(zip(predictions, streams, strict=True)):
            head, allowed = selection.head.replicate(r), ~selection.labelled[r]
            changes = torch.cat(
                [
                    (p.argmax(dim=2) != predicted[rows, None]).sum(dim=1)
                    for rows, p in dropped_probabilities(
                        pool, head, self.passes, self.dropout, stream
                    )
                ]
            )
            found = candidates(changes, allowed, self.passes, k)
            chosen.append(representatives(pool, found, allowed, k, stream))
        return torch.stack(chosen)


def candidates(changes: Tensor, allowed: Tensor, passes: int, k: int) -> Tensor:
    """Rows of enough changes (N,): more than half of the passes, or fewer if rows are few."""
    counts = torch.bincount(changes[allowed], minlength=passes + 1)
    at_least = counts.flip(0).cumsum(0).flip(0).tolist()  # rows by number of changes or more
    wanted = passes // 2 + 1
    while wanted > 1 and at_least[wanted] < ENOUGH * k:
        wanted -= 1
    return allowed & (changes >= wanted)
