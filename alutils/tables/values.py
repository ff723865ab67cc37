"""What the values of a column may be: texts, or labels. None stands for a value that is missing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from alutils.errors import UserError


def texts_of(path: Path, column: str, values: Sequence[Any]) -> list[str | None]:
    """Return the texts of a column; one of white space only is missing.

    Raises
    ------
    UserError
        If a value is something else than a text, or no Unicode.
    """
    found: list[str | None] = []
    for row, value in enumerate(values, start=1):
        if value is None or value != value:
            found.append(None)
            continue
        if not isinstance(value, str):
            raise UserError(
                f"column {column!r} of {path} holds a value of type {type(value).__name__} in row "
                f"{row}, not a text: name another column, or quote the value"
            )
        _check_unicode(path, column, row, value)
        found.append(value if value.split() else None)
    return found


def labels_of(path: Path, column: str, values: Sequence[Any]) -> list[str | None]:
    """Return the labels (or ids) of a column, numbers and dates as they are written.

    Raises
    ------
    UserError
        If a value is several, or bytes, or not all are of one type.
    """
    found: list[str | None] = []
    first: tuple[int, Any] | None = None
    for row, value in enumerate(values, start=1):
        if _is_missing(value):
            found.append(None)
            continue
        if not isinstance(value, str | int | float | Decimal | date | UUID):
            raise UserError(
                f"column {column!r} of {path} holds a value of type {type(value).__name__} in row "
                f"{row}: labels and ids are texts, numbers or dates"
            )
        first = first or (row, value)
        if type(value) is not type(first[1]):
            raise UserError(
                f"column {column!r} of {path} holds values of types {type(first[1]).__name__} and "
                f"{type(value).__name__} (rows {first[0]} and {row}): write all of them as texts"
            )
        _check_unicode(path, column, row, str(value))
        found.append(str(value).strip())
    return found


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
