"""Small problems for the tests of strategies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from alutils import heads
from alutils.geometry import Geometry
from alutils.heads import FittedHead
from alutils.strategies import Selection, get
from alutils.streams import stream


def blobs(n_rows: int, n_dimensions: int, n_classes: int, seed: int = 0) -> tuple:
    """Points around one centre per class, and their classes."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(n_classes, size=n_rows)
    centres = rng.normal(size=(n_classes, n_dimensions))
    return centres[classes] + 0.7 * rng.normal(size=(n_rows, n_dimensions)), classes


def selection(
    points: np.ndarray,
    classes: np.ndarray,
    labelled: Sequence[Sequence[int]],
    seeds: Sequence[int] | None = None,
    dtype: torch.dtype = torch.float64,
    n_classes: int | None = None,
) -> Selection:
    """Replicate r has the rows `labelled[r]` labelled; heads are fitted where labels are."""
    (pool,) = heads.scale(torch.tensor(points, dtype=dtype))
    rows, classes = torch.tensor(labelled, dtype=torch.int64), torch.as_tensor(classes)
    labels = torch.full((len(rows), len(pool)), -1).scatter_(1, rows, classes[rows])
    n_classes = n_classes or int(classes.max()) + 1
    head = None
    if rows.shape[1]:
        head = heads.get("softmax").fit(pool, rows, classes[rows], n_classes)
    seeds = range(len(rows)) if seeds is None else seeds
    return Selection(pool, labels >= 0, labels, n_classes, head, Geometry(pool, "toy", seeds))


def streams(seeds: Sequence[int], purpose: str = "query 1") -> list[np.random.Generator]:
    return [stream(purpose, "toy", seed) for seed in seeds]


def with_probabilities(problem: Selection, probabilities: np.ndarray) -> Selection:
    """The same problem under a head that predicts these probabilities, shape (R, N, C)."""
    table = torch.as_tensor(probabilities, dtype=problem.pool.dtype)

    class Table:
        classes_seen = torch.ones(table.shape[0], table.shape[2], dtype=torch.bool)

        def probabilities(self, points: torch.Tensor) -> torch.Tensor:
            assert len(points) == table.shape[1]
            return table

        def replicate(self, r: int) -> FittedHead:
            return with_probabilities(problem, probabilities[r : r + 1]).head

    return replace(problem, head=Table(), n_classes=table.shape[2])


def draw_labelled(n_rows: int, n_labelled: int, n_replicates: int, seed: int = 0) -> list:
    rng = np.random.default_rng(seed)
    return [rng.permutation(n_rows)[:n_labelled].tolist() for _ in range(n_replicates)]


def toy(name: str, n_replicates: int = 3, dtype: torch.dtype = torch.float64) -> Selection:
    """A problem that suits this strategy: 60 rows, 3 classes, 12 labels or none."""
    points, classes = blobs(60, 7, 3)
    labelled = draw_labelled(60, 12, n_replicates)
    assert get(name)
    return selection(points, classes, labelled, dtype=dtype)
