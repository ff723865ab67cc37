"""A pile sorted again and again, with other random numbers: what choosing texts was worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from alutils import heads, statistics
from alutils.exchange import Answer
from alutils.labelled_pool import labelled_pool
from alutils.labelling import columns
from alutils.labelling.pile import Pile
from alutils.labelling.predictions import predicted
from alutils.labelling.proposal import propose
from alutils.labelling.rehearsal import Answers
from alutils.stopping import audit_order
from alutils.tables import Table

REHEARSED = Path("rehearsal")  # where answers come from, for messages

SCORES = ["rest", "sorted", "new"]


def shares_right(sorted_rows: Table, truth: Sequence[str]) -> tuple[float, float]:
    """Compare a sorted file with the true labels.

    Parameters
    ----------
    sorted_rows : Table
        N rows as of `predicted`, or as read from what ``alutils predict`` wrote.
    truth : sequence of str
        N true labels.

    Returns
    -------
    float, float
        Share of the rows without a label that are predicted rightly, and share of all rows that
        are sorted rightly, labels given included.
    """
    right = np.array(sorted_rows.columns[columns.LABEL], object) == np.array(truth, object)
    without = np.array([not given for given in sorted_rows.columns[columns.GIVEN]])
    return float(right[without].mean()), float(right.mean())


@dataclass(frozen=True, eq=False)
class Truth:
    """What nobody who labels a pile knows.

    Attributes
    ----------
    labels : sequence of str
        Of the N rows of its file.
    new_embeddings : ndarray of shape (M, D)
        Of texts of the same kind that are not in it.
    new_labels : sequence of str
        Of these.
    """

    labels: Sequence[str]
    new_embeddings: NDArray[np.floating]
    new_labels: Sequence[str]


def scores(pile: Pile, embeddings: NDArray[np.floating], truth: Truth) -> tuple[float, ...]:
    """Tell how right a pile would be sorted with the labels in hand.

    Returns
    -------
    float, float, float
        The two of `shares_right`, and the accuracy on the new texts.
    """
    given = np.array([label or "" for label in pile.labels], dtype=object)
    at = labelled_pool(embeddings, given)
    new = heads.scale(torch.tensor(embeddings), torch.tensor(truth.new_embeddings))[1]
    guesses = at.classes[at.fit().probabilities(new)[0].argmax(dim=1).numpy()]
    right = float((guesses == np.array(truth.new_labels, object)).mean())
    return *shares_right(predicted(pile, embeddings), truth.labels), right


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
        What a person answers to each text, as of `alutils.labelling.rehearsal.person`.
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


def saved_by_seed(chosen: pd.DataFrame, rival: pd.DataFrame, value: str = "sorted") -> pd.DataFrame:
    """Count the labels saved: how many more random ones it takes to come as far.

    Parameters
    ----------
    chosen, rival : pandas.DataFrame
        As of `replay` and of `random_labels`, for the same seeds.
    value : str
        Column of what was reached.

    Returns
    -------
    pandas.DataFrame
        A row for each seed: ``n_labelled`` at the end of the run and what it ``reached``, its
        best so far; ``needed``, the random labels with which the rival first comes as far, read
        off the straight lines between its sizes (NaN if it never does); ``saved``, the
        difference; ``ahead``, by how much the run is better with equally many labels.
    """
    rows = []
    for seed, run in chosen.groupby("seed"):
        other = rival[rival["seed"] == seed].sort_values("n_labelled")
        labels, curve = other["n_labelled"].to_numpy(float), other[value].to_numpy(float)
        last, reached = int(run["n_labelled"].max()), float(run[value].max())
        (needed,) = statistics.labels_to_reach(labels, curve, np.array([reached]))
        ahead = float(run[value].iloc[-1]) - float(np.interp(last, labels, curve))
        rows.append((seed, last, reached, needed, needed - last, ahead))
    names = ["seed", "n_labelled", "reached", "needed", "saved", "ahead"]
    return pd.DataFrame(rows, columns=names)


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
