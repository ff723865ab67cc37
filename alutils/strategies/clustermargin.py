"""Cluster-Margin: uncertain rows from many clusters of the pool."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pydantic
import torch
from numpy.random import Generator
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.ties import lowest
from alutils.strategies.uncertainty import margin


@dataclass(frozen=True)
class ClusterMargin:
    """Rows of small margin, one from each cluster of the pool in turn, smallest clusters first.

    The whole pool is clustered by average linkage over squared Euclidean distances, into N / 10
    clusters, rounded up; copies of a row are never divided. The candidates are the 10 k unlabelled
    rows of smallest margin (the gap between the two largest class probabilities), or all if there
    are fewer; of equal margins the stream decides. Clusters that hold candidates are put in order
    of how many they hold, fewest first, ties by the stream, and give one candidate each, at
    random. Those that have some left give another in the next round, in the same order, until k
    rows are chosen.

    Parameters
    ----------
    candidates : int
        Candidates for each row wanted, at least 1.
    cluster_size : int
        Rows per cluster, on average over the pool, at least 1.

    Notes
    -----
    Needs: a head.

    Cost: the head's probabilities, O(R N D C), and O(R N) for the candidates. The clustering,
    O(N² D), is made once per pool and kept in `Geometry.merged`; it holds a copy of the pool.

    Weak when: outliers abound, since they sit in clusters of their own, which come first; classes
    are larger than k clusters can show.

    Differs: the paper stops merging at a distance chosen for each dataset; here at a number of
    clusters.

    References
    ----------
    Citovsky, DeSalvo, Gentile, Karydas, Rajagopalan, Rostamizadeh and Kumar, Batch active
    learning at scale, NeurIPS 2021.
    """

    candidates: pydantic.PositiveInt = 10
    cluster_size: pydantic.PositiveInt = 10
    name = "cluster_margin"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the turns."""
        margins = selection.summary(margin)
        free = ~selection.labelled
        n_candidates = min(self.candidates * k, int(free.sum(dim=1).min()))
        rows = lowest(margins, free, n_candidates, streams)
        clusters = selection.geometry.merged(-(-len(selection.pool) // self.cluster_size))
        groups = clusters[rows].cpu().numpy()
        turns = [
            take_turns(group, k, stream) for group, stream in zip(groups, streams, strict=True)
        ]
        return rows.gather(1, torch.as_tensor(np.stack(turns), device=rows.device))


def take_turns(groups: np.ndarray, k: int, stream: Generator) -> np.ndarray:
    """Let groups give one random member each in turn, the smallest groups first.

    Parameters
    ----------
    groups : numpy.ndarray
        Group of each of M things, shape (M,).
    k : int
        Things wanted, at most M.
    stream : numpy.random.Generator
        Decides between members of a group, and between groups of equal size.

    Returns
    -------
    numpy.ndarray
        Places of the things, shape (k,), in the order given.
    """
    shuffled = stream.permutation(len(groups))
    _, group, sizes = np.unique(groups[shuffled], return_inverse=True, return_counts=True)
    together = group.argsort(kind="stable")
    turn = np.empty_like(together)
    turn[together] = np.arange(len(groups)) - np.repeat(sizes.cumsum() - sizes, sizes)
    lot = stream.permutation(len(sizes))
    order = np.lexsort((lot[group], sizes[group], turn))
    return shuffled[order[:k]]
