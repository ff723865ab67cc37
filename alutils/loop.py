"""The active-learning loop: one cell, all its seeds advancing together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from alutils import heads, strategies
from alutils.cell import Cell
from alutils.device import best_device
from alutils.errors import UserError
from alutils.geometry import Geometry
from alutils.heads.scaling import scale
from alutils.metrics import evaluate
from alutils.streams import stream, stream_label


@dataclass(frozen=True)
class Problem:
    """What cells are run on: one dataset under one embedder, small enough to send anywhere.

    The vectors stay in the embedding store and are opened by path where they are needed.

    Parameters
    ----------
    dataset, embedder : str
        Names.
    path : pathlib.Path
        ``.npy`` file of shape (N + M, D): pool rows first, then test rows.
    pool_labels, test_labels : numpy.ndarray
        Shapes (N,) and (M,), class of each row.
    n_classes : int
        Number of classes C of the dataset.
    data_fingerprint, embedding_fingerprint : str
        Change when the texts or the vectors may have changed.
    """

    dataset: str
    embedder: str
    path: Path
    pool_labels: np.ndarray
    test_labels: np.ndarray
    n_classes: int
    data_fingerprint: str
    embedding_fingerprint: str


class Replicates:
    """A problem opened on a device for some seeds; shared by every cell that is run on it.

    Parameters
    ----------
    problem : Problem
        What to open.
    seeds : sequence of int
        The replicates.
    """

    def __init__(self, problem: Problem, seeds: Sequence[int]) -> None:
        device = best_device()
        if device.type == "mps":  # has no float64, in which metrics and clusterings are summed
            device = torch.device("cpu")
        # Not copied where it lies on this device: what is scaled is the only copy. PyTorch wants
        # memory it may write to, hence "c": what is written would stay here, and nothing is.
        vectors = np.load(problem.path, mmap_mode="c", allow_pickle=False)
        n_pool = len(problem.pool_labels)
        pool = torch.as_tensor(vectors[:n_pool], device=device)
        test = torch.as_tensor(vectors[n_pool:], device=device)
        self.problem, self.seeds = problem, list(seeds)
        self.pool, self.test = scale(pool, test)
        self.pool_labels = torch.tensor(problem.pool_labels, device=device)
        self.test_labels = torch.tensor(problem.test_labels, device=device)
        # A file of your own draws the same numbers wherever it lies.
        self.label = stream_label(problem.dataset)
        self.geometry = Geometry(self.pool, self.label, self.seeds)

    def streams(self, purpose: str) -> list[np.random.Generator]:
        """Open the stream of this purpose for every seed."""
        return [stream(purpose, self.label, seed) for seed in self.seeds]


def check(cell: Cell, n_pool: int) -> None:
    """Refuse a cell that cannot be run to its end.

    Parameters
    ----------
    cell : Cell
        The cell.
    n_pool : int
        Number of pool rows there are.

    Raises
    ------
    UserError
        If a name is unknown, a size is not positive, or the budget is larger than the pool.
    """
    if strategies.get(cell.initial_pool).needs_head:
        raise UserError(
            f"{cell.initial_pool!r} needs a trained head and cannot choose the initial pool: "
            f"choose from {', '.join(strategies.head_free_names())}"
        )
    strategies.get(cell.strategy)
    heads.get(cell.head)
    for name in ("initial_size", "query_size", "cycles"):
        if getattr(cell, name) < 1:
            raise UserError(f"{name} must be at least 1, but is {getattr(cell, name)}")
    if cell.budget > n_pool:
        raise UserError(
            f"{cell.dataset}: {cell.initial_size} labels and {cell.cycles - 1} queries of "
            f"{cell.query_size} need {cell.budget:,} pool texts, but there are {n_pool:,}: "
            "lower initial_size, query_size or cycles"
        )


class Cycle(NamedTuple):
    """One cycle of all replicates.

    Attributes
    ----------
    number : int
        From 0.
    selection : alutils.strategies.Selection
        What the strategy saw, the initial pool's in cycle 0.
    chosen : torch.Tensor
        Rows that it chose, int64, shape (R, k).
    rows : torch.Tensor
        All rows labelled by then, these last, int64, shape (R, L).
    head : alutils.heads.FittedHead
        Fitted on them.
    query_seconds, fit_seconds : float
        Wall time of choosing and of fitting, all replicates together.
    """

    number: int
    selection: strategies.Selection
    chosen: Tensor
    rows: Tensor
    head: heads.FittedHead
    query_seconds: float
    fit_seconds: float


def cycles(cell: Cell, replicates: Replicates) -> Iterator[Cycle]:
    """Run one cell on the pool, cycle by cycle; the test side is not looked at.

    Parameters
    ----------
    cell : Cell
        What to run; its dataset and embedder are those of `replicates`.
    replicates : Replicates
        Data and seeds.

    Yields
    ------
    Cycle
        In order.

    Raises
    ------
    UserError
        As `check`.
    """
    check(cell, len(replicates.pool))
    head, n_classes = heads.get(cell.head), replicates.problem.n_classes
    n_seeds = len(replicates.seeds)
    labels = torch.full((n_seeds, len(replicates.pool)), -1, device=replicates.pool.device)
    rows = torch.empty((n_seeds, 0), dtype=torch.long, device=labels.device)
    fitted: heads.FittedHead | None = None

    for number in range(cell.cycles):
        start = time.perf_counter()
        selection = strategies.Selection(
            pool=replicates.pool,
            labelled=labels >= 0,
            labels=labels,
            n_classes=n_classes,
            head=fitted,
            geometry=replicates.geometry,
        )
        if number == 0:
            name, size, purpose = cell.initial_pool, cell.initial_size, "initial pool"
        else:
            name, size, purpose = cell.strategy, cell.query_size, f"query {number}"
        chosen = strategies.select(name, selection, size, replicates.streams(purpose))
        labels = labels.scatter(1, chosen, replicates.pool_labels[chosen])
        rows = torch.cat([rows, chosen], dim=1)
        queried = time.perf_counter()
        row_labels = replicates.pool_labels[rows]
        fitted = head.fit(replicates.pool, rows, row_labels, n_classes, warm=fitted)
        done = time.perf_counter()
        yield Cycle(number, selection, chosen, rows, fitted, queried - start, done - queried)


def run_cell(cell: Cell, replicates: Replicates) -> pd.DataFrame:
    """Run one cell: for each cycle fit the heads, evaluate them on the test side, query.

    Strategies see the pool's embeddings and the labels they asked for, never the test side: a
    `Selection` has no field for it.

    Parameters
    ----------
    cell : Cell
        What to run; its dataset and embedder are those of `replicates`.
    replicates : Replicates
        Data and seeds.

    Returns
    -------
    pandas.DataFrame
        One record per (seed, cycle), ordered by seed, then cycle. Beside the fields of the cell:
        ``seed``, ``cycle`` (from 0), ``n_labelled``, the metrics of `alutils.metrics.evaluate`,
        ``fit_seconds`` and ``query_seconds`` (wall time of the batch divided by the number of
        seeds), ``chosen`` (pool rows labelled just before this cycle's fit; for cycle 0 the
        initial pool) and ``class_counts`` (labelled points of each class).

    Raises
    ------
    UserError
        As `check`.
    """
    n_seeds, n_classes = len(replicates.seeds), replicates.problem.n_classes
    records: list[pd.DataFrame] = []
    for cycle in cycles(cell, replicates):
        found = cycle.head.probabilities(replicates.test)
        measured = evaluate(found, replicates.test_labels)
        counts = torch.nn.functional.one_hot(replicates.pool_labels[cycle.rows], n_classes)
        records.append(
            pd.DataFrame(
                {
                    **cell.fields(),
                    "seed": replicates.seeds,
                    "cycle": cycle.number,
                    "n_labelled": cycle.rows.shape[1],
                    **{name: values.cpu().numpy() for name, values in measured.items()},
                    "fit_seconds": cycle.fit_seconds / n_seeds,
                    "query_seconds": cycle.query_seconds / n_seeds,
                    "chosen": _lists(cycle.chosen),
                    "class_counts": _lists(counts.sum(dim=1)),
                }
            )
        )
        del cycle  # and the probabilities of its query, before there are those of the next
    table = pd.concat(records, ignore_index=True)
    return table.sort_values(["seed", "cycle"], ignore_index=True)


def _lists(values: Tensor) -> list[np.ndarray]:
    return list(values.cpu().numpy().astype(np.int32))
