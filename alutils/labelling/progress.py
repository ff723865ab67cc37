"""How far the labels of a pile have come: what `alutils progress` reports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from alutils.labelling import columns
from alutils.labelling.audit import audit_prefix
from alutils.labelling.pile import Pile, check_two_classes
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
    labels = pile.given
    order, n_audited = audit_prefix(pile, seed)
    batch = np.where(labels == "", -1, pile.batch)
    found = when_to_stop(embeddings, labels, order[:n_audited], batch=batch, more=more, seed=seed)
    ahead = [u for u in order[n_audited : n_audited + 1].tolist() if u in pile.waiting]
    notes = [
        f"The audit ends at {pile.name(u)}, the first of its random order without a label: label "
        f"it, and what has yes in {columns.AUDIT}, before the rest."
        for u in ahead
    ]
    return replace(found, notes=(*found.notes, *notes))
