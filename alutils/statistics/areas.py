"""The area under a learning curve: one number for each run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils.statistics.columns import CELL_FIELDS


def aulc(records: pd.DataFrame, metric: str = "accuracy") -> pd.DataFrame:
    """Area under each learning curve over the number of labels, divided by the span.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    metric : str
        Column to integrate, by the trapezoid rule.

    Returns
    -------
    pandas.DataFrame
        One row per run: the fields of the cell, ``seed`` and ``aulc``, in the metric's unit. A
        run of a single cycle has its only value.
    """

    def area(run: pd.DataFrame) -> float:
        x, y = run["n_labelled"].to_numpy(float), run[metric].to_numpy(float)
        if len(x) == 1:
            return float(y[0])
        return float(np.trapezoid(y, x) / (x[-1] - x[0]))

    keys = [*CELL_FIELDS, "seed"]
    ordered = records.sort_values("cycle")
    areas = ordered.groupby(keys, dropna=False)[["n_labelled", metric]].apply(area)
    return areas.rename("aulc").reset_index()
