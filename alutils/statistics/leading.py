"""Who leads, and who cannot be told from the leader."""

from __future__ import annotations

import pandas as pd

from alutils.statistics.pairing import paired_differences
from alutils.statistics.student import intervals, verdicts


def leaders(areas: pd.DataFrame) -> pd.DataFrame:
    """Find the strategies that lead, and those that cannot be told from a leader.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `aulc`.

    Returns
    -------
    pandas.DataFrame
        One row per dataset and embedder: ``leaders``, the list of strategies with the highest
        mean (several when they made the same choices), and ``company``, the list of those whose
        paired difference from the leader has an interval that includes zero. The leader is chosen
        on the same seeds, so that its lead is likely to be smaller on others.
    """
    rows = []
    for (dataset, embedder), here in areas.groupby(["dataset", "embedder"], sort=False):
        means = here.groupby("strategy")["aulc"].mean()
        lead = list(means.index[means > means.max() - 1e-9])
        behind = intervals(
            paired_differences(here, "aulc", "strategy", lead[0]), "difference", ["strategy"]
        )
        near = behind.loc[verdicts(behind) == "undecided", "strategy"]
        company = [name for name in near if name not in lead]
        rows.append({"dataset": dataset, "embedder": embedder, "leaders": lead, "company": company})
    return pd.DataFrame(rows)
