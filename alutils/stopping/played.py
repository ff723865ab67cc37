"""What a person would be told after some batches, played through where every label is known.

Apart from `trial`, whose results do not depend on how a report is worded.
"""

from __future__ import annotations

from alutils import datasets
from alutils.embedders import embed
from alutils.stopping.audit import audit_rows
from alutils.stopping.estimating import when_to_stop
from alutils.stopping.report import Stopping
from alutils.stopping.trial import labelled_batches


def one_report(
    dataset: str,
    embedder: str,
    strategy: str = "badge",
    seed: int = 0,
    batches: int = 8,
    k: int = 100,
    n_audit: int = 10,
    first: str = "typiclust",
    pool_size: int | None = 5000,
    test_size: int | None = 2000,
) -> Stopping:
    """Return what a person would be told after the last batch of a seed of `trial`.

    Parameters
    ----------
    dataset, embedder, strategy, seed, batches, k, n_audit, first, pool_size, test_size
        As for `trial`.
    """
    embedded = embed(datasets.sampled(dataset, pool_size, test_size), [embedder])[embedder]
    *_, (known, batch, order) = labelled_batches(
        embedded, strategy, seed, batches, k, n_audit, first, False
    )
    return when_to_stop(embedded.pool, known, audit_rows(order, known), batch, k)
