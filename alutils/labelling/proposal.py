"""The next batch of a pile: a share drawn at random, the rest by a strategy, each with a reason."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alutils import strategies
from alutils.advice.rule import shipped
from alutils.errors import UserError
from alutils.explaining import explain
from alutils.labelling.pile import Pile
from alutils.selecting import select
from alutils.stopping.audit import audit_order

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
    _check(k, audit)
    queried = strategies.get(shipped().strategy.fixed if strategy is None else strategy)
    first = strategies.get(shipped().initial_pool.fixed if initial_pool is None else initial_pool)
    if first.needs_head:
        raise UserError(
            f"{first.name} learns from labels and cannot choose the first ones: choose from "
            f"{', '.join(strategies.head_free_names())}"
        )
    free = pile.open_texts()
    if not len(free) and not pile.waiting:
        raise UserError(f"every text of {pile.path} has a label or is skipped: none is left")
    n_new = min(max(k - len(pile.waiting), 0), len(free))
    drawn = _audited(pile, n_new, audit, seed)
    n_chosen = n_new - len(drawn)
    remarks = []
    chooser = queried
    if queried.needs_head and len(pile.classes) < 2:
        chooser = first
        have = "no label" if not pile.n_labelled else f"only the class {pile.classes[0]!r}"
        remarks.append(
            f"{queried.name} learns from labels of at least two classes, and there is {have} yet: "
            f"{first.name} chooses"
        )
    chosen = np.empty(0, dtype=np.int64)
    labels = np.array([label or "" for label in pile.labels], dtype=object)
    if n_chosen:
        inside = np.sort(np.r_[np.setdiff1d(free, drawn), np.flatnonzero(labels != "")])
        rows = select(embeddings[inside], labels[inside], chooser.name, n_chosen, seed)
        chosen = inside[rows]
    texts = np.r_[drawn, chosen]
    return Proposal(
        texts=texts,
        audit=np.arange(len(texts)) < len(drawn),
        why=explain(embeddings, labels, texts, texts=pile.texts, seed=seed),
        strategy=chooser.name if n_chosen else "",
        waiting=len(pile.waiting),
        remarks=tuple(remarks),
    )


def audit_prefix(pile: Pile, seed: int) -> tuple[NDArray[np.int64], int]:
    """Return all texts that somebody may label, in the random order of the audit.

    Returns
    -------
    ndarray of int64, int
        The texts, and how many of the first have a label: they are a simple random sample.
    """
    order = audit_order(pile.texts, seed)
    order = order[~np.isin(order, list(pile.skipped))]
    known = np.array([pile.labels[u] is not None for u in order], dtype=bool)
    return order, int(np.logical_and.accumulate(known).sum())


def _audited(pile: Pile, n_new: int, share: float, seed: int) -> NDArray[np.int64]:
    """Return the texts that come next in the order of the audit, as many as are due."""
    if share == 0 or n_new == 0:
        return np.empty(0, dtype=np.int64)
    order, _ = audit_prefix(pile, seed)
    taken = np.array(
        [pile.labels[u] is not None or u in pile.waiting for u in order.tolist()], dtype=bool
    )
    have = int(np.logical_and.accumulate(taken).sum())
    due = math.ceil(share * (pile.n_labelled + len(pile.waiting) + n_new)) - have
    # A pile that came with many labels does not get them audited all at once.
    due = min(due, math.ceil(share * n_new))
    later = order[have:]
    return later[~taken[have:]][: max(due, 0)]


def _check(k: int, audit: float) -> None:
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise UserError(f"k must be a whole number of texts, 1 or more, but is {k!r}")
    if not 0 <= audit <= 1:
        raise UserError(f"audit must be a share of the labels, from 0 to 1, but is {audit}")
