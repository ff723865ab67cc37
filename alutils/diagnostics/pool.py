"""The pool as the measures look at it; what several measures need is computed once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from alutils.diagnostics.survey import Survey, survey
from alutils.geometry import kmeans, squared_norms
from alutils.heads.scaling import scale
from alutils.streams import stream

WHOLE = 5000
"""Pools of up to so many rows are measured whole."""

ASKED = 1000
"""Rows of a larger pool that are asked for their neighbours among all rows."""

RUNS = 5
"""Times that the pool is clustered, each from another draw."""


class Pool:
    """Embeddings to measure, and what is known of them.

    Parameters
    ----------
    vectors : numpy.ndarray
        Shape (N, D), floating point, embeddings as the embedder gave them.
    labels : numpy.ndarray, optional
        Shape (N,), classes from 0. Without, only label-free measures can be had.
    n_classes : int, optional
        Number of classes C there are; without, as many as the labels name. Without both, no
        cluster measures can be had.
    name : str
        Of the dataset; names the streams of what is drawn.

    Attributes
    ----------
    points : torch.Tensor
        Shape (N, D), what the head sees: centred, and divided by one number
        (`alutils.heads.scale`). Distances are Euclidean between these. For vectors of length 1
        they order neighbours as the cosine of the vectors does.

    Raises
    ------
    UserError
        If the vectors are all the same, or hold NaN or infinity.
    """

    def __init__(
        self,
        vectors: np.ndarray,
        labels: np.ndarray | None = None,
        *,
        n_classes: int | None = None,
        name: str = "pool",
    ) -> None:
        self.vectors, self.name = vectors, name
        self.points = scale(torch.tensor(vectors))[0]
        self.labels = None if labels is None else torch.tensor(labels, dtype=torch.int64)
        if n_classes is None and self.labels is not None:
            n_classes = int(self.labels.max()) + 1
        self.n_classes = n_classes

    def __len__(self) -> int:
        return len(self.points)

    @property
    def truth(self) -> Tensor:
        """Labels of a pool that has them."""
        assert self.labels is not None, "a label-aware measure of a pool without labels"
        return self.labels

    @cached_property
    def singular(self) -> Tensor:
        """Singular values of the centred vectors, float64, shape (min(N, D),)."""
        vectors = torch.tensor(self.vectors, dtype=torch.float64)
        return torch.linalg.svdvals(vectors - vectors.mean(dim=0))

    @cached_property
    def _shuffled(self) -> np.ndarray:
        return stream("rows to measure", self.name, 0).permutation(len(self))

    @cached_property
    def survey(self) -> Survey:
        """Neighbours and mean distances of all rows, in a large pool of a sample of 1,000."""
        asked = np.arange(len(self)) if len(self) <= WHOLE else self._shuffled[:ASKED]
        groups = [] if self.labels is None else [self.labels]
        groups += [] if self.n_classes is None else list(self.clusterings)
        return survey(self.points, asked, groups)

    @cached_property
    def clusterings(self) -> list[Tensor]:
        """k-means clusters, as many as classes, from five draws: labels, shape (N,) each.

        In a large pool the means are those of one sample of 5,000 rows, and every row goes to the
        nearest.
        """
        assert self.n_classes is not None, "clusters of a pool without a number of classes"
        rows = slice(None) if len(self) <= WHOLE else self._shuffled[-WHOLE:]
        sample = self.points[rows]
        found = []
        for run in range(RUNS):
            draws = stream("clusters to measure", self.name, run)
            clusters = kmeans(sample, min(self.n_classes, len(sample)), draws)
            whole = len(sample) == len(self)
            found.append(clusters.labels if whole else _nearest(self.points, clusters.centres))
        return found


def _nearest(points: Tensor, centres: Tensor) -> Tensor:
    """Nearest centre of each point, shape (N,)."""
    return torch.addmm(squared_norms(centres), points, centres.T, alpha=-2).argmin(dim=1)
