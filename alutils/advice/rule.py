"""The rule that travels with the package: what it says, and how far it was tested."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path

import pandas as pd
import pydantic

from alutils.advice.contexts import BASELINE, Contexts, budgets_of, contexts_of
from alutils.advice.evaluation import (
    BOLD,
    FIXED,
    RULE,
    areas_of,
    differences,
    fitted,
    leave_one_out,
)
from alutils.advice.tree import Leaf, Split, best_fixed, leaves
from alutils.errors import UserError
from alutils.results import write_atomically
from alutils.statistics import bootstrap_interval, labels_saved
from alutils.tables.table import one_line

FILE = "rule.json"


class Interval(pydantic.BaseModel, frozen=True, extra="forbid"):
    """A mean over datasets, with its 95 % interval over datasets."""

    mean: float
    low: float
    high: float


class Part(pydantic.BaseModel, frozen=True, extra="forbid"):
    """How one thing is chosen: the strategy, or the initial pool.

    Parameters
    ----------
    fixed : str
        The best fixed choice over all datasets.
    tree : Split or Leaf
        The tree grown on all datasets, of the depth that did best on datasets set aside.
    over_fixed, bold_over_fixed : Interval
        AULC of the rule, and of a bold tree, minus that of the best fixed choice, on datasets set
        aside.
    over_random : Interval
        AULC of `fixed` minus that of Random, over the datasets that it was found on.
    """

    fixed: str
    tree: Split | Leaf
    over_fixed: Interval
    bold_over_fixed: Interval
    over_random: Interval

    @property
    def better(self) -> bool:
        """Whether the tree was better than the fixed choice on datasets set aside."""
        return self.over_fixed.low > 0

    @property
    def used(self) -> Split | Leaf:
        """The tree if it was better, else a leaf with the fixed choice."""
        return self.tree if self.better else self.always

    @property
    def always(self) -> Leaf:
        """The fixed choice as a leaf, for all contexts."""
        below = leaves(self.tree)
        return Leaf(
            choice=self.fixed,
            best=self.fixed,
            lead=0,
            low=0,
            high=0,
            n_datasets=max(leaf.n_datasets for leaf in below),
            n_contexts=sum(leaf.n_contexts for leaf in below),
        )


class Saving(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Share of the budget that a strategy saves: what Random needs more for the same accuracy."""

    strategy: str
    budget: int
    share: Interval


class Rule(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Two parts, and what they were made from.

    Parameters
    ----------
    strategy, initial_pool : Part
        What is chosen.
    savings : list of Saving
        For each strategy that the rule may choose, and budgets up to half of what was run.
    ranges : dict of str to tuple of float
        Least and highest value of each feature where the strategy was learnt.
    n_datasets, n_embedders, n_pool : int
        Datasets, embedders, and rows of the largest pool, that the strategy was learnt from.
    budgets : list of int
        Budgets in labels.
    initial_size, query_size : int
        Sizes of all runs.
    """

    strategy: Part
    initial_pool: Part
    savings: list[Saving]
    ranges: dict[str, tuple[float, float]]
    n_datasets: int
    n_embedders: int
    n_pool: int
    budgets: list[int]
    initial_size: int
    query_size: int


def make_part(contexts: Contexts) -> Part:
    """Learn how to choose, and test it on datasets set aside.

    Parameters
    ----------
    contexts : Contexts
        Of two datasets or more.

    Returns
    -------
    Part
    """
    areas = areas_of(contexts, leave_one_out(contexts).chosen)
    fixed = best_fixed(contexts.gains)
    return Part(
        fixed=fixed,
        tree=fitted(contexts.features, contexts.gains),
        over_fixed=_interval(differences(areas, RULE, FIXED), "difference"),
        bold_over_fixed=_interval(differences(areas, BOLD, FIXED), "difference"),
        over_random=_interval(differences(contexts.areas, fixed, BASELINE), "difference"),
    )


def make_rule(strategies: pd.DataFrame, pools: pd.DataFrame, measured: pd.DataFrame) -> Rule:
    """Learn both parts of a rule.

    Parameters
    ----------
    strategies : pandas.DataFrame
        Records of several strategies from one kind of initial pool.
    pools : pandas.DataFrame
        Records of one strategy from several kinds of initial pool.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`, of all pairs of both.

    Returns
    -------
    Rule
    """
    contexts = contexts_of(strategies, measured, "strategy")
    part = make_part(contexts)
    known = contexts.features
    sizes = strategies.iloc[0]
    pairs = strategies[["dataset", "embedder"]].drop_duplicates()
    may = dict.fromkeys([part.fixed, *(leaf.choice for leaf in leaves(part.tree))])
    return Rule(
        strategy=part,
        initial_pool=make_part(contexts_of(pools, measured, "initial_pool")),
        savings=[saving for name in may for saving in _savings(strategies, name)],
        ranges={str(name): (float(v.min()), float(v.max())) for name, v in known.items()},
        n_datasets=len(contexts.datasets),
        n_embedders=pairs["embedder"].nunique(),
        n_pool=int(measured.merge(pairs)["n_pool"].max()),
        budgets=budgets_of(strategies),
        initial_size=int(sizes["initial_size"]),
        query_size=int(sizes["query_size"]),
    )


def _savings(records: pd.DataFrame, strategy: str) -> list[Saving]:
    if strategy == BASELINE:
        return []
    saved = labels_saved(records[records["strategy"].isin([strategy, BASELINE])], BASELINE)
    last = saved["n_labelled"].max()
    found = []
    # Later, Random has no room left in which to catch up.
    for budget in [n for n in budgets_of(records) if 2 * n <= last]:
        here = saved[saved["n_labelled"] == budget]
        # Medians, because some runs never catch up, so that only a bound is known of them.
        middle = here.groupby("dataset")["saved"].median().div(budget).rename("share")
        share = _interval(middle.reset_index().assign(seed=0), "share")
        found.append(Saving(strategy=strategy, budget=budget, share=share))
    return found


def _interval(table: pd.DataFrame, value: str) -> Interval:
    found = bootstrap_interval(table.assign(all=""), ["all"], value=value, datasets="resampled")
    row = found.iloc[0]
    return Interval(mean=row["mean"], low=row["low"], high=row["high"])


def write(rule: Rule, path: Path) -> None:
    """Write a rule to a file."""
    write_atomically(path, (rule.model_dump_json(indent=1) + "\n").encode())


@functools.cache
def shipped() -> Rule:
    """Read the rule that comes with the package."""
    return parse(resources.files("alutils.advice").joinpath(FILE).read_bytes())


def parse(content: bytes) -> Rule:
    """Read what `write` wrote.

    Raises
    ------
    UserError
        If it is no rule.
    """
    try:
        rule = Rule.model_validate_json(content)
        rule.strategy.always, rule.initial_pool.always  # noqa: B018 - trees with leaves
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{FILE} of alutils.advice holds no rule ({one_line(error)}): take it from the "
            "repository again, or make one with alutils fit-rule"
        ) from error
    return rule
