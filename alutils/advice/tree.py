"""A decision tree that a person can follow: which choice to make, by a few numbers.

It is a policy tree (Athey and Wager 2021, Policy learning with observational data): a split is made
where the mean gain of the best choices on its two sides is highest, so what is minimised is regret
itself. A regression tree would split where gains vary most, which may change nothing about the
choice. Every dataset has the same weight, however many embedders and budgets it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pydantic
from scipy import stats

from alutils.statistics import LEVEL

LEAST = 3
"""Datasets that each side of a split must have: of fewer, an interval says nothing."""

DEPTHS = (0, 1, 2)


class Leaf(pydantic.BaseModel, frozen=True, extra="forbid"):
    """An end of a tree.

    Parameters
    ----------
    choice : str
        What to use: `best` if it is clearly ahead, else the best fixed choice of all datasets.
    best : str
        What had the highest mean gain here.
    lead, low, high : float
        How far `best` is ahead of the best fixed choice, AULC, with Student's 95 % interval over
        the datasets here; all 0 where the two are the same.
    n_datasets, n_contexts : int
        What it rests on.
    """

    choice: str
    best: str
    lead: float
    low: float
    high: float
    n_datasets: int
    n_contexts: int

    @property
    def clear(self) -> bool:
        """Whether something is clearly ahead of the best fixed choice."""
        return self.low > 0


class Split(pydantic.BaseModel, frozen=True, extra="forbid"):
    """A question on the way: is `feature` at most `threshold`? Then `below`, else `above`."""

    feature: str
    threshold: float
    below: Split | Leaf
    above: Split | Leaf


Tree = Split | Leaf


class _Data(NamedTuple):
    features: np.ndarray  # (n, F)
    gains: np.ndarray  # (n, A)
    weights: np.ndarray  # (n,), those of a dataset come to 1
    member: np.ndarray  # (n, datasets), 1 where a context is of the dataset

    def rows(self, mask: np.ndarray) -> _Data:
        return _Data(*(each[mask] for each in self))


def grow(features: pd.DataFrame, gains: pd.DataFrame, depth: int) -> Tree:
    """Grow a tree.

    Parameters
    ----------
    features : pandas.DataFrame
        One row per context, numbers without NaN, indexed by ``dataset`` and other levels.
    gains : pandas.DataFrame
        Gain of each choice (columns) in the same contexts.
    depth : int
        Questions from the root to a leaf, at most.

    Returns
    -------
    Split or Leaf
        No side of a split has fewer than `LEAST` datasets, and none is made that adds no gain.
    """
    number = pd.factorize(features.index.get_level_values("dataset"))[0]
    member = np.eye(number.max() + 1)[number]
    weights = 1 / member.sum(axis=0)[number]
    data = _Data(features.to_numpy(float), gains.to_numpy(float), weights, member)
    fixed = int(_totals(data).argmax())
    return _grow(data, list(features.columns), list(gains.columns), fixed, depth)


def best_fixed(gains: pd.DataFrame) -> str:
    """Return the choice with the highest mean gain over datasets; the first of equals."""
    return str(gains.groupby(level="dataset").mean().mean().idxmax())


def ask(tree: Tree, features: pd.DataFrame) -> list[Leaf]:
    """Follow a tree to the leaf of each context (row). What is not known (NaN) goes above."""
    found = np.empty(len(features), dtype=object)
    waiting: list[tuple[Tree, np.ndarray]] = [(tree, np.arange(len(features)))]
    while waiting:
        node, rows = waiting.pop()
        if isinstance(node, Leaf):
            found[rows] = node
        else:
            low = features[node.feature].to_numpy()[rows] <= node.threshold
            waiting += [(node.below, rows[low]), (node.above, rows[~low])]
    return list(found)


def leaves(tree: Tree) -> list[Leaf]:
    """Return the leaves of a tree, from left to right."""
    return [tree] if isinstance(tree, Leaf) else [*leaves(tree.below), *leaves(tree.above)]


def depth_of(tree: Tree) -> int:
    """Count the questions on the longest way through a tree."""
    return 0 if isinstance(tree, Leaf) else 1 + max(depth_of(tree.below), depth_of(tree.above))


def questions(tree: Tree) -> list[str]:
    """Return the features that a tree asks for, the first question first."""
    if isinstance(tree, Leaf):
        return []
    return [tree.feature, *questions(tree.below), *questions(tree.above)]


def _totals(data: _Data) -> np.ndarray:
    """Total weighted gain of each choice."""
    return np.asarray(data.weights @ data.gains)


def _grow(
    data: _Data, features: Sequence[str], choices: Sequence[str], fixed: int, depth: int
) -> Tree:
    leaf = _leaf(data, choices, fixed)
    found = _best_split(data) if depth else None
    if found is None:
        return leaf
    feature, threshold = found
    below = data.features[:, feature] <= threshold
    sides = [_grow(data.rows(m), features, choices, fixed, depth - 1) for m in (below, ~below)]
    return Split(feature=features[feature], threshold=threshold, below=sides[0], above=sides[1])


def _best_split(data: _Data) -> tuple[int, float] | None:
    """Find the feature and threshold with the highest total gain; None if none adds any."""
    total, found = _totals(data), None
    weighted = data.weights[:, None] * data.gains
    # Rounding must not make a split.
    highest = total.max() + 1e-9
    for feature, values in enumerate(data.features.T):
        order = np.argsort(values, kind="stable")
        values = values[order]
        left = np.cumsum(weighted[order], axis=0)[:-1]
        score = left.max(axis=1) + (total - left).max(axis=1)
        seen = np.cumsum(data.member[order], axis=0)
        enough = np.minimum((seen > 0).sum(axis=1), (seen[-1] - seen > 0).sum(axis=1))[:-1] >= LEAST
        score[~enough | (values[1:] <= values[:-1])] = -np.inf
        if len(score) and score.max() > highest:
            at = int(score.argmax())
            highest, found = score[at] + 1e-9, (feature, float(values[at] + values[at + 1]) / 2)
    return found


def _leaf(data: _Data, choices: Sequence[str], fixed: int) -> Leaf:
    best = int(_totals(data).argmax())
    here = data.member.any(axis=0)
    size = {"n_datasets": int(here.sum()), "n_contexts": len(data.gains)}
    lead = low = high = 0.0
    if best != fixed:
        ahead = data.gains[:, best] - data.gains[:, fixed]
        means = (data.member.T @ ahead)[here] / data.member.sum(axis=0)[here]
        error = means.std(ddof=1) / np.sqrt(len(means))
        half = float(stats.t.ppf((1 + LEVEL) / 2, len(means) - 1) * error)
        lead = float(means.mean())
        low, high = lead - half, lead + half
    choice = choices[best if low > 0 else fixed]
    return Leaf(choice=choice, best=choices[best], lead=lead, low=low, high=high, **size)
