"""MaxHerding and UncertaintyHerding: rows that stand for many others under a soft kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

import torch
from numpy.random import Generator
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.geometry import Gaussian, cover, smallest_distance, squared_norms
from alutils.strategies.base import Selection
from alutils.strategies.temperature import best_temperature, tempered
from alutils.strategies.uncertainty import margin


@dataclass(frozen=True)
class MaxHerding:
    """Again and again, the row that most raises the pool's similarity to what is labelled.

    The similarity of two rows at distance d is exp(-d² / bandwidth²). A row is covered as far as
    it is similar to the most similar labelled or chosen row. Each choice is the unlabelled row
    that raises the sum of this over the pool most, ties by the stream. It is ProbCover with balls
    that have no edge.

    Parameters
    ----------
    bandwidth : float
        In units of the root mean square length of the pool's rows, from 1e-6 to 1e6.

    Notes
    -----
    Needs: embeddings alone.

    Cost: N² D multiplications for all replicates together and a few passes over N² numbers for
    each, then a small multiple of 64 N D per choice (`alutils.geometry.cover`).

    Weak when: the budget is large, since it goes where rows are many, whether or not the head
    knows them; the bandwidth is far from the distances within classes.

    Differs: the paper puts embeddings on the unit sphere, where the bandwidth is 1; here they are
    centred and scaled by one number, and 1 means their root mean square length.

    References
    ----------
    Bae, Noh and Sutherland, Generalized coverage for more robust low-budget active learning, ECCV
    2024.
    """

    bandwidth: Annotated[float, Field(ge=1e-6, le=1e6)] = 1.0
    name = "max_herding"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the greedy cover."""
        alike = Gaussian(self.bandwidth * unit(selection.pool))
        weights = selection.pool.new_ones(1).expand(selection.labelled.shape)
        centres = [labelled.nonzero()[:, 0] for labelled in selection.labelled]
        return cover(selection.pool, [alike] * len(centres), weights, centres, k, streams)


class UncertaintyHerding:
    """MaxHerding in which each row counts by how unsure the head is of it.

    The uncertainty of a row is 1 - margin, its margin being the gap between its two largest class
    probabilities, made honest by a temperature: that of the lowest expected calibration error
    when the labelled rows are predicted by cross-validation in 5 folds. The bandwidth is the
    smallest distance between two labelled rows, copies left out; it shrinks as labels come in, and
    with it the rule moves from coverage towards uncertainty. With fewer than two different
    labelled rows it is the root mean square length of the pool's rows.

    Notes
    -----
    Needs: a head.

    Cost: that of MaxHerding, with a similarity for each replicate, the head's probabilities, and
    5 fits of the head.

    Weak when: labels are so few that calibration is guesswork; one close pair of labelled rows
    decides the bandwidth, and it is then so small that only uncertainty counts.

    Differs: embeddings are not put on the unit sphere. Cross-validation fits softmax regression
    with its default penalty. Temperatures are tried on a grid from 1/8 to 8, four per octave.

    References
    ----------
    Bae, Oliveira and Sutherland, Uncertainty herding: one active learning method for all label
    budgets, ICLR 2025.
    """

    name = "uncertainty_herding"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the greedy cover."""
        assert selection.head is not None
        pool, alike, weights = selection.pool, [], []
        centres = [labelled.nonzero()[:, 0] for labelled in selection.labelled]
        for r, rows in enumerate(centres):
            bandwidth = smallest_distance(pool[rows])
            alike.append(Gaussian(bandwidth if math.isfinite(bandwidth) else unit(pool)))
            labels = selection.labels[r, rows]
            temperature = best_temperature(pool, rows, labels, selection.n_classes, streams[r])
            probabilities = selection.head.replicate(r).probabilities(pool)[0]
            weights.append(1 - margin(tempered(probabilities, temperature)))
        return cover(pool, alike, torch.stack(weights).clamp_(min=0), centres, k, streams)


def unit(pool: Tensor) -> float:
    """Root mean square length of the rows of (N, D)."""
    return float(squared_norms(pool).mean().sqrt())
