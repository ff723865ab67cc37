"""How honest the estimates of `alutils.stopping` are, where every label is known."""

from __future__ import annotations

import pandas as pd

from alutils.cell import Cell
from alutils.errors import UserError
from alutils.loop import Replicates
from alutils.stopping.trial import trial

AUDITED = 0.1
"""Share of each batch that is drawn at random, as in `alutils select` unless told otherwise."""

APART, STEERS, UNAUDITED = "apart", "steers", "unaudited"


def measure(cell: Cell, replicates: Replicates) -> pd.DataFrame:
    """Label a pool batch by batch, in three ways, and compare estimates with the truth.

    Parameters
    ----------
    cell : Cell
        Its initial pool and its queries are the batches, all of one size. After the last nothing
        is estimated: it is there to see what it brought.
    replicates : Replicates
        Whose seeds are taken.

    Returns
    -------
    pandas.DataFrame
        One row per ``seed``, ``cycle`` (the first batch is 0) and ``variant``: ``"apart"``, a
        tenth of each batch is the audit, which the strategy does not see; ``"steers"``, it does;
        ``"unaudited"``, there is none. The other columns are those of `trial`.

    Raises
    ------
    UserError
        If batches differ in size, or there are fewer than two.
    """
    if cell.initial_size != cell.query_size or cell.cycles < 2:
        raise UserError(
            f"a trial takes two batches or more, all of one size, but this one has {cell.cycles}, "
            f"the first of {cell.initial_size} texts and others of {cell.query_size}"
        )
    n_audit = audited(cell.query_size)
    tables = [
        trial(
            cell.dataset,
            cell.embedder,
            cell.strategy,
            replicates.seeds,
            cell.cycles - 1,
            cell.query_size,
            0 if variant == UNAUDITED else n_audit,
            cell.initial_pool,
            variant == STEERS,
            cell.pool_size,
            cell.test_size,
        ).assign(variant=variant)
        for variant in (APART, STEERS, UNAUDITED)
    ]
    found = pd.concat(tables, ignore_index=True)
    return found.assign(cycle=found.pop("batch") - 1)


def audited(k: int) -> int:
    """Return how many of a batch of k texts are the audit: a tenth, and one at least."""
    return max(1, round(AUDITED * k))
