"""How far the labels of a pile have come: what `alutils progress` reports."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alutils.labelling.pile import Pile, check_two_classes
from alutils.labelling.proposal import audit_prefix
from alutils.stopping import Stopping, when_to_stop


def report(
    pile: Pile, embeddings: NDArray[np.floating], *, more: int = 100, seed: int = 0
) -> Stopping:
    """Estimate how good the labels in hand are, and what more of them would add.

    Parameters
    ----------
    pile : Pile
        U distinct texts.
    embeddings : ndarray of shape (U, D)
        Of these texts.
    more : int
        Labels whose expected gain is wanted.
    seed : int
        That of the proposals: it fixes the random order of the audit.

    Raises
    ------
    UserError
        If no two classes have a label.
    """
    check_two_classes(pile)
    labels = np.array([label or "" for label in pile.labels], dtype=object)
    order, n_audited = audit_prefix(pile, seed)
    batch = np.where(labels == "", -1, pile.batch)
    return when_to_stop(embeddings, labels, order[:n_audited], batch=batch, more=more, seed=seed)
