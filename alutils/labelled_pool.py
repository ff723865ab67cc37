"""Embeddings and the labels in hand: what `select`, `explain` and the estimates begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from torch import Tensor

from alutils import heads
from alutils.errors import UserError

UNLABELLED = -1


@dataclass(frozen=True, eq=False)
class LabelledPool:
    """A pool of which some rows have a label.

    Attributes
    ----------
    pool : torch.Tensor
        Embeddings centred and scaled as in a study, shape (N, D).
    known : ndarray of int64, shape (N,)
        Index of each row's class in `classes`, -1 where unlabelled.
    classes : ndarray of shape (C,)
        The classes that have a label, sorted, as they were given.
    """

    pool: Tensor
    known: NDArray[np.int64]
    classes: NDArray[Any]

    @property
    def labelled(self) -> NDArray[np.int64]:
        """Rows that have a label, ascending."""
        return np.flatnonzero(self.known != UNLABELLED)

    def fit(
        self, rows: NDArray[np.int64] | None = None, n_classes: int | None = None
    ) -> heads.FittedHead:
        """Fit the default head, as in a study.

        Parameters
        ----------
        rows : ndarray of int64, optional
            Labelled rows to fit it to; all of them if left out.
        n_classes : int, optional
            Number of classes there are, labelled or not.

        Returns
        -------
        FittedHead
            With R = 1; class c is ``classes[c]``.
        """
        chosen = torch.as_tensor(self.labelled if rows is None else rows)[None]
        labels = torch.as_tensor(self.known)[chosen]
        return heads.get("softmax").fit(
            self.pool, chosen, labels, len(self.classes) if n_classes is None else n_classes
        )


def labelled_pool(embeddings: ArrayLike, labels: ArrayLike) -> LabelledPool:
    """Check embeddings and labels, and bring them into the form of a study.

    Parameters
    ----------
    embeddings : array_like
        Floating-point vectors of all rows, shape (N, D): anything that NumPy can read, a tensor or
        a table of numbers.
    labels : array_like
        Shape (N,): whole numbers or texts; -1, None, NaN and an empty text stand for a label that
        is not known.

    Raises
    ------
    UserError
        If either is not that, or they do not fit together.
    """
    vectors = _check_embeddings(embeddings)
    classes, known = _check_labels(labels, len(vectors))
    (pool,) = heads.scale(torch.tensor(vectors))
    return LabelledPool(pool, known, classes)


def as_array(name: str, value: ArrayLike | Tensor) -> NDArray[Any]:
    """Return whatever holds numbers as a dense array in memory order.

    Parameters
    ----------
    name : str
        What it is, in the plural, for the message: ``"embeddings"``.
    value : array_like or torch.Tensor
        Anything that NumPy can read, or a tensor.

    Raises
    ------
    UserError
        If it is masked, sparse or ragged.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise UserError(
            f"{name} are a masked array, whose mask would be ignored: "
            "leave masked rows out, or fill masked labels with -1"
        )
    if issparse(value) or (isinstance(value, Tensor) and value.layout != torch.strided):
        raise UserError(f"{name} are sparse: pass a dense array, .toarray() or .to_dense()")
    try:
        if isinstance(value, pd.DataFrame) and _is_nullable(value):
            # NumPy would see objects.
            return np.ascontiguousarray(value.to_numpy(dtype=np.float64, na_value=np.nan))
        if isinstance(value, Tensor):
            value = value.detach().cpu()
            # NumPy has no bfloat16.
            value = value.float() if value.dtype == torch.bfloat16 else value
        return np.asarray(value, order="C")
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{name} cannot be read as one array of numbers: "
            "give rows of equal length, or a NumPy array"
        ) from error


def _is_nullable(table: pd.DataFrame) -> bool:
    """Tell whether a table has floating-point columns of pandas or Arrow, and no others."""
    return all(
        isinstance(kind, pd.api.extensions.ExtensionDtype) and pd.api.types.is_float_dtype(kind)
        for kind in table.dtypes
    )


