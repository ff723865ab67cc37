"""BADGE: diverse and uncertain points, by k-means++ on hypothetical gradients."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry import Space, d2_sample
from alutils.strategies.base import Selection
from alutils.strategies.ties import lowest

CHUNK = 4096  # rows of which the gradients' factors are held at once


class Badge:
    """Rows of large and diverse gradients: k-means++ on what the head would learn from them.

    The gradient of row i is g_i = (p_i - onehot(argmax p_i)) h_iᵀ, with p_i its class
    probabilities and h_i what the last layer of the head sees: the embedding, or under a network
    its `features`. The first choice is the row of largest gradient norm; each further one is drawn
    with probability proportional to the squared distance to the nearest choice so far. Rows on
    which every remaining gradient coincides with a chosen one are drawn uniformly.

    Notes
    -----
    Needs: a head.

    Cost: the head's probabilities, then a few products of the pool with the choices of all
    replicates at once (`alutils.geometry.d2_sample`), O(R N D) each. Exact, and never builds the
    N x CD matrix of gradients: their inner products factor into those of the p and those of
    the h.

    Weak when: the head is nearly sure of everything, since gradients then vanish and the rest is
    chance; embeddings are poor, since diverse gradients then mean diverse noise.

    References
    ----------
    Ash et al., Deep batch active learning by diverse, uncertain gradient lower bounds, ICLR 2020.
    """

    name = "badge"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order drawn."""
        probabilities, unlabelled = selection.probabilities(), ~selection.labelled
        features = getattr(selection.head, "features", None)
        if features is None:
            return _draw(selection.pool, probabilities, unlabelled, k, streams)
        # The last layer of a network sees other points in each replicate.
        drawn = [
            _draw(points, probabilities[r : r + 1], unlabelled[r : r + 1], k, streams[r : r + 1])
            for r, points in enumerate(features(selection.pool))
        ]
        return torch.cat(drawn)


def _draw(
    points: Tensor, probabilities: Tensor, free: Tensor, k: int, streams: Sequence[Generator]
) -> Tensor:
    space = gradients(points, probabilities)
    first = lowest(-space.norms, free, 1, streams)[:, 0]
    return d2_sample(space, first, k, streams, free)


def gradients(pool: Tensor, probabilities: Tensor) -> Space:
    """Return the space of the gradients, (p - onehot(argmax p)) hᵀ, without building them.

    Parameters
    ----------
    pool : torch.Tensor
        Embeddings h, shape (N, D).
    probabilities : torch.Tensor
        Class probabilities p, shape (R, N, C).
    """
    predicted = probabilities.argmax(dim=2, keepdim=True)
    norms = probabilities.new_empty(probabilities.shape[:2])
    for r, start in product(range(len(norms)), range(0, len(pool), CHUNK)):
        part = slice(start, start + CHUNK)
        vectors = residuals(probabilities[r, part].clone(), predicted[r, part])
        norms[r, part] = torch.linalg.vector_norm(vectors, dim=1).square_()

    def factors(replicates: Tensor, rows: Tensor) -> Tensor:
        which = replicates[:, None]
        return residuals(probabilities[which, rows], predicted[which, rows])

    return Space(pool, len(probabilities), factors, norms)


def residuals(probabilities: Tensor, predicted: Tensor) -> Tensor:
    """Turn probabilities (..., C) into p - onehot(predicted), in place.

    The entry of the predicted class is minus the sum of the others: 1 - p would be all rounding
    where the head is sure.
    """
    probabilities.scatter_(-1, predicted, 0)
    return probabilities.scatter_(-1, predicted, -probabilities.sum(dim=-1, keepdim=True))
