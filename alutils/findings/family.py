"""Several effects that answer one question: a verdict for each, corrected for their number."""

from __future__ import annotations

import pandas as pd

from alutils.findings.finding import Verdict
from alutils.findings.judging import MARGIN, ODDS, both_intervals, judge, more_datasets
from alutils.statistics import LEVEL, intervals, seeds_needed, signed_rank_tests


def judge_family(differences: pd.DataFrame, factor: str, margin: float = MARGIN) -> pd.DataFrame:
    """Judge every level of a factor by the rule of `judge`, and by a test corrected by Holm.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `alutils.statistics.paired_differences`: the effects of all levels that
        the question is about, and of no others.
    factor : str
        Column whose levels were compared.
    margin : float
        As in `judge`.

    Returns
    -------
    pandas.DataFrame
        One row per level, in order of appearance: what `both_intervals` returns, ``p`` and
        ``p_holm`` of Wilcoxon's signed-rank test with the dataset as its unit, and ``verdict``.

    Notes
    -----
    With several levels there are several chances to find something, so that an effect holds only
    where the test says so after correction too. That takes datasets: with two levels seven or
    more, whatever the intervals. Correction makes no difference to what does not hold.
    """
    effects = both_intervals(differences, [factor])
    tests = signed_rank_tests(differences, factor, ["dataset"])[[factor, "p", "p_holm"]]
    effects = effects.merge(tests, on=factor, how="left", validate="one_to_one")
    verdicts = [
        "cannot tell" if (verdict := judge(row)) == "holds" and not _passes(row) else verdict
        for _, row in effects.iterrows()
    ]
    return effects.assign(verdict=verdicts)


def _passes(effect: pd.Series) -> bool:
    return bool(effect["p_holm"] < 1 - LEVEL)


def effect_of(effects: pd.DataFrame, level: str) -> pd.Series:
    """Return the row of one level from a table that levels index."""
    row = effects.loc[level]
    assert isinstance(row, pd.Series)
    return row


def at_least_one(verdicts: pd.Series) -> Verdict:
    """Say whether a claim holds of one level or more.

    Returns
    -------
    {"holds", "does not hold", "cannot tell"}
        It does not hold when it holds of none, and this can be told of each.
    """
    if (verdicts == "holds").any():
        return "holds"
    return "does not hold" if (verdicts == "does not hold").all() else "cannot tell"


def each_one(verdicts: pd.Series) -> Verdict:
    """Say whether a claim holds of all levels.

    Returns
    -------
    {"holds", "does not hold", "cannot tell"}
        It does not hold when one level is known that it does not hold of.
    """
    if (verdicts == "does not hold").any():
        return "does not hold"
    return "holds" if (verdicts == "holds").all() and len(verdicts) else "cannot tell"


def datasets_needed(
    differences: pd.DataFrame, factor: str, level: str, margin: float = MARGIN
) -> int:
    """Count the datasets with which one level of a family could be judged.

    Parameters
    ----------
    differences, factor, margin
        As in `judge_family`; of two datasets or more.
    level : str
        The level that nobody can tell of.

    Returns
    -------
    int
        Datasets in all, those there are included and one more at least, with which the interval
        would end on one side in four studies of five, if mean and spread are what they seem. To
        hold, an effect also needs so many that the test can pass after correction.
    """
    here = differences[differences[factor] == level]
    per_seed = here.groupby(["dataset", "seed"])["difference"].mean()
    means = per_seed.groupby("dataset").mean().to_numpy()
    units = pd.DataFrame({"all": "", "difference": means, "seed": range(len(means))})
    mean = float(means.mean())
    # The whole interval must come to lie above zero, or below the margin: whichever is nearer.
    reach = ODDS * max(mean, margin - mean)
    count = int(seeds_needed(intervals(units, "difference", ["all"]), reach).iloc[0])
    if mean > margin - mean:
        # The smallest p-value of the signed-rank test: all n datasets on one side.
        levels = differences[factor].nunique()
        count = max(count, next(n for n in range(1, 99) if levels * 2.0 ** (1 - n) < 1 - LEVEL))
    return max(count, len(means) + 1)


def needed_words(datasets: int, have: int) -> str:
    """Write what `datasets_needed` counts as words that go on after "cannot tell: needs"."""
    return more_datasets(datasets, have)
