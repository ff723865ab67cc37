"""What has the same accuracies everywhere is one result, however many names it has."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.statistics import ROUNDING


def same_accuracies(runs: pd.DataFrame, what: str, keys: Sequence[str]) -> list[tuple[str, str]]:
    """Find pairs with the same accuracies in all runs.

    Parameters
    ----------
    runs : pandas.DataFrame
        ``accuracy``, `what` and `keys`.
    what : str
        Column of what is compared.
    keys : sequence of str
        Columns that tell runs apart.

    Returns
    -------
    list of tuple of str
        In the order of `runs`.
    """
    wide = runs.pivot_table("accuracy", list(keys), what, aggfunc="mean", sort=False)
    return [
        (str(first), str(second))
        for first, second in itertools.combinations(wide, 2)
        if np.allclose(wide[first], wide[second], rtol=0, atol=ROUNDING)
    ]
