"""Your own file as a dataset: ``file:PATH?text=COLUMN&label=COLUMN``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from alutils.datasets.assembly import assemble, by_class_name, without_duplicates
from alutils.datasets.dataset import Dataset
from alutils.errors import UserError, unknown
from alutils.progress import say
from alutils.tables import read_table
from alutils.tables.values import labels_of, texts_of
from alutils.wheels import file_sha256

SHAPE = "file:PATH?text=COLUMN&label=COLUMN"


def is_file_name(name: str) -> bool:
    """Return whether a dataset name stands for your own file."""
    return name.startswith("file:")


def load(name: str) -> Dataset:
    """Load your own file as a dataset; a quarter of it, stratified by class, is for testing.

    Parameters
    ----------
    name : str
        ``file:PATH?text=COLUMN&label=COLUMN``; the columns default to ``text`` and ``label``.
        The file is CSV, JSON Lines or Parquet. In its path ``%3F`` stands
        for ``?``; in the names of columns ``%26`` stands for ``&`` and ``%3D`` for ``=``.

    Raises
    ------
    UserError
        If anything about the name, the file or its rows is wrong.
    """
    path, columns = parse_name(name)
    values = read_table(path, [columns["text"], columns["label"]], only=True).columns
    texts, labels = values[columns["text"]], values[columns["label"]]
    if len(texts) < 2:
        raise UserError(f"{path} has {len(texts)} rows: a dataset needs at least two")
    text, label = columns["text"], columns["label"]
    pairs = list(
        zip(
            _all_there(path, text, "text", texts_of(path, text, texts)),
            _all_there(path, label, "label", labels_of(path, label, labels)),
            strict=True,
        )
    )
    if len({label for _, label in pairs}) < 2:
        raise UserError(
            f"column {columns['label']!r} of {path} has one class only ({pairs[0][1]!r}): "
            "a dataset needs at least two"
        )
    source = by_class_name(pairs, f"{path.name} (SHA-256 {file_sha256(path)})")
    disputed = without_duplicates(source.pool).disputed
    if disputed:
        say(f"{path.name}: left out {disputed} texts that are there with more than one class")
    return assemble(name, source, None)


def parse_name(name: str) -> tuple[Path, dict[str, str]]:
    """Take the name of a file dataset apart.

    Returns
    -------
    pathlib.Path, dict of str to str
        The file, and the names of its columns under ``"text"`` and ``"label"``.

    Raises
    ------
    UserError
        If the name does not have the shape ``file:PATH?text=COLUMN&label=COLUMN``.
    """
    location, _, query = name.removeprefix("file:").partition("?")
    if not location:
        raise UserError(f"the dataset {name!r} names no file: write {SHAPE}")
    columns = {"text": "text", "label": "label"}
    for part in filter(None, query.split("&")):
        key, equals, value = part.partition("=")
        if key not in columns:
            raise UserError(f"{unknown('setting', key, columns)} (in the dataset {name!r})")
        if not equals or not value:
            raise UserError(f"{key!r} in the dataset {name!r} names no column: write {SHAPE}")
        columns[key] = unquote(value)
    if columns["text"] == columns["label"]:
        raise UserError(f"text and label are the same column in the dataset {name!r}")
    try:
        # Nothing else, so that a file whose name has other percent signs is written as it is.
        return Path(re.sub("%3f", "?", location, flags=re.IGNORECASE)).expanduser(), columns
    except RuntimeError as error:
        raise UserError(f"the dataset {name!r} names no file: {error}") from error


def _all_there(path: Path, column: str, what: str, values: Sequence[str | None]) -> list[str]:
    missing = [row for row, value in enumerate(values, start=1) if value is None]
    if missing:
        mend = "fill" if what == "text" else "label"
        raise UserError(
            f"column {column!r} of {path} has {len(missing)} rows without a {what} (the first is "
            f"row {missing[0]}): {mend} or remove them"
        )
    return [value for value in values if value is not None]
