"""The catalogue: one declarative YAML file per dataset and per embedder.

The name of an entry is the name of its file. An entry is read as plain YAML and checked
against a schema that refuses unknown fields, so a misspelt field is an error and not a silence.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TypeVar

import pydantic

from alutils import yaml_text
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.errors import UserError, unknown

Entry = TypeVar("Entry", bound=pydantic.BaseModel)

FOLDER = Path(__file__).parent


def dataset_names() -> tuple[str, ...]:
    """Return the names of all datasets in the catalogue, sorted."""
    return _names(FOLDER / "datasets")


def embedder_names() -> tuple[str, ...]:
    """Return the names of all embedders in the catalogue, sorted."""
    return _names(FOLDER / "embedders")


@cache
def dataset_entry(name: str) -> DatasetEntry:
    """Return the catalogue entry of a dataset.

    Raises
    ------
    UserError
        If there is no such dataset (with the nearest name), or its file breaks the schema.
    """
    if name not in dataset_names():
        raise unknown("dataset", name, dataset_names())
    return read_entry(FOLDER / "datasets" / f"{name}.yaml", DatasetEntry)


@cache
def embedder_entry(name: str) -> EmbedderEntry:
    """Return the catalogue entry of an embedder.

    Raises
    ------
    UserError
        If there is no such embedder (with the nearest name), or its file breaks the schema.
    """
    if name not in embedder_names():
        raise unknown("embedder", name, embedder_names())
    return read_entry(FOLDER / "embedders" / f"{name}.yaml", EmbedderEntry)


def read_entry(path: Path, schema: type[Entry]) -> Entry:
    """Read one YAML file against its schema; the file's stem becomes the field ``name``.

    Raises
    ------
    UserError
        If the file is no YAML mapping, or a field is unknown, missing or of the wrong type.
    """
    try:
        content = yaml_text.parse(path.read_text(encoding="utf-8"))
    except (UserError, OSError, UnicodeDecodeError) as error:
        raise UserError(f"the catalogue entry {path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise UserError(f"the catalogue entry {path} must be a mapping of fields to values")
    if "name" in content:
        raise UserError(f"the catalogue entry {path} must not state a name: its file name is it")
    try:
        return schema.model_validate({"name": path.stem, **content})
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the entry"
        raise UserError(
            f"the catalogue entry {path} is wrong at {field}: {first['msg']}"
        ) from error


@cache
def _names(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))