def _check_embeddings(embeddings: ArrayLike) -> NDArray[np.floating[Any]]:
    vectors = as_array("embeddings", embeddings)
    if vectors.dtype.kind != "f":
        raise UserError(
            f"embeddings must be floating-point numbers, but are {vectors.dtype}: "
            + (
                "embed texts first"
                if vectors.dtype.kind in "USO"
                else "convert them with .astype('float32')"
            )
        )
    if vectors.ndim != 2 or not vectors.size:
        raise UserError(
            f"embeddings must have one row per text and one column per dimension, "
            f"but their shape is {vectors.shape}"
        )
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        raise UserError(
            f"embeddings contain NaN or infinite numbers, first in row {np.argmin(finite)}: "
            "mend or leave out such rows"
        )
    if vectors.dtype == np.float16:
        return vectors.astype(np.float32)
    # PyTorch has no longer ones, nor numbers of another byte order.
    native = vectors.dtype.newbyteorder("=")
    return vectors.astype(native if native in (np.float32, np.float64) else np.float64, copy=False)


def _check_labels(labels: ArrayLike, n_rows: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the classes, and the index of each row's class."""
    given = as_array("labels", labels)
    if given.ndim != 1 or len(given) != n_rows:
        raise UserError(
            f"labels must be one per row of the embeddings, shape ({n_rows},), "
            f"but their shape is {given.shape}"
        )
    if given.dtype.kind in "USO":
        # As they were given: NumPy writes what stands among texts, NaN too, as texts.
        objects = np.asarray(labels, dtype=object).tolist()
        plain = [each.item() if isinstance(each, np.generic) else each for each in objects]
        values, labelled = _from_objects(plain)
    else:
        values, labelled = _from_numbers(given)
    known = np.full(n_rows, UNLABELLED)
    classes, known[labelled] = np.unique(values[labelled], return_inverse=True)
    return classes, known


def _from_numbers(given: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return labels that are numbers, and which are known."""
    missing = given == UNLABELLED
    if given.dtype.kind == "f":  # a column of whole numbers with holes, as pandas reads it
        missing |= np.isnan(given)
        given = np.where(missing, UNLABELLED, given)
    if given.dtype.kind not in "iuf" or (given != np.trunc(given)).any():
        raise UserError(
            f"labels must be whole numbers, -1 where not known, or texts, but are {given.dtype}: "
            "number the classes, and put -1 for the rest"
        )
    large = np.abs(given.astype(object)) > np.iinfo(np.int64).max
    if large.any():
        row = np.argmax(large)
        raise UserError(
            f"label {given[row]} of row {row} is too large for a 64-bit integer: "
            "number the classes from 0, and put -1 where not known"
        )
    return given.astype(np.int64), ~missing


def _from_objects(values: list[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return labels that are texts, or numbers among None, and which are known."""
    labelled = np.array([not _is_missing(value) for value in values], dtype=bool)
    kinds = {row: type(values[row]) for row in np.flatnonzero(labelled)}
    if all(kind is str for kind in kinds.values()):
        return np.array([str(v) if at else "" for v, at in zip(values, labelled, strict=True)]), (
            labelled
        )
    for row, kind in kinds.items():
        if kind not in (int, float, str):
            raise UserError(
                f"label {values[row]!r} of row {row} is of type {kind.__name__}: "
                "give texts or whole numbers"
            )
    if str in kinds.values():
        raise UserError("labels are partly texts and partly numbers: give only one kind")
    filled = [v if at else UNLABELLED for v, at in zip(values, labelled, strict=True)]
    return _from_numbers(np.array(filled))


def _is_missing(value: object) -> bool:
    if isinstance(value, str):
        return value.strip() in ("", str(UNLABELLED))
    # pandas.NA cannot even be compared.
    return value is None or value is pd.NA or value != value or value == UNLABELLED
