"""The measured quality of every embedding in a grid; measured once and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from alutils import diagnostics
from alutils.archive import in_force, note_use
from alutils.catalogue import dataset_entry
from alutils.catalogue.steps import base_name
from alutils.cell import Cell
from alutils.datasets.files import is_file_name
from alutils.errors import UserError
from alutils.execution import Workers
from alutils.failures import attempts
from alutils.fingerprint import code_fingerprint
from alutils.home import home
from alutils.loop import Problem
from alutils.progress import Progress
from alutils.results import keep, read_kept
from alutils.statistics import arrange
from alutils.streams import stream_label
from alutils.study import Grid, open_problems

PAIR = ["dataset", "embedder", "pool_size", "test_size"]


def measure_quality(
    grids: Grid | Sequence[Grid], *, workers: Workers | None = None
) -> pd.DataFrame:
    """Measure the embeddings of some grids on their pools; the test side plays no part.

    Parameters
    ----------
    grids : Grid or sequence of Grid
        Their datasets are crossed with their embedders.
    workers : int or str, optional
        Processes at once, by default one for each core; or the address of a Dask scheduler.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedder``, ``pool_size`` and ``test_size`` as in the grids; each measure
        of `alutils.diagnostics.MEASURES` by its name (``probe_accuracy``, ...) and its standard
        error (``probe_accuracy_error``, ...; 0 where it is exact), both NaN in pairs from an
        archive that was written before there was the measure;
        what else is known of the pair: ``n_classes``, ``n_pool``, ``n_test``, ``largest_class``
        (its share of the test side, what a constant answer reaches) and ``contaminated``
        (whether the embedder is known to have been trained on the dataset). Datasets as they come
        in the grids, embedders as `embedder_order` says.

    Raises
    ------
    UserError
        If a name is wrong, or what is measured cannot be kept.
    CellsFailed
        If some embeddings cannot be measured: when all others are measured and kept.
    """
    cells = [c for g in ([grids] if isinstance(grids, Grid) else grids) for c in g.cells()]
    archived = _archived(cells)
    have = set(zip(*(archived[name] for name in PAIR), strict=True))
    rest = [c for c in cells if tuple(getattr(c, name) for name in PAIR) not in have]
    tables = [archived] if len(archived) else []
    tables += [_measured(rest, workers)] if rest else []
    table = pd.concat(tables)
    datasets = list(dict.fromkeys(cell.dataset for cell in cells))
    return arrange(table, dataset=datasets, embedder=embedder_order(table))


def _archived(cells: Sequence[Cell]) -> pd.DataFrame:
    """Take from the archive in force, if there is one, the pairs that it has."""
    if (archive := in_force()) is None:
        return pd.DataFrame(columns=PAIR)
    wanted = {tuple(getattr(cell, name) for name in PAIR) for cell in cells}
    have = zip(*(archive.quality[name] for name in PAIR), strict=True)
    found = archive.quality[[pair in wanted for pair in have]]
    there = set(zip(*(found[name] for name in PAIR), strict=True))
    note_use(archive, [c for c in cells if tuple(getattr(c, name) for name in PAIR) in there])
    columns = [name for m in diagnostics.MEASURES for name in (m.name, m.error_name)]
    return found.assign(**{name: np.nan for name in columns if name not in found})


def _measured(cells: Sequence[Cell], workers: Workers | None) -> pd.DataFrame:
    """Measure the pairs of some cells, or read what was measured before."""
    opened = open_problems(cells, workers)
    problems = list(opened.values())
    folder = home() / "quality"
    kept = {key: _read(folder, key) for key in map(_key, problems)}
    missing = {_words(problem): problem for problem in problems if kept[_key(problem)] is None}
    with Progress("measuring embeddings", len(missing), "embeddings") as progress:
        for _, (key, measures) in attempts(_measure, missing, workers, noun="embedding"):
            keep(folder, key, ".json", json.dumps(measures).encode())
            kept[key] = measures
            progress.advance()
    if any(kept[_key(problem)] is None for problem in problems):
        raise UserError(
            "the embeddings were measured by other code than this run began with, because files "
            "of alutils changed meanwhile: run the same command again"
        )
    return pd.DataFrame(
        {
            **dict(zip(PAIR, pair, strict=True)),
            **(kept[_key(problem)] or {}),
            "n_classes": problem.n_classes,
            "n_pool": len(problem.pool_labels),
            "n_test": len(problem.test_labels),
            "largest_class": np.bincount(problem.test_labels).max() / len(problem.test_labels),
            "contaminated": _contaminated(problem),
        }
        for pair, problem in opened.items()
    )


def _contaminated(problem: Problem) -> bool:
    if is_file_name(problem.dataset):
        return False
    return base_name(problem.embedder) in dataset_entry(problem.dataset).trained_on_by


def embedder_order(quality: pd.DataFrame) -> list[str]:
    """Return the embedders of a quality table by mean probe accuracy, the worst first."""
    means = quality.groupby("embedder")["probe_accuracy"].mean()
    return [str(name) for name in means.sort_values().index]


def _words(problem: Problem) -> str:
    sizes = f"{len(problem.pool_labels):,} texts in the pool, {len(problem.test_labels):,} to test"
    return f"{problem.embedder} of {problem.dataset} ({sizes})"


def _key(problem: Problem) -> str:
    label = stream_label(problem.dataset)
    parts = [label, problem.data_fingerprint, problem.embedding_fingerprint]
    code = code_fingerprint(["alutils.diagnostics"])
    return hashlib.sha256(json.dumps([parts, code]).encode()).hexdigest()[:24]


def _read(folder: Path, key: str) -> dict[str, float] | None:
    for path in folder.glob(f"{key}-*.json"):
        if (measures := read_kept(path, _parsed)) is not None:
            return measures
    return None


def _parsed(data: bytes) -> dict[str, float]:
    return {name: float(value) for name, value in json.loads(data).items()}


def _measure(problem: Problem) -> tuple[str, dict[str, float]]:
    vectors = np.load(problem.path, mmap_mode="r", allow_pickle=False)
    pool = diagnostics.Pool(
        vectors[: len(problem.pool_labels)],
        problem.pool_labels,
        n_classes=problem.n_classes,
        name=stream_label(problem.dataset),
    )
    measures = {}
    for name, found in diagnostics.measure(pool).items():
        measures[name], measures[f"{name}_error"] = found
    return _key(problem), measures
