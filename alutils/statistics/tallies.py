"""Wins, losses and ties, with a tie that is shown and not merely a difference that is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

OUTCOMES = ["win", "loss", "equivalent", "undecided"]


def outcomes(summary: pd.DataFrame, margin: float) -> pd.Series:
    """Say for each interval of a difference what it shows, given what is too small to matter.

    Parameters
    ----------
    summary : pandas.DataFrame
        Intervals of paired differences, with ``low`` and ``high``: of `intervals` or
        `bootstrap_interval`.
    margin : float
        Differences smaller than this, to either side, do not matter; in the unit of the
        differences (0.005 is half a point of AULC).

    Returns
    -------
    pandas.Series of str
        ``"equivalent"`` when the whole interval is inside the margin, even where it excludes
        zero; else ``"win"`` when it is above zero, ``"loss"`` when it is below; else
        ``"undecided"``, as for one seed, which has no interval.

    Raises
    ------
    ValueError
        If the margin is not positive.

    Notes
    -----
    Two one-sided tests [1]_ at 2.5 % each, since the intervals are of 95 %.

    References
    ----------
    .. [1] Schuirmann, A comparison of the two one-sided tests procedure and the power approach
       for assessing the equivalence of average bioavailability, Journal of Pharmacokinetics and
       Biopharmaceutics 15, 1987.
    """
    if not margin > 0:
        raise ValueError(f"the margin must be positive, not {margin}")
    low, high = summary["low"], summary["high"]
    inside = (low > -margin) & (high < margin)
    words = np.select([inside, low > 0, high < 0], ["equivalent", "win", "loss"], "undecided")
    return pd.Series(words, index=summary.index, name="outcome")


def tally(summary: pd.DataFrame, margin: float, by: Sequence[str] = ("strategy",)) -> pd.DataFrame:
    """Count wins, losses, shown ties and open cases, and what win rates make of them.

    Parameters
    ----------
    summary : pandas.DataFrame
        As in `outcomes`, one row per comparison.
    margin : float
        As in `outcomes`.
    by : sequence of str
        Columns that define the groups to count in.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``win``, ``loss``, ``equivalent``, ``undecided``, ``n`` (all four),
        ``rate_ties_half`` (wins and half of all that is neither win nor loss, divided by n) and
        ``rate_ties_dropped`` (wins divided by wins and losses, NaN without any). The second rests
        on ``win + loss`` comparisons alone: one win among many ties makes it 1.
    """
    by = list(by)
    words = outcomes(summary, margin)
    counts = pd.DataFrame({word: (words == word).astype(int) for word in OUTCOMES})
    counts = pd.concat([summary[by], counts], axis=1)
    table = counts.groupby(by, sort=False)[OUTCOMES].sum().reset_index()
    n = table[OUTCOMES].sum(axis=1)
    decided = table["win"] + table["loss"]
    half = (table["win"] + (n - decided) / 2) / n
    return table.assign(
        n=n, rate_ties_half=half, rate_ties_dropped=table["win"] / decided.where(decided > 0)
    )
