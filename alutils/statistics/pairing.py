"""Rows and their partners: equal in everything but what is compared."""

from __future__ import annotations

import pandas as pd

from alutils.statistics.columns import CELL_FIELDS


def paired(table: pd.DataFrame, value: str, factor: str, baseline: str) -> pd.DataFrame:
    """Put the baseline's value beside that of every other level.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per run, or per run and cycle.
    value : str
        Column to compare: ``"aulc"``, ``"accuracy"``.
    factor : str
        Column whose levels are compared: ``"strategy"``, ``"initial_pool"``.
    baseline : str
        Level that the others are compared with: ``"random"``.

    Returns
    -------
    pandas.DataFrame
        The rows of the other levels with a column ``{value}_baseline``.

    Raises
    ------
    ValueError
        If a row has no partner, or one without a value: a comparison would silently lose its
        pairing.
    """
    keys = [k for k in [*CELL_FIELDS, "seed", "cycle"] if k in table and k != factor]
    partner = table.loc[table[factor] == baseline, [*keys, value]]
    others = table[table[factor] != baseline]
    merged = others.merge(
        partner, on=keys, how="left", suffixes=("", "_baseline"), validate="many_to_one"
    )
    missing = (merged[value] - merged[f"{value}_baseline"]).isna()
    if missing.any():
        raise ValueError(f"{int(missing.sum())} rows have no {baseline!r} partner")
    return merged


def paired_differences(table: pd.DataFrame, value: str, factor: str, baseline: str) -> pd.DataFrame:
    """Subtract the baseline's value from that of every other level, seed by seed.

    Parameters
    ----------
    table, value, factor, baseline
        As in `paired`.

    Returns
    -------
    pandas.DataFrame
        The rows of the other levels with a column ``difference``. Rows are paired when all other
        cell fields, the seed and, where there is one, the cycle are equal.

    Raises
    ------
    ValueError
        As in `paired`.
    """
    merged = paired(table, value, factor, baseline)
    difference = merged[value] - merged[f"{value}_baseline"]
    return merged.drop(columns=f"{value}_baseline").assign(difference=difference)
