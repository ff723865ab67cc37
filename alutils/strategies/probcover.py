"""ProbCover: balls around the choices cover as much of the pool as they can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import torch
from numpy.random import Generator
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.geometry import Balls
from alutils.strategies.base import Selection


@dataclass(frozen=True)
class ProbCover:
    """Again and again, the row whose ball holds most rows that no labelled row's ball holds.

    The ball of a row holds the rows nearer than a radius, and copies of it in any case. A row is
    covered if it lies in the ball of a labelled or chosen row. Each choice is the unlabelled row
    whose ball holds most rows not covered yet, ties by the stream. Once everything is covered all
    tie, so the rest are uniform among the unlabelled rows.

    The radius is the largest at which at least a share `purity` of the balls are pure, that is,
    hold rows of one pseudo-class only. Pseudo-classes are the clusters of a k-means of the pool
    into as many clusters as there are classes, at least 2 and at most N; so the radius differs a
    little from seed to seed.

    Parameters
    ----------
    purity : float
        Share of pure balls that decides the radius, above 0 and at most 1.
    radius : float or None
        The radius itself, from 1e-12 to 1e6, in units of the root mean square length of the
        pool's rows, instead of one found from the pool.

    Notes
    -----
    Needs: embeddings and the number of classes.

    Cost: once per pool a k-means per seed, and the graph of rows nearer than the largest radius,
    N² D / 2 multiplications for all seeds, kept in `Geometry.pure_balls`. Then a step per graph
    edge of each row that becomes covered, and a few passes over N numbers per choice. A graph
    that would take more memory than the pool, and more than 32 MiB, is not kept: distances of
    rows that become covered are then computed again, at most N² D for a query of a replicate,
    with the same choice.

    Weak when: the radius is so small that most balls hold their own row alone, as is common in
    many dimensions: it then prefers groups of near copies, and beyond them chooses uniformly;
    the clusters of the embedding are not the classes.

    Differs: the paper puts embeddings on the unit sphere; here they are centred and scaled by one
    number, and the radius, found from the same distances, has whatever scale they have. The paper
    tries radii on a grid; here the radius is exact, a quantile of the distances to the nearest
    row of another pseudo-class.

    References
    ----------
    Yehuda, Dekel, Hacohen and Weinshall, Active learning through a covering lens, NeurIPS 2022.
    """

    purity: Annotated[float, Field(gt=0, le=1)] = 0.95
    radius: Annotated[float, Field(ge=1e-12, le=1e6)] | None = None

    name = "prob_cover"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the greedy cover."""
        if self.radius is None:
            n_clusters = min(max(selection.n_classes, 2), len(selection.pool))
            balls = selection.geometry.pure_balls(n_clusters, self.purity)
        else:
            balls = selection.geometry.balls(self.radius)
        known = selection.labelled.cpu().numpy()
        rows = [_cover(balls, r, known[r], k, stream) for r, stream in enumerate(streams)]
        return torch.as_tensor(np.stack(rows), device=selection.pool.device)


def _cover(balls: Balls, r: int, labelled: np.ndarray, k: int, stream: Generator) -> np.ndarray:
    """Choose k rows of one replicate, shape (k,), by greedy set cover."""
    priority = stream.random(len(labelled))
    free = ~labelled
    new = balls.counts(r, np.flatnonzero(labelled)) > 0
    left = ~new
    gain = _gain(balls, r, balls.sizes[r], new, left)
    chosen: list[int] = []
    while len(chosen) < k and left.any():
        score = np.where(free, gain, -1)  # no row twice, even if a distance is rounded otherwise
        row = int(np.where(score == score.max(), priority, -1.0).argmax())
        chosen.append(row)
        free[row] = False
        new = left & (balls.counts(r, np.array([row])) > 0)
        left &= ~new
        gain = _gain(balls, r, gain, new, left)
    rest = np.flatnonzero(free)
    rest = rest[priority[rest].argsort()[::-1]]
    return np.concatenate([chosen, rest[: k - len(chosen)]]).astype(np.int64)


def _gain(
    balls: Balls, r: int, before: np.ndarray, new: np.ndarray, left: np.ndarray
) -> np.ndarray:
    """Count the rows left in each ball (N,), given the count before the new ones were covered."""
    covered, uncovered = np.flatnonzero(new), np.flatnonzero(left)
    if len(uncovered) < len(covered):
        return balls.counts(r, uncovered)
    return before - balls.counts(r, covered)
