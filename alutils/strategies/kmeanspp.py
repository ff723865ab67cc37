"""k-means++ sampling: rows drawn with chances that grow with the distance to what is there."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator
from torch import Tensor

from alutils.geometry import Space, d2_extend
from alutils.strategies.base import Selection


class KMeansPlusPlus:
    """Rows drawn one by one, those far from everything labelled or drawn more often (D²).

    Each row is drawn with probability proportional to D², the squared Euclidean distance to its
    nearest labelled or drawn row. With nothing labelled the first row is uniform. Once every
    unlabelled row lies on a labelled or drawn one, the rest are uniform among those not drawn.

    Notes
    -----
    Needs: embeddings alone.

    Cost: the distances to the labelled rows, O(R N L D) for L of them, then a few products of the
    pool with the rows drawn of all replicates at once (`alutils.geometry.d2_extend`), O(R N D)
    each.

    Weak when: there are many dimensions, where all distances are alike and the draw is nearly
    uniform; the pool has outliers, though it takes fewer of them than CoreSet does.

    References
    ----------
    Arthur and Vassilvitskii, k-means++: The advantages of careful seeding, SODA 2007.
    """

    name = "kmeans_plus_plus"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order drawn."""
        centres = [labelled.nonzero()[:, 0] for labelled in selection.labelled]
        space = Space(selection.pool, len(centres))
        return d2_extend(space, centres, k, streams, ~selection.labelled)
