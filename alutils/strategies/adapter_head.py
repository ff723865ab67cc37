"""Our heads as classifiers of scikit-activeml, which this module imports: it takes seconds."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from skactiveml.base import SkactivemlClassifier
from torch import Tensor

from alutils.errors import UserError
from alutils.heads.base import FittedHead
from alutils.heads.softmax import SoftmaxRegression
from alutils.strategies.base import Selection

COMMITTEE = 10  # members


class HeadClassifier(SkactivemlClassifier):
    """A head with R = 1, fitted already; the embedding of a row is the row itself.

    Parameters
    ----------
    head : FittedHead
        With R = 1.
    n_classes : int
        Number of classes C.
    like : torch.Tensor
        Of the dtype and on the device that the head takes; an empty one, since it is copied.
    """

    def __init__(self, head: FittedHead, n_classes: int, like: Tensor) -> None:
        super().__init__(classes=list(range(n_classes)))
        self.head, self.n_classes, self.like = head, n_classes, like
        self.classes_ = np.arange(n_classes)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> HeadClassifier:
        """Return the classifier as it is."""
        return self

    def predict_proba(
        self, X: np.ndarray, return_embeddings: bool = False, extra_outputs: Any = None
    ) -> Any:
        """Return class probabilities of rows (M, D): shape (M, C).

        With `return_embeddings`, or ``"emb"`` as `extra_outputs`, return them and the rows.
        """
        if extra_outputs not in (None, "emb", ["emb"]):
            raise UserError(f"a head has no output {extra_outputs!r}: 'emb' is all it can add")
        points = torch.tensor(X, dtype=self.like.dtype, device=self.like.device)
        probabilities = self.head.probabilities(points)[0].double().cpu().numpy()
        return (probabilities, X) if return_embeddings or extra_outputs else probabilities

    def predict(self, X: np.ndarray, **asked: Any) -> Any:
        """Return the most probable class of rows (M, D), shape (M,); else as `predict_proba`."""
        found = self.predict_proba(X, **asked)
        if isinstance(found, tuple):
            return found[0].argmax(axis=1), *found[1:]
        return found.argmax(axis=1)


def model_for(
    wanted: str | None, selection: Selection, r: int, stream: Generator
) -> dict[str, Any]:
    """Return what the query of a class takes as its model, and the word that it is fitted.

    Parameters
    ----------
    wanted : str or None
        Parameter of the query that takes a model; ``ensemble`` takes a committee.
    selection : Selection
        What may be looked at.
    r : int
        The replicate.
    stream : numpy.random.Generator
        Draws the bootstrap samples of a committee.

    Returns
    -------
    dict of str to object
        Empty if nothing is wanted.
    """
    if wanted is None:
        return {}
    like = selection.pool.new_empty(0)
    if wanted == "ensemble":
        members = _committee(selection, r, stream)
    else:
        assert selection.head is not None
        members = [selection.head.replicate(r)]
    models = [HeadClassifier(head, selection.n_classes, like) for head in members]
    return {wanted: models if wanted == "ensemble" else models[0], f"fit_{wanted}": False}


def _committee(selection: Selection, r: int, stream: Generator) -> list[FittedHead]:
    """Default heads, each fitted to a bootstrap sample of the replicate's labelled rows."""
    rows = selection.labelled[r].nonzero()[:, 0]
    draws = stream.integers(len(rows), size=(COMMITTEE, len(rows)))
    rows = rows[torch.as_tensor(draws, device=rows.device)]
    labels = selection.labels[r][rows]
    heads = SoftmaxRegression().fit(selection.pool, rows, labels, selection.n_classes)
    return [heads.replicate(member) for member in range(COMMITTEE)]
