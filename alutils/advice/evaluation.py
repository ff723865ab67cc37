"""Is a rule better than always the same? Judged on datasets that it has never seen.

Leave-one-dataset-out, nested: all embedders and budgets of a dataset are set aside together. On the
others a tree is grown whose depth is chosen by setting aside each of them in turn (Varma and Simon
2006); only then is it asked about the first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from alutils.advice.contexts import BASELINE, TASK, Contexts
from alutils.advice.tree import DEPTHS, Leaf, Tree, ask, best_fixed, grow
from alutils.statistics import regret

RULE, TASK_RULE, FIXED = "rule", "task_rule", "fixed"

POLICIES = (RULE, TASK_RULE, FIXED)
"""The rule, a rule that knows classes and budget alone, and the best fixed choice."""


class Held(NamedTuple):
    """What was chosen for datasets that were set aside.

    Attributes
    ----------
    chosen : pandas.DataFrame
        One row per context, a column for each of `POLICIES`: the choice.
    clear : pandas.Series
        Whether the rule had something clearly ahead, per context.
    trees : dict of str to Tree
        The rule that was made without a dataset, by its name.
    """

    chosen: pd.DataFrame
    clear: pd.Series
    trees: dict[str, Tree]


def fitted(features: pd.DataFrame, gains: pd.DataFrame) -> Tree:
    """Grow a tree of the depth that does best on datasets set aside.

    Parameters
    ----------
    features, gains : pandas.DataFrame
        As for `alutils.advice.tree.grow`.

    Returns
    -------
    Split or Leaf
        Of equal depths the least; of a single dataset, a leaf.
    """
    return grow(features, gains, _depth(features, gains))


def _depth(features: pd.DataFrame, gains: pd.DataFrame) -> int:
    names = gains.index.get_level_values("dataset")
    datasets = names.unique()
    if len(datasets) == 1:
        return 0
    means = []
    for depth in DEPTHS:
        each = []
        for dataset in datasets:
            out = names == dataset
            tree = grow(features[~out], gains[~out], depth)
            each.append(_gains_of(gains[out], ask(tree, features[out])).mean())
        means.append(np.mean(each))
    return DEPTHS[int(np.argmax(np.round(means, 9)))]


def _gains_of(gains: pd.DataFrame, asked: list[Leaf]) -> np.ndarray:
    columns = gains.columns.get_indexer(pd.Index([leaf.choice for leaf in asked]))
    return np.asarray(gains.to_numpy()[np.arange(len(gains)), columns])


def choose(learnt: Contexts, asked: Contexts) -> Held:
    """Make a rule of some contexts and ask it about others.

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
    tree = fitted(learnt.features, gains)
    leaves = ask(tree, asked.features)
    task = ask(fitted(learnt.features[TASK], gains), asked.features)
    chosen = pd.DataFrame(
        {
            RULE: [leaf.choice for leaf in leaves],
            TASK_RULE: [leaf.choice for leaf in task],
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
    found = {}
    for policy, choices in chosen.items():
        wanted = choices.loc[areas.index.droplevel("seed")]
        columns = areas.columns.get_indexer(pd.Index(wanted))
        found[policy] = areas.to_numpy()[np.arange(len(areas)), columns]
    return areas.assign(**found)


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
    long = areas.rename_axis(columns="strategy").stack().rename("aulc").reset_index()
    # A context is what an embedder is there: a place of its own, sharing its dataset's seeds.
    place = long["embedder"] + " " + long["budget"].astype(str)
    table = regret(long.assign(embedder=place), n=n)
    means = table[table["measure"] == "mean"].set_index("strategy")
    return means.loc[policies].reset_index(names="policy")


def baseline_policies(contexts: Contexts, wanted: tuple[str, ...]) -> list[str]:
    """Return the fixed choices to compare with that are there, the baseline among them."""
    return [name for name in (*wanted, BASELINE) if name in contexts.areas]
