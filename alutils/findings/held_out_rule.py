"""The rule on datasets that it was not made from: what is learnt and tested, as tables.

A policy decides by what is known before any label, and its regret is what came out with the best
choice in hindsight, minus what came out with its own. In differences between two policies
hindsight cancels out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from alutils.advice import Rule, make_rule
from alutils.advice.contexts import BASELINE, Contexts, contexts_of
from alutils.advice.evaluation import (
    FIXED,
    POLICIES,
    RULE,
    Held,
    areas_of,
    choose,
    differences,
    leave_one_out,
    regrets,
)
from alutils.advice.tree import best_fixed
from alutils.figures.style import plain
from alutils.findings.judging import (
    both_intervals,
)
from alutils.findings.words import several
from alutils.quality import measure_quality
from alutils.study import Grid, grids_of, run_study

OTHERS = ("margin", "badge", BASELINE)
"""Fixed choices of a strategy that readers ask about."""

ONE_IDEA = (
    *(BASELINE, "least_confidence", "margin", "entropy"),
    *("coreset", "typiclust", "prob_cover", "kmeans"),
)
"""Strategies that look at uncertainty alone, or at the embeddings alone, and Random."""


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grids of the page.

    Parameters
    ----------
    parameters : mapping
        Of the page.

    Returns
    -------
    list of Grid
        Strategies; initial pools; if ``wide_embedders`` are given, a few strategies on many
        embeddings; if datasets are held out, strategies on these.
    """
    (strategies,) = grids_of([parameters])
    pools = {
        "initial_pools": parameters["pools"],
        "strategies": [parameters["pool_strategy"]],
        "embedders": parameters["pool_embedders"] or strategies.embedders,
        "cycles": parameters["pool_cycles"],
    }
    found = [strategies, strategies.model_copy(update=pools)]
    shorter = {"cycles": parameters["wide_cycles"], "seeds": parameters["wide_seeds"]}
    if parameters["wide_embedders"]:
        wide = {
            "embedders": parameters["wide_embedders"],
            "strategies": parameters["wide_strategies"],
        }
        found.append(strategies.model_copy(update={**wide, **shorter}))
    if parameters["held_out"]:
        found.append(strategies.model_copy(update={"datasets": parameters["held_out"], **shorter}))
    return found


class Tables(NamedTuple):
    """Records of the grids of the page; None for those that were not asked for."""

    strategies: pd.DataFrame
    pools: pd.DataFrame
    wide: pd.DataFrame | None
    held_out: pd.DataFrame | None


def sort_out(strategies: pd.DataFrame, pools: pd.DataFrame, *more: pd.DataFrame) -> Tables:
    """Tell apart the tables that a page may have besides the first two.

    Returns
    -------
    Tables
        A table without any dataset of `strategies` is that of the datasets held out.
    """
    known = set(strategies["dataset"])
    wide = [table for table in more if known & set(table["dataset"])]
    new = [table for table in more if not known & set(table["dataset"])]
    return Tables(strategies, pools, wide[0] if wide else None, new[0] if new else None)


class Test(NamedTuple):
    """How policies did on datasets that they were not made from.

    Attributes
    ----------
    contexts : Contexts
        Of these datasets.
    held : Held
        What policies chose.
    areas : pandas.DataFrame
        As returned by `alutils.advice.evaluation.areas_of`.
    """

    contexts: Contexts
    held: Held
    areas: pd.DataFrame

    def minus(self, policy: str, other: str) -> pd.DataFrame:
        """Differences of two policies, or of a policy and a fixed choice (`differences`)."""
        return differences(self.areas, policy, other)

    @property
    def policies(self) -> list[str]:
        """The policies, and the fixed choices of `OTHERS` that are there."""
        return [*POLICIES, *(name for name in OTHERS if name in self.contexts.areas)]

    @property
    def departs(self) -> bool:
        """Whether the rule ever chose other than the best fixed choice."""
        return bool((self.held.chosen[RULE] != self.held.chosen[FIXED]).any())


