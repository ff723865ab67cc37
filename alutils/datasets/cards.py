"""What people read about datasets: one line each, or a card with examples."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

from alutils import catalogue, datasets
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.datasets import files, hub
from alutils.datasets.dataset import Dataset
from alutils.errors import UserError
from alutils.spelling import printable
from alutils.wheels import wheel_path

EXAMPLES = 5
EXAMPLE_LENGTH = 200
WIDTH = 96


def listing() -> list[dict[str, Any]]:
    """Return one row per dataset of the catalogue, without loading any.

    Returns
    -------
    list of dict
        With ``name``, ``title``, ``classes``, ``pool`` and ``test`` (sizes once loaded, or what
        is known of them) and ``availability``, all but ``classes`` as text.
    """
    entries = [catalogue.dataset_entry(name) for name in catalogue.dataset_names()]
    return [
        {
            "name": entry.name,
            "title": entry.title,
            "classes": entry.classes,
            "pool": _size(entry.pool_size, entry.pool_rows),
            "test": _size(entry.test_size, entry.test_rows),
            "availability": availability(entry),
        }
        for entry in entries
    ]


def availability(entry: DatasetEntry) -> str:
    """Return where this machine would get a dataset from, without going to the network.

    Returns
    -------
    str
        ``"package index (cached)"``, ``"package index"``, ``"mirror"`` or ``"hub only"``.
    """
    if entry.hub is not None:
        return "mirror" if hub.mirror_files(entry.hub) else "hub only"
    assert entry.wheel is not None
    wheel = entry.wheel
    cached = wheel_path(wheel.package, wheel.version, wheel.sha256).exists()
    return "package index (cached)" if cached else "package index"


def show(name: str) -> str:
    """Return the card of a dataset with a few examples, as lines of plain text.

    Parameters
    ----------
    name : str
        A name of the catalogue, or a file of your own.

    Raises
    ------
    UserError
        If there is no such dataset. One that is only out of reach is shown without examples.
    """
    if files.is_file_name(name):
        dataset = datasets.load(name)
        return "\n".join([printable(name), *_loaded(dataset)])
    entry = catalogue.dataset_entry(name)
    lines = [f"{entry.name}: {entry.title}", "", *_wrap(entry.description), ""]
    for label, value in _facts(entry).items():
        lines += textwrap.wrap(
            value, WIDTH, initial_indent=f"{label + ':':<16}", subsequent_indent=" " * 16
        )
    lines += ["", *_wrap(entry.remarks), ""]
    try:
        lines += _loaded(datasets.load(name))
    except UserError as error:
        lines += _wrap(f"no examples: {printable(str(error))}")
    return "\n".join(lines)


def _facts(entry: DatasetEntry) -> dict[str, str]:
    facts = {
        "task": entry.task,
        "language": entry.language,
        "classes": str(entry.classes),
        "pool": f"{_size(entry.pool_size, entry.pool_rows)} texts",
        "test": f"{_size(entry.test_size, entry.test_rows)} texts",
        "licence": entry.licence,
        "source": entry.source,
        "pinned to": _pin(entry),
        "available from": availability(entry),
        "citation": entry.citation,
    }
    if entry.pool_rows is not None and not entry.has_test_split:
        facts["test"] += (
            f" (no test split in the source: drawn from its {entry.pool_rows:,} rows, stratified "
            "by class, always the same)"
        )
    if entry.pair_separator is not None:
        facts["pairs"] = f"joined by {entry.pair_separator!r}, or by the embedder's own separator"
    if entry.trained_on_by:
        facts["trained on by"] = f"{', '.join(entry.trained_on_by)} ({entry.trained_on_basis})"
    return facts


def _size(size: int | None, rows: int | None) -> str:
    if size is not None:
        return f"{size:,}"
    return "unknown" if rows is None else f"up to {rows:,}"


def _pin(entry: DatasetEntry) -> str:
    if entry.wheel is not None:
        return f"{entry.wheel.package} {entry.wheel.version}, SHA-256 {entry.wheel.sha256}"
    assert entry.hub is not None
    if entry.hub.revision is None:
        return f"{entry.hub.id}, not yet pinned: the current commit of {entry.hub.branch} is read"
    return f"{entry.hub.id} at {entry.hub.revision}"


def _loaded(dataset: Dataset) -> list[str]:
    """Describe what was loaded: class sizes, and an example of each of the largest classes."""
    sizes = np.bincount(dataset.pool_labels, minlength=len(dataset.classes))
    present = sizes[sizes > 0]
    lines = [
        f"loaded: {len(dataset.pool_texts):,} pool and {len(dataset.test_texts):,} test texts in "
        f"{len(dataset.classes)} classes of {present.min():,} to {present.max():,} pool texts, "
        f"{dataset.duplicates_removed:,} duplicates removed",
        f"fingerprint: {dataset.fingerprint}",
        "examples:",
    ]
    for label in np.argsort(-sizes, kind="stable")[:EXAMPLES]:
        rows = np.flatnonzero(dataset.pool_labels == label)
        if len(rows):
            text = printable(dataset.pool_texts[rows[0]], EXAMPLE_LENGTH)
            lines.append(f"  [{printable(dataset.classes[label], 60)}] {text}")
    return lines


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
