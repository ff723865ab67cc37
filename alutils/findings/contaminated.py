"""Leaving out what an embedder may know by heart."""

from __future__ import annotations

import pandas as pd


def without_contaminated(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Leave out the embedders that are known to have been trained on the dataset.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        The other records.
    """
    marked = measured.loc[measured["contaminated"].astype(bool), ["dataset", "embedder"]]
    pairs = set(marked.itertuples(index=False, name=None))
    rows = zip(records["dataset"], records["embedder"], strict=True)
    return records[[pair not in pairs for pair in rows]]
