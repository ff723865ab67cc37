"""Inverse power laws ``accuracy = ceiling - drop * (n / last)^-rate``, many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RATES = np.geomspace(0.1, 3, 50)


@dataclass(frozen=True)
class PowerLaws:
    """B curves.

    Attributes
    ----------
    ceiling, drop, rate : ndarray of shape (B,)
        Accuracy with endless labels, at most 1; what is missing to it at `last` labels, 0 or more;
        and how fast that shrinks.
    last : float
        The greatest number of labels they were fitted to.
    """

    ceiling: NDArray[np.float64]
    drop: NDArray[np.float64]
    rate: NDArray[np.float64]
    last: float

    def at(self, n: ArrayLike) -> NDArray[np.float64]:
        """Return the accuracies at n labels (S,): shape (B, S)."""
        relative = np.asarray(n, float)[None] / self.last
        shrunk: NDArray[np.float64] = self.drop[:, None] * relative ** -self.rate[:, None]
        return self.ceiling[:, None] - shrunk


def fit_power_laws(n: NDArray[np.int64], accuracy: NDArray[np.float64]) -> PowerLaws:
    """Fit curves by weighted least squares.

    For a given rate the rest is a straight line with known best fit within bounds; the rate is
    the best of a grid. So there is no start to choose and nothing that fails to converge. A
    point counts in proportion to its number of labels: what comes next resembles what came last.

    Parameters
    ----------
    n : ndarray of shape (P,)
        Numbers of labels, rising.
    accuracy : ndarray of shape (B, P)
        One row for each curve.

    Returns
    -------
    PowerLaws

    References
    ----------
    Figueroa, Zeng-Treitler, Kandula and Ngo 2012, Predicting sample size required for
    classification performance, BMC Medical Informatics and Decision Making.
    """
    weight = n / n.sum()
    # All rates at once: x is (rates, P), and the results below (rates, B).
    x = (n / n[-1]) ** -RATES[:, None]
    centre = x @ weight
    spread = (x - centre[:, None]) * weight
    mean = accuracy @ weight
    slope = (spread @ (accuracy - mean[:, None]).T) / (spread * x).sum(axis=1)[:, None]
    drop = np.maximum(-slope, 0)
    ceiling = mean + drop * centre[:, None]
    bound = ((weight * x) @ (1 - accuracy).T) / ((weight * x**2).sum(axis=1)[:, None])
    drop = np.where(ceiling > 1, np.maximum(bound, 0), drop)
    ceiling = np.minimum(ceiling, 1)
    missed = accuracy - ceiling[..., None] + drop[..., None] * x[:, None]
    best = ((missed**2) @ weight).argmin(axis=0)
    take = best, np.arange(len(accuracy))
    return PowerLaws(ceiling[take], drop[take], RATES[best], float(n[-1]))
