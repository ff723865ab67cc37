"""Does the code still measure what an archive has as evidence? Cells of a sample, once more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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
    measures = old.select_dtypes("number").columns.difference([*CELL_FIELDS, "seed", "cycle"])
    keys = list(old.columns.difference(measures))
    both = new.merge(old, on=keys, how="outer", suffixes=("_again", "")).merge(
        pd.DataFrame([cell.fields() for cell in cells]), on=CELL_FIELDS
    )
    again = both[[f"{name}_again" for name in measures]].set_axis(measures, axis=1)
    gaps = (again - both[measures]).assign(**both[CELL_FIELDS])
    gaps = gaps.groupby(CELL_FIELDS, dropna=False).mean().abs()
    if (again.isna() != both[measures].isna()).to_numpy().any():
        raise NotReproduced(f"evidence {kind}: rows or values are missing that were there before")
    allowed = DIGITS + ALLOWED * old[measures].std().fillna(0)
    excess = (gaps - allowed).fillna(0)
    if (excess > 0).to_numpy().any():
        row, column = divmod(int(excess.to_numpy().argmax()), len(measures))
        cell, gap = Cell(*gaps.index[row]), float(gaps.to_numpy()[row, column])
        raise NotReproduced(
            f"evidence {kind}, {cell}: the mean of {measures[column]!s} differs by {gap:.4g} from "
            f"the archive, where {float(allowed.iloc[column]):.2g} is allowed"
        )
    same = int((gaps.fillna(0) <= DIGITS).all(axis=1).sum())
    return (
        f"{len(cells):,} of {len(seeds):,} cells measured again for the {kind.replace('_', ' ')}: "
        f"{same:,} agree in every mean" + ("" if same == len(cells) else ", the rest nearly")
    )
