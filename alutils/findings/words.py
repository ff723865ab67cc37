"""How findings write numbers of things and p-values."""

from __future__ import annotations

import numpy as np

from alutils.progress import several as several


def p_words(p: float) -> str:
    """Write a p-value.

    Examples
    --------
    >>> p_words(0.0312), p_words(1e-7), p_words(float("nan"))
    ('p = 0.031', 'p < 0.001', 'no p from one seed')
    """
    if np.isnan(p):
        return "no p from one seed"
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def small_p(p: float) -> str:
    r"""Write a p-value of which it matters how small it is.

    Examples
    --------
    >>> small_p(0.0312), small_p(3e-71).replace("\N{NO-BREAK SPACE}", " ")
    ('0.031', '3 × 10⁻⁷¹')
    """
    if p >= 0.001:
        return f"{p:.3f}"
    digit, power = f"{p:.0e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digit} × 10{raised}".replace(" ", "\N{NO-BREAK SPACE}")
