"""Is a rule better than always the same? Judged on datasets that it has never seen.

Leave-one-dataset-out, nested: all embedders and budgets of a dataset are set aside together. On the
others a tree is grown whose depth is chosen by setting aside each of them in turn (Varma and Simon
2006); only then is it asked about the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from alutils.advice.contexts import CONTEXT, TASK, Contexts, places_of
from alutils.advice.tree import DEPTHS, Tree, ask, best_fixed, grow
from alutils.statistics import regret

RULE, BOLD, TASK_BOLD, FIXED = "rule", "bold", "task_bold", "fixed"

POLICIES = (RULE, BOLD, TASK_BOLD, FIXED)
"""The rule, which leaves the best fixed choice only for what is clearly ahead of it; a bold tree,
as deep as allowed, that takes whatever was best in a leaf; the same from classes and budget alone;
and the best fixed choice."""


class Held(NamedTuple):
    """What was chosen for datasets that were set aside.

    Attributes
    ----------
    chosen : pandas.DataFrame
        One row per context, a column for each of `POLICIES`: the choice.
    clear : pandas.Series
        Whether the rule had something clearly ahead, per context.
    trees : dict of str to Tree
        The tree of the rule, by dataset set aside.
    """

    chosen: pd.DataFrame
    clear: pd.Series
    trees: dict[str, Tree]


def fitted(features: pd.DataFrame, gains: pd.DataFrame) -> Tree:
    """Grow a tree of the depth with which the rule does best on datasets set aside.

    Parameters
    ----------
    features, gains : pandas.DataFrame
        As for `alutils.advice.tree.grow`.

    Returns
    -------
    Split or Leaf
        Of equally good depths the least; of a single dataset, a leaf.
    """
    names = gains.index.get_level_values("dataset")
    datasets = names.unique()
    means = np.zeros(len(DEPTHS))
    for dataset in datasets if len(datasets) > 1 else []:
        out = names == dataset
        for at, depth in enumerate(DEPTHS):
            leaves = ask(grow(features[~out], gains[~out], depth), features[out])
            means[at] += _taken(gains[out], [leaf.choice for leaf in leaves]).mean()
    # Rounding must not prefer a deeper tree.
    return grow(features, gains, DEPTHS[int(np.round(means, 9).argmax())])


def grown(features: pd.DataFrame, gains: pd.DataFrame) -> Tree:
    """Grow the tree of `BOLD`, as deep as allowed."""
    return grow(features, gains, DEPTHS[-1])


def _taken(table: pd.DataFrame, chosen: Sequence[str]) -> np.ndarray:
    """Value of the chosen column in each row."""
    columns = table.columns.get_indexer(pd.Index(chosen))
    return np.asarray(table.to_numpy()[np.arange(len(table)), columns])


def choose(learnt: Contexts, asked: Contexts) -> Held:
    """Make rules of some contexts and ask them about others.

    Parameters
    ----------
    learnt, asked : Contexts
        No dataset may be in both. Of `asked` the features alone are looked at.

    Returns
    -------
    Held
    """
    if shared := set(learnt.datasets) & set(asked.datasets):
        raise ValueError(f"{sorted(shared)[0]!r} is both learnt from and asked about")
    gains = learnt.gains
    tree, bold = fitted(learnt.features, gains), grown(learnt.features, gains)
    task = grown(learnt.features[TASK], gains)
    leaves = ask(tree, asked.features)
    chosen = pd.DataFrame(
        {
            RULE: [leaf.choice for leaf in leaves],
            BOLD: [leaf.best for leaf in ask(bold, asked.features)],
            TASK_BOLD: [leaf.best for leaf in ask(task, asked.features)],
            FIXED: best_fixed(gains),
        },
        asked.features.index,
    )
    clear = pd.Series([leaf.clear for leaf in leaves], asked.features.index)
    return Held(chosen, clear, dict.fromkeys(asked.datasets, tree))


def leave_one_out(contexts: Contexts) -> Held:
    """Choose for every dataset with rules that were made without it.

    Parameters
    ----------
    contexts : Contexts
        Of two datasets or more.

    Returns
    -------
    Held
    """
    parts = []
    for dataset in contexts.datasets:
        others = [name for name in contexts.datasets if name != dataset]
        parts.append(choose(contexts.of(others), contexts.of([dataset])))
    return Held(
        pd.concat([part.chosen for part in parts]),
        pd.concat([part.clear for part in parts]),
        {name: tree for part in parts for name, tree in part.trees.items()},
    )


def areas_of(contexts: Contexts, chosen: pd.DataFrame) -> pd.DataFrame:
    """AULC of every choice, and of every policy: that of what it chose.

    Parameters
    ----------
    contexts : Contexts
        What came out.
    chosen : pandas.DataFrame
        As in `Held`, of the same contexts.

    Returns
    -------
    pandas.DataFrame
        Indexed as ``contexts.areas``; its columns, and one for each policy.
    """
    areas = contexts.areas
    wanted = chosen.loc[places_of(areas)]
    return areas.assign(**{str(name): _taken(areas, list(wanted[name])) for name in wanted})


def differences(areas: pd.DataFrame, policy: str, other: str) -> pd.DataFrame:
    """AULC of one policy minus that of another, for every context and seed.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `areas_of`.
    policy, other : str
        Columns of it.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedder``, ``budget``, ``seed``, ``difference``.
    """
    return (areas[policy] - areas[other]).rename("difference").reset_index()


def regrets(areas: pd.DataFrame, policies: list[str], n: int = 2_000) -> pd.DataFrame:
    """How far policies are behind the best choice of each context in hindsight.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `areas_of`.
    policies : list of str
        Columns of it.
    n : int
        Resamples.

    Returns
    -------
    pandas.DataFrame
        Rows of `alutils.statistics.regret` with ``measure`` ``"mean"``, in the order of
        `policies`: ``mean`` has the luck of the best of many means taken off.
    """
    long = areas.reset_index().melt([*CONTEXT, "seed"], var_name="strategy", value_name="aulc")
    # A context is what an embedder is there: a place of its own, sharing its dataset's seeds.
    place = long["embedder"] + " " + long["budget"].astype(str)
    table = regret(long.assign(embedder=place), n=n)
    means = table[table["measure"] == "mean"].set_index("strategy")
    return means.loc[policies].reset_index(names="policy")
