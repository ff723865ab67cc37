"""`advise`: what to begin with on a new dataset, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from alutils.advice.contexts import TASK
from alutils.advice.rule import Part, Rule, Saving, shipped
from alutils.advice.tree import Leaf, Split, Tree, ask
from alutils.diagnostics import MEASURES, describe
from alutils.errors import UserError
from alutils.figures.style import count, plain, points

WORDS = {measure.name: measure.title for measure in MEASURES} | {
    "n_classes": "classes",
    "labels_per_class": "labels per class",
}

TOGETHER = (
    "Strategies were compared from random initial pools, and initial pools with one strategy after "
    "them: both together were not tested."
)


@dataclass(frozen=True)
class Advice:
    """What to use on a dataset, and what that rests on. ``print`` shows it.

    Parameters
    ----------
    strategy, initial_pool : str
        Names for `alutils.select` or a study.
    budget : int
        Labels that can be paid for.
    reasons : tuple of str
        Why, a sentence each.
    saved : tuple of float or None
        Labels that the strategy is expected to save: what Random needs beyond the budget to reach
        the same accuracy. Mean, low and high over the datasets of the study (95 %); None if the
        strategy is Random.
    measured : dict of str to float
        What the rule was asked about: features of the dataset, without any label.
    outside : tuple of str
        Each way in which the dataset is unlike those that the rule was made from, a sentence each.
    """

    strategy: str
    initial_pool: str
    budget: int
    reasons: tuple[str, ...]
    saved: tuple[float, float, float] | None
    measured: dict[str, float]
    outside: tuple[str, ...]

    def __str__(self) -> str:
        known = ", ".join(f"{WORDS[name]} {value:.4g}" for name, value in self.measured.items())
        lines = [
            f"Initial pool    {plain(self.initial_pool)} ({self.initial_pool})",
            f"Then            {plain(self.strategy)} ({self.strategy})",
        ]
        if self.saved is not None:
            mean, low, high = (f"{self.budget + v:,.0f}" for v in self.saved)
            lines.append(
                f"Random needs    about {mean} labels to reach what this reaches with "
                f"{self.budget:,} (other datasets: {low} to {high})"
            )
        lines += ["", "Why", *(f"- {reason}" for reason in self.reasons)]
        lines += ["", "Measured without labels", f"- {known}"]
        if self.outside:
            lines += ["", "Take care", *(f"- {sentence}" for sentence in self.outside)]
        return "\n".join(lines)


def advise(
    embeddings: ArrayLike, n_classes: int, budget: int, *, rule: Rule | None = None
) -> Advice:
    """Say which initial pool and which strategy to use on a dataset without labels.

    Parameters
    ----------
    embeddings : array_like
        Floating-point vectors of all rows that may be labelled, shape (N, D).
    n_classes : int
        Classes that the rows are to be sorted into.
    budget : int
        Labels that can be paid for, those of the initial pool among them.
    rule : Rule, optional
        By default the one that comes with the package.

    Returns
    -------
    Advice

    Raises
    ------
    UserError
        If the arguments do not fit together; the message says which and what to do instead.

    Notes
    -----
    The rule was made from the archived study; the book's page on it says how it was tested. No
    label plays a part. 100,000 x 384 take about 7 s on two cores.

    Examples
    --------
    >>> import numpy as np
    >>> embeddings = np.random.default_rng(0).normal(size=(300, 8))
    >>> advice = advise(embeddings, n_classes=4, budget=100)
    >>> sorted(advice.measured)[:3]
    ['cluster_silhouette', 'cluster_stability', 'effective_rank']
    """
    rule = rule or shipped()
    if isinstance(budget, bool) or not isinstance(budget, (int, np.integer)) or budget < 1:
        raise UserError(f"budget must be a whole number of labels, 1 or more, but is {budget!r}")
    found = {name: each.value for name, each in describe(embeddings, n_classes).items()}
    n_rows = len(np.asarray(embeddings))
    if budget > n_rows:
        raise UserError(
            f"budget is {budget:,} labels, but there are {n_rows:,} rows: give at most as many"
        )
    features = dict(zip(TASK, (float(n_classes), budget / n_classes), strict=True)) | found
    row = pd.DataFrame([features])
    strategy, pool = (ask(part.used, row)[0] for part in (rule.strategy, rule.initial_pool))
    share = _share(rule.savings, strategy.choice, int(budget))
    return Advice(
        strategy=strategy.choice,
        initial_pool=pool.choice,
        budget=int(budget),
        reasons=(
            *_reasons(rule.strategy, strategy, features, "strategy", rule.n_datasets),
            *_reasons(rule.initial_pool, pool, features, "initial pool", rule.n_datasets),
            *_saved_words(share),
            TOGETHER,
        ),
        saved=None if share is None else _labels(share, int(budget)),
        measured=features,
        outside=_outside(rule, features, n_rows),
    )


def _share(savings: list[Saving], strategy: str, budget: int) -> Saving | None:
    """Return the saving at the budget nearest by ratio."""
    own = [each for each in savings if each.strategy == strategy]
    return min(own, key=lambda each: abs(np.log(each.budget / budget)), default=None)


def _labels(saving: Saving, budget: int) -> tuple[float, float, float]:
    share = saving.share
    return share.mean * budget, share.low * budget, share.high * budget


def _saved_words(saving: Saving | None) -> tuple[str, ...]:
    if saving is None:
        return ()
    return (
        f"What Random needs is as it was at {saving.budget:,} labels, in proportion: median of "
        "each dataset, mean over datasets with its 95 % interval.",
    )


def _reasons(
    part: Part, leaf: Leaf, features: Mapping[str, float], what: str, n_datasets: int
) -> tuple[str, ...]:
    over = points(*part.over_random.model_dump().values())
    tested = points(*part.over_fixed.model_dump().values())
    always = (
        f"{plain(part.fixed)} was the best fixed {what} on {n_datasets} datasets: {over} against "
        "Random, area under the learning curve."
    )
    if not part.better:
        bold = points(*part.bold_over_fixed.model_dump().values())
        return (
            always,
            f"No rule for the {what} was better on datasets set aside, so none is used: against "
            f"always {plain(part.fixed)}, one that departs from it only for what is clearly ahead "
            f"gains {tested}, and one that follows every leaf {bold}.",
        )
    way = "; ".join(_way(part.tree, features))
    if leaf.clear:
        lead = points(leaf.lead, leaf.low, leaf.high)
        return (
            f"{way}: there {plain(leaf.choice)} is ahead of {plain(part.fixed)} by {lead} on "
            f"{leaf.n_datasets} datasets.",
            f"On datasets set aside the rule for the {what} was ahead of always "
            f"{plain(part.fixed)} by {tested}.",
        )
    return (f"{way}: no clear winner there.", always)


def _way(tree: Tree, features: Mapping[str, float]) -> list[str]:
    """Write the answers on the way to a leaf."""
    words = []
    while isinstance(tree, Split):
        below = features[tree.feature] <= tree.threshold
        side = "at most" if below else "more than"
        words.append(f"{WORDS[tree.feature]} {side} {tree.threshold:.4g}")
        tree = tree.below if below else tree.above
    return words or ["Whatever is measured"]


def _outside(rule: Rule, features: Mapping[str, float], n_rows: int) -> tuple[str, ...]:
    """Say where the dataset lies outside of what the rule was made from, and how far."""
    said = []
    for name, (low, high) in rule.ranges.items():
        value = features[name]
        if np.isnan(value):
            said.append(f"{_capital(WORDS[name])} cannot be measured here.")
        elif not low <= value <= high:
            beyond = max(low - value, value - high) / (high - low) if high > low else np.inf
            far = f", {beyond:.0%} of that range beyond it" if 0.01 <= beyond < np.inf else ""
            said.append(
                f"{_capital(WORDS[name])} is {value:.4g}; the rule was made where it was "
                f"{low:.4g} to {high:.4g}{far}."
            )
    if n_rows > 2 * rule.n_pool or 2 * n_rows < rule.n_pool:
        said.append(
            f"There are {count(n_rows)} rows; the rule was made on pools of {count(rule.n_pool)}, "
            "and measures of neighbours depend on how dense rows lie."
        )
    return tuple(said)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
