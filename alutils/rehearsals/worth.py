"""What it was worth to choose texts: replays beside labels of texts in random order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alutils.statistics import intervals, labels_to_reach, verdicts


@dataclass(frozen=True, eq=False)
class Worth:
    """What choosing was worth, over seeds.

    Attributes
    ----------
    by_seed : pandas.DataFrame
        As of `saved_by_seed`, with bounds for what is not known.
    saved, ahead : pandas.Series
        ``mean``, ``low`` and ``high`` of these columns: a Student's interval of 95 %, NaN with one
        seed.
    verdict : str
        ``"better"``, ``"worse"`` or ``"undecided"``: whether the interval of `saved` is above or
        below zero. With one seed it is undecided.
    bounded : int
        Seeds whose ``needed``, and thus ``saved``, is only the least that it can be.
    """

    by_seed: pd.DataFrame
    saved: pd.Series
    ahead: pd.Series
    verdict: str
    bounded: int


def worth(chosen: pd.DataFrame, rival: pd.DataFrame, value: str) -> Worth:
    """Compare replays with random labels.

    Parameters
    ----------
    chosen, rival : pandas.DataFrame
        As of `alutils.rehearsals.rounds.replay` and ``random_labels``, for the same seeds.
    value : str
        Column of what was reached: ``"sorted"``, ``"rest"`` or ``"new"``.
    """
    found = saved_by_seed(chosen, rival, value)
    bounded = found["needed"].isna()
    most = found["seed"].map(rival.groupby("seed")["n_labelled"].max())
    needed = found["needed"].where(~bounded, most)
    found = found.assign(needed=needed, saved=needed - found["n_labelled"], everything="")
    saved, ahead = (intervals(found, each, ["everything"]) for each in ("saved", "ahead"))
    return Worth(
        found.drop(columns="everything"),
        saved.iloc[0],
        ahead.iloc[0],
        str(verdicts(saved).iloc[0]),
        int(bounded.sum()),
    )


def saved_by_seed(chosen: pd.DataFrame, rival: pd.DataFrame, value: str) -> pd.DataFrame:
    """Count the labels saved: how many more random ones it takes to come as far.

    Parameters
    ----------
    chosen, rival, value
        As for `worth`.

    Returns
    -------
    pandas.DataFrame
        A row for each seed: ``n_labelled`` at the end of the run and what it ``reached``, its
        best so far; ``needed``, the random labels with which the rival first comes as far, read
        off the straight lines between its sizes (NaN if it never does); ``saved``, the
        difference; ``ahead``, by how much the run is better with equally many labels.
    """
    rows = []
    for seed, run in chosen.groupby("seed"):
        other = rival[rival["seed"] == seed].sort_values("n_labelled")
        labels, curve = other["n_labelled"].to_numpy(float), other[value].to_numpy(float)
        last = run.sort_values("n_labelled").iloc[-1]
        reached = float(run[value].max())
        (needed,) = labels_to_reach(labels, curve, np.array([reached]))
        ahead = last[value] - np.interp(last["n_labelled"], labels, curve)
        saved = needed - last["n_labelled"]
        rows.append((seed, int(last["n_labelled"]), reached, needed, saved, ahead))
    names = ["seed", "n_labelled", "reached", "needed", "saved", "ahead"]
    return pd.DataFrame(rows, columns=names)


def band(table: pd.DataFrame, by: str, value: str) -> pd.DataFrame:
    """Return the mean and the ends over seeds.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `replay` or ``random_labels``.
    by : str
        Column of what is put together: ``"batch"`` or ``"n_labelled"``.
    value : str
        Column to describe.

    Returns
    -------
    pandas.DataFrame
        ``n_labelled`` (mean), ``mean``, and ``low`` and ``high``, the lowest and the highest seed.
    """
    groups = table.groupby(by)
    ends = groups[value].agg(mean="mean", low="min", high="max")
    return ends.assign(n_labelled=groups["n_labelled"].mean()).reset_index(drop=True)
