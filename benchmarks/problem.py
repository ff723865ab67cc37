"""What everything is measured on: a drawn pool, some labels, and heads fitted to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from alutils.geometry import Geometry
from alutils.heads import FittedHead, SoftmaxRegression, scale
from alutils.strategies import Selection

DATASET = "drawn"


@dataclass(frozen=True)
class Shape:
    """Sizes of a problem: N rows, D dimensions, C classes, labels, k, R replicates."""

    rows: int = 5_000
    dim: int = 384
    classes: int = 22
    labelled: int = 200
    query_size: int = 100
    replicates: int = 10

    def tiny(self) -> Shape:
        """Return the smallest pool that runs through the same code, for a first call."""
        return replace(self, rows=min(self.rows, 4 * (self.labelled + self.query_size)))


def draw_pool(rng: np.random.Generator, n: int, d: int, c: int) -> tuple[Tensor, Tensor]:
    """Draw scaled embeddings (N, D) and their classes (N,).

    A mixture of one Gaussian for each class; the spectrum of centres and of noise falls like that
    of text embeddings.
    """
    labels = rng.integers(0, c, n)
    spectrum = np.arange(1, d + 1) ** -0.5
    centres = rng.normal(size=(c, d)) * spectrum
    pool = centres[labels] + 1.5 * rng.normal(size=(n, d)) * spectrum
    return scale(torch.from_numpy(pool.astype(np.float32)))[0], torch.from_numpy(labels)


@dataclass(frozen=True)
class Problem:
    """A pool with labels in each of R replicates.

    Parameters
    ----------
    shape : Shape
        Its sizes.
    pool, truth : torch.Tensor
        Scaled embeddings (N, D) and the class of each row (N,).
    rows : torch.Tensor
        Labelled rows of each replicate, shape (R, labelled).
    head : FittedHead
        Fitted to them.
    """

    shape: Shape
    pool: Tensor
    truth: Tensor
    rows: Tensor
    head: FittedHead

    def geometry(self) -> Geometry:
        """Return a geometry in which nothing has been computed yet."""
        return Geometry(self.pool, DATASET, list(range(self.shape.replicates)))

    def selection(self, geometry: Geometry) -> Selection:
        """Return what a strategy may look at; probabilities are yet to be computed."""
        labels = torch.full((len(self.rows), len(self.pool)), -1)
        labels = labels.scatter(1, self.rows, self.truth[self.rows])
        return Selection(
            pool=self.pool,
            labelled=labels >= 0,
            labels=labels,
            n_classes=self.shape.classes,
            head=self.head,
            geometry=geometry,
        )


def draw(shape: Shape) -> Problem:
    """Draw a problem. Labelled rows are random, but for one of each class: some peers need that."""
    rng = np.random.default_rng(0)
    pool, truth = draw_pool(rng, shape.rows, shape.dim, shape.classes)
    rows = []
    for _ in range(shape.replicates):
        order = rng.permutation(shape.rows)
        first = np.unique(truth.numpy()[order], return_index=True)[1]
        rows.append(np.concatenate([order[first], np.delete(order, first)])[: shape.labelled])
    labelled = torch.from_numpy(np.stack(rows))
    head = SoftmaxRegression().fit(pool, labelled, truth[labelled], shape.classes)
    return Problem(shape, pool, truth, labelled, head)
