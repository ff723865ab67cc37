"""Facility location: rows that lie close to all others, chosen greedily."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator
from torch import Tensor

from alutils.geometry import Nearness, cover, squared_norms
from alutils.strategies.base import Selection


class FacilityLocation:
    """Again and again, the row that most shortens the pool's way to its nearest labelled rows.

    The way is the sum, over all rows, of the Euclidean distance to the nearest labelled or chosen
    row. Each choice is the unlabelled row that shortens it most, ties by the stream; with nothing
    labelled the first one is the row with the shortest way to all others. This is the greedy rule
    for facility location with the similarity D - distance, D being as large as any distance, and
    no choice depends on D. It comes within a factor 1 - 1/e of the best coverage that k rows can
    give. KMedoids lowers nearly the same sum by exchanges.

    Notes
    -----
    Needs: embeddings alone.

    Cost: N² D multiplications for all replicates together and a few passes over N² numbers for
    each, then a small multiple of 64 N D per choice (`alutils.geometry.cover`).

    Weak when: clusters of the embedding are not the classes; classes are imbalanced, since it
    goes where rows are many; there are many dimensions, where all distances are alike.

    Differs: the paper first keeps the most uncertain rows and covers these, class by class; here
    the pool is covered, and no head is needed.

    References
    ----------
    Wei, Iyer and Bilmes, Submodularity in data subset selection and active learning, ICML 2015.
    Nemhauser, Wolsey and Fisher, An analysis of approximations for maximizing submodular set
    functions, Mathematical Programming 1978.
    """

    name = "facility_location"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the greedy cover."""
        pool = selection.pool
        alike = Nearness(2 * float(squared_norms(pool).max().sqrt()))
        weights = pool.new_ones(1).expand(selection.labelled.shape)
        centres = [labelled.nonzero()[:, 0] for labelled in selection.labelled]
        return cover(pool, [alike] * len(centres), weights, centres, k, streams)
