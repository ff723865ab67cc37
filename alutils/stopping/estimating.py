"""`when_to_stop`: what can be told from the labels so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alutils.errors import UserError
from alutils.labelled_pool import UNLABELLED, LabelledPool, labelled_pool
from alutils.stopping.audit import accuracy_of_rest, audited_accuracy
from alutils.stopping.forecast import curve_sizes, forecast, why_no_forecast
from alutils.stopping.held_out import held_out, order_given, too_much
from alutils.stopping.report import Stopping
from alutils.stopping.stability import changed_by_last, stability

NO_AUDIT = (
    "Accuracy cannot be estimated: labels that were chosen say little about the other texts, as "
    "a strategy chooses hard or unusual ones. Label some texts drawn at random from the whole "
    "pile (an audit slice in each batch), and it can."
)


def when_to_stop(
    embeddings: ArrayLike,
    labels: ArrayLike,
    audit: ArrayLike,
    batch: ArrayLike | None = None,
    more: int = 100,
    seed: int = 0,
) -> Stopping:
    """Estimate how good the head is, how much it still changes, and what more labels would bring.

    Parameters
    ----------
    embeddings, labels : array_like
        As for `alutils.select`.
    audit : array_like of int
        Labelled rows that are a simple random sample of all rows, as from `audit_rows`. May be
        empty. Their labels must not have steered the choice of other rows.
    batch : array_like of int, optional
        Shape (N,): number of the batch in which each labelled row was labelled, rising with time;
        -1 for rows labelled before the first, and where there is no label. Left out, labels count
        as given in random order.
    more : int
        Labels whose gain is to be forecast.
    seed : int
        The same arguments with the same seed give the same estimates.

    Returns
    -------
    Stopping
        With intervals of 95 %. What cannot be estimated is None, and `notes` say why.

    Raises
    ------
    UserError
        If the arguments do not fit together.

    Examples
    --------
    >>> import numpy as np
    >>> from alutils.stopping import audit_order, audit_rows
    >>> embeddings = np.random.default_rng(0).normal(size=(500, 8))
    >>> truth = (embeddings[:, 0] > 0).astype(int)
    >>> order = audit_order([f"text {row}" for row in range(500)], seed=0)
    >>> labels = np.full(500, -1)
    >>> labels[order[:40]] = truth[order[:40]]  # drawn at random
    >>> labels[:60] = truth[:60]  # chosen somehow
    >>> found = when_to_stop(embeddings, labels, audit_rows(order, labels))
    >>> found.accuracy.low < 0.9 < found.accuracy.high
    True
    """
    at = labelled_pool(embeddings, labels)
    rows = _check_audit(audit, at)
    numbers = None if batch is None else _whole_numbers("batch", batch)
    if numbers is not None and numbers.shape != at.known.shape:
        raise UserError(
            f"batch must be one number per row, shape {at.known.shape}, but its shape is "
            f"{numbers.shape}: give -1 for rows without a label"
        )
    for name, value, least in (("more", more, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise UserError(f"{name} must be a whole number from {least}, but is {value!r}")
    return estimate(at, rows, numbers, int(more), int(seed))


def estimate(
    at: LabelledPool,
    audit: NDArray[np.int64],
    batch: NDArray[np.int64] | None,
    more: int,
    seed: int,
) -> Stopping:
    """Do what `when_to_stop` does, with arguments that are checked already."""
    order, n_rows = order_given(at, batch, seed), len(at.known)
    notes = []
    if not len(order):
        notes.append("There are no labels yet, so there is no head to judge.")
    elif not len(audit):
        notes.append(NO_AUDIT)
    if len(order) and batch is None:
        notes.append("How predictions changed from batch to batch takes the number of each batch.")
    accuracy = rest = ahead = None
    if len(audit):
        sizes = curve_sizes(len(order))
        if huge := too_much(at, sizes):
            sizes = sizes[-1:]
        correct = held_out(at, audit, order, sizes)
        accuracy = audited_accuracy(correct[-1])
        if not too_much(at, order.shape) and len(order) < n_rows:
            (labelled,) = held_out(at, at.labelled, order, order.shape)
            rest = accuracy_of_rest(accuracy, labelled, n_rows)
        if huge:
            notes.append(
                f"{len(order):,} labels of {len(at.classes):,} classes take too long to fit often: "
                "what needs many heads, as the forecast does, is left out."
            )
        elif why := why_no_forecast(sizes, len(audit)):
            notes.append(why)
        elif len(order) < n_rows:
            ahead = forecast(sizes, correct, changed_by_last(at, order, more, seed), more, seed)
    return Stopping(
        n_rows=n_rows,
        n_labelled=len(order),
        n_classes=len(at.classes),
        accuracy=accuracy,
        rest=rest,
        stability=stability(at, np.zeros(n_rows, np.int64) if batch is None else batch, seed),
        forecast=ahead,
        notes=tuple(notes),
    )


def _check_audit(audit: ArrayLike, at: LabelledPool) -> NDArray[np.int64]:
    rows = _whole_numbers("audit", audit)
    if rows.ndim != 1 or len(np.unique(rows)) != len(rows):
        raise UserError("audit must be a list of distinct rows, but some are there twice or nested")
    outside = rows[(rows < 0) | (rows >= len(at.known))]
    if len(outside):
        raise UserError(
            f"audit has row {outside[0]}, but there are rows 0 to {len(at.known) - 1}: "
            "give rows of the embeddings"
        )
    without = rows[at.known[rows] == UNLABELLED]
    if len(without):
        raise UserError(
            f"row {without[0]} of audit has no label: give labelled rows only, "
            "the longest labelled beginning of a random order"
        )
    return rows


def _whole_numbers(name: str, value: ArrayLike) -> NDArray[np.int64]:
    given = np.asarray(value)
    if given.size and given.dtype.kind not in "iu":
        raise UserError(f"{name} must be whole numbers, but is {given.dtype}")
    return given.astype(np.int64)
