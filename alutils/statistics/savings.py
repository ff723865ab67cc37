"""Labels saved: how far the one behind must go on labelling to catch up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.statistics.columns import CELL_FIELDS, FALLING
from alutils.statistics.pairing import paired
from alutils.statistics.student import ROUNDING


def labels_saved(
    records: pd.DataFrame, baseline: str = "random", metric: str = "accuracy"
) -> pd.DataFrame:
    """Count the labels that a strategy saves over a baseline, for every run and cycle.

    At a cycle with B labels, compare the best value so far of the two curves of one seed. Where
    the strategy is ahead, it saves N - B labels when the baseline first reaches the strategy's
    value with N, read off the straight lines between cycles. Where it is behind, the same count
    of the labels it needs to catch up is negative. So the two swapped give the same number with
    the other sign.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    baseline : str
        Strategy that the others are compared with.
    metric : str
        Column of the curves. Of a loss or an error, lower values are ahead.

    Returns
    -------
    pandas.DataFrame
        One row per run of another strategy and cycle: the fields of the cell, ``seed``,
        ``cycle``, ``n_labelled`` (B), ``saved`` (in labels), ``censored``, ``lowest`` and
        ``highest``. Where the one behind never catches up within its own curve, ``censored`` is
        True and ``saved`` is a bound, the labels left in that curve: the truth lies between
        ``lowest`` and ``highest``, one of them infinite. Elsewhere all three are equal.

    Raises
    ------
    ValueError
        If a run has no partner with the same other fields and seed.

    Notes
    -----
    At the last cycle nobody can catch up, so every lead there is censored, with a bound of zero:
    read an earlier cycle.
    """
    run = [*CELL_FIELDS, "seed"]
    pairs = paired(records, metric, "strategy", baseline)
    number = pairs.groupby(run, dropna=False).ngroup()
    pairs = pairs.assign(number=number).sort_values(["number", "cycle"], ignore_index=True)
    sign = -1 if metric in FALLING else 1
    found = [np.empty((0, 3))]
    for _, both in pairs.groupby("number"):
        labels, own, other = both[["n_labelled", metric, f"{metric}_baseline"]].to_numpy(float).T
        found.append(_saved(labels, sign * own, sign * other))
    saved, lowest, highest = np.concatenate(found).T
    return pairs[[*run, "cycle", "n_labelled"]].assign(
        saved=saved, censored=lowest < highest, lowest=lowest, highest=highest
    )


def saved_summary(saved: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Summarise labels saved without dropping what is censored.

    Parameters
    ----------
    saved : pandas.DataFrame
        As returned by `labels_saved`. Choose the cycle first, or name ``"n_labelled"`` in `by`.
    by : sequence of str
        Columns that define the groups.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``median`` of the labels saved, with censored runs at their bounds;
        ``lowest`` and ``highest``, between which the median of the true values lies (infinite
        where censoring leaves it open); ``censored``, the share of censored runs; ``n_runs``.
        There is no mean: taken over the other runs it would leave out the largest savings.
    """
    groups = saved.groupby(list(by), sort=False)
    return groups.agg(
        median=("saved", "median"),
        lowest=("lowest", "median"),
        highest=("highest", "median"),
        censored=("censored", "mean"),
        n_runs=("saved", "size"),
    ).reset_index()


def labels_to_match(
    records: pd.DataFrame,
    baseline: str = "random",
    metric: str = "accuracy",
    at: int | None = None,
) -> pd.DataFrame:
    """Count the labels with which a strategy gets as far as the baseline does with so many.

    Parameters
    ----------
    records, baseline, metric
        As for `labels_saved`.
    at : int, optional
        Labels of the baseline. Left out, all that it has.

    Returns
    -------
    pandas.DataFrame
        One row per run of another strategy: the fields of the cell, ``seed`` and ``needed``:
        where the best value so far of the strategy first reaches the best of the baseline up to
        `at` labels, read off the straight lines between cycles. Infinite where its whole run is
        below that.

    Raises
    ------
    ValueError
        If a run has no partner with the same other fields and seed.
    """
    pairs = paired(records, metric, "strategy", baseline).sort_values("cycle")
    sign = -1 if metric in FALLING else 1
    columns = ["n_labelled", metric, f"{metric}_baseline"]

    def needed(both: pd.DataFrame) -> float:
        labels, own, other = both[columns].to_numpy(float).T
        goal = (sign * other)[labels <= (labels[-1] if at is None else at)].max()
        curve = np.where(np.abs(sign * own - goal) <= ROUNDING, goal, sign * own)
        (reached,) = labels_to_reach(labels, curve, np.array([goal]))
        return float(np.inf if np.isnan(reached) else reached)

    runs = pairs.groupby([*CELL_FIELDS, "seed"], dropna=False, sort=False)[columns]
    return runs.apply(needed).rename("needed").reset_index()


def _saved(labels: np.ndarray, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Labels saved at each cycle and their bounds, (cycles, 3); higher values are ahead."""
    best_own, best_other = np.maximum.accumulate(own), np.maximum.accumulate(other)
    gap = best_own - best_other
    gap[np.abs(gap) <= ROUNDING] = 0
    needed = np.where(
        gap > 0,
        labels_to_reach(labels, other, best_own),
        labels_to_reach(labels, own, best_other),
    )
    censored = np.isnan(needed)
    saved = np.sign(gap) * (np.where(censored, labels[-1], needed) - labels)
    lowest = np.where(censored & (gap < 0), -np.inf, saved)
    highest = np.where(censored & (gap > 0), np.inf, saved)
    return np.column_stack([saved, lowest, highest])


def labels_to_reach(labels: np.ndarray, curve: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Count the labels with which a curve first reaches each target.

    Parameters
    ----------
    labels, curve : ndarray of shape (P,)
        Numbers of labels, ascending, and the value with each; straight lines lie between.
    targets : ndarray of shape (T,)
        Values to reach.

    Returns
    -------
    ndarray of shape (T,)
        NaN where the curve never does.
    """
    best = np.maximum.accumulate(curve)
    # The first cycle at or above the target: all before it are below, so the line crosses once.
    after = np.searchsorted(best, targets, side="left")
    inside = (after > 0) & (after < len(curve))
    reached = np.where(after == 0, labels[0], np.nan)
    end = after[inside]
    rise = (targets[inside] - curve[end - 1]) / (curve[end] - curve[end - 1])
    reached[inside] = labels[end - 1] + rise * (labels[end] - labels[end - 1])
    return reached
