"""What a replay found: curves, gains over Random, and labels saved, each with its interval."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils import statistics
from alutils.rehearsals.replay import BASELINE


def curves(records: pd.DataFrame) -> pd.DataFrame:
    """Return learning curves, and how far they are from Random's.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `alutils.study.run_study`.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, ``n_labelled``, ``mean``, ``low``, ``high`` of the accuracy, and ``gain``,
        ``gain_low``, ``gain_high`` of the difference from Random, paired by seed (0 for Random).
        Shares, with 95 % intervals over seeds.
    """
    by = ["strategy", "n_labelled"]
    found = statistics.intervals(records, "accuracy", by)
    apart = statistics.paired_differences(records, "accuracy", "strategy", BASELINE)
    gained = statistics.intervals(apart, "difference", by)
    gained = gained.rename(columns={"mean": "gain", "low": "gain_low", "high": "gain_high"})
    ends = ["gain", "gain_low", "gain_high"]
    joined = found[[*by, "mean", "low", "high"]].merge(gained[[*by, *ends]], on=by, how="left")
    joined.loc[joined["strategy"] == BASELINE, ends] = 0.0
    return joined


def gains(records: pd.DataFrame) -> pd.DataFrame:
    """Compare every strategy with Random over the whole curve.

    Returns
    -------
    pandas.DataFrame
        A row for each strategy, the largest gain first: ``strategy``; ``mean``, ``low``, ``high``
        of the gain in AULC with its 95 % interval over seeds; ``p``, corrected for the number of
        strategies (Holm); ``verdict``, "better" or "worse" where the interval excludes zero and
        p is below 0.05, else "cannot tell"; ``n_seeds``; and ``as``: the strategy that made the
        same choices in every run, where one did (as all strategies of uncertainty do with two
        classes). The two are one result, and count as one in the correction.
    """
    areas = statistics.aulc(records)
    apart = statistics.paired_differences(areas, "aulc", "strategy", BASELINE)
    found = statistics.intervals(apart, "difference", ["strategy"])
    found["as"] = found["strategy"].map(_twins(records)).astype(object)
    own = found["as"].isna()
    corrected = statistics.holm(found.loc[own, "p"])
    p_of = dict(zip(found.loc[own, "strategy"], corrected, strict=True))
    found["p"] = found["as"].where(~own, found["strategy"]).map(p_of)
    decided = statistics.verdicts(found).where(found["p"] < 1 - statistics.LEVEL, "undecided")
    found["verdict"] = decided.replace("undecided", "cannot tell")
    order = found.sort_values("mean", ascending=False, kind="stable")
    return order.reset_index(drop=True)


def saved(records: pd.DataFrame) -> pd.DataFrame:
    """Count the labels that each strategy saves, half way and at the end.

    Returns
    -------
    pandas.DataFrame
        A row for each strategy and ``at``, the labels that Random gets: ``middle``, ``low`` and
        ``high`` of those that the strategy saves when it is to be as accurate, with a 95 %
        interval over seeds. That is the mean, or, where a run never gets so far (-inf), the
        median, whose interval needs six seeds.
    """
    sizes = sorted(records["n_labelled"].unique())
    rows = []
    for at in (int(sizes[len(sizes) // 2]), int(sizes[-1])):
        needed = statistics.labels_to_match(records, BASELINE, at=at)
        for strategy, runs in needed.groupby("strategy", sort=False):
            runs = runs.assign(saved=at - runs["needed"])
            if np.isfinite(runs["saved"]).all():
                mean = statistics.intervals(runs, "saved", ["strategy"]).iloc[0]
                ends = tuple(mean[["mean", "low", "high"]])
            else:
                ends = tuple(statistics.median_interval(runs["saved"].to_list()))
            rows.append((strategy, at, *ends))
    return pd.DataFrame(rows, columns=["strategy", "at", "middle", "low", "high"])


def _twins(records: pd.DataFrame) -> dict[str, str | None]:
    """Return for each strategy the first one that chose the same in every run, if there is one."""
    chosen = {
        str(name): [tuple(map(int, rows)) for rows in here.sort_values(["seed", "cycle"])["chosen"]]
        for name, here in records.groupby("strategy", sort=False)
        if name != BASELINE
    }
    return {
        name: next((other for other in list(chosen)[:place] if chosen[other] == chosen[name]), None)
        for place, name in enumerate(chosen)
    }
