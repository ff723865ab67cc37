"""The measured quality of every embedding in a grid; measured once and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils import diagnostics
from alutils.execution import available_workers, run_tasks
from alutils.fingerprint import code_fingerprint
from alutils.home import home
from alutils.loop import Problem
from alutils.progress import Progress
from alutils.results import write_atomically
from alutils.statistics import arrange
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
    """
    cells = [c for g in ([grids] if isinstance(grids, Grid) else grids) for c in g.cells()]
    problems = list(open_problems(cells).values())
    folder = home() / "quality"
    missing = [p for p in problems if not (folder / f"{_key(p)}.json").exists()]
    with Progress("measuring embeddings", len(missing), "embeddings") as progress:
        for key, measures in run_tasks(_measure, missing, workers or available_workers()):
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / f"{key}.json", json.dumps(measures).encode())
            progress.advance()
    table = pd.DataFrame(
        {
            "dataset": problem.dataset,
            "embedder": problem.embedder,
            **json.loads((folder / f"{_key(problem)}.json").read_bytes()),
        }
        for problem in problems
    )
    datasets = list(dict.fromkeys(cell.dataset for cell in cells))
    return arrange(table, dataset=datasets, embedder=embedder_order(table))


def embedder_order(quality: pd.DataFrame) -> list[str]:
    """Return the embedders of a quality table by mean probe accuracy, the worst first."""
    means = quality.groupby("embedder")["probe_accuracy"].mean()
    return [str(name) for name in means.sort_values().index]


def _key(problem: Problem) -> str:
    parts = [problem.data_fingerprint, problem.embedding_fingerprint]
    code = code_fingerprint(["alutils.diagnostics"])
    return hashlib.sha256(json.dumps([parts, code]).encode()).hexdigest()[:24]


def _measure(problem: Problem) -> tuple[str, dict[str, float]]:
    vectors = np.load(problem.path, mmap_mode="r", allow_pickle=False)
    pool, labels = vectors[: len(problem.pool_labels)], problem.pool_labels
    return _key(problem), {
        "probe_accuracy": diagnostics.probe_accuracy(pool, labels, problem.dataset),
        "neighbour_accuracy": diagnostics.neighbour_accuracy(pool, labels),
        "effective_rank": diagnostics.effective_rank(pool),
    }
