"""k-medoids sampling: rows that are near to all others, together with what is labelled."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator
from torch import Tensor

from alutils.geometry import Space, d2_extend, swap_medoids
from alutils.strategies.base import Selection

LARGE = 10_000  # rows; larger pools are gone through once


class KMedoids:
    """The k rows that, with the labelled ones, lie closest to all unlabelled rows (k-medoids).

    What is made small is the sum, over the unlabelled rows, of the Euclidean distance to the
    nearest labelled or chosen row. Labelled rows are medoids that are there for free: they cannot
    be exchanged. The search begins with rows drawn as KMeansPlusPlus draws them, and puts other
    unlabelled rows in the place of chosen ones until no single exchange lowers the sum by more
    than a millionth. A pool of more than 10,000 rows is gone through once: every row is tried in
    the place of every chosen one, but it is not proved that no exchange is left.

    Of rows that serve equally, such as copies, the first in a random order of the pool is taken.
    The order is the same for all seeds. The start has k distinct rows and an exchange keeps that
    up, however many copies there are.

    Notes
    -----
    Needs: embeddings alone.

    Cost: passes over the pool, each N² D multiplications for all replicates together and N² sums
    for each; 3 to 6 of them until nothing changes, 1 in a large pool
    (`alutils.geometry.swap_medoids`). Before that, the distances to the labelled rows. Holds
    R N k numbers.

    Weak when: clusters of the embedding are not the classes; classes are imbalanced, since a
    medoid goes where rows are many; there are many dimensions, where all distances are alike
    and the sum hardly depends on the choice.

    Differs: the papers know no labelled rows, and keep all N² distances, of which here a few rows
    at a time are computed again in each pass.

    References
    ----------
    Kaufman and Rousseeuw, Finding groups in data, Wiley 1990; Schubert and Rousseeuw, Fast and
    eager k-medoids clustering: O(k) runtime improvement of the PAM, CLARA, and CLARANS
    algorithms, Information Systems 2021.
    """

    name = "kmedoids"
    needs_head = False

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in no particular order."""
        centres = [labelled.nonzero()[:, 0] for labelled in selection.labelled]
        space = Space(selection.pool, len(centres))
        free = ~selection.labelled
        start = d2_extend(space, centres, k, streams, free)
        fixed = space.to_nearest_of(centres).sqrt()
        passes = 1 if len(selection.pool) > LARGE else None
        return swap_medoids(
            selection.pool, start, fixed, free, selection.geometry.shuffled(), passes
        )
