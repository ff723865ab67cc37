"""JSON as text: what is written to a tool's file, and how one is parsed."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from alutils.errors import UserError

Plain = str | int | float | bool | None


def dump(records: object) -> str:
    """Write records as JSON in ASCII, which holds any text, a lone surrogate too."""
    return json.dumps(records, indent=1, allow_nan=False) + "\n"


def parse(text: str, path: Path | str) -> object:
    """Parse a file's text, JSON or JSON Lines.

    Parameters
    ----------
    text : str
        What the file holds.
    path : path-like
        Where it lies, for messages.

    Returns
    -------
    object
        What the JSON says; of JSON Lines, a list with one item a line.

    Raises
    ------
    UserError
        If it is neither.
    """
    text = text.removeprefix("\ufeff")
    try:
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            # JSON Lines are one whole value, then more: only then are lines read.
            if error.msg != "Extra data":
                raise
        # Not `splitlines`, which would break at a line separator within a text.
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path}: this is not JSON, nor JSON Lines ({error}): export the file again"
        ) from error
    except (RecursionError, ValueError) as error:
        raise UserError(
            f"{path}: lists nested too deeply, or a number too long: export the file again"
        ) from error


def plain_notes(notes: Mapping[str, object], taken: Collection[str]) -> dict[str, Plain]:
    """Turn notes into values that JSON and both tools know.

    Parameters
    ----------
    notes : mapping of str to object
        Values of a table, missing ones and NumPy scalars among them.
    taken : collection of str
        Names that are ours.

    Returns
    -------
    dict
        Numbers and truth values as such, what is missing as None, everything else as text.

    Raises
    ------
    UserError
        If a note has a name that is ours.
    """
    for name in notes:
        if name in taken:
            raise UserError(
                f"a column is called {name!r}, a name that the labelling tool's file "
                "needs itself: rename the column"
            )
    return {name: _plain(value) for name, value in notes.items()}


def _plain(value: object) -> Plain:
    if isinstance(value, np.number | np.bool_):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)
