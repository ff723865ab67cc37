"""Your own file as a dataset: ``file:PATH?text=COLUMN&label=COLUMN``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from alutils.datasets.assembly import assemble, by_class_name, without_duplicates
from alutils.datasets.dataset import Dataset
from alutils.datasets.tables import read_columns
from alutils.errors import UserError, unknown
from alutils.progress import say
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
        The file is CSV (with commas), JSON Lines or Parquet, in UTF-8. In its path ``%3F`` stands
        for ``?``; in the names of columns ``%26`` stands for ``&`` and ``%3D`` for ``=``.

    Raises
    ------
    UserError
        If anything about the name, the file or its rows is wrong.
    """
    path, columns = parse_name(name)
    values = read_columns(path, [columns["text"], columns["label"]])
    texts, labels = values[columns["text"]], values[columns["label"]]
    if len(texts) < 2:
        raise UserError(f"{path} has {len(texts)} rows: a dataset needs at least two")
    pairs = list(
        zip(
            _texts(path, columns["text"], texts),
            _names(path, columns["label"], labels),
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


def _texts(path: Path, column: str, values: Sequence[Any]) -> list[str]:
    empty = [
        row
        for row, value in enumerate(values, start=1)
        if value is None or value != value or (isinstance(value, str) and not value.split())
    ]
    if empty:
        raise UserError(
            f"column {column!r} of {path} has {len(empty)} rows without a text (the first is row "
            f"{empty[0]}): fill or remove them"
        )
    for row, value in enumerate(values, start=1):
        if not isinstance(value, str):
            raise UserError(
                f"column {column!r} of {path} holds a value of type {type(value).__name__} in row "
                f"{row}, not a text: name another column, or quote the value"
            )
        _check_unicode(path, column, row, value)
    return list(values)


def _names(path: Path, column: str, values: Sequence[Any]) -> list[str]:
    missing = [row for row, value in enumerate(values, start=1) if _is_missing(value)]
    if missing:
        raise UserError(
            f"column {column!r} of {path} has {len(missing)} rows without a label (the first is "
            f"row {missing[0]}): label or remove them"
        )
    for row, value in enumerate(values, start=1):
        if not isinstance(value, str | int | float):
            raise UserError(
                f"column {column!r} of {path} holds a value of type {type(value).__name__} in row "
                f"{row}: a label is a text or a number"
            )
        if type(value) is not type(values[0]):
            raise UserError(
                f"column {column!r} of {path} holds values of types {type(values[0]).__name__} and "
                f"{type(value).__name__} (rows 1 and {row}): write all labels as texts"
            )
        _check_unicode(path, column, row, str(value))
    return [str(value).strip() for value in values]


def _is_missing(value: Any) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and not value.strip())


def _check_unicode(path: Path, column: str, row: int, value: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise UserError(
            f"column {column!r} of {path} holds half a surrogate pair in row {row}, which is no "
            "Unicode text: mend the file"
        ) from None
