"""What a comparison comes to, in words, with the number of looks in mind."""

from __future__ import annotations

import pandas as pd

from alutils.comparison.matching import Comparison
from alutils.figures.style import plain
from alutils.statistics import LEVEL, METRICS

ALPHA = 0.05


def summary(found: Comparison, metric: str) -> list[str]:
    """Say whether anything differs beyond its interval.

    Parameters
    ----------
    found : Comparison
        As of `alutils.comparison.compare`.
    metric : str
        As there.

    Returns
    -------
    list of str
        Sentences.
    """
    said = [_cells(found, metric)]
    if len(found.gains):
        said.append(_gains(found.gains, metric))
    return said


def _cells(found: Comparison, metric: str) -> str:
    cells = found.cells
    n = len(cells)
    if not n:
        return "The two have no cell in common, so that no run can be paired with another."
    other = cells[~cells["same"]]
    digits = "five decimals" if found.tolerance > 1e-6 else "six decimals"
    if other.empty:
        return (
            f"All {n:,} cells that both have agree in all {len(METRICS)} metrics of every cycle "
            f"and seed that both have, to {digits}."
        )
    said = (
        f"{len(other):,} of {n:,} cells that both have differ, if only in one cycle of one seed; "
        f"the other {n - len(other):,} agree to {digits}. "
    )
    return said + _beyond(other, f"area under the curve of {plain(metric)}", len(other))


def _gains(gains: pd.DataFrame, metric: str) -> str:
    return (
        f"Their sizes differ, so {len(gains):,} gains over Random in the area under the curve of "
        f"{plain(metric)} are compared instead, each within its own side, without pairing. "
        + _beyond(gains, "gain", len(gains))
    )


def _beyond(table: pd.DataFrame, what: str, n: int) -> str:
    tested = table[table["p"].notna()]
    if tested.empty:
        return "One seed leaves no interval, so nobody can say whether that is more than luck."
    plainly = int((tested["p"] < ALPHA).sum())
    surely = tested[tested["corrected"] < ALPHA]
    said = (
        f"In {plainly:,} of these {n:,} the {100 * LEVEL:.0f} % interval of the difference in the "
        f"{what} excludes zero; by luck alone it would in about {(1 - LEVEL) * n:.0f}. "
    )
    if surely.empty:
        return said + "With all of them looked at together (Holm), none can be told from luck."
    first = surely.iloc[0]
    return said + (
        f"With all of them looked at together (Holm), {len(surely):,} cannot be luck at the 5 % "
        f"level; the clearest is {place_words(first)}."
    )


def place_words(row: pd.Series) -> str:
    """Name a cell in words: where, and which strategies."""
    pool = "" if row["initial_pool"] == "random" else f" after {plain(row['initial_pool'])}"
    return f"{plain(row['strategy'])}{pool} on {plain(row['dataset'])}, {plain(row['embedder'])}"
