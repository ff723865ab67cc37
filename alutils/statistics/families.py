"""Many tests at once."""

from __future__ import annotations

import numpy as np
import pandas as pd


def holm(p: pd.Series) -> pd.Series:
    """Correct p-values for their number (Holm, Scandinavian Journal of Statistics 6, 1979).

    Parameters
    ----------
    p : pandas.Series
        Of one family of tests; NaN where there was none.

    Returns
    -------
    pandas.Series
        Adjusted p-values with the same index, at most 1.

    Examples
    --------
    >>> holm(pd.Series([0.01, 0.04, 0.03])).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    ordered = p.sort_values()
    steps = ordered * np.arange(ordered.count(), ordered.count() - len(ordered), -1)
    return steps.cummax().clip(upper=1).reindex(p.index)
