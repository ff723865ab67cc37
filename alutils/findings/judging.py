"""From intervals to a verdict, by one rule for all findings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils.figures.style import points
from alutils.findings.finding import Number, Verdict
from alutils.statistics import bootstrap_interval, intervals, seeds_needed

MARGIN = 0.005
"""Differences below half a percentage point do not matter to anyone who labels texts."""

DRAWS = 1e-4
"""Ends of intervals move by about half as much when the bootstrap draws other numbers: an end
this close to zero is not above it."""

ODDS = 0.7
"""An interval that just ends short of the bar would do so in one study of two. With 0.7 of the
width it does in four of five (1.96 over 1.96 + 0.84 standard errors)."""


TOO_FEW = 2
"""With so many datasets an interval over datasets is not written: it would rest on the one
difference between the two, be nearly empty where they happen to agree, and reach beyond what is
possible where they do not."""

NONE_OF_TWO = f"no interval from {TOO_FEW} datasets"


def judge(effect: pd.Series, *, margin: float = MARGIN) -> Verdict:
    """Say whether an effect that a claim says is positive is there.

    Parameters
    ----------
    effect : pandas.Series
        ``low`` and ``high`` of its interval.
    margin : float
        Effects below it do not matter.

    Returns
    -------
    {"holds", "does not hold", "cannot tell"}
        It holds when the whole interval is above zero (by more than `DRAWS`) and not all of it
        below the margin; it does not hold when the whole interval is below the margin; else
        nobody can tell.
    """
    if effect["high"] < margin:
        return "does not hold"
    return "holds" if effect["low"] > DRAWS else "cannot tell"


def both_intervals(differences: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """Mean over datasets, with an interval for these datasets and one for others like them.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `alutils.statistics.paired_differences`.
    by : list of str, optional
        Columns that define the groups; by default all rows are one group.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``mean``; ``low``, ``high`` with datasets drawn again (NaN for a single
        dataset); ``low_fixed``, ``high_fixed`` with seeds drawn again within these datasets;
        ``n_datasets``, ``n_seeds``.
    """
    table = differences if by else differences.assign(all="")
    keys = by or ["all"]
    fixed = bootstrap_interval(table, keys, datasets="fixed")
    moved = bootstrap_interval(table, keys, datasets="resampled")
    moved = moved.assign(low_fixed=fixed["low"], high_fixed=fixed["high"])
    return moved.drop(columns=["datasets", *([] if by else keys)])


def of_two(effect: pd.Series) -> bool:
    """Say whether a mean is one of two datasets, whose interval for others is not written."""
    return bool(effect.get("n_datasets") == TOO_FEW)


def to_draw(effects: pd.DataFrame, *starts: str, seeds: bool = False) -> pd.DataFrame:
    """Leave out of a picture what is not written either: intervals over two datasets.

    Parameters
    ----------
    effects : pandas.DataFrame
        With ``n_datasets``, as returned by `both_intervals`.
    *starts : str
        What stands before ``low`` and ``high`` in the names of columns; by default nothing.
    seeds : bool
        Whether the interval over seeds (``low_fixed``, ``high_fixed``) takes an empty place.
    """
    few = effects["n_datasets"] == TOO_FEW
    columns = {}
    for name in (f"{start}{end}" for start in starts or ("",) for end in ("low", "high")):
        kept = effects[name].mask(few)
        columns[name] = kept.fillna(effects[f"{name}_fixed"]) if seeds else kept
    return effects.assign(**columns)


def resampled_unit(n_datasets: int) -> str:
    """Say what is drawn again in the intervals of `to_draw` with ``seeds``."""
    return "datasets" if n_datasets > TOO_FEW else "seeds"


def number(effect: pd.Series, label: str, unit: str = "datasets") -> Number:
    """Make a `Number` of a row of `both_intervals`, with one of its two intervals.

    Where one dataset or two give no interval for others, it has that of seeds.
    """
    if of_two(effect) or np.isnan(effect["low"]):
        unit = "seeds"
    end = "" if unit == "datasets" else "_fixed"
    low, high = (float(effect.get(f"{name}{end}", np.nan)) for name in ("low", "high"))
    if np.isnan(low):
        unit = NONE_OF_TWO if of_two(effect) else ""
    return Number(label, float(effect["mean"]), low, high, unit)


def needs(differences: pd.DataFrame, margin: float = MARGIN) -> str:
    """Say what it would take to tell, for an effect whose interval is too wide.

    Parameters
    ----------
    differences : pandas.DataFrame
        As in `both_intervals`, one group.
    margin : float
        As in `judge`.

    Returns
    -------
    str
        Words that go on after "cannot tell: needs". If mean and spread stay what they are, the
        interval would then end short of zero or short of the margin in four studies of five.
    """
    over_seeds = intervals(differences.assign(all=""), "difference", ["all"])
    have = int(over_seeds["n_seeds"].iloc[0])
    means = differences.groupby("dataset")["difference"].mean()
    reach = ODDS * max(means.mean(), margin - means.mean())
    if len(means) > 1:
        units = pd.DataFrame({"all": "", "difference": means.to_numpy(), "seed": range(len(means))})
        datasets = seeds_needed(intervals(units, "difference", ["all"]), reach).iloc[0]
        if datasets > len(means):
            return more_datasets(int(datasets), len(means))
    wanted = seeds_needed(over_seeds, reach).iloc[0]
    if pd.isna(wanted):
        return "more than one seed"
    if (more := wanted - have) > 0:
        return f"about {more} more {'seed' if more == 1 else 'seeds'}"
    return "more datasets"


def more_datasets(wanted: int, have: int) -> str:
    """Write how many more datasets it would take; a number no longer where it means nothing."""
    more = wanted - have
    if more > 10 * have:
        return f"far more datasets than the {have} there are"
    return f"about {more} more {'dataset' if more == 1 else 'datasets'} like these {have}"


def interval_words(effect: pd.Series) -> str:
    """Write mean and both intervals of a row of `both_intervals`."""
    if of_two(effect):
        return brief_words(effect)
    words = points(effect["mean"], effect["low"], effect["high"])
    if np.isnan(effect["low"]):
        return points(effect["mean"], effect["low_fixed"], effect["high_fixed"])
    fixed = points(effect["mean"], effect["low_fixed"], effect["high_fixed"])
    inner = fixed[fixed.index("(") + 1 : -1] if "(" in fixed else "one seed"
    return f"{words[:-1]}; on these datasets alone {inner})"


def brief_words(effect: pd.Series) -> str:
    """Write mean and one interval of a row of `both_intervals`: of datasets, else of seeds."""
    here = [effect["mean"], *(effect.get(f"{end}_fixed", np.nan) for end in ("low", "high"))]
    if of_two(effect):
        return points(*here).replace("(", "(on these datasets alone ")
    return points(*(here if np.isnan(effect["low"]) else effect[["mean", "low", "high"]]))


def signed_rank_words(row: pd.Series) -> str:
    """Write a row of `alutils.statistics.signed_rank_tests`: its p-value and its unit.

    Parameters
    ----------
    row : pandas.Series
        ``p``, ``n_units``, ``unit``.

    Returns
    -------
    str
        With few units also the least p that they allow; of one unit, that there is no test.
    """
    n = row["n_units"]
    units = f"{n} units of {row['unit']}" if row["unit"] != "dataset" else f"{n} datasets"
    if n == 1:
        return f"no test on one {row['unit']}"
    p = "p < 0.001" if row["p"] < 0.001 else f"p = {row['p']:.3f}"
    least = 2.0 ** (1 - n)
    few = f" (never below {least:.2g} with so few)" if least > 0.05 else ""
    return f"{p} on {units}{few}"
