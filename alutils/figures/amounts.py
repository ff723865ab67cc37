"""How amounts of time and data are written: to two digits, in the unit that suits."""

from __future__ import annotations

import numpy as np


def short_seconds(seconds: float) -> str:
    """Write seconds to two digits, as short as they get; nothing for what is not known.

    Examples
    --------
    >>> short_seconds(0.0123), short_seconds(0.5), short_seconds(1.26), short_seconds(321.0)
    ('0.012', '0.50', '1.3', '320')
    """
    return "" if np.isnan(seconds) else _two(seconds)


def duration(seconds: float) -> str:
    """Write seconds to two digits, in the unit that suits; nothing for what is not known.

    Examples
    --------
    >>> [duration(s) for s in (0.004, 8.2, 95, 5_000, 200_000, 4e6, float("nan"))]
    ['0.0040 s', '8.2 s', '95 s', '83 min', '56 h', '46 days', '']
    """
    if np.isnan(seconds):
        return ""
    for length, unit, most in ((1, "s", 100), (60, "min", 100), (3600, "h", 100)):
        if seconds < most * length:
            return f"{_two(seconds / length)} {unit}"
    return f"{_two(seconds / 86_400)} days"


def data_size(number: float) -> str:
    """Write bytes to two digits; nothing for what is not known, or is nothing.

    Examples
    --------
    >>> [data_size(n) for n in (6.6e8, 15.7e9, 2.4e5, float("nan"))]
    ['660 MB', '16 GB', '0.24 MB', '']
    """
    if np.isnan(number) or number == 0:
        return ""
    for unit, length in (("TB", 1e12), ("GB", 1e9)):
        if number >= length:
            return f"{_two(number / length)} {unit}"
    return f"{_two(number / 1e6)} MB"


def _two(value: float) -> str:
    """Write a positive number to two digits."""
    if value <= 0:
        return "0"
    digits = max(0, 1 - int(np.floor(np.log10(value))))
    return f"{float(f'{value:.2g}'):,.{digits}f}"
