"""A study: a grid of cells; run what is missing, keep what is there, hand back one table."""

from __future__ import annotations

import itertools
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import pandas as pd
import pydantic

from alutils import catalogue, datasets, embedders
from alutils.archive import CELL_FIELDS, cells_of, in_force, note_use
from alutils.catalogue.steps import DATASET_STEPS, base_name, split_steps
from alutils.cell import Cell
from alutils.datasets import files
from alutils.errors import CellsFailed, UserError
from alutils.execution import Workers
from alutils.failures import FailedCells
from alutils.home import home
from alutils.inputs import note
from alutils.loop import Problem, check
from alutils.progress import say
from alutils.results import ResultsStore, missing_seeds
from alutils.running import Request, run_cells

Names = Annotated[list[str], pydantic.Field(min_length=1)]
Sizes = Annotated[list[pydantic.PositiveInt], pydantic.Field(min_length=1)]


class Grid(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Every combination of some datasets, embedders, initial pools and query strategies.

    Parameters
    ----------
    datasets, embedders, initial_pools, strategies : list of str
        Names to cross.
    initial_size : int or list of int
        As in `alutils.cell.Cell`; several are crossed with the rest.
    query_size, cycles, pool_size, test_size, head
        As in `alutils.cell.Cell`, the same for all.
    seeds : int
        Number of replicates of each cell: seeds 0 to `seeds` - 1.

    Raises
    ------
    UserError
        If a list is empty or a size is not positive.
    """

    datasets: Names
    embedders: Names
    initial_pools: Names = ["random"]
    strategies: Names = ["random"]
    initial_size: pydantic.PositiveInt | Sizes
    query_size: pydantic.PositiveInt
    cycles: pydantic.PositiveInt
    seeds: pydantic.PositiveInt
    pool_size: pydantic.PositiveInt | None = None
    test_size: pydantic.PositiveInt | None = None
    head: str = "softmax"

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            name = first["loc"][0]
            message = f"{name} cannot be {first['input']!r}: {first['msg'].lower()}"
            raise UserError(message) from error

    def cells(self) -> list[Cell]:
        """Return the cells of the grid, without repetition."""
        sizes = self.initial_size if isinstance(self.initial_size, list) else [self.initial_size]
        crossed = itertools.product(
            self.datasets, self.embedders, self.initial_pools, self.strategies, sizes
        )
        cells = (
            Cell(
                *(dataset, embedder, initial_pool, strategy, size),
                query_size=self.query_size,
                cycles=self.cycles,
                pool_size=self.pool_size,
                test_size=self.test_size,
                head=self.head,
            )
            for dataset, embedder, initial_pool, strategy, size in crossed
        )
        return list(dict.fromkeys(cells))


def grids_of(notebooks: Iterable[Mapping[str, Any]]) -> list[Grid]:
    """Take the grids out of the parameters of notebooks.

    Parameters
    ----------
    notebooks : iterable of mapping
        Parameters of each notebook; those that are no field of a grid are left alone. A notebook
        without ``datasets`` runs nothing and has no grid.

    Returns
    -------
    list of Grid
        In the order of the notebooks.
    """
    fields = Grid.model_fields
    return [
        Grid(**{name: value for name, value in parameters.items() if name in fields})
        for parameters in notebooks
        if "datasets" in parameters
    ]


def run_study(
    grids: Grid | Sequence[Grid],
    *,
    workers: Workers | None = None,
    store: ResultsStore | None = None,
    retry_failed: bool = False,
) -> pd.DataFrame:
    """Run the cells that have no result yet, and return the records of all.

    Parameters
    ----------
    grids : Grid or sequence of Grid
        What to run. Cells that several grids share are run once.
    workers : int or str, optional
        Processes at once, by default one for each core; or the address of a Dask scheduler.
    store : ResultsStore, optional
        Where results are kept; by default ``results`` in `alutils.home.home`.
    retry_failed : bool
        Whether to try cells again that failed before with the same code and data.

    Returns
    -------
    pandas.DataFrame
        Tidy records as of `alutils.loop.run_cell`, ordered by cell, seed and cycle.

    Raises
    ------
    UserError
        If a name or a size is wrong; before anything is computed.
    CellsFailed
        If some cells fail, or did before: when all others are finished and kept.
    """
    wanted = wanted_of([grids] if isinstance(grids, Grid) else grids)
    note("seeds", [("in cells", str(seeds)) for seeds in wanted.values()])
    archived = _archived(wanted)
    for cell in cells_of(archived):
        del wanted[cell]
    if not wanted:
        say(f"study: all cells from the archive {os.environ['ALUTILS_ARCHIVE']}")
        return archived
    store = store or ResultsStore(home() / "results")
    requests = requests_for(wanted, workers)
    kept = {r.cell: store.read(r.provenance) for r in requests}
    missing = [
        Request(r.cell, tuple(seeds), r.problem)
        for r in requests
        if (seeds := missing_seeds(kept[r.cell], r.seeds))
    ]
    failed = {} if retry_failed else _failed_before(missing, store)
    missing = [r for r in missing if r.cell not in failed]
    _report(requests, missing, kept, store, len(failed))
    if missing:
        try:
            run_cells(missing, store, workers)
        except CellsFailed as error:
            failed |= error.reasons
        kept.update({r.cell: store.read(r.provenance) for r in missing})
    if failed:
        raise CellsFailed(failed)
    if absent := [r.cell for r in requests if missing_seeds(kept[r.cell], r.seeds)]:
        # Workers read the code when they start, and name their results by what they read.
        raise UserError(
            f"{len(absent):,} cells were computed by other code than this run began with, because "
            "files of alutils changed meanwhile: run the same command again"
        )
    asked = {r.cell: r.seeds for r in requests}
    tables = [t[t["seed"].isin(asked[cell])] for cell, t in kept.items() if t is not None]
    return pd.concat([*([archived] if len(archived) else []), *tables], ignore_index=True)


def wanted_of(grids: Iterable[Grid]) -> dict[Cell, int]:
    """Return how many seeds some grids want of each cell; a cell of several comes once."""
    wanted: dict[Cell, int] = defaultdict(int)
    for grid in grids:
        for cell in grid.cells():
            wanted[cell] = max(wanted[cell], grid.seeds)
    return wanted


def _archived(wanted: Mapping[Cell, int]) -> pd.DataFrame:
    """Take from the archive in force, if there is one, the cells that it has."""
    if (archive := in_force()) is None:
        return pd.DataFrame(columns=[*CELL_FIELDS, "seed"])
    tables = [
        archive.of([cell for cell, n in wanted.items() if n == seeds], seeds)
        for seeds in sorted(set(wanted.values()))
    ]
    found = pd.concat(tables, ignore_index=True)
    note_use(archive, cells_of(found))
    return found


def requests_of(grids: Sequence[Grid]) -> list[Request]:
    """Turn grids into what there is to compute, in a fixed order; refuse what cannot be run.

    Parameters
    ----------
    grids : sequence of Grid
        What is wanted. Cells that several grids share come once.

    Returns
    -------
    list of Request
        Texts have been read and embedded.

    Raises
    ------
    UserError
        If a name or a size is wrong.
    """
    return requests_for(wanted_of(grids))


def requests_for(wanted: Mapping[Cell, int], workers: Workers | None = None) -> list[Request]:
    """Do as `requests_of` for single cells, each with the number of seeds that is wanted of it."""
    problems = open_problems(wanted, workers)
    return [
        Request(cell, tuple(range(seeds)), problems[_problem_id(cell)])
        for cell, seeds in sorted(wanted.items(), key=lambda item: repr(item[0]))
    ]


def check_names(cells: Iterable[Cell]) -> None:
    """Refuse unknown names before any text is read.

    Raises
    ------
    UserError
        Naming the first unknown dataset, embedder, strategy or head, a strategy that cannot
        choose the initial pool, or a size below 1.
    """
    for cell in cells:
        dataset, _ = split_steps(cell.dataset, DATASET_STEPS)
        if not files.is_file_name(dataset):
            catalogue.dataset_entry(dataset)
        embedders.entry_of(cell.embedder)
        # The pool is not known yet, so what is refused here are names and sizes below 1.
        check(cell, n_pool=cell.budget)


ProblemId = tuple[str, str, int | None, int | None]


def _problem_id(cell: Cell) -> ProblemId:
    return cell.dataset, cell.embedder, cell.pool_size, cell.test_size


def open_problems(
    cells: Iterable[Cell], workers: Workers | None = None
) -> dict[ProblemId, Problem]:
    """Read the texts that some cells need and embed them with every embedder asked for.

    Parameters
    ----------
    cells : iterable of Cell
        What is to be run; checked before anything is embedded.
    workers : int or str, optional
        With the address of a Dask scheduler, its workers embed; else this process does, with all
        its cores.

    Returns
    -------
    dict
        (dataset, embedder, pool size, test size) to `alutils.loop.Problem`.

    Raises
    ------
    UserError
        If a name is unknown, a dataset cannot be had, or a pool is too small.
    """
    cells = list(cells)
    check_names(cells)
    wanted: dict[tuple[str, int | None, int | None], list[str]] = defaultdict(list)
    for cell in cells:
        names = wanted[cell.dataset, cell.pool_size, cell.test_size]
        if cell.embedder not in names:
            names.append(cell.embedder)
    samples = {key: datasets.sampled(*key) for key in wanted}
    for cell in cells:
        check(cell, len(samples[cell.dataset, cell.pool_size, cell.test_size].pool_labels))
    scheduler = workers if isinstance(workers, str) else None
    problems = {}
    for (name, pool_size, test_size), names in wanted.items():
        dataset = samples[name, pool_size, test_size]
        for embedded in embedders.embed(dataset, names, scheduler=scheduler).values():
            problems[name, embedded.embedder, pool_size, test_size] = Problem(
                # Random numbers are named by it: with steps or without, they are the same.
                dataset=base_name(name),
                embedder=embedded.embedder,
                path=embedded.path,
                pool_labels=dataset.pool_labels,
                test_labels=dataset.test_labels,
                n_classes=len(dataset.classes),
                data_fingerprint=dataset.fingerprint,
                embedding_fingerprint=embedded.fingerprint,
            )
    note("datasets", [(name, sample.fingerprint) for (name, *_), sample in samples.items()])
    vectors = [(f"{d} / {e}", p.embedding_fingerprint) for (d, e, *_), p in problems.items()]
    note("embeddings", vectors)
    return problems


def _failed_before(missing: Sequence[Request], store: ResultsStore) -> dict[Cell, str]:
    known = FailedCells(store.root)
    reasons = {r.cell: known.read(r.provenance) for r in missing}
    return {cell: reason for cell, reason in reasons.items() if reason is not None}


def _report(
    requests: Sequence[Request],
    missing: Sequence[Request],
    kept: dict[Cell, pd.DataFrame | None],
    store: ResultsStore,
    failed: int,
) -> None:
    line = f"study: {len(requests):,} cells, {len(requests) - len(missing) - failed:,} kept"
    if failed:
        line += f", {failed:,} failed before"
    if missing:
        line += f", {len(missing):,} to compute"
    say(line)
    reasons = Counter(
        "more seeds" if kept[r.cell] is not None else store.reason_missing(r.provenance)
        for r in missing
    )
    for reason, count in reasons.most_common():
        say(f"  {count:,} because: {reason}")
