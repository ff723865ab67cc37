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
    keys = [*CELL_FIELDS, "seed"]
    runs = records.groupby(keys, dropna=False)
    # All runs at once: studies have tens of thousands.
    run = runs.ngroup().to_numpy()
    order = np.lexsort((records["cycle"].to_numpy(), run))
    run = run[order]
    x, y = (records[name].to_numpy(float)[order] for name in ("n_labelled", metric))
    steps = np.where(np.diff(run) == 0, np.diff(x) * (y[1:] + y[:-1]) / 2, 0.0)
    begin = np.flatnonzero(np.diff(run, prepend=-1))
    end = np.append(begin, len(run))[1:] - 1
    areas = np.bincount(run[1:], steps, minlength=len(begin))
    span = x[end] - x[begin]
    alone = begin == end
    values = np.where(alone, y[begin], areas / np.where(alone, 1.0, span))
    table = records[keys].iloc[order[begin]].reset_index(drop=True)
    return table.assign(aulc=values)
