"""Wilcoxon's signed-rank test of each strategy, with the family corrected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.families import holm
from alutils.statistics.student import ROUNDING


def signed_rank_tests(
    differences: pd.DataFrame,
    factor: str = "strategy",
    unit: Sequence[str] = ("dataset", "embedder"),
) -> pd.DataFrame:
    """Test for every level whether its paired differences lie to one side of zero.

    Seeds are no units here: they are averaged within each unit first. More seeds make a unit's
    mean sharper, but they do not make more units.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences`.
    factor : str
        Column whose levels were compared.
    unit : sequence of str
        Columns that name one unit. Units of one dataset resemble each other, which the test does
        not know; ``("dataset",)`` is the cautious choice, and what Demsar [1]_ has in mind.

    Returns
    -------
    pandas.DataFrame
        One row per level of `factor`: ``median`` of the units, ``statistic`` (the smaller sum of
        ranks; zeros give half of their ranks to each side), ``p`` (two-sided and exact given the
        sizes of the differences, ties and zeros included), ``p_holm`` corrected for all rows,
        ``n_units``, ``n_zero`` and ``unit`` in words.

    References
    ----------
    .. [1] Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006.
    """
    unit = list(unit)
    means = differences.groupby([factor, *unit], sort=False)["difference"].mean()
    rows = []
    for level, values in means.groupby(factor, sort=False):
        units = values.to_numpy()
        # Strategies with the same choices differ by rounding, which has no rank.
        units = np.where(np.abs(units) <= ROUNDING, 0.0, units)
        statistic, p = _signed_ranks(units)
        rows.append(
            {
                factor: level,
                "median": np.median(units),
                "statistic": statistic,
                "p": p,
                "n_units": len(units),
                "n_zero": int((units == 0).sum()),
            }
        )
    table = pd.DataFrame(rows)
    table.insert(4, "p_holm", holm(table["p"]))
    return table.assign(unit=" x ".join(unit))


def _signed_ranks(values: np.ndarray) -> tuple[float, float]:
    """Smaller sum of signed ranks, and its exact two-sided p-value."""
    # Doubled, ranks of ties are whole numbers and can count the places of a table.
    doubled = np.rint(2 * stats.rankdata(np.abs(values))).astype(int)
    signed = int((np.sign(values) * doubled).sum())
    moving = doubled[values != 0]
    # Under the null each sign is as likely as the other: the table holds the probability of
    # every sum of the ranks that lie above zero.
    chances = np.zeros(moving.sum() + 1)
    chances[0] = 1
    for rank in moving:
        shifted = np.zeros_like(chances)
        shifted[rank:] = chances[: len(chances) - rank]
        chances = (chances + shifted) / 2
    sums = 2 * np.arange(len(chances)) - moving.sum()
    p = float(chances[np.abs(sums) >= abs(signed)].sum())
    return (int(doubled.sum()) - abs(signed)) / 4, min(p, 1.0)
