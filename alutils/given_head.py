"""A classifier that is fitted already as the head: all it gives is class probabilities."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from alutils.errors import UserError
from alutils.labelled_pool import UNLABELLED, as_array


@runtime_checkable
class Classifier(Protocol):
    """A fitted classifier of scikit-learn, or whatever has the same two names.

    Attributes
    ----------
    classes_ : array_like of shape (C,)
        Its classes, in the order of the columns of its probabilities.
    """

    classes_: Any

    def predict_proba(self, X: Any) -> Any:
        """Return class probabilities of the rows of X, shape (M, C)."""


class MoreThanProbabilities(Exception):
    """A strategy asked for something that a given classifier cannot tell."""


class GivenHead:
    """A head that knows the class probabilities of the pool's rows, and nothing else.

    Parameters
    ----------
    pool : torch.Tensor
        Scaled embeddings, shape (N, D).
    table : torch.Tensor
        Class probabilities of its rows, shape (N, C).
    """

    def __init__(self, pool: Tensor, table: Tensor) -> None:
        self.pool, self.table = pool, table

    @property
    def classes_seen(self) -> Tensor:
        """Which classes have a probability above 0 somewhere, shape (1, C)."""
        return (self.table > 0).any(dim=0)[None]

    def probabilities(self, points: Tensor) -> Tensor:
        """Look up the probabilities of the pool, or of rows start:stop of it: shape (1, M, C).

        Rows are known by where they lie in memory, since the classifier was asked about embeddings
        before they were scaled.

        Raises
        ------
        MoreThanProbabilities
            For any other points, as under dropout.
        """
        pool = self.pool
        start, off = divmod(int(points.storage_offset() - pool.storage_offset()), pool.shape[1])
        shared = points.untyped_storage().data_ptr() == pool.untyped_storage().data_ptr()
        stop = start + len(points)
        alike = points.dtype == pool.dtype and points.stride() == pool.stride()
        if not shared or not alike or off or points.shape[1:] != pool.shape[1:] or stop > len(pool):
            raise MoreThanProbabilities
        return self.table[None, start:stop]

    def replicate(self, r: int) -> GivenHead:
        """Return this head, which is one replicate's."""
        return self

    def distance_to_flip(self, points: Tensor) -> NoReturn:
        """Refuse: a classifier of any kind has no gradients to follow."""
        raise MoreThanProbabilities


def all_classes(head: Classifier, labelled: NDArray[Any]) -> NDArray[Any]:
    """Return the classes that have a label, then those that the head alone knows.

    Parameters
    ----------
    head : Classifier
        Fitted, with classes as the labels have them.
    labelled : ndarray of shape (C,)
        Classes that have a label, numbers or texts.

    Raises
    ------
    UserError
        If it is no fitted classifier, or its classes are not those of the labels.
    """
    if isinstance(head, (type, str)) or not hasattr(head, "predict_proba"):
        raise UserError(
            f"head must be a fitted classifier with predict_proba, but is {_name(head)}: pass one "
            "such as LogisticRegression().fit(...), or put one that gives no probabilities into "
            "CalibratedClassifierCV"
        )
    own = _classes(head)
    if len(labelled) and not set(own) & set(labelled.tolist()):
        raise UserError(
            f"head knows the classes {_some(own)}, and labels are of {_some(labelled.tolist())}: "
            "fit it on the same labels"
        )
    known = set(labelled.tolist())
    return np.array([*labelled.tolist(), *(each for each in own if each not in known)])


def given_head(
    head: Classifier, embeddings: ArrayLike, pool: Tensor, classes: NDArray[Any], n_classes: int
) -> GivenHead:
    """Ask a classifier once about all rows.

    Parameters
    ----------
    head : Classifier
        Of which `all_classes` made `classes`.
    embeddings : array_like
        Shape (N, D), as the classifier takes them; a table of pandas keeps its column names.
    pool : torch.Tensor
        The same embeddings scaled.
    classes : ndarray
        Class of each of the first columns of the probabilities.
    n_classes : int
        Number of columns C: a class that the classifier does not know has probability 0.

    Raises
    ------
    UserError
        If the classifier fails, or what it gives are no probabilities.
    """
    X = embeddings if hasattr(embeddings, "columns") else as_array("embeddings", embeddings)
    try:
        given = np.asarray(head.predict_proba(X), dtype=np.float64)
    except Exception as error:  # a classifier may raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"head, {_name(head)}, cannot predict the embeddings: {reason}") from error
    own = _classes(head)
    if given.shape != (len(pool), len(own)):
        raise UserError(
            f"head, {_name(head)}, gives probabilities of shape {given.shape} for {len(pool):,} "
            f"rows and {len(own)} classes: give a classifier of one label per row"
        )
    sound = (given >= 0).all(axis=1) & (np.abs(given.sum(axis=1) - 1) < 1e-3)
    if not sound.all():
        row = int(np.argmin(sound))
        raise UserError(
            f"head, {_name(head)}, gives {_some(given[row].tolist())} as class probabilities of "
            f"row {row}: they should be 0 or more and sum to 1"
        )
    place = {each: column for column, each in enumerate(classes.tolist())}
    table = np.zeros((len(pool), n_classes))
    table[:, [place[each] for each in own]] = np.minimum(given, 1)
    return GivenHead(pool, torch.as_tensor(table).to(pool))


def _classes(head: Classifier) -> list[Any]:
    """Return the classes of a head as whole numbers or texts of Python."""
    found = getattr(head, "classes_", None)
    if found is None:
        raise UserError(f"head, {_name(head)}, has no classes_ yet: fit it first")
    listed = np.asarray(found, dtype=object)
    plain = [each.item() if isinstance(each, np.generic) else each for each in listed.tolist()]
    whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in plain]
    kinds = {type(each) for each in whole}
    if listed.ndim != 1 or kinds not in ({int}, {str}) or len(set(whole)) < len(whole):
        raise UserError(
            f"head has the classes {_some(plain)}: fit it on labels that are all whole numbers "
            "or all texts, one per row"
        )
    for each in whole:
        if each == UNLABELLED or (isinstance(each, str) and each.strip() in ("", str(UNLABELLED))):
            raise UserError(
                f"head has a class {each!r}, which stands for no label: fit it to labelled rows"
            )
    return whole


def _name(head: object) -> str:
    return f"the class {head.__name__}" if isinstance(head, type) else f"a {type(head).__name__}"


def _some(values: list[Any]) -> str:
    shown = ", ".join(f"{v:.4g}" if isinstance(v, float) else repr(v) for v in values[:5])
    return f"{shown} and {len(values) - 5} more" if len(values) > 5 else shown or "(none)"
