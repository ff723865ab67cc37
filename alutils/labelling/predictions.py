"""Every text of a pile with a class: the one that a person gave, or the likeliest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alutils.errors import UserError
from alutils.heads import FittedHead
from alutils.labelled_pool import LabelledPool, labelled_pool
from alutils.labelling import columns
from alutils.labelling.pile import Pile, check_two_classes
from alutils.tables import KINDS, Table, check_place, read_table, write_table
from alutils.tables.spreadsheet import guarded

CHUNK = 4096  # texts whose probabilities are held at once


def fitted(pile: Pile, embeddings: NDArray[np.floating]) -> tuple[LabelledPool, FittedHead]:
    """Fit the default head to all labels of a pile.

    Raises
    ------
    UserError
        If no two classes have a label.
    """
    check_two_classes(pile)
    at = labelled_pool(embeddings, pile.given)
    return at, at.fit()


def likeliest(
    at: LabelledPool, head: FittedHead, points: Tensor
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return the likeliest class of each point (M, D) and its probability, both of shape (M,)."""
    found = [head.probabilities(part)[0].max(dim=1) for part in points.split(CHUNK)]
    best = torch.cat([each.indices for each in found]).numpy()
    return at.classes[best], torch.cat([each.values for each in found]).double().numpy()


def predicted(pile: Pile, embeddings: NDArray[np.floating]) -> Table:
    """Predict the class of every text that has no label.

    Parameters
    ----------
    pile : Pile
        With labels of two classes or more.
    embeddings : ndarray of shape (U, D)
        Of its distinct texts.

    Returns
    -------
    Table
        All rows and columns of the file, and: ``al_label``, the label that a person gave or the
        likeliest class; ``al_confidence``, the head's probability of that class, None where a
        person gave the label; ``al_given``, "yes" where one did. None for rows without a text.

    Raises
    ------
    UserError
        If no two classes have a label.
    """
    at, head = fitted(pile, embeddings)
    guesses, sure = likeliest(at, head, at.pool)
    texts: list[int | None] = [u if u >= 0 else None for u in pile.of_row.tolist()]
    given = [u is not None and pile.labels[u] is not None for u in texts]
    named: dict[str, list[Any]] = {
        columns.LABEL: [None if u is None else pile.labels[u] or str(guesses[u]) for u in texts],
        columns.CONFIDENCE: [
            None if u is None or known else round(float(sure[u]), 4)
            for u, known in zip(texts, given, strict=True)
        ],
        columns.GIVEN: ["yes" if known else None for known in given],
    }
    return Table(pile.table.columns | named, pile.table.form)


def check_target(path: Path) -> None:
    """Refuse a place where no predictions can go, before anything takes long.

    Raises
    ------
    UserError
        If nothing can be written there, or something else would be written over.
    """
    check_place(path, KINDS)
    if path.exists() and columns.GIVEN not in read_table(path, []).columns:
        raise UserError(
            f"{path} is there and holds no predictions (it has no column {columns.GIVEN!r}): name "
            "another file with -o"
        )


def write_predictions(path: Path, table: Table) -> None:
    """Write predictions as a table; those of an earlier run are replaced.

    In CSV, cells that a spreadsheet would compute are guarded (`alutils.tables.spreadsheet`).

    Raises
    ------
    UserError
        If they cannot go there: see `check_target`.
    """
    check_target(path)
    write_table(path, guarded(path, table))
