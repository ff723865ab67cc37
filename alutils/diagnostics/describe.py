"""`describe`: what can be said of embeddings before any label is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from alutils.diagnostics.measured import Measured
from alutils.diagnostics.pool import Pool
from alutils.diagnostics.survey import NEIGHBOURS
from alutils.diagnostics.table import measure
from alutils.errors import UserError

FEWEST = NEIGHBOURS + 2
"""With fewer rows, the ten nearest others of a row are all there are."""


def describe(embeddings: ArrayLike, n_classes: int | None = None) -> dict[str, Measured]:
    """Take the label-free measures of some embeddings.

    Parameters
    ----------
    embeddings : array_like
        Floating-point vectors, shape (N, D), N at least 12.
    n_classes : int, optional
        Number of classes that the texts are to be sorted into, from 2 to N. Without, the measures
        of clusters are left out.

    Returns
    -------
    dict of str to Measured
        Value and standard error of each label-free measure in `alutils.diagnostics.MEASURES`.
        The same embeddings always give the same numbers.

    Raises
    ------
    UserError
        If the embeddings are no such matrix, hold NaN or infinity, or are all the same; if
        `n_classes` does not fit them.

    Notes
    -----
    Up to 5,000 rows are measured whole. Of more, 1,000 are asked for their neighbours among all,
    and 5,000 are clustered; the singular values, O(ND²), are always of all rows.

    Examples
    --------
    >>> import numpy as np
    >>> ball = np.random.default_rng(0).normal(size=(1000, 3))
    >>> found = describe(ball)
    >>> round(found["effective_rank"].value), round(found["intrinsic_dimension"].value)
    (3, 3)
    """
    try:
        vectors = np.asarray(embeddings)
    except ValueError as error:
        raise UserError(
            "embeddings cannot be read as one array of numbers: give rows of equal length"
        ) from error
    if vectors.dtype not in (np.float16, np.float32, np.float64):
        raise UserError(
            f"embeddings must be floating-point numbers, but are {vectors.dtype}: give a dense "
            "array of vectors, such as .astype('float32') makes of whole numbers"
        )
    if vectors.ndim != 2 or not vectors.shape[1]:
        raise UserError(
            "embeddings must have one row per text and one column per dimension, but their shape "
            f"is {vectors.shape}"
        )
    if len(vectors) < FEWEST:
        raise UserError(
            f"there are {len(vectors)} embeddings, too few to look at the {NEIGHBOURS} nearest "
            f"neighbours of each: give at least {FEWEST}"
        )
    if n_classes is not None:
        whole = isinstance(n_classes, (int, np.integer)) and not isinstance(n_classes, bool)
        if not whole or not 2 <= n_classes <= len(vectors):
            raise UserError(
                f"n_classes must be a whole number from 2 to {len(vectors)}, the number of rows, "
                f"but is {n_classes!r}"
            )
        n_classes = int(n_classes)
    if vectors.dtype == np.float16:
        vectors = vectors.astype(np.float32)
    return measure(Pool(vectors, n_classes=n_classes, name="describe"))
