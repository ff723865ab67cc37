"""The audit of a pile: the first texts of a random order, labelled whatever a strategy wants."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from alutils.datasets.assembly import comparable
from alutils.labelling.pile import Pile
from alutils.stopping import audit_order


def audit_prefix(pile: Pile, seed: int) -> tuple[NDArray[np.int64], int]:
    """Return all texts that somebody may label, in the random order of the audit.

    Returns
    -------
    ndarray of int64, int
        The texts, and how many of the first have a label: they are a simple random sample.
    """
    # Whichever copy of a text comes first in the file.
    order = audit_order([comparable(text) for text in pile.texts], seed)
    order = order[~np.isin(order, list(pile.skipped))]
    known = np.array([pile.labels[u] is not None for u in order], dtype=bool)
    return order, _beginning(known)


def audit_due(
    pile: Pile, n_new: int, share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find what the audit has by now, and what it needs of the next batch.

    Parameters
    ----------
    pile : Pile
        U distinct texts.
    n_new : int
        Texts of the next batch.
    share : float
        Share of all labels that are to be audited.
    seed : int
        Of the random order.

    Returns
    -------
    ndarray of int64, ndarray of int64
        The audit so far, labelled or waiting; and the texts that come next, if any is due.
    """
    if share == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    order, _ = audit_prefix(pile, seed)
    taken = np.array(
        [pile.labels[u] is not None or u in pile.waiting for u in order.tolist()], dtype=bool
    )
    have = _beginning(taken)
    due = math.ceil(share * (pile.n_labelled + len(pile.waiting) + n_new)) - have
    # A pile that came with many labels does not get them audited all at once.
    due = min(due, math.ceil(share * n_new))
    later = order[have:]
    return order[:have], later[~taken[have:]][: max(due, 0)]


def _beginning(flags: NDArray[np.bool_]) -> int:
    """Return how many are true before the first that is not."""
    return int(np.logical_and.accumulate(flags).sum())
