"""Figures: one function each, all in one visual language, all with alt text and their data."""

from __future__ import annotations

from alutils.figures.critical_difference import critical_difference
from alutils.figures.gain_tiles import gain_tiles
from alutils.figures.gallery import pale, picks, traits
from alutils.figures.plots import (
    difference_curves,
    gain_against_quality,
    gains,
    learning_curves,
    maps,
)
from alutils.figures.saved import Figure, save, slug
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
from alutils.figures.ties import duel_matrix, p_by_unit, tally_bars, unit_bars
from alutils.figures.timings import costs, growth, milliseconds, sizes, speed_table, times

__all__ = [
    "OTHER_STYLE",
    "Figure",
    "costs",
    "count",
    "critical_difference",
    "difference_curves",
    "duel_matrix",
    "gain_against_quality",
    "gain_tiles",
    "gains",
    "growth",
    "learning_curves",
    "maps",
    "milliseconds",
    "names",
    "p_by_unit",
    "pale",
    "percent",
    "picks",
    "plain",
    "points",
    "save",
    "signed",
    "sizes",
    "slug",
    "speed_table",
    "style",
    "table",
    "tally_bars",
    "times",
    "traits",
    "unit_bars",
]
