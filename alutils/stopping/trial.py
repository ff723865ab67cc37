"""How honest the estimates are: labelling played through where every label is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from alutils import datasets, heads
from alutils.embedders import EmbeddedDataset, embed
from alutils.labelled_pool import UNLABELLED, LabelledPool
from alutils.selecting import select
from alutils.stopping.audit import (
    accuracy_of_rest,
    audit_order,
    audit_rows,
    audited_accuracy,
)
from alutils.stopping.forecast import curve_sizes, forecast, why_no_forecast
from alutils.stopping.held_out import held_out, order_given
from alutils.stopping.stability import stability


def trial(
    dataset: str,
    embedder: str,
    strategy: str = "badge",
    seeds: Sequence[int] = range(5),
    batches: int = 8,
    k: int = 100,
    n_audit: int = 10,
    first: str = "typiclust",
    audit_steers: bool = False,
    pool_size: int | None = 5000,
    test_size: int | None = 2000,
) -> pd.DataFrame:
    """Label a dataset batch by batch, estimate as a person could, and compare with the truth.

    Parameters
    ----------
    dataset, embedder, strategy : str
        Names.
    seeds : sequence of int
        Each has an audit order, and choices, of its own; all share pool and test side.
    batches, k, n_audit : int
        So many batches of `k` labels, `n_audit` of them the next rows of the audit order. One
        more batch is labelled to see what it brings. With no audit rows nothing is estimated.
    first : str
        Strategy of the first batch; it needs no head.
    audit_steers : bool
        Whether the strategy sees the audit rows' labels, which makes the estimates wrong.
    pool_size, test_size : int or None
        As for `alutils.datasets.sampled`.

    Returns
    -------
    pandas.DataFrame
        A row for each seed and batch: ``seed``, ``batch``, ``n_labelled``, ``n_audit``.
        Estimates, where there are audit rows: ``audit``, ``audit_low`` and ``audit_high`` for the
        accuracy on the pile;
        ``naive``, the same by cross-validation on all labels; ``rest``, ``rest_low``,
        ``rest_high`` for rows without a label; ``changed``, ``kappa`` by this batch (NaN for the
        first); ``forecast``, ``forecast_low``, ``forecast_high``, the gain by the next batch (NaN
        with too few audit rows).
        Truth: ``pile_accuracy``, with labelled rows predicted by cross-validation, beside them;
        ``rest_accuracy``; ``test_accuracy``, on the test side; ``gain``, what the next batch
        brought there.
    """
    embedded = embed(datasets.sampled(dataset, pool_size, test_size), [embedder])[embedder]
    scaled = heads.scale(torch.tensor(embedded.pool), torch.tensor(embedded.test))
    tables = []
    for seed in seeds:
        rows = []
        plan = labelled_batches(
            embedded, strategy, seed, batches + 1, k, n_audit, first, audit_steers
        )
        for known, batch, order in plan:
            at = LabelledPool(scaled[0], known, np.arange(len(embedded.dataset.classes)))
            number = int(batch.max())
            found = {"seed": seed, "batch": number, **_truth(at, embedded, scaled[1])}
            if n_audit and number <= batches:
                found |= _estimated(at, batch, order, found["rest_accuracy"], k)
            rows.append(found)
        table = pd.DataFrame(rows)
        table["gain"] = table["test_accuracy"].shift(-1) - table["test_accuracy"]
        tables.append(table[:-1])
    return pd.concat(tables, ignore_index=True)


def labelled_batches(
    embedded: EmbeddedDataset,
    strategy: str,
    seed: int,
    batches: int,
    k: int,
    n_audit: int,
    first: str,
    audit_steers: bool,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """After each batch, return classes known, batch of each row, and the audit order.

    Parameters
    ----------
    embedded : EmbeddedDataset
        What to label.
    strategy, seed, batches, k, n_audit, first, audit_steers
        As for `trial`, but for one seed and without the batch after the last.

    Yields
    ------
    tuple of ndarray
        Each of shape (N,): -1 where unlabelled in the first two.
    """
    truth = np.asarray(embedded.dataset.pool_labels)
    order = audit_order(embedded.dataset.pool_texts, seed)
    known, batch = np.full(len(truth), UNLABELLED), np.full(len(truth), -1)
    seen = np.ones(len(truth), bool)  # by the strategy
    for number in range(1, batches + 1):
        audit = order[known[order] == UNLABELLED][:n_audit]
        known[audit], batch[audit] = truth[audit], number
        seen[audit] = audit_steers
        chosen = np.flatnonzero(seen)[
            select(
                embedded.pool[seen],
                known[seen],
                first if number == 1 else strategy,
                k - n_audit,
                seed,
                len(embedded.dataset.classes),
            )
        ]
        known[chosen], batch[chosen] = truth[chosen], number
        yield known.copy(), batch.copy(), order


def _truth(at: LabelledPool, embedded: EmbeddedDataset, test: Tensor) -> dict[str, Any]:
    """Return how right the head is, on rows without a label and on the test side."""
    head = at.fit()
    unlabelled = at.known == UNLABELLED
    rest, tested = (
        (head.probabilities(points)[0].argmax(dim=1).numpy() == np.asarray(truth)).mean()
        for points, truth in (
            (at.pool[torch.as_tensor(unlabelled)], embedded.dataset.pool_labels[unlabelled]),
            (test, embedded.dataset.test_labels),
        )
    )
    return {
        "n_labelled": len(at.labelled),
        "n_audit": 0,
        "rest_accuracy": rest,
        "test_accuracy": tested,
    }


def _estimated(
    at: LabelledPool,
    batch: NDArray[np.int64],
    audit_order: NDArray[np.int64],
    rest_accuracy: float,
    k: int,
) -> dict[str, Any]:
    """Return estimates after a batch, and the truth that takes cross-validation."""
    audit, order = audit_rows(audit_order, at.known), order_given(at, batch, 0)
    sizes = curve_sizes(len(order))
    correct = held_out(at, audit, order, sizes)
    (labelled,) = held_out(at, at.labelled, order, order.shape)
    audited = audited_accuracy(correct[-1])
    rest = accuracy_of_rest(audited, labelled, len(at.known))
    changes = stability(at, np.where(batch < batch.max(), 0, batch)).tail(1)
    changed, kappa = changes[["changed", "kappa"]].to_numpy()[0] if len(changes) else [np.nan] * 2
    share = len(order) / len(at.known)
    found = {
        "n_audit": len(audit),
        "audit": audited.accuracy,
        "audit_low": audited.low,
        "audit_high": audited.high,
        "naive": labelled.mean(),
        "rest": rest.accuracy,
        "rest_low": rest.low,
        "rest_high": rest.high,
        "changed": changed,
        "kappa": kappa,
        "forecast": np.nan,
        "forecast_low": np.nan,
        "forecast_high": np.nan,
        "pile_accuracy": (1 - share) * rest_accuracy + share * labelled.mean(),
    }
    if len(changes) and why_no_forecast(sizes, len(audit)) is None:
        ahead = forecast(sizes, correct, changed, k)
        found |= {
            "forecast": ahead.gain,
            "forecast_low": ahead.low,
            "forecast_high": ahead.high,
        }
    return found
