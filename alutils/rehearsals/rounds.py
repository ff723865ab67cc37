"""A pile sorted again and again, with other random numbers: what choosing texts was worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alutils.exchange import Answer
from alutils.labelling.pile import Pile
from alutils.labelling.proposal import propose
from alutils.rehearsals.person import Answers
from alutils.rehearsals.truth import SCORES, Truth, scores
from alutils.stopping import audit_order

REHEARSED = Path("rehearsal")  # where answers come from, for messages


def replay(
    pile: Pile,
    embeddings: NDArray[np.floating],
    truth: Truth,
    says: Answers,
    *,
    batches: int,
    k: int = 100,
    strategy: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Go the whole way of ``alutils select``: propose a batch, have it answered, and again.

    Parameters
    ----------
    pile : Pile
        U texts in N rows, none of which has a label.
    embeddings : ndarray of shape (U, D)
        Of these texts.
    truth : Truth
        To compare with.
    says : mapping of str to (str or None)
        What a person answers to each text, as of `alutils.rehearsals.person.person`.
    batches, k : int
        So many batches of `k` texts.
    strategy : str, optional
        As for `propose`.
    seed : int
        That of the command. The same seed chooses what the command chooses.

    Returns
    -------
    pandas.DataFrame
        A row after each batch: ``seed``, ``batch``, ``n_labelled``, and as shares ``rest``,
        ``sorted`` and ``new``, what `scores` returns.
    """
    rows = []
    for batch in range(1, batches + 1):
        chosen = propose(pile, embeddings, strategy=strategy, k=k, seed=seed).texts
        pile = _answered(pile, chosen, says, batch)
        rows.append((seed, batch, pile.n_labelled, *scores(pile, embeddings, truth)))
    return pd.DataFrame(rows, columns=["seed", "batch", "n_labelled", *SCORES])


def random_labels(
    pile: Pile,
    embeddings: NDArray[np.floating],
    truth: Truth,
    says: Answers,
    sizes: Sequence[int],
    seed: int = 0,
) -> pd.DataFrame:
    """Label texts in random order instead, until there are as many labels as wanted.

    Parameters
    ----------
    pile, embeddings, truth, says, seed
        As for `replay`. The order is that of the audit with this seed, so that a run and its
        rival share luck.
    sizes : sequence of int
        Numbers of labels.

    Returns
    -------
    pandas.DataFrame
        A row for each size: ``seed``, ``n_labelled``, ``rest``, ``sorted`` and ``new``.
    """
    order = audit_order(pile.texts, seed)
    willing = order[[says[pile.texts[u]] is not None for u in order.tolist()]]
    rows = []
    for size in sizes:
        here = _answered(pile, willing[:size], says, 1)
        rows.append((seed, here.n_labelled, *scores(here, embeddings, truth)))
    return pd.DataFrame(rows, columns=["seed", "n_labelled", *SCORES])


def _answered(pile: Pile, texts: NDArray[np.int64], says: Answers, batch: int) -> Pile:
    answers = [
        Answer(
            id=pile.ids[pile.first[u]],
            label=(said := says[pile.texts[u]]),
            skipped=said is None,
            text=None,
            batch=batch,
        )
        for u in texts.tolist()
    ]
    return pile.answered(answers, REHEARSED)
