"""How honest the estimates for those who label are: how often they hold the truth, how far off.

Batches of one seed share their audit rows, so that one unlucky draw is wrong at every batch: the
unit here is a seed, with all its batches together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from alutils.errors import UserError
from alutils.findings.words import several
from alutils.mechanism.trials import APART, STEERS, UNAUDITED
from alutils.statistics import LEVEL, intervals
from alutils.study import Grid

KIND = "trials"
"""Evidence that the page rests on: a module of `alutils.mechanism`."""

TRUTH = {
    "audit": "pile_accuracy",
    "naive": "pile_accuracy",
    "rest": "rest_accuracy",
    "forecast": "gain",
}
"""Estimates, and what each of them is an estimate of."""

STEPS = [0, 0.02, 0.05, 0.1, 0.2, 1]
"""Ends of the ranges in which shares of changed predictions are sorted."""

ONE = ["dataset", "embedder", "strategy", "seed", "cycle"]
"""What a moment of a trial is told apart by."""


def grid_of(parameters: Mapping[str, Any]) -> Grid:
    """Return the trials of the page; their last batch is there to see what it brought.

    Raises
    ------
    UserError
        If there is no batch, or none of its texts are left for the strategy to choose.
    """
    for name, least in (("batches", 1), ("k", 2)):
        if parameters[name] < least:
            raise UserError(f"{name} must be at least {least}, but is {parameters[name]}")
    given = {name: value for name, value in parameters.items() if name in Grid.model_fields}
    k = parameters["k"]
    return Grid(**given, initial_size=k, query_size=k, cycles=parameters["batches"] + 1)


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return no grid: the page shows trials, not runs."""
    return []


def evidence_grids(parameters: Mapping[str, Any]) -> dict[str, list[Grid]]:
    """Return the trials that the page shows."""
    return {KIND: [grid_of(parameters)]}


def compared(trials: pd.DataFrame, estimate: str, variant: str = APART) -> pd.DataFrame:
    """Subtract the truth from an estimate, moment by moment.

    Parameters
    ----------
    trials : pandas.DataFrame
        As `alutils.mechanism.trials.measure` returns it, with the fields of its cells.
    estimate : str
        One of `TRUTH`. The naive one, cross-validation on all labels, gets the interval that
        people would give it: Wilson's, as if its labels were drawn at random.
    variant : str
        Which way of labelling.

    Returns
    -------
    pandas.DataFrame
        A row for each moment that has the estimate: `ONE`, ``n_labelled``, ``difference``, its
        ``size``, ``half_width`` of the interval, and ``covered``: 1 where it holds the truth.
    """
    rows = trials[trials["variant"] == variant].dropna(subset=[estimate])
    low, high = (
        proportion_confint(
            rows["naive"] * rows["n_labelled"], rows["n_labelled"], 1 - LEVEL, method="wilson"
        )
        if estimate == "naive"
        else (rows[f"{estimate}_low"], rows[f"{estimate}_high"])
    )
    truth = rows[TRUTH[estimate]]
    return rows[[*ONE, "n_labelled"]].assign(
        difference=rows[estimate] - truth,
        size=(rows[estimate] - truth).abs(),
        half_width=(high - low) / 2,
        covered=((low <= truth) & (truth <= high)).astype(float),
    )


