"""CPU seconds of a whole run with BADGE: cycles of fitting a head, evaluating it and querying.

Ours is `alutils.loop.run_cell`, all seeds advancing together. The other is the loop that people
write around scikit-activeml's `Badge` and scikit-learn's `LogisticRegression`, for one seed.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from skactiveml.classifier import SklearnClassifier
from skactiveml.pool import Badge
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from alutils.cell import Cell
from alutils.loop import Problem, Replicates, run_cell
from benchmarks.measure import Limits, Row, cpu_seconds, guarded, row
from benchmarks.peers import SKACTIVEML, C
from benchmarks.problem import DATASET, Shape, draw_pool

SHAPE = Shape(10_000, 384, 20, labelled=50, query_size=50, replicates=10)


@dataclass(frozen=True)
class Run:
    """Sizes of a run: its shape, whose `labelled` is the initial pool, test rows, and cycles."""

    shape: Shape = SHAPE
    test: int = 2_000
    cycles: int = 20


def measure(run: Run, limits: Limits, measured: int | None) -> Iterator[Row]:
    """Measure a whole run of ours and of the peer's.

    Parameters
    ----------
    run : Run
        Sizes.
    limits : Limits
        For one seed and cycle.
    measured : int or None
        Cycles of the peer's run that are measured, spread over those with a query; the seconds of
        the others are interpolated. The last cycle, which has none, is measured in any case.
        None measures all.
    """
    shape = run.shape
    rng = np.random.default_rng(0)
    points, truth = draw_pool(rng, shape.rows + run.test, shape.dim, shape.classes)
    everything, labels = points.numpy(), truth.numpy()

    ours = guarded(
        lambda: _ours(run, everything, labels),
        replace(limits, calls=shape.replicates * run.cycles),
        warm=lambda: _ours(
            replace(run, cycles=2, shape=replace(shape, rows=500)), everything[:1000], labels[:1000]
        ),
    )
    note = f"{run.cycles} cycles to {shape.labelled + (run.cycles - 1) * shape.query_size} labels"
    yield row(
        shape, "run", "badge", "alutils", [ours.value] if ours.value else [], part="run",
        implementation="run_cell", replicates=shape.replicates, memory_bytes=ours.memory_bytes,
        note=ours.note or note,
    )  # fmt: skip

    theirs = guarded(
        lambda: _theirs(run, everything, labels, _spread(run.cycles - 1, measured)),
        replace(limits, calls=run.cycles),
    )
    if theirs.value and measured and measured < run.cycles - 1:
        note = f"{measured + 1} of {run.cycles} cycles measured, the others interpolated"
    yield row(
        shape, "run", "badge", SKACTIVEML, [theirs.value] if theirs.value else [], part="run",
        implementation="Badge and LogisticRegression", memory_bytes=theirs.memory_bytes,
        note=theirs.note or note,
    )  # fmt: skip


def _spread(queries: int, measured: int | None) -> list[int]:
    """Which of so many cycles to measure: the first, the last and others evenly between."""
    if measured is None or measured >= queries:
        return list(range(queries))
    return sorted(set(np.linspace(0, queries - 1, measured).round().astype(int).tolist()))


def _ours(run: Run, points: np.ndarray, labels: np.ndarray) -> float:
    shape = run.shape
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "vectors.npy")
        np.save(path, points)
        pool, test = labels[: shape.rows], labels[shape.rows :]
        problem = Problem(DATASET, DATASET, path, pool, test, shape.classes, "", "")
        cell = Cell(
            DATASET, DATASET, "random", "badge", shape.labelled, shape.query_size, run.cycles
        )
        seeds = range(shape.replicates)
        return cpu_seconds(lambda: run_cell(cell, Replicates(problem, seeds))) / len(seeds)


def _theirs(run: Run, points: np.ndarray, labels: np.ndarray, cycles: Sequence[int]) -> float:
    """Seconds of one seed's run; of cycles left out, the rows they would choose are random."""
    warnings.simplefilter("ignore")  # probabilities in float32 that do not sum to one
    shape = run.shape
    x, test = points[: shape.rows], points[shape.rows :]
    truth, test_truth = labels[: shape.rows], labels[shape.rows :]
    order = np.random.default_rng(0).permutation(shape.rows)
    known = np.full(shape.rows, np.nan)
    known[order[: shape.labelled]] = truth[order[: shape.labelled]]
    classes = list(range(shape.classes))
    strategy = Badge(random_state=0)

    def cycle(last: bool) -> None:
        rows = np.flatnonzero(~np.isnan(known))
        model = LogisticRegression(C=C, max_iter=1000)
        classifier = SklearnClassifier(model, classes=classes).fit(x[rows], known[rows])
        probabilities = classifier.predict_proba(test)
        predicted = probabilities.argmax(axis=1)
        metrics.accuracy_score(test_truth, predicted)
        metrics.balanced_accuracy_score(test_truth, predicted)
        metrics.f1_score(test_truth, predicted, average="macro")
        metrics.log_loss(test_truth, probabilities, labels=classes)
        if not last:
            chosen = strategy.query(
                x, known, classifier, fit_clf=False, batch_size=shape.query_size
            )
            known[chosen] = truth[chosen]

    spent, last = {}, run.cycles - 1
    for number in range(last):
        if number in cycles:
            spent[number] = cpu_seconds(lambda: cycle(last=False))
        else:
            free = order[np.isnan(known[order])][: shape.query_size]
            known[free] = truth[free]
    queries = np.interp(range(last), list(spent), list(spent.values()))
    return float(queries.sum()) + cpu_seconds(lambda: cycle(last=True))
