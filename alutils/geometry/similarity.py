"""How alike two points are, from 0 upwards: what a chosen row does for the rows around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from alutils.geometry.space import CHUNK, squared_between, squared_norms

Similarity = Callable[[Tensor], Tensor]
"""Similarities from squared distances: never negative, larger the nearer."""


@dataclass(frozen=True)
class Gaussian:
    """Similarity exp(-d² / bandwidth²) at distance d: 1 for copies, 0 far away.

    Parameters
    ----------
    bandwidth : float
        Above 0, in the points' own units.
    """

    bandwidth: float

    def __call__(self, squared: Tensor) -> Tensor:
        """Return the similarities, shaped as the squared distances."""
        return (squared / -(self.bandwidth**2)).exp_()


@dataclass(frozen=True)
class Nearness:
    """Similarity `farthest` - d at distance d, or 0 beyond.

    Parameters
    ----------
    farthest : float
        A distance that no two points exceed.
    """

    farthest: float

    def __call__(self, squared: Tensor) -> Tensor:
        """Return the similarities, shaped as the squared distances."""
        return squared.sqrt().neg_().add_(self.farthest).clamp_(min=0)


def smallest_distance(points: Tensor) -> float:
    """Distance of the nearest two points that are not copies of each other.

    Parameters
    ----------
    points : torch.Tensor
        Shape (L, D).

    Returns
    -------
    float
        Infinity if there are no two different points.
    """
    norms, smallest = squared_norms(points), []
    for start in range(0, len(points), CHUNK):
        part = slice(start, start + CHUNK)
        squared = squared_between(points[part], norms[part], points, norms)
        smallest.append(squared.masked_fill_(squared == 0, torch.inf).min())
    return float(torch.stack(smallest).min().sqrt()) if smallest else float("inf")
