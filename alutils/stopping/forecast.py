"""What the next labels can be expected to bring, read off the learning curve so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alutils.stopping.audit import CONFIDENCE
from alutils.stopping.power_law import PowerLaws, fit_power_laws
from alutils.streams import stream

POINTS = 8
FEWEST_LABELS = 20
FEWEST_AUDITED = 20
RESAMPLES = 1000

LUCK = 0.1
"""Standard deviation of one batch's own luck, as a share of the predictions that it changes: some
become right and some wrong, and these do not come out even. A tenth was found on seven datasets
under two embedders; `alutils.stopping.trial` shows how often the interval holds with it."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """What labelling more should do to the accuracy on texts like those of the pile.

    Attributes
    ----------
    more : int
        Labels to be added.
    gain, low, high : float
        Expected change of accuracy, and the interval in which 95 % of such changes should lie.
    points : pandas.DataFrame
        The curve so far: ``n_labelled`` and ``accuracy`` on the audit rows.
    curve : PowerLaws
        The one curve fitted to it.
    """

    more: int
    gain: float
    low: float
    high: float
    points: pd.DataFrame = field(repr=False)
    curve: PowerLaws = field(repr=False)


def curve_sizes(n_labelled: int) -> list[int]:
    """Choose at how many labels to look at the curve: in equal ratios from an eighth to all."""
    least = min(max(FEWEST_LABELS, n_labelled / 8), n_labelled)
    return np.unique(np.geomspace(least, n_labelled, POINTS).round().astype(int)).tolist()


def why_no_forecast(sizes: Sequence[int], n_audited: int) -> str | None:
    """Say in a sentence why there can be no forecast, or return None."""
    if n_audited < FEWEST_AUDITED:
        return (
            f"What more labels would bring cannot be estimated from an audit of {n_audited}: "
            f"it takes {FEWEST_AUDITED}."
        )
    if len(sizes) < POINTS:
        return (
            f"What more labels would bring cannot be estimated from {sizes[-1]} labels: "
            "they are too few for a curve."
        )
    return None


def forecast(
    sizes: Sequence[int],
    correct: NDArray[np.bool_],
    changed: float,
    more: int = 100,
    seed: int = 0,
) -> Forecast:
    """Fit a curve to the accuracy so far, and read off how it goes on.

    The interval holds two kinds of uncertainty. The curve is uncertain as there are few audit
    rows: it is fitted again to resamples of them, each with all its predictions, since the points
    of the curve rise and fall together. And a batch has luck of its own.

    Parameters
    ----------
    sizes : sequence of int
        P numbers of labels, rising.
    correct : ndarray of bool, shape (P, A)
        Whether each audit row is predicted rightly, as `held_out` returns it.
    changed : float
        Share of predictions that the last `more` labels changed.
    more : int
        Labels to be added.
    seed : int
        For the resamples.

    Returns
    -------
    Forecast
    """
    n, n_audited = np.asarray(sizes), correct.shape[1]
    ends = [n[-1], n[-1] + more]
    curve = fit_power_laws(n, correct.mean(axis=1)[None])
    draw = stream("forecast", "stopping", seed)
    weights = draw.multinomial(n_audited, np.full(n_audited, 1 / n_audited), size=RESAMPLES)
    resampled = fit_power_laws(n, weights @ correct.T / n_audited)
    gains = np.diff(resampled.at(ends))[:, 0] + draw.normal(0, LUCK * changed, RESAMPLES)
    low, high = np.quantile(gains, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    points = pd.DataFrame({"n_labelled": n, "accuracy": correct.mean(axis=1)})
    return Forecast(
        more, float(np.diff(curve.at(ends))[0, 0]), float(low), float(high), points, curve
    )
