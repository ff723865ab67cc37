"""The reviewers' question on noise (Q8): whether the findings hold when labels are wrong.

Only the pool's labels are made wrong: strategies and heads get them as they are, and the test side
stays clean. A second question is whether noise hits strategies that rely on the head and those
that rely on clusters alike.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from alutils.catalogue.steps import DATASET_STEPS, base_name, split_steps
from alutils.errors import UserError
from alutils.findings import robustness, robustness_words
from alutils.findings.finding import Finding, Number
from alutils.findings.judging import MARGIN, both_intervals, interval_words, number
from alutils.statistics import aulc, outcomes
from alutils.study import Grid, grids_of

QUESTION = "Do the findings hold when labels are noisy?"

KINDS = {"label_noise": "any other class", "label_confusion": "the most similar class"}
"""Steps that make labels wrong, and which class a wrong label names."""

UNCERTAIN, CLUSTERING = ("margin",), ("typiclust", "coreset")
"""Strategies that ask the head, and strategies that look at embeddings alone."""

TEN_PERCENT = 0.1


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grid without noise, then one for each kind and level of it.

    Parameters
    ----------
    parameters : mapping
        Of the page: those of a grid, ``label_noise`` and ``label_confusion``, each a list of
        shares of the pool's labels.

    Returns
    -------
    list of Grid

    Raises
    ------
    UserError
        If both lists are empty, or a share or a dataset is not one that can be.
    """
    (base,) = grids_of([parameters])
    noisy = [
        robustness.with_step(base, kind, level)
        for kind in KINDS
        for level in dict.fromkeys(parameters[kind])
    ]
    if not noisy:
        raise UserError("label_noise or label_confusion needs a share, such as 0.1")
    return [base, *noisy]


def measured_grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grids whose embeddings are measured: that of the base."""
    return grids(parameters)[:1]


def finding(*records: pd.DataFrame) -> Finding:
    """Judge whether findings hold when labels are noisy, and tell whom noise hits.

    Parameters
    ----------
    *records : pandas.DataFrame
        Of each of `grids`.

    Returns
    -------
    Finding
        See `alutils.findings.robustness.compare` for the rule, which asks it of each kind and
        level of noise.
    """
    return judged(robustness.compare(robustness.areas(records)), losses(records))


def judged(compared: robustness.Compared, lost: pd.DataFrame) -> Finding:
    """Do as `finding` with what has been compared already.

    Parameters
    ----------
    compared : Compared
        As of `alutils.findings.robustness.compare`.
    lost : pandas.DataFrame
        As returned by `losses`.
    """
    found = robustness_words.finding(compared, QUESTION)
    numbers: dict[str, Number] = dict(found.numbers)
    duels = hit_alike(lost)
    for _, row in duels.iterrows():
        label = f"change of AULC per 10 % wrong labels ({KINDS[row['kind']]}), "
        label += robustness_words.effect_words(row["one"], row["other"])
        numbers[f"{row['kind']}_{row['one']}_{row['other']}"] = number(row, label)
    return Finding(
        found.question,
        found.verdict,
        " ".join([found.sentence, *(duel_words(row) for _, row in duels.iterrows())]),
        found.test,
        found.change,
        numbers,
    )


def losses(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Fit a line to the AULC of every run over the share of wrong labels.

    Parameters
    ----------
    tables : sequence of pandas.DataFrame
        As in `finding`: records without noise, then with it.

    Returns
    -------
    pandas.DataFrame
        One row for each kind, strategy, dataset, embedder and seed: ``difference``, which is by
        how much AULC changes for ten per cent of wrong labels, by least squares through all
        levels, zero among them.
    """
    base = aulc(tables[0]).assign(level=0.0)
    levels: dict[str, list[pd.DataFrame]] = {}
    for records in tables[1:]:
        step = split_steps(str(records["dataset"].iloc[0]), DATASET_STEPS)[1][-1]
        runs = aulc(records)
        runs = runs.assign(dataset=runs["dataset"].map(base_name), level=step.value)
        levels.setdefault(step.name, [base]).append(runs)
    keys = ["kind", "strategy", "dataset", "embedder", "seed"]
    runs = pd.concat(pd.concat(tables).assign(kind=kind) for kind, tables in levels.items())
    runs = runs.groupby([*keys, "level"], sort=False)["aulc"].mean().reset_index()
    centred = runs.assign(
        **{x: runs[x] - runs.groupby(keys)[x].transform("mean") for x in ("level", "aulc")}
    )
    products = centred.assign(both=centred["level"] * centred["aulc"], square=centred["level"] ** 2)
    sums = products.groupby(keys, sort=False)[["both", "square"]].sum()
    slope = TEN_PERCENT * sums["both"] / sums["square"]
    return slope.rename("difference").reset_index()


