"""Does the code still measure what an archive has as evidence? Cells of a sample, once more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from alutils.archive import CELL_FIELDS, Archive, cells_of
from alutils.cell import Cell
from alutils.errors import NotReproduced
from alutils.evidence import measured_again
from alutils.streams import stream
from alutils.study import requests_for

DIGITS = 2e-5
"""Archives keep five decimals in single precision."""

ALLOWED = 0.02
"""Processors add in different orders, and a choice between two points that are nearly equal may
then fall differently. Means over a cell may differ by this share of the spread over all cells."""


def drawn(archive: Archive, kind: str, here: Collection[str], sample: int | None) -> list[Cell]:
    """Draw cells of one kind of evidence, the same everywhere.

    Parameters
    ----------
    archive : Archive
        What is to be checked.
    kind : str
        Which evidence.
    here : collection of str
        Datasets that can be had here.
    sample : int or None
        How many; None takes all.

    Returns
    -------
    list of Cell
    """
    cells = sorted((c for c in cells_of(archive.evidence[kind]) if c.dataset in here), key=repr)
    order = stream(f"verify {kind}", "", 0).permutation(len(cells))
    return [cells[i] for i in order[:sample]]


def reexamine(
    archive: Archive, kind: str, cells: Sequence[Cell], workers: int | None = None
) -> str:
    """Measure cells again and compare with what an archive has.

    Parameters
    ----------
    archive : Archive
        What to compare with.
    kind : str
        Which evidence.
    cells : sequence of Cell
        Which cells of it.
    workers : int, optional
        Processes at once.

    Returns
    -------
    str
        A sentence for people.

    Raises
    ------
    NotReproduced
        If a mean differs by more than `ALLOWED`: naming the cell and the measure.
    """
    old = archive.evidence[kind]
    seeds = cells_of(old)
    new = measured_again(kind, requests_for({cell: seeds[cell] for cell in cells}), workers)
    keys = [n for n in old if n in ("seed", "cycle", *CELL_FIELDS) or old[n].dtype == object]
    measures = old.columns.difference(keys)
    both = new.merge(old, on=keys, how="outer", suffixes=("_again", "")).merge(
        pd.DataFrame([cell.fields() for cell in cells]), on=CELL_FIELDS
    )
    again = both[[f"{name}_again" for name in measures]].set_axis(measures, axis=1)
    gaps = (again - both[measures]).assign(**both[CELL_FIELDS])
    gaps = gaps.groupby(CELL_FIELDS, dropna=False).mean().abs()
    if (again.isna() != both[measures].isna()).to_numpy().any():
        raise NotReproduced(f"evidence {kind}: rows or values are missing that were there before")
    spread = old[measures].std().replace(0, 1)
    if (gaps / spread > ALLOWED).to_numpy().any():
        row, column = divmod(int(np.nanargmax((gaps / spread).to_numpy())), len(measures))
        name = str(list(measures)[column])
        raise NotReproduced(
            f"evidence {kind}, {Cell(*gaps.index[row])}: the mean of {name} "
            f"differs by {gaps.iat[row, column]:.4g} from the archive"
        )
    same = int((gaps.fillna(0) <= DIGITS).all(axis=1).sum())
    return (
        f"{len(cells):,} of {len(seeds):,} cells measured again for the {kind.replace('_', ' ')}: "
        f"{same:,} agree in every mean" + ("" if same == len(cells) else ", the rest nearly")
    )
