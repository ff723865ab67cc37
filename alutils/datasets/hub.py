"""Datasets on the Hugging Face hub, or in a local mirror of it for machines without a network.

A mirror is a folder of the shape ``DIR/<owner>/<name>/<split>.parquet`` (with a configuration:
``DIR/<owner>/<name>/<config>/<split>.parquet``) with the hub's own columns, named by
``ALUTILS_MIRROR``. It is tried first.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from alutils.catalogue.dataset_entry import DatasetEntry, HubOrigin
from alutils.datasets.assembly import Rows, Source
from alutils.errors import UserError
from alutils.progress import say

if TYPE_CHECKING:
    import pyarrow


def mirror_files(origin: HubOrigin) -> dict[str, Path] | None:
    """Return the mirror's file for each split, or None if a split is not in the mirror.

    Raises
    ------
    UserError
        If ``ALUTILS_MIRROR`` names no folder.
    """
    chosen = os.environ.get("ALUTILS_MIRROR")
    if not chosen:
        return None
    try:
        mirror = Path(chosen).expanduser()
    except RuntimeError:
        mirror = Path(chosen)  # ~name, where there is no such user: no folder either
    if not mirror.is_dir():
        raise UserError(f"ALUTILS_MIRROR is {chosen!r}, which is not a folder: mend or unset it")
    folder = mirror / origin.id
    if origin.config is not None:
        folder /= origin.config
    files = {split: folder / f"{split}.parquet" for split in _splits(origin)}
    return files if all(file.is_file() for file in files.values()) else None


def read(entry: DatasetEntry, origin: HubOrigin) -> Source:
    """Read the texts and classes of a hub dataset.

    Raises
    ------
    UserError
        If it is neither in the mirror nor to be had from the hub, or its columns are not those
        the catalogue states.
    """
    files = mirror_files(origin)
    if files is not None:
        tables = {split: _read_parquet(file) for split, file in files.items()}
        for split, file in files.items():
            instead = f"put the hub's own file of {origin.id} there, or unset ALUTILS_MIRROR"
            _check_columns(origin, tables[split], f"{entry.name}: {file} of the mirror", instead)
        provenance = f"mirror of {origin.id}"
    else:
        revision = _commit(entry, origin)
        tables = {split: _download(entry, origin, split, revision) for split in _splits(origin)}
        for split, table in tables.items():
            what = f"{entry.name}: split {split} of {origin.id}"
            _check_columns(origin, table, what, "its catalogue entry must be brought up to date")
        provenance = f"{origin.id} at {revision}"
    if origin.config is not None:
        provenance += f", {origin.config}"
    return _source(entry, origin, tables, provenance)


def _splits(origin: HubOrigin) -> list[str]:
    return [origin.pool_split] + ([origin.test_split] if origin.test_split else [])


def _read_parquet(file: Path) -> pyarrow.Table:
    import pyarrow.parquet

    try:
        return pyarrow.parquet.read_table(file)
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise UserError(f"cannot read {file} of the mirror: {_one_line(error)}") from error


def _commit(entry: DatasetEntry, origin: HubOrigin) -> str:
    import huggingface_hub

    if origin.revision is not None and huggingface_hub.is_offline_mode():
        return origin.revision  # HF_HUB_OFFLINE: the hub's own cache may have it
    # Asked even when the commit is pinned: `datasets` needs half a minute to notice that there
    # is no network, this call does not.
    try:
        info = huggingface_hub.HfApi().dataset_info(
            origin.id, revision=origin.revision or origin.branch, timeout=30
        )
    except Exception as error:
        raise _out_of_reach(entry, origin, error) from error
    if origin.revision is None:
        say(f"{entry.name}: no pinned revision yet, reading {origin.id} at {info.sha}")
    return str(info.sha)


def _download(entry: DatasetEntry, origin: HubOrigin, split: str, revision: str) -> pyarrow.Table:
    import datasets

    try:
        loaded = datasets.load_dataset(origin.id, origin.config, split=split, revision=revision)
    except Exception as error:
        raise _out_of_reach(entry, origin, error) from error
    return loaded.with_format("arrow")[:]


def _out_of_reach(entry: DatasetEntry, origin: HubOrigin, error: Exception) -> UserError:
    # Whatever the hub's client raises (a dozen kinds, over several libraries) ends here, because
    # for the user the two ways out are the same.
    where = " and ".join(f"{split}.parquet" for split in _splits(origin))
    folder = "/".join(filter(None, ["DIR", origin.id, origin.config]))
    reason = f"{type(error).__name__}: {_one_line(error)}"
    return UserError(
        f"cannot load {entry.name} ({origin.id}) from the hub ({reason}): connect to "
        f"huggingface.co, or put {where} into {folder} and set ALUTILS_MIRROR (or --mirror) to DIR"
    )


def _one_line(error: Exception) -> str:
    line = " ".join(str(error).split())
    return line if len(line) <= 160 else f"{line[:157]}..."


def _source(
    entry: DatasetEntry, origin: HubOrigin, tables: dict[str, pyarrow.Table], provenance: str
) -> Source:
    columns = {split: _columns(entry, origin, table) for split, table in tables.items()}
    names = _class_names(entry, origin, columns)
    index = {key: label for label, key in enumerate(names)}
    rows = {
        split: _rows(entry, split, texts, labels, index)
        for split, (texts, labels, _) in columns.items()
    }
    test = rows[origin.test_split] if origin.test_split else None
    return Source(tuple(names.values()), rows[origin.pool_split], test, provenance)


Columns = tuple[list[str], list[Any], list[Any]]
"""Texts, labels and names of the labels (empty where no column has them) of one split."""


def _check_columns(origin: HubOrigin, table: pyarrow.Table, what: str, instead: str) -> None:
    for column in [*origin.text, origin.label, *filter(None, [origin.label_text])]:
        if column not in table.column_names:
            there = ", ".join(table.column_names)
            raise UserError(f"{what} has no column {column!r}, only {there}: {instead}")


def _columns(entry: DatasetEntry, origin: HubOrigin, table: pyarrow.Table) -> Columns:
    parts = [
        [value or "" for value in _values(entry, table, column, str)] for column in origin.text
    ]
    separator = entry.pair_separator or ""
    texts = (
        parts[0] if len(parts) == 1 else [separator.join(pair) for pair in zip(*parts, strict=True)]
    )
    names = _values(entry, table, origin.label_text, str) if origin.label_text else []
    labels = _values(entry, table, origin.label, str, int, float)
    if len({type(label) for label in labels if label is not None}) > 1 or None in names:
        raise UserError(f"{entry.name}: its classes are not all texts, or not all numbers")
    return texts, labels, names


def _values(entry: DatasetEntry, table: pyarrow.Table, column: str, *kinds: type) -> list[Any]:
    """Return the values of a column, each of which is missing or of one of these types."""
    try:
        values: list[Any] = [None if v != v else v for v in table[column].to_pylist()]
    except (ValueError, KeyError, OverflowError) as error:  # no UTF-8, or there twice
        raise UserError(
            f"{entry.name}: column {column!r} cannot be read: {_one_line(error)}"
        ) from error
    for row, value in enumerate(values, start=1):
        if value is not None and not isinstance(value, kinds):
            wanted = "text" if kinds == (str,) else "text or a number"
            raise UserError(
                f"{entry.name}: row {row} of column {column!r} holds a value of type "
                f"{type(value).__name__}, not a {wanted}: put the hub's own file there"
            )
    return values


def _class_names(
    entry: DatasetEntry, origin: HubOrigin, columns: dict[str, Columns]
) -> dict[Any, str]:
    """Return the name of each class by what the label column holds, in the order of the classes."""
    if origin.class_names:
        labels = [label for _, labels, _ in columns.values() for label in labels]
        if any(isinstance(label, str) for label in labels):
            return {name: name for name in origin.class_names}
        return dict(enumerate(origin.class_names))
    found: dict[Any, str] = {}
    for _, labels, names in columns.values():
        for label, name in zip(labels, names or map(str, labels), strict=True):
            if found.setdefault(label, name) != name:
                raise UserError(
                    f"{entry.name}: label {label!r} is called both {found[label]!r} and {name!r}"
                )
    return dict(sorted(found.items(), key=lambda pair: (pair[0] is None, pair[0])))


def _rows(
    entry: DatasetEntry, split: str, texts: list[str], labels: list[Any], index: dict[Any, int]
) -> Rows:
    for row, label in enumerate(labels):
        if label is None or label not in index:
            raise UserError(
                f"{entry.name}: row {row} of split {split} has the label {label!r}, which is no "
                "class: this split may be published without labels"
            )
    return Rows(texts, np.array([index[label] for label in labels], dtype=np.int64))