def hit_alike(lost: pd.DataFrame) -> pd.DataFrame:
    """Compare what noise does to a strategy that asks the head and to one that clusters.

    Parameters
    ----------
    lost : pandas.DataFrame
        As returned by `losses`.

    Returns
    -------
    pandas.DataFrame
        One row for each kind and pair ``one`` (of `UNCERTAIN`), ``other`` (of `CLUSTERING`) that
        was run: the columns of `both_intervals` for ``one`` minus ``other``, below zero where
        noise hits the one harder; and ``outcome`` as of `alutils.statistics.outcomes`.
    """
    keys = ["kind", "dataset", "embedder", "seed"]
    wide = lost.pivot(index=keys, columns="strategy", values="difference")
    parts = [
        (wide[one] - wide[other]).rename("difference").reset_index().assign(one=one, other=other)
        for one, other in itertools.product(UNCERTAIN, CLUSTERING)
        if {one, other} <= set(wide.columns)
    ]
    if not parts:
        return pd.DataFrame(columns=["kind", "one", "other"])
    table = both_intervals(pd.concat(parts), ["kind", "one", "other"])
    fixed = "_fixed" if table["low"].isna().any() else ""
    ends = table[[f"low{fixed}", f"high{fixed}"]].set_axis(["low", "high"], axis=1)
    return table.assign(outcome=outcomes(ends, MARGIN))


def strategy_losses(lost: pd.DataFrame) -> pd.DataFrame:
    """Average what noise costs every strategy, and what it does to its lead over Random.

    Parameters
    ----------
    lost : pandas.DataFrame
        As returned by `losses`, with ``"random"``.

    Returns
    -------
    pandas.DataFrame
        One row for each kind, strategy and ``what``: ``"own"`` (change of its AULC per ten per
        cent) and ``"gain"`` (change of its gain over Random); the columns of `both_intervals`.
    """
    keys = ["kind", "dataset", "embedder", "seed"]
    random = lost[lost["strategy"] == "random"].set_index(keys)["difference"].rename("random")
    gains = lost.join(random, on=keys)
    gains = gains.assign(difference=gains["difference"] - gains["random"])
    both = pd.concat(
        [lost.assign(what="own"), gains[gains["strategy"] != "random"].assign(what="gain")]
    )
    return both_intervals(both, ["kind", "strategy", "what"])


def duel_words(row: pd.Series) -> str:
    """Say in a sentence what a row of `hit_alike` shows."""
    one, other = (robustness_words.title(row[name]) for name in ("one", "other"))
    said = {
        "equivalent": f"{one} and {other} alike, within half a point",
        "win": f"{other} harder than {one}",
        "loss": f"{one} harder than {other}",
        "undecided": f"{one} and {other} so that nobody can tell which harder",
    }[row["outcome"]]
    return (
        f"Wrong labels that name {KINDS[row['kind']]} hit {said}: per ten per cent of them, {one} "
        f"minus {other} changes by {interval_words(row)}."
    )
