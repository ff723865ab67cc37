"""Several effects that answer one question: a verdict for each, corrected for their number."""

from __future__ import annotations

import pandas as pd

from alutils.findings.finding import Verdict
from alutils.findings.judging import MARGIN, both_intervals, judge, needs
from alutils.statistics import LEVEL, signed_rank_tests


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


def family_needs(differences: pd.DataFrame, factor: str, level: str, margin: float = MARGIN) -> str:
    """Say what it would take to tell of one level of a family.

    Parameters
    ----------
    differences, factor, margin
        As in `judge_family`.
    level : str
        The level that nobody can tell of.

    Returns
    -------
    str
        Words that go on after "cannot tell: needs".
    """
    n_levels = differences[factor].nunique()
    here = differences[differences[factor] == level]
    have = here["dataset"].nunique()
    if have < 2:
        return "more than one dataset"
    # The smallest p-value of the signed-rank test: all n datasets on one side.
    enough = next(n for n in range(1, 100) if n_levels * 2.0 ** (1 - n) < 1 - LEVEL)
    if judge(both_intervals(here).iloc[0], margin=margin) == "holds" and have < enough:
        return (
            f"{enough - have} more datasets, because no test of {have} can reach "
            f"{1 - LEVEL:.2f} after correction"
        )
    return needs(here, margin)
