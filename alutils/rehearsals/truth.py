"""How right a pile is sorted, where the truth is known: what nobody who labels could say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from alutils import heads
from alutils.labelling.pile import Pile
from alutils.labelling.predictions import fitted, likeliest
from alutils.labelling.progress import report

SCORES = ["rest", "sorted", "new"]
"""Names of what `scores` returns."""


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
    """Tell how right a pile would be sorted with the labels in hand, as ``alutils predict`` does.

    Parameters
    ----------
    pile : Pile
        U distinct texts in N rows, each of which has a text; with labels of two classes or more.
    embeddings : ndarray of shape (U, D)
        Of these texts.
    truth : Truth
        To compare with.

    Returns
    -------
    float, float, float
        Share of the rows without a label that are predicted rightly; share of all rows that are
        sorted rightly, labels given included; accuracy on the new texts.
    """
    at, head = fitted(pile, embeddings)
    new = heads.scale(torch.tensor(embeddings), torch.tensor(truth.new_embeddings))[1]
    (guesses, _), (new_guesses, _) = (likeliest(at, head, points) for points in (at.pool, new))
    given = pile.given
    right = np.where(given == "", guesses, given)[pile.of_row] == np.array(truth.labels, object)
    without = (given == "")[pile.of_row]
    new_right = new_guesses == np.array(truth.new_labels, object)
    return float(right[without].mean()), float(right.mean()), float(new_right.mean())


def told(pile: Pile, embeddings: NDArray[np.floating], truth: Truth) -> dict[str, float]:
    """Put what ``alutils progress`` says of texts without a label beside what is true.

    Returns
    -------
    dict of str to float
        ``n_labelled``; ``passed``, texts on which somebody passed; ``estimate``, ``low`` and
        ``high`` of the report (NaN where it has none); and what `scores` returns.
    """
    said = report(pile, embeddings).rest
    estimate = [np.nan] * 3 if said is None else [said.accuracy, said.low, said.high]
    return {
        "n_labelled": pile.n_labelled,
        "passed": len(pile.skipped),
        **dict(zip(["estimate", "low", "high"], estimate, strict=True)),
        **dict(zip(SCORES, scores(pile, embeddings, truth), strict=True)),
    }
