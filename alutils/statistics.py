"""From records to comparisons: paired by seed, with an interval on every one.

The unit of every interval here is the seed: it says how far the mean would move with other random
initial pools and other random choices on the same texts. It says nothing about other datasets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from alutils.cell import Cell

LEVEL = 0.95

ROUNDING = 1e-12

CELL_FIELDS = list(Cell.__dataclass_fields__)

METRICS = ["accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error"]


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


def paired_differences(table: pd.DataFrame, value: str, factor: str, baseline: str) -> pd.DataFrame:
    """Subtract the baseline's value from that of every other level, seed by seed.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per run, or per run and cycle.
    value : str
        Column to compare: ``"aulc"``, ``"accuracy"``.
    factor : str
        Column whose levels are compared: ``"strategy"``, ``"initial_pool"``.
    baseline : str
        Level that the others are compared with: ``"random"``.

    Returns
    -------
    pandas.DataFrame
        The rows of the other levels with a column ``difference``. Rows are paired when all other
        cell fields, the seed and, where there is one, the cycle are equal.

    Raises
    ------
    ValueError
        If a row has no partner, or one without a value: a comparison would silently lose its
        pairing.
    """
    keys = [k for k in [*CELL_FIELDS, "seed", "cycle"] if k in table and k != factor]
    partner = table.loc[table[factor] == baseline, [*keys, value]]
    others = table[table[factor] != baseline]
    merged = others.merge(
        partner, on=keys, how="left", suffixes=("", "_baseline"), validate="many_to_one"
    )
    difference = merged[value] - merged[f"{value}_baseline"]
    if difference.isna().any():
        raise ValueError(f"{int(difference.isna().sum())} rows have no {baseline!r} partner")
    return merged.drop(columns=f"{value}_baseline").assign(difference=difference)


def intervals(table: pd.DataFrame, value: str, by: Sequence[str]) -> pd.DataFrame:
    """Mean over seeds with a 95 % interval, for every group.

    Values of one seed within a group (from several datasets, say) are averaged first, so that the
    unit stays the seed.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``seed``.
    value : str
        Column to average.
    by : sequence of str
        Columns that define the groups.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``mean``, ``low``, ``high`` (Student's t interval on the seeds),
        ``p`` of Student's test of a mean of zero (two-sided), and ``n_seeds``. With one seed
        there is neither interval nor test: ``low``, ``high`` and ``p`` are NaN.
    """
    by = list(by)
    per_seed = table.groupby([*by, "seed"], sort=False)[value].mean().reset_index()
    groups = per_seed.groupby(by, sort=False)[value]
    summary = groups.agg(mean="mean", deviation="std", n_seeds="count").reset_index()
    n = summary["n_seeds"].to_numpy()
    error = (summary["deviation"] / np.sqrt(n)).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * error
        p = 2 * stats.t.sf(np.abs(summary["mean"]) / error, n - 1)
    summary = summary.assign(low=summary["mean"] - half, high=summary["mean"] + half, p=p)
    return summary[[*by, "mean", "low", "high", "p", "n_seeds"]]


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


def arrange(table: pd.DataFrame, **orders: Sequence[str]) -> pd.DataFrame:
    """Sort rows by names that have an order of their own.

    Parameters
    ----------
    table : pandas.DataFrame
        What to sort.
    **orders : sequence of str
        For each column to sort by, its values in order; the first column counts most.

    Returns
    -------
    pandas.DataFrame
        Rows that agree in these columns keep their order.

    Examples
    --------
    >>> table = pd.DataFrame({"embedder": ["minilm", "lsa"], "x": [1, 2]})
    >>> list(arrange(table, embedder=["lsa", "minilm"])["x"])
    [2, 1]
    """

    def position(column: pd.Series) -> pd.Series:
        ranks = {name: rank for rank, name in enumerate(orders[str(column.name)])}
        return column.map(ranks)

    return table.sort_values(list(orders), key=position, kind="stable", ignore_index=True)


def verdicts(summary: pd.DataFrame) -> pd.Series:
    """Say for each interval of a difference whether it is above, below or undecided.

    Parameters
    ----------
    summary : pandas.DataFrame
        As returned by `intervals` on paired differences.

    Returns
    -------
    pandas.Series of str
        ``"better"`` when the whole interval is above zero, ``"worse"`` when it is below, else
        ``"tie"``: a difference that these seeds cannot tell from none.
    """
    # Seeds that agree exactly leave an interval as wide as rounding, on either side of zero.
    better, worse = summary["low"] > ROUNDING, summary["high"] < -ROUNDING
    words = np.select([better, worse], ["better", "worse"], "tie")
    return pd.Series(words, index=summary.index, name="verdict")


def interaction(
    differences: pd.DataFrame,
    factor: str,
    moderator: str,
    *,
    low: str,
    high: str,
    by: Sequence[str] = (),
) -> pd.DataFrame:
    """How much a paired difference changes between two levels of another factor.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences`.
    factor : str
        Column whose levels were compared: ``"strategy"``.
    moderator : str
        Column whose levels may change the comparison: ``"embedder"``.
    low, high : str
        The two levels of the moderator.
    by : sequence of str
        Columns to keep apart, such as ``"dataset"``; by default they are averaged.

    Returns
    -------
    pandas.DataFrame
        One row per level of `factor` and of `by`: ``mean``, ``low``, ``high``, ``p``,
        ``n_seeds`` of the difference at `high` minus that at `low`, paired by seed, and its
        ``verdict``.
    """
    at_low, at_high = (differences[differences[moderator] == level] for level in (low, high))
    keys = [k for k in [*CELL_FIELDS, "seed", "cycle"] if k in differences and k != moderator]
    both = at_high.merge(
        at_low[[*keys, "difference"]],
        on=keys,
        how="outer",
        suffixes=("", "_low"),
        validate="one_to_one",
    )
    if both[["difference", "difference_low"]].isna().any(axis=None):
        raise ValueError(f"some rows have no partner between {low!r} and {high!r}")
    both["difference"] -= both["difference_low"]
    summary = intervals(both, "difference", [*by, factor])
    return summary.assign(verdict=verdicts(summary))


def rank_trend(
    differences: pd.DataFrame, against: pd.DataFrame, measure: str, factor: str
) -> pd.DataFrame:
    """Rank correlation of a paired difference with a measured quality, within datasets.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences`.
    against : pandas.DataFrame
        ``dataset``, ``embedder`` and the column `measure`.
    measure : str
        Column to correlate with.
    factor : str
        Column whose levels were compared: ``"strategy"``.

    Returns
    -------
    pandas.DataFrame
        One row per level of `factor`: ``mean``, ``low``, ``high``, ``n_seeds`` of the correlation
        over embedders (Spearman's, ranks taken within each dataset so that datasets of other
        difficulty do not count), computed for each seed.
    """
    table = differences.merge(against[["dataset", "embedder", measure]], on=["dataset", "embedder"])
    within = table.groupby([factor, "seed", "dataset"])[["difference", measure]].rank()
    keys = [table[factor], table["seed"], table["dataset"]]
    centred = within - within.groupby(keys).transform("mean")
    table = table.assign(x=centred[measure], y=centred["difference"])
    sums = table.assign(xy=table.x * table.y, xx=table.x**2, yy=table.y**2)
    sums = sums.groupby([factor, "seed"], sort=False)[["xy", "xx", "yy"]].sum()
    sums["correlation"] = sums["xy"] / np.sqrt(sums["xx"] * sums["yy"])
    return intervals(sums.reset_index(), "correlation", [factor])


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
        near = behind.loc[verdicts(behind) == "tie", "strategy"]
        company = [name for name in near if name not in lead]
        rows.append({"dataset": dataset, "embedder": embedder, "leaders": lead, "company": company})
    return pd.DataFrame(rows)
