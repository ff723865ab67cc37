"""Whether the best strategy changes along a ladder, or one would do at both ends.

The best of several means owes a part of its height to luck. So the best of each end is chosen on
other datasets (or other seeds), and what it is ahead by is measured where it was not chosen.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from alutils.findings.all_strategies import ALL
from alutils.findings.judging import MARGIN, both_intervals
from alutils.findings.rungs import over_datasets
from alutils.statistics import bootstrap_interval, outcomes, reordering, signed_rank_tests


def crossings(ends: pd.DataFrame, leave: Literal["dataset", "seed"] = "dataset") -> pd.DataFrame:
    """Let the choice of each end meet that of the other, where neither was chosen.

    Parameters
    ----------
    ends : pandas.DataFrame
        As returned by `alutils.findings.rungs.at_ends`.
    leave : {"dataset", "seed"}
        What is left out of choosing. ``"dataset"``: the strategy with the highest mean gain on all
        other datasets meets its rival on this one. ``"seed"``: chosen on the other seeds of the
        same dataset, so that every dataset may have a best of its own.

    Returns
    -------
    pandas.DataFrame
        Two rows per ``ladder``, ``dataset`` and ``seed``, one for each ``end``: ``difference``, the
        gain of the choice of this end minus that of the other end's choice; ``choice`` and
        ``rival``. Zero where both ends choose alike. None where nothing is left to choose on.

    Notes
    -----
    The best strategy changes where both differences are above zero. One alone does not show it:
    if two strategies are equal on the top, either may be chosen there, and the one that is worse
    at the bottom then loses there without any change of the best.
    """
    rows = []
    for ladder, here in ends[ends["strategy"] != ALL].groupby("ladder", sort=False):
        wide = here.pivot_table("gain", ["end", "dataset", "seed"], "strategy")
        tops, bottoms = wide.loc["top"], wide.loc["bottom"]
        for dataset in tops.index.unique("dataset"):
            for seed in tops.loc[dataset].index:
                chosen = {}
                for end, table in (("top", tops), ("bottom", bottoms)):
                    if leave == "dataset":
                        others = table.drop(index=dataset, level="dataset")
                        others = others.groupby("dataset").mean()
                    else:
                        others = table.loc[dataset].drop(index=seed)
                    chosen[end] = str(others.mean().idxmax()) if len(others) else None
                for end, other, table in (
                    ("top", "bottom", tops), ("bottom", "top", bottoms)
                ):  # fmt: skip
                    choice, rival = chosen[end], chosen[other]
                    if choice is None or rival is None:
                        continue
                    run = table.loc[(dataset, seed)]
                    row = (ladder, end, dataset, seed, choice, rival, run[choice] - run[rival])
                    rows.append(row)
    columns = ["ladder", "end", "dataset", "seed", "choice", "rival", "difference"]
    return pd.DataFrame(rows, columns=columns)


def crossed(crossing: pd.DataFrame) -> pd.DataFrame:
    """Summarise crossings over datasets.

    Parameters
    ----------
    crossing : pandas.DataFrame
        As returned by `crossings`.

    Returns
    -------
    pandas.DataFrame
        One row per ``ladder`` and ``end``: as of `alutils.findings.judging.both_intervals`, with
        ``p`` of Wilcoxon's signed-rank test (unit: datasets; 1 where the end does not favour its
        own choice), ``choice`` (most often chosen) and
        ``share`` of the runs in which it was.
    """
    if crossing.empty:
        return pd.DataFrame()
    found = both_intervals(crossing, ["ladder", "end"])
    parts = []
    for (ladder, end), rows in crossing.groupby(["ladder", "end"], sort=False):
        shares = rows["choice"].value_counts(normalize=True)
        p = signed_rank_tests(rows.assign(all=""), "all", ["dataset"])["p"].iloc[0]
        if rows.groupby("dataset")["difference"].mean().mean() <= 0:
            p = 1.0  # the end does not favour its own choice, however clearly
        parts.append((ladder, end, p, shares.index[0], shares.iloc[0]))
    columns = ["ladder", "end", "p", "choice", "share"]
    return found.merge(pd.DataFrame(parts, columns=columns), on=["ladder", "end"])


def behind(ends: pd.DataFrame) -> pd.DataFrame:
    """How far each strategy may be behind any other at one of the two ends of a ladder.

    Parameters
    ----------
    ends : pandas.DataFrame
        As in `crossings`.

    Returns
    -------
    pandas.DataFrame
        One row per ``ladder`` and ``strategy``, the one least behind first: ``high``, the largest
        upper end of all its intervals (datasets drawn again), with the ``rival`` and the ``end``
        that it belongs to, and its ``mean``. NaN for one dataset. A strategy whose ``high`` is
        below half a point will do at both ends.
    """
    own = ends[ends["strategy"] != ALL]
    unit = ["ladder", "end", "dataset", "seed"]
    both = own.merge(own, on=unit, suffixes=("", "_rival"))
    both = both[both["strategy"] != both["strategy_rival"]]
    both = both.assign(difference=both["gain_rival"] - both["gain"])
    keys = ["ladder", "strategy", "strategy_rival", "end"]
    found = bootstrap_interval(both, keys, datasets="resampled")
    found = found.rename(columns={"strategy_rival": "rival"})
    by = np.where(found["high"].isna(), found["mean"], found["high"])
    found = found.assign(by=by).sort_values("by", ascending=False, kind="stable")
    worst = found.groupby(["ladder", "strategy"], sort=False).head(1)
    names = list(dict.fromkeys(ends["ladder"]))
    worst = worst.assign(order=worst["ladder"].map(names.index)).sort_values(["order", "by"])
    columns = ["ladder", "strategy", "rival", "end", "mean", "high"]
    return worst[columns].reset_index(drop=True)


def orders(ends: pd.DataFrame) -> pd.DataFrame:
    """Compare the whole order of strategies at the top of a ladder with that at its bottom.

    Parameters
    ----------
    ends : pandas.DataFrame
        As in `crossings`.

    Returns
    -------
    pandas.DataFrame
        One row per ``ladder``: ``own_top``, ``own_bottom`` (Kendall's tau of an order with itself,
        made from other seeds), ``tau`` (between the two), ``expected`` (what that would be if both
        had one order), ``shortfall`` with ``low``, ``high`` (unit: datasets), as of
        `alutils.statistics.reordering`.
    """
    rows = []
    for ladder, here in ends[ends["strategy"] != ALL].groupby("ladder", sort=False):
        found = reordering(here.sort_values("end", ascending=False), "end", value="gain")
        own = found.pairs[["own_one", "own_other"]].mean()
        sizes = (found.tau, found.expected, found.shortfall, found.low, found.high)
        rows.append((ladder, own["own_one"], own["own_other"], *sizes))
    columns = ["ladder", "own_top", "own_bottom", "tau", "expected", "shortfall", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def best_by_rung(gain: pd.DataFrame) -> pd.DataFrame:
    """Say who is best on every rung, and who cannot be told from it.

    Parameters
    ----------
    gain : pandas.DataFrame
        As returned by `alutils.findings.rungs.gains`.

    Returns
    -------
    pandas.DataFrame
        One row per ``ladder`` and ``embedder``: ``best`` (by mean over datasets; chosen on these
        datasets, so that its lead is flattered), ``mean``, ``low``, ``high`` of its gain,
        ``n_datasets``, and ``company``, the list of strategies that it is not shown to be ahead of
        by more than what does not matter (datasets drawn again; seeds, where there is one dataset).
    """
    rows = []
    own = gain[gain["strategy"] != ALL]
    for (ladder, embedder), here in own.groupby(["ladder", "embedder"], sort=False):
        each = here.groupby(["strategy", "dataset"])["gain"].mean().groupby("strategy").mean()
        best = str(each.idxmax())
        wide = here.pivot_table("gain", ["dataset", "seed"], "strategy")
        lead = (wide.rsub(wide[best], axis=0)).drop(columns=best)
        lead[best] = wide[best]  # minus Random's, which is zero
        long = lead.melt(ignore_index=False, value_name="difference").reset_index()
        found = over_datasets(long, ["strategy"]).set_index("strategy")
        rest = found.drop(index=best)
        company = list(rest.index[outcomes(rest, MARGIN) != "win"])
        top = found.loc[best]
        ends = top[["mean", "low", "high", "n_datasets"]]
        rows.append((ladder, embedder, best, *ends, company))
    columns = ["ladder", "embedder", "best", "mean", "low", "high", "n_datasets", "company"]
    return pd.DataFrame(rows, columns=columns)
