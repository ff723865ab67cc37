"""The next batch of a pile: a share drawn at random, the rest by a strategy, each with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alutils import strategies
from alutils.advice.rule import shipped
from alutils.errors import UserError
from alutils.explaining import explain
from alutils.labelling.audit import audit_due
from alutils.labelling.head_that_chose import MANY, HeadThatChose, choose_and_keep
from alutils.labelling.pile import Pile
from alutils.selecting import select
from alutils.strategies.tcm import Tcm
from alutils.streams import stream

CANDIDATES = 10_000
"""Texts that strategies without a head choose from: those of a larger pile are drawn at random.
These strategies look for texts that stand for others, and k-medoids takes minutes for 100,000."""

AUDIT_WHY = "Drawn at random, so that accuracy can be estimated."


@dataclass(frozen=True, eq=False)
class Proposal:
    """Texts to label next.

    Attributes
    ----------
    texts : ndarray of int64, shape (k,)
        Index of each in the pile's `texts`, those of the audit first.
    audit : ndarray of bool, shape (k,)
        Which were drawn at random.
    why : pandas.DataFrame
        What `alutils.explain` says of each.
    strategy : str
        What chose the others; empty if there are none.
    waiting : int
        Texts of earlier batches that still wait for a label.
    remarks : tuple of str
        What a person should know about the choice.
    """

    texts: NDArray[np.int64]
    audit: NDArray[np.bool_]
    why: pd.DataFrame
    strategy: str
    waiting: int
    remarks: tuple[str, ...] = ()


def propose(
    pile: Pile,
    embeddings: NDArray[np.floating],
    *,
    strategy: str | None = None,
    initial_pool: str | None = None,
    k: int = 100,
    audit: float = 0.1,
    seed: int = 0,
) -> Proposal:
    """Choose texts until `k` of them wait for a label.

    Parameters
    ----------
    pile : Pile
        U distinct texts.
    embeddings : ndarray of shape (U, D)
        Of these texts.
    strategy : str, optional
        Query strategy; left out, what was the best fixed choice on the datasets of the study.
    initial_pool : str, optional
        What chooses as long as there are no labels of two classes for the strategy to learn from;
        left out, the study's best fixed choice.
    k : int
        Texts that are to wait for a label then.
    audit : float
        Share of all labels for which texts are drawn at random, from 0 to 1.
    seed : int
        The same pile, arguments and seed give the same batch.

    Returns
    -------
    Proposal
        As many as there are, if fewer than `k` are left; none if `k` wait already.

    Raises
    ------
    UserError
        If an argument is not what it should be, or nothing is left to label.
    """
    queried, first = check(strategy, initial_pool, k, audit)
    check_left(pile)
    free = pile.open_texts()
    n_new = min(max(k - len(pile.waiting), 0), len(free))
    audited, drawn = audit_due(pile, n_new, audit, seed)
    n_chosen = n_new - len(drawn)
    labels = pile.given
    # What the audit drew must not steer the strategy, or it would not be a fair sample.
    seen = np.setdiff1d(np.flatnonzero(labels != ""), audited)
    classes = sorted(set(labels[seen]))
    remarks = []
    head: HeadThatChose | None = None
    chooser = queried
    if n_chosen and queried.needs_head and len(classes) < 2:
        chooser = first
        have = f"only the class {classes[0]!r}" if classes else "no label"
        besides = " besides those of the audit" if len(seen) < pile.n_labelled else ""
        remarks.append(
            f"{have} yet{besides}: {first.name} chooses, as {queried.name} learns from labels of "
            "two classes or more"
        )
    candidates = np.setdiff1d(free, drawn)
    chosen = candidates[:n_chosen]
    if 0 < n_chosen < len(candidates):
        if len(candidates) > CANDIDATES and not _looks_at_head(chooser):
            draws = stream("candidates", "select", seed)
            candidates = draws.choice(candidates, max(CANDIDATES, n_chosen), replace=False)
            remarks.append(
                f"{chooser.name} chooses from {len(candidates):,} texts, drawn at random from "
                f"{len(free):,}"
            )
        inside = np.sort(np.r_[candidates, seen])
        asked = embeddings[inside], labels[inside], chooser.name, n_chosen, seed
        if chooser.needs_head and len(seen) * len(classes) > MANY:
            rows, head = choose_and_keep(*asked)
            remarks.append(
                f"guesses come from the head that chose: fitting one to all {pile.n_labelled:,} "
                "labels, those of the audit too, would take as long again"
            )
        else:
            rows = select(*asked)
        chosen = inside[rows]
    texts = np.r_[drawn, chosen]
    names = [pile.name(u) for u in range(len(pile.texts))]
    return Proposal(
        texts=texts,
        audit=np.arange(len(texts)) < len(drawn),
        why=explain(embeddings, labels, texts, texts=pile.texts, names=names, head=head, seed=seed),
        strategy=chooser.name if n_chosen else "",
        waiting=len(pile.waiting),
        remarks=tuple(remarks),
    )


def _looks_at_head(chooser: strategies.QueryStrategy) -> bool:
    # TCM chooses as TypiClust until there are enough labels.
    return chooser.needs_head and not isinstance(chooser, Tcm)


def check_left(pile: Pile) -> None:
    """Refuse a pile in which nothing is left to label."""
    if not len(pile.open_texts()) and not pile.waiting:
        raise UserError(f"every text of {pile.path} has a label or is skipped: none is left")


def check(
    strategy: str | None, initial_pool: str | None, k: int, audit: float
) -> tuple[strategies.QueryStrategy, strategies.QueryStrategy]:
    """Check the arguments of `propose`, which embeddings need not be there for.

    Returns
    -------
    QueryStrategy, QueryStrategy
        What chooses once there are labels of two classes, and what chooses before.
    """
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise UserError(f"k must be a whole number of texts, 1 or more, but is {k!r}")
    if not 0 <= audit <= 1:
        raise UserError(f"audit must be a share of the labels, from 0 to 1, but is {audit}")
    queried = strategies.get(shipped().strategy.fixed if strategy is None else strategy)
    first = strategies.get(shipped().initial_pool.fixed if initial_pool is None else initial_pool)
    if first.needs_head:
        raise UserError(
            f"{first.name} learns from labels and cannot choose the first ones: choose from "
            f"{', '.join(strategies.head_free_names())}"
        )
    return queried, first