def coverage(moments: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return how often an interval holds the truth, with an interval for that share.

    A seed counts as one answer, however many batches it has, and its answer is the share of its
    batches. Such shares vary no more than answers of yes or no do, so that Wilson's interval is
    wide enough. Drawing seeds again would give no interval where all of them agree.

    Parameters
    ----------
    moments : pandas.DataFrame
        As `compared` returns it.
    by : sequence of str
        Columns that define the groups; by default all rows are one.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``mean``, ``low``, ``high`` as shares, and ``n_seeds``: those of each
        dataset count on their own.
    """
    keys = list(by) or ["all"]
    rows = []
    for _, group in moments.assign(all="").groupby(keys, sort=False):
        share = group.groupby(["dataset", "seed"])["covered"].mean()
        n = len(share)
        low, high = proportion_confint(share.mean() * n, n, 1 - LEVEL, method="wilson")
        name = {column: group[column].iloc[0] for column in by}
        rows.append({**name, "mean": share.mean(), "low": low, "high": high, "n_seeds": n})
    return pd.DataFrame(rows)


def coverage_words(row: pd.Series) -> str:
    """Say whether an interval holds the truth as often as it promises, as far as can be told.

    Parameters
    ----------
    row : pandas.Series
        Of `coverage`.
    """
    said = f"{row['mean']:.0%} of moments ({row['low']:.0%} to {row['high']:.0%})".replace(
        "%", " %"
    )
    promised = f"{LEVEL:.0%}".replace("%", " %")
    if row["high"] < LEVEL:
        return f"{said}: less often than the {promised} that it promises"
    if row["low"] > LEVEL:
        return f"{said}: more often than the {promised} that it promises"
    seeds = several(row["n_seeds"], "seed")
    return f"{said}, which {seeds} cannot tell from the {promised} that it promises"


def seeing(trials: pd.DataFrame) -> pd.DataFrame:
    """Return how far an estimate moves when the strategy sees the audit, moment by moment.

    Both ways of labelling have the same audit order for a seed, so that its luck cancels out.

    Parameters
    ----------
    trials : pandas.DataFrame
        As for `compared`.

    Returns
    -------
    pandas.DataFrame
        `ONE` and ``difference``: estimate minus truth where the strategy sees the audit, minus
        the same where it does not.
    """
    seen, apart = (
        compared(trials, "audit", each).set_index(ONE)["difference"] for each in (STEERS, APART)
    )
    return (seen - apart).reset_index()


def changes(trials: pd.DataFrame) -> pd.DataFrame:
    """Put the share of predictions that a batch changed beside what accuracy did.

    Parameters
    ----------
    trials : pandas.DataFrame
        As for `compared`.

    Returns
    -------
    pandas.DataFrame
        A row for each batch but the first of each trial with an audit apart: `ONE`, ``changed``;
        ``moved``, the change of test accuracy by the same batch; ``gain``, that by the next; and
        ``step``, the range of `STEPS` that ``changed`` lies in.
    """
    rows = trials[trials["variant"] == APART].sort_values("cycle", kind="stable")
    rows = rows.assign(moved=rows.groupby(ONE[:-1])["test_accuracy"].diff())
    rows = rows.dropna(subset=["changed", "moved"])
    steps = pd.cut(rows["changed"], STEPS, include_lowest=True, labels=step_names())
    return rows[[*ONE, "changed", "moved", "gain"]].assign(step=steps.astype(str))


def step_names() -> list[str]:
    """Write the ranges of `STEPS` as people would."""
    ends = [f"{100 * end:.0f}" for end in STEPS]
    inner = [f"{low} to {high} %" for low, high in pairwise(ends[1:-1])]
    return [f"up to {ends[1]} %", *inner, f"more than {ends[-2]} %"]


def next_gains(changed: pd.DataFrame) -> pd.DataFrame:
    """Return what the next batch brought, by how much the last one had changed.

    Parameters
    ----------
    changed : pandas.DataFrame
        As `changes` returns it.

    Returns
    -------
    pandas.DataFrame
        A row for each range that occurs, in order: ``step``; ``mean``, ``low``, ``high`` of the
        gain (Student's interval; the unit is a seed of a dataset); ``n_seeds``; ``n``, batches;
        ``moved``, the mean size of what accuracy did by the same batch; ``least`` and ``most``
        gained.
    """
    units = changed.assign(seed=changed["dataset"] + " " + changed["seed"].astype(str))
    found = intervals(units, "gain", ["step"]).set_index("step")
    groups = changed.groupby("step")
    found = found.assign(
        n=groups.size(),
        moved=changed["moved"].abs().groupby(changed["step"]).mean(),
        least=groups["gain"].min(),
        most=groups["gain"].max(),
    )
    return found.loc[[name for name in step_names() if name in found.index]].reset_index()


def audit_cost(trials: pd.DataFrame) -> pd.DataFrame:
    """Subtract test accuracy with an audit from that without, at equal numbers of labels.

    Parameters
    ----------
    trials : pandas.DataFrame
        As for `compared`.

    Returns
    -------
    pandas.DataFrame
        `ONE` and ``difference``: above zero where labels drawn at random cost accuracy.
    """
    accuracy = trials.set_index([*ONE, "variant"])["test_accuracy"].unstack("variant")
    return (accuracy[UNAUDITED] - accuracy[APART]).rename("difference").reset_index()


def worth_of_forecast(trials: pd.DataFrame) -> pd.DataFrame:
    """Compare the error of the forecast with that of expecting no gain at all.

    Parameters
    ----------
    trials : pandas.DataFrame
        As for `compared`.

    Returns
    -------
    pandas.DataFrame
        A row for each moment with a forecast: `ONE`, ``error`` and ``error_of_none``, both
        without sign; ``difference``, the second minus the first.
    """
    rows = trials[trials["variant"] == APART].dropna(subset=["forecast"])
    error, none = (rows["forecast"] - rows["gain"]).abs(), rows["gain"].abs()
    return rows[ONE].assign(error=error, error_of_none=none, difference=none - error)
