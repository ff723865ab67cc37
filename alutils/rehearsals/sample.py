"""A pile to try things on: a sample that comes with the book, and labels that are hidden."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from alutils import datasets
from alutils.inputs import note
from alutils.labelling.audit import audit_prefix
from alutils.labelling.pile import Pile
from alutils.streams import stream
from alutils.tables import Table, write_table

DATASET, SIZE = "trivia_lists", 2000

AUDITED = 0.1  # of the labels that are kept, as in a proposal


def write_sample(folder: Path) -> Path:
    """Write labelled texts as a CSV file, with the columns ``text`` and ``label``.

    Parameters
    ----------
    folder : pathlib.Path
        Where it goes.

    Returns
    -------
    pathlib.Path
        The file: 2,000 trivia questions, each with the list it is from.
    """
    found = datasets.sampled(DATASET, SIZE, 1)
    note("datasets", [(DATASET, found.fingerprint)])
    labels = [found.classes[label] for label in found.pool_labels]
    path = folder / f"{DATASET}.csv"
    write_table(path, Table({"text": list(found.pool_texts), "label": labels}))
    return path


def about_sample() -> str:
    """Say what the sample is."""
    found = datasets.entry(DATASET)
    return (
        "**No file is named, so this is a sample that comes with the book**: "
        f"{SIZE:,} texts of the dataset “{found.title}” ({found.task})."
    )


def hide_labels(pile: Pile, kept: int, seed: int = 0) -> Pile:
    """Return the pile as if somebody had labelled only a few of its texts.

    Parameters
    ----------
    pile : Pile
        With labels.
    kept : int
        Labels that stay, of texts drawn at random. A tenth of them are the first of the random
        order of the audit, as if they had been drawn for it.
    seed : int
        Of both draws.
    """
    labelled = np.array([label is not None for label in pile.labels])
    order, _ = audit_prefix(pile, seed)
    order = order[labelled[order]]
    audited = order[: math.ceil(AUDITED * kept)]
    others = np.setdiff1d(order, audited)
    wanted = min(max(kept - len(audited), 0), len(others))
    drawn = stream("kept labels", "own texts", seed).choice(others, wanted, replace=False)
    known = {*audited.tolist(), *drawn.tolist()}
    labels = tuple(label if u in known else None for u, label in enumerate(pile.labels))
    return replace(pile, labels=labels)
