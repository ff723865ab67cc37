"""What depends on the pool alone, computed once and shared by every cell that uses the pool."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from alutils.geometry.kmeans import kmeans
from alutils.streams import stream


class Geometry:
    """The pool's clusterings, kept from one strategy, cycle and cell to the next.

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
