"""A pile sorted again and again, with other random numbers: what choosing texts was worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alutils import statistics
from alutils.exchange import Answer
from alutils.labelled_pool import labelled_pool
from alutils.labelling.pile import Pile
from alutils.labelling.proposal import propose
from alutils.labelling.rehearsal import Answers
from alutils.stopping import audit_order

REHEARSED = Path("rehearsal")


def likeliest(
    pile: Pile, embeddings: NDArray[np.floating]
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Sort a pile: predict the class of each text from the labels in hand.

    Parameters
    ----------
    pile : Pile
        U distinct texts, with labels of two classes or more.
    embeddings : ndarray of shape (U, D)
        Of these texts.

    Returns
    -------
    ndarray of object, shape (U,), and ndarray of float64, shape (U,)
        The likeliest class of each text and its probability. A text with a label has this label,
        and the probability 1.
    """
    given = np.array([label or "" for label in pile.labels], dtype=object)
    at = labelled_pool(embeddings, given)
    probabilities = at.fit().probabilities(at.pool)[0].double().numpy()
    found = at.classes.astype(object)[probabilities.argmax(axis=1)]
    return np.where(given == "", found, given), np.where(
        given == "", probabilities.max(axis=1), 1.0
    )


def accuracy(
    pile: Pile, embeddings: NDArray[np.floating], truth: Sequence[str]
) -> tuple[float, float]:
    """Compare a sorted pile with the true labels of its U texts.

    Returns
    -------
    float, float
        Share of the texts without a label that are predicted rightly, and share of all texts that
        are sorted rightly, labels given included.
    """
    right = likeliest(pile, embeddings)[0] == np.asarray(truth, dtype=object)
    without = np.array([label is None for label in pile.labels])
    return float(right[without].mean()), float(right.mean())


def replay(
    pile: Pile,
    embeddings: NDArray[np.floating],
    truth: Sequence[str],
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
        U texts, none of which has a label.
    embeddings : ndarray of shape (U, D)
        Of these texts.
    truth : sequence of str
        Their U true labels.
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
        A row after each batch: ``seed``, ``batch``, ``n_labelled``, and as shares ``rest`` and
        ``sorted``, what `accuracy` returns.
    """
    rows = []
    for batch in range(1, batches + 1):
        chosen = propose(pile, embeddings, strategy=strategy, k=k, seed=seed).texts
        pile = _answered(pile, chosen, says, batch)
        rest, all_texts = accuracy(pile, embeddings, truth)
        rows.append((seed, batch, pile.n_labelled, rest, all_texts))
    return pd.DataFrame(rows, columns=["seed", "batch", "n_labelled", "rest", "sorted"])


def random_labels(
    pile: Pile,
    embeddings: NDArray[np.floating],
    truth: Sequence[str],
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
        A row for each size: ``seed``, ``n_labelled``, ``rest`` and ``sorted``.
    """
    order = audit_order(pile.texts, seed)
    willing = order[[says[pile.texts[u]] is not None for u in order.tolist()]]
    rows = []
    for size in sizes:
        here = _answered(pile, willing[:size], says, 1)
        rows.append((seed, here.n_labelled, *accuracy(here, embeddings, truth)))
    return pd.DataFrame(rows, columns=["seed", "n_labelled", "rest", "sorted"])


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
