"""Runs made again with the test side poisoned or hidden labels made wrong: which choices differ."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from alutils import strategies
from alutils.cell import Cell
from alutils.findings.leaks import CONTROLS, SEES
from alutils.loop import Problem, Replicates, run_cell
from alutils.strategies import QueryStrategy
from alutils.streams import stream, stream_label

SCALE = 100
"""Poisoned vectors are this far out: nobody who looks at them overlooks it."""


def poison_test(problem: Problem, folder: Path) -> Problem:
    """Replace the test side: its vectors by random numbers, its labels by themselves shuffled.

    Parameters
    ----------
    problem : Problem
        Left as it is.
    folder : pathlib.Path
        Where the poisoned vectors are written.

    Returns
    -------
    Problem
        With the same pool. (NaN instead of numbers would be refused before a run begins.)
    """
    rng = stream("poison", stream_label(problem.dataset), 0)
    vectors = np.load(problem.path, allow_pickle=False)
    n_pool = len(problem.pool_labels)
    vectors[n_pool:] = SCALE * rng.standard_normal(vectors[n_pool:].shape)
    path = folder / "poisoned.npy"
    np.save(path, vectors)
    return replace(problem, path=path, test_labels=rng.permutation(problem.test_labels))


def poison_hidden(problem: Problem, paid: Iterable[int]) -> Problem:
    """Make every label of the pool wrong that nobody paid for.

    Parameters
    ----------
    problem : Problem
        Left as it is.
    paid : iterable of int
        Pool rows whose labels stay.

    Returns
    -------
    Problem
        With the same vectors and test side.
    """
    wrong = (problem.pool_labels + 1) % problem.n_classes
    kept = np.array(sorted(paid), dtype=np.int64)
    wrong[kept] = problem.pool_labels[kept]
    return replace(problem, pool_labels=wrong)


@contextlib.contextmanager
def entered(strategy: QueryStrategy) -> Iterator[None]:
    """Let the loop find a strategy by its name for a while, as it finds the others.

    Parameters
    ----------
    strategy : QueryStrategy
        Its name must be new.
    """
    # The loop knows strategies by name only; what is checked must be the loop itself, so the
    # control goes through the same door.
    known = strategies._STRATEGIES
    if strategy.name in known:
        raise ValueError(f"there is a strategy {strategy.name!r} already")
    known[strategy.name] = strategy
    try:
        yield
    finally:
        del known[strategy.name]


def check(
    cell: Cell,
    problem: Problem,
    seeds: Iterable[int],
    folder: Path,
    control: Callable[[Replicates], QueryStrategy] | None = None,
) -> dict[str, object]:
    """Run a cell as it is, with the test side poisoned, and with hidden labels made wrong.

    Parameters
    ----------
    cell : Cell
        What to run.
    problem : Problem
        On what; `poison_test` and `poison_hidden` make the others of it.
    seeds : iterable of int
        Replicates.
    folder : pathlib.Path
        Where poisoned vectors are written.
    control : callable, optional
        Makes the strategy of the cell, given what it must not see.

    Returns
    -------
    dict
        ``strategy``, ``initial_pool``; ``initial_rows`` and ``query_rows``, how many chosen rows
        were compared (of one poisoned run); ``test_initial``, ``test_query``, ``hidden_initial``,
        ``hidden_query``, how many of them differ with the test side poisoned and with hidden labels
        wrong; ``arrived``, whether the poison changed every accuracy measured on the test side.
    """
    seeds = list(seeds)

    def run(one: Problem) -> pd.DataFrame:
        replicates = Replicates(one, seeds)
        if control is None:
            return run_cell(cell, replicates)
        with entered(control(replicates)):
            return run_cell(cell, replicates)

    clean = run(problem)
    paid = {int(row) for rows in clean["chosen"] for row in rows}
    dirty = run(poison_test(problem, folder))
    wrong = run(poison_hidden(problem, paid))
    initial = clean["cycle"] == 0
    sizes = clean["chosen"].map(len)
    found: dict[str, object] = {
        "strategy": cell.strategy,
        "initial_pool": cell.initial_pool,
        "initial_rows": int(sizes[initial].sum()),
        "query_rows": int(sizes[~initial].sum()),
    }
    for name, other in (("test", dirty), ("hidden", wrong)):
        pairs = zip(clean["chosen"], other["chosen"], strict=True)
        differ = pd.Series([int((a != b).sum()) for a, b in pairs])
        found[f"{name}_initial"] = int(differ[initial].sum())
        found[f"{name}_query"] = int(differ[~initial].sum())
    return {**found, "arrived": bool((clean["accuracy"] != dirty["accuracy"]).all())}


def check_all(
    problem: Problem,
    folder: Path,
    *,
    which: Iterable[str],
    initial_size: int,
    query_size: int,
    cycles: int,
    seeds: Iterable[int],
) -> pd.DataFrame:
    """Check strategies; one that needs no head chooses the initial pool of its run too.

    Parameters
    ----------
    problem, folder, seeds
        As in `check`.
    which : iterable of str
        Names of strategies.
    initial_size, query_size, cycles : int
        As in `alutils.cell.Cell`.

    Returns
    -------
    pandas.DataFrame
        One row of `check` per strategy. Those that need a head start from a random initial pool.
    """
    free, seeds = strategies.head_free_names(), list(seeds)
    cells = [
        _cell(problem, name, name if name in free else "random", initial_size, query_size, cycles)
        for name in which
    ]
    return pd.DataFrame([check(cell, problem, seeds, folder) for cell in cells])


def _cell(
    problem: Problem, strategy: str, initial: str, size: int, query: int, cycles: int
) -> Cell:
    return Cell(problem.dataset, problem.embedder, initial, strategy, size, query, cycles)


def check_controls(
    problem: Problem,
    folder: Path,
    *,
    initial_size: int,
    query_size: int,
    cycles: int,
    seeds: Iterable[int],
) -> pd.DataFrame:
    """Check strategies that leak by design, which the same check must catch.

    Parameters
    ----------
    problem, folder, initial_size, query_size, cycles, seeds
        As in `check_all`.

    Returns
    -------
    pandas.DataFrame
        One row of `check` per control, with ``caught``: whether some row differs where it peeks.
    """
    rows, seeds = [], list(seeds)
    for name, make in CONTROLS.items():
        cell = _cell(problem, name, "random", initial_size, query_size, cycles)
        row = check(cell, problem, seeds, folder, make)
        rows.append({**row, "caught": row[f"{SEES.get(name, 'hidden')}_query"] != 0})
    return pd.DataFrame(rows)
