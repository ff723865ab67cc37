"""The measured quality of every embedding in a grid; measured once and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from alutils import diagnostics
from alutils.errors import UserError
from alutils.execution import available_workers, run_tasks
from alutils.fingerprint import code_fingerprint
from alutils.home import home
from alutils.loop import Problem
from alutils.progress import Progress
from alutils.results import keep, read_kept
from alutils.statistics import arrange
from alutils.streams import stream_label
from alutils.study import Grid, open_problems


def measure_quality(grids: Grid | Sequence[Grid], *, workers: int | None = None) -> pd.DataFrame:
    """Measure the embeddings of some grids on their pools; the test side plays no part.

    Parameters
    ----------
    grids : Grid or sequence of Grid
        Their datasets are crossed with their embedders.
    workers : int, optional
        Processes at once; by default one for each core.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedder``, and the measures of `alutils.diagnostics`:
        ``probe_accuracy``, ``neighbour_accuracy``, ``effective_rank``; datasets as they come in
        the grids, embedders as `embedder_order` says.

    Raises
    ------
    UserError
        If a name is wrong, or what is measured cannot be kept.
    """
    cells = [c for g in ([grids] if isinstance(grids, Grid) else grids) for c in g.cells()]
    problems = list(open_problems(cells).values())
    folder = home() / "quality"
    kept = {key: _read(folder, key) for key in map(_key, problems)}
    missing = [problem for problem in problems if kept[_key(problem)] is None]
    with Progress("measuring embeddings", len(missing), "embeddings") as progress:
        for key, measures in run_tasks(_measure, missing, workers or available_workers()):
            keep(folder, key, ".json", json.dumps(measures).encode())
            kept[key] = measures
            progress.advance()
    if any(kept[_key(problem)] is None for problem in problems):
        raise UserError(
            "the embeddings were measured by other code than this run began with, because files "
            "of alutils changed meanwhile: run the same command again"
        )
    table = pd.DataFrame(
        {"dataset": problem.dataset, "embedder": problem.embedder, **(kept[_key(problem)] or {})}
        for problem in problems
    )
    datasets = list(dict.fromkeys(cell.dataset for cell in cells))
    return arrange(table, dataset=datasets, embedder=embedder_order(table))


def embedder_order(quality: pd.DataFrame) -> list[str]:
    """Return the embedders of a quality table by mean probe accuracy, the worst first."""
    means = quality.groupby("embedder")["probe_accuracy"].mean()
    return [str(name) for name in means.sort_values().index]


def _key(problem: Problem) -> str:
    label = stream_label(problem.dataset)
    parts = [label, problem.data_fingerprint, problem.embedding_fingerprint]
    code = code_fingerprint(["alutils.diagnostics"])
    return hashlib.sha256(json.dumps([parts, code]).encode()).hexdigest()[:24]


def _read(folder: Path, key: str) -> dict[str, float] | None:
    for path in folder.glob(f"{key}-*.json"):
        if (data := read_kept(path)) is not None:
            measures: dict[str, float] = json.loads(data)
            return measures
    return None


def _measure(problem: Problem) -> tuple[str, dict[str, float]]:
    vectors = np.load(problem.path, mmap_mode="r", allow_pickle=False)
    pool, labels = vectors[: len(problem.pool_labels)], problem.pool_labels
    return _key(problem), {
        "probe_accuracy": diagnostics.probe_accuracy(pool, labels, stream_label(problem.dataset)),
        "neighbour_accuracy": diagnostics.neighbour_accuracy(pool, labels),
        "effective_rank": diagnostics.effective_rank(pool),
    }