def left_out(
    records: pd.DataFrame, measured: pd.DataFrame, factor: str = "strategy"
) -> Test | None:
    """Set aside each dataset in turn.

    Parameters
    ----------
    records : pandas.DataFrame
        Records of one grid.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    factor : str
        As in `contexts_of`.

    Returns
    -------
    Test or None
        None with a single dataset, from which nothing can be set aside.
    """
    contexts = contexts_of(records, measured, factor)
    if len(contexts.datasets) < 2:
        return None
    held = leave_one_out(contexts)
    return Test(contexts, held, areas_of(contexts, held.chosen))


def held_out(learnt: Contexts, records: pd.DataFrame, measured: pd.DataFrame) -> Test:
    """Ask rules made from all datasets of a study about others.

    Parameters
    ----------
    learnt : Contexts
        What rules are made from.
    records, measured : pandas.DataFrame
        Of the datasets held out.

    Returns
    -------
    Test
    """
    asked = contexts_of(records, measured, "strategy")
    missing = learnt.features.columns.difference(asked.features.columns)
    both = Contexts(learnt.features.drop(columns=missing), learnt.areas)
    held = choose(both, Contexts(asked.features[both.features.columns], asked.areas))
    return Test(asked, held, areas_of(asked, held.chosen))


def variants(tables: Tables, measured: pd.DataFrame) -> dict[str, Test]:
    """Set aside each dataset in turn under other conditions.

    Parameters
    ----------
    tables : Tables
        Records of the page, of two datasets or more.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    dict of str to Test
        By words that say what is other: without the best fixed choice; with strategies of
        `ONE_IDEA` alone; on ``tables.wide``. Those with fewer than two strategies besides Random
        are left out.
    """
    records = tables.strategies
    fixed = best_fixed(contexts_of(records, measured, "strategy").gains)
    parts = {
        f"Without {plain(fixed)}": records[records["strategy"] != fixed],
        "Strategies of one idea": records[records["strategy"].isin(ONE_IDEA)],
    }
    if tables.wide is not None:
        parts[f"On {several(tables.wide['embedder'].nunique(), 'embedding')}"] = tables.wide
    found = {}
    for name, part in parts.items():
        there = set(part["strategy"])
        if BASELINE in there and len(there) > 2 and (test := left_out(part, measured)):
            found[name] = test
    return found


def made_from(parameters: Mapping[str, Any]) -> Rule:
    """Make the rule of `alutils.advise` from the first two grids of the page."""
    both = grids(parameters)[:2]
    strategies, pools = (run_study(grid) for grid in both)
    return make_rule(strategies, pools, measure_quality(both))


def comparisons(test: Test) -> pd.DataFrame:
    """Compare policies in pairs, on datasets that they were not made from.

    Parameters
    ----------
    test : Test
        What came out.

    Returns
    -------
    pandas.DataFrame
        ``policy``, ``other``, the columns of `both_intervals` of their difference in AULC, and
        ``departs``, the share of contexts in which the two chose differently.
    """
    pairs = [
        *((policy, FIXED) for policy in POLICIES if policy != FIXED),
        *((RULE, name) for name in test.policies if name not in POLICIES),
    ]
    rows = []
    for policy, other in pairs:
        row = both_intervals(test.minus(policy, other)).iloc[0]
        chosen = test.held.chosen
        differs = (chosen[policy] != chosen.get(other, other)).mean()
        rows.append({"policy": policy, "other": other, **row, "departs": float(differs)})
    return pd.DataFrame(rows)


def regret_table(test: Test) -> pd.DataFrame:
    """Regret of every policy, over all datasets (`regrets`)."""
    return regrets(test.areas, test.policies)


def regret_by_dataset(test: Test) -> pd.DataFrame:
    """Regret of every policy on each dataset: rows of `regrets` with ``dataset``.

    With one dataset there are only the intervals over its seeds (``low_fixed``, ``high_fixed``).
    """
    parts = [
        regrets(here, test.policies).assign(dataset=str(name))
        for name, here in test.areas.groupby(level="dataset", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)
