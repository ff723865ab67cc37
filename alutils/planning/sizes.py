"""How large a problem is, by the catalogue alone: nothing is read, embedded or downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from alutils import catalogue
from alutils.archive import CELL_FIELDS
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.catalogue.steps import base_name
from alutils.cell import Cell
from alutils.datasets.files import is_file_name
from alutils.embedders import entry_of

UNKNOWN = {"pool": 10_000, "test": 2_000, "classes": 10, "dim": 1_024}
"""What is taken where nothing is known before the texts or the model are read."""

SIZES = ["n_pool", "n_test", "dim", "n_classes"]


@dataclass(frozen=True)
class Side:
    """Texts of one side of a dataset.

    Parameters
    ----------
    texts : int
        How many there will be; the most there can be where `known` is false.
    known : bool
        Whether the catalogue is sure of it.
    """

    texts: int
    known: bool


def side_of(dataset: str, side: str, wanted: int | None) -> Side:
    """Return how many texts a dataset has on one side.

    Parameters
    ----------
    dataset : str
        Name in the catalogue, or a file of your own, of which nothing is known.
    side : {"pool", "test"}
        Which side.
    wanted : int or None
        How many are sampled; None takes all.

    Returns
    -------
    Side
        Rows before duplicates are removed where the number after it is not known.
    """
    entry = None if is_file_name(dataset) else _entry(dataset)
    exact = getattr(entry, f"{side}_size", None)
    most = exact or getattr(entry, f"{side}_rows", None)
    if most is None:
        return Side(wanted or UNKNOWN[side], False)
    texts = most if wanted is None else min(most, wanted)
    # Rows may yet lose duplicates; a sample much smaller than the rows will not feel it.
    return Side(texts, exact is not None or texts <= most // 2)


def _entry(dataset: str) -> DatasetEntry:
    return catalogue.dataset_entry(base_name(dataset))


def sized(cells: Iterable[Cell]) -> pd.DataFrame:
    """Lay out cells as a table with the sizes of their problems.

    Parameters
    ----------
    cells : iterable of Cell
        Their datasets and embedders are in the catalogue, or files and folders of your own.

    Returns
    -------
    pandas.DataFrame
        The fields of each cell, ``n_pool`` and ``n_test`` texts, ``dim`` and ``n_classes``.
    """
    table = pd.DataFrame([cell.fields() for cell in cells], columns=CELL_FIELDS)
    return with_sizes(table)


def with_sizes(table: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of `SIZES` to a table that has the fields of cells."""
    pairs = ["dataset", "embedder", "pool_size", "test_size"]
    rows = []
    for dataset, embedder, pool, test in table[pairs].itertuples(index=False):
        file = is_file_name(dataset)
        rows.append(
            (
                side_of(dataset, "pool", _whole(pool)).texts,
                side_of(dataset, "test", _whole(test)).texts,
                entry_of(embedder).dim or UNKNOWN["dim"],
                UNKNOWN["classes"] if file else _entry(dataset).classes,
            )
        )
    return table.assign(**pd.DataFrame(rows, columns=SIZES, index=table.index).astype(float))


def _whole(value: object) -> int | None:
    """Read a size as a table has it: a float, with NaN for none."""
    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]
