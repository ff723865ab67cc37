"""Whole numbers as programs leave them: 7 becomes 7.0 in a column that has empty cells."""

from __future__ import annotations

import re

WHOLE = re.compile(r"(-?\d+)\.0")


def as_whole(value: str) -> str:
    """Return a whole number without what pandas and Excel append, and anything else as it is.

    Examples
    --------
    >>> as_whole("7.0"), as_whole("007"), as_whole("v1.0")
    ('7', '007', 'v1.0')
    """
    found = WHOLE.fullmatch(value)
    return found[1] if found else value
