"""The queries of a cell once more, each with what its strategy could see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from alutils import heads, strategies
from alutils.cell import Cell
from alutils.loop import Replicates, check


class Query(NamedTuple):
    """One query of all replicates.

    Attributes
    ----------
    cycle : int
        From 1: the initial pool is nobody's query.
    selection : alutils.strategies.Selection
        What the strategy saw.
    rows : torch.Tensor
        Rows labelled before, in the order labelled, int64, shape (R, L).
    chosen : torch.Tensor
        Rows chosen, int64, shape (R, k).
    """

    cycle: int
    selection: strategies.Selection
    rows: Tensor
    chosen: Tensor


def replay(cell: Cell, replicates: Replicates) -> Iterator[Query]:
    """Run a cell as `alutils.loop.run_cell` does, without the test side.

    Parameters
    ----------
    cell : Cell
        What to run; its dataset and embedder are those of `replicates`.
    replicates : Replicates
        Data and seeds.

    Yields
    ------
    Query
        One for each cycle but the first. The same streams and the same warm starts make the same
        choices.

    Raises
    ------
    UserError
        As `alutils.loop.check`.
    """
    check(cell, len(replicates.pool))
    head, n_classes = heads.get(cell.head), replicates.problem.n_classes
    n_seeds, n_pool = len(replicates.seeds), len(replicates.pool)
    labels = torch.full((n_seeds, n_pool), -1, device=replicates.pool.device)
    rows = torch.empty((n_seeds, 0), dtype=torch.long, device=labels.device)
    fitted: heads.FittedHead | None = None

    for cycle in range(cell.cycles):
        selection = strategies.Selection(
            pool=replicates.pool,
            labelled=labels >= 0,
            labels=labels,
            n_classes=n_classes,
            head=fitted,
            geometry=replicates.geometry,
        )
        if cycle == 0:
            name, size, purpose = cell.initial_pool, cell.initial_size, "initial pool"
        else:
            name, size, purpose = cell.strategy, cell.query_size, f"query {cycle}"
        chosen = strategies.select(name, selection, size, replicates.streams(purpose))
        if cycle:
            yield Query(cycle, selection, rows, chosen)
        if cycle + 1 == cell.cycles:  # nobody asks the last head
            return
        labels = labels.scatter(1, chosen, replicates.pool_labels[chosen])
        rows = torch.cat([rows, chosen], dim=1)
        fitted = head.fit(
            replicates.pool, rows, replicates.pool_labels[rows], n_classes, warm=fitted
        )
