"""What depends on the pool alone, computed once and shared by every cell that uses the pool."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from alutils.geometry.balls import Balls, nearer_than
from alutils.geometry.kmeans import kmeans
from alutils.geometry.linkage import average_linkage
from alutils.geometry.pairs import near_pairs
from alutils.geometry.purity import pure_balls
from alutils.geometry.space import squared_norms
from alutils.streams import stream


class Geometry:
    """The pool's clusterings and balls, kept from one strategy, cycle and cell to the next.

    Parameters
    ----------
    pool : torch.Tensor
        Scaled embeddings, shape (N, D).
    dataset : str
        Name of the dataset; names the streams.
    seeds : sequence of int
        The replicates.
    """

    def __init__(self, pool: Tensor, dataset: str, seeds: Sequence[int]) -> None:
        self.pool, self.dataset, self.seeds = pool, dataset, list(seeds)
        self._clusters: dict[tuple[int, int], Tensor] = {}
        self._balls: dict[tuple[float, ...], Balls] = {}
        self._merged: dict[int, Tensor] = {}

    def replicate(self, r: int) -> Geometry:
        """Return the geometry of one seed, which shares the clusterings kept here."""
        one = Geometry(self.pool, self.dataset, [self.seeds[r]])
        one._clusters, one._merged = self._clusters, self._merged
        return one

    def clusters(self, n_clusters: int) -> Tensor:
        """Return the pool's k-means clusters, which no label and no earlier choice can change.

        Parameters
        ----------
        n_clusters : int
            Number of clusters, at most N.

        Returns
        -------
        torch.Tensor
            Cluster of each row per replicate, int64, shape (R, N). Computed once per
            (`n_clusters`, seed), from the stream ("clustering", dataset, seed).
        """
        for seed in self.seeds:
            if (n_clusters, seed) not in self._clusters:
                draws = stream("clustering", self.dataset, seed)
                labels = kmeans(self.pool, n_clusters, draws).labels
                self._clusters[n_clusters, seed] = labels.to(torch.int32)
        return torch.stack([self._clusters[n_clusters, seed] for seed in self.seeds]).long()

    def shuffled(self) -> np.ndarray:
        """Return the pool's rows in random order, for loops in which the first one wins.

        Returns
        -------
        numpy.ndarray
            int64, shape (N,), from the stream ("order", dataset, 0): the same for all seeds, so
            that they can share what is computed on the way.
        """
        return stream("order", self.dataset, 0).permutation(len(self.pool))

    def pure_balls(self, n_clusters: int, purity: float) -> Balls:
        """Return the largest balls of which at least this share keep to one cluster each.

        Parameters
        ----------
        n_clusters : int
            Number of clusters, at most N, as for `clusters`.
        purity : float
            As for `alutils.geometry.pure_balls`.

        Returns
        -------
        Balls
            A radius per replicate. Only the latest are kept, as they may be as large as the pool.
        """
        if (n_clusters, purity) not in self._balls:
            self._balls.clear()
            balls = pure_balls(self.pool, self.clusters(n_clusters), purity)
            self._balls[n_clusters, purity] = balls
        return self._balls[n_clusters, purity]

    def balls(self, radius: float) -> Balls:
        """Return balls of this radius around each row, kept as those of `pure_balls` are.

        Parameters
        ----------
        radius : float
            In units of the root mean square length of the pool's rows.

        Returns
        -------
        Balls
            The same radius for every replicate.
        """
        if (radius,) not in self._balls:
            self._balls.clear()
            squared = radius**2 * float(squared_norms(self.pool).mean())
            limits = nearer_than(self.pool, np.full(len(self.seeds), squared))
            self._balls[radius,] = Balls(self.pool, limits, near_pairs(self.pool, limits[0]))
        return self._balls[radius,]

    def merged(self, n_clusters: int) -> Tensor:
        """Return the pool's clusters under average linkage, in which nothing is random.

        Parameters
        ----------
        n_clusters : int
            Number of clusters, at most N.

        Returns
        -------
        torch.Tensor
            Cluster of each row, the same for all replicates, int64, shape (N,). Computed once per
            `n_clusters`.
        """
        if n_clusters not in self._merged:
            self._merged[n_clusters] = average_linkage(self.pool, n_clusters)
        return self._merged[n_clusters]
