"""`select`: one call from embeddings and labels to the rows worth labelling next."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from torch import Tensor

from alutils import heads, strategies
from alutils.errors import UserError
from alutils.geometry import Geometry
from alutils.streams import stream

UNLABELLED = -1
STREAM_LABEL = "select"  # stands where a study has the name of the dataset


def select(
    embeddings: ArrayLike,
    labels: ArrayLike,
    strategy: str = "badge",
    k: int = 100,
    seed: int = 0,
    n_classes: int | None = None,
) -> NDArray[np.int64]:
    """Choose the rows to label next.

    Embeddings are centred and scaled, and the default head is fitted if the strategy looks at
    one, exactly as in a study.

    Parameters
    ----------
    embeddings : array_like
        Floating-point vectors of all rows, labelled and unlabelled, shape (N, D).
    labels : array_like
        Integers, shape (N,): -1 where the label is not known, any other integer is a class.
    strategy : str
        Name of a query strategy. With no label at all it must be one that needs no head.
    k : int
        Rows to choose, at most the unlabelled ones.
    seed : int
        The same arguments with the same seed choose the same rows.
    n_classes : int, optional
        Number of classes there are, labelled or not: ProbCover and TCM look at it. Left out, the
        number of classes that have a label.

    Returns
    -------
    numpy.ndarray
        Distinct unlabelled rows, int64, shape (k,), in the order chosen.

    Raises
    ------
    UserError
        If the arguments do not fit together; the message says which and what to do instead.

    Examples
    --------
    >>> import numpy as np
    >>> embeddings = np.random.default_rng(0).normal(size=(50, 8))
    >>> labels = np.full(50, -1)
    >>> first = select(embeddings, labels, strategy="typiclust", k=10)
    >>> labels[first] = np.arange(10) % 2  # ask a person instead
    >>> len(select(embeddings, labels, strategy="badge", k=5))
    5
    """
    if not isinstance(strategy, str):
        raise UserError(
            f"strategy must be the name of one, such as 'badge', but is of type "
            f"{type(strategy).__name__}"
        )
    chooser = strategies.get(strategy)
    vectors = _check_embeddings(embeddings)
    known = _check_labels(labels, len(vectors))
    _check_integer("k", k)
    _check_integer("seed", seed)
    if seed < 0:
        raise UserError(f"seed must be 0 or more, but is {seed}")

    labelled = known != UNLABELLED
    classes, class_ids = np.unique(known[labelled], return_inverse=True)
    if n_classes is None:
        n_classes = len(classes)
    _check_integer("n_classes", n_classes)
    if n_classes < len(classes):
        raise UserError(
            f"n_classes is {n_classes}, but labels of {len(classes)} classes are there: "
            "count all classes, those without a label too"
        )
    if chooser.needs_head and len(classes) < 2:
        free = strategies.head_free_names()
        choices = f"{', '.join(free[:-1])} or {free[-1]}"
        if not len(classes):
            raise UserError(
                f"{strategy} learns from labels, and there are none yet: "
                f"choose the first batch with {choices}"
            )
        raise UserError(
            f"{strategy} learns to tell classes apart, and all labels are of one class, "
            f"{classes[0]}: label points of another class, or choose with {choices}"
        )

    (pool,) = heads.scale(torch.tensor(vectors))
    rows = torch.as_tensor(np.flatnonzero(labelled))[None]
    row_labels = torch.as_tensor(class_ids)[None]
    selection = strategies.Selection(
        pool=pool,
        labelled=torch.as_tensor(labelled)[None],
        labels=torch.full((1, len(pool)), UNLABELLED).scatter_(1, rows, row_labels),
        n_classes=int(n_classes),
        head=heads.get("softmax").fit(pool, rows, row_labels, int(n_classes))
        if chooser.needs_head
        else None,
        geometry=Geometry(pool, STREAM_LABEL, [seed]),
    )
    streams = [stream("query", STREAM_LABEL, seed)]
    return strategies.select(strategy, selection, int(k), streams)[0].numpy()


def _as_array(name: str, value: ArrayLike | Tensor) -> NDArray[Any]:
    """Whatever holds numbers as a dense array in memory order."""
    if isinstance(value, np.ma.MaskedArray):
        raise UserError(
            f"{name} are a masked array, whose mask would be ignored: "
            "leave masked rows out, or fill masked labels with -1"
        )
    if issparse(value) or (isinstance(value, Tensor) and value.layout != torch.strided):
        raise UserError(f"{name} are sparse: pass a dense array, .toarray() or .to_dense()")
    try:
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


def _check_embeddings(embeddings: ArrayLike) -> NDArray[np.floating[Any]]:
    vectors = _as_array("embeddings", embeddings)
    if vectors.dtype not in (np.float16, np.float32, np.float64):
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
    return vectors.astype(np.float32) if vectors.dtype == np.float16 else vectors


def _check_labels(labels: ArrayLike, n_rows: int) -> NDArray[np.int64]:
    known = _as_array("labels", labels)
    if known.ndim != 1 or len(known) != n_rows:
        raise UserError(
            f"labels must be one number per row of the embeddings, shape ({n_rows},), "
            f"but their shape is {known.shape}"
        )
    if known.dtype.kind not in "iu":
        raise UserError(
            f"labels must be integers, -1 where not known, but are {known.dtype}: "
            "number the classes, and put -1 for the rest"
        )
    large = known > np.iinfo(np.int64).max
    if large.any():
        row = np.argmax(large)
        raise UserError(
            f"label {known[row]} of row {row} is too large for a 64-bit integer: "
            "number the classes from 0, and put -1 where not known"
        )
    if (known != UNLABELLED).all():
        hint = "" if known.dtype.kind == "i" else f", which {known.dtype} cannot hold"
        raise UserError(f"every row has a label; -1 marks an unlabelled row{hint}")
    return known.astype(np.int64)


def _check_integer(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise UserError(f"{name} must be a whole number, but is {value!r}")
