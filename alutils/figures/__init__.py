"""Figures: one function each, all in one visual language, all with alt text and their data."""

from __future__ import annotations

from alutils.figures.gallery import pale, picks, traits
from alutils.figures.plots import (
    difference_curves,
    gain_against_quality,
    gains,
    learning_curves,
    maps,
)
from alutils.figures.saved import Figure, save
from alutils.figures.style import (
    OTHER_STYLE,
    count,
    names,
    percent,
    plain,
    points,
    signed,
    style,
    table,
)

__all__ = [
    "OTHER_STYLE",
    "Figure",
    "count",
    "difference_curves",
    "gain_against_quality",
    "gains",
    "learning_curves",
    "maps",
    "names",
    "pale",
    "percent",
    "picks",
    "plain",
    "points",
    "save",
    "signed",
    "style",
    "table",
    "traits",
]
