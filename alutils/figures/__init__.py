"""Figures: one function each, all in one visual language, all with alt text and their data."""

from __future__ import annotations

from alutils.figures.critical_difference import critical_difference
from alutils.figures.forest import forest
from alutils.figures.gain_map import gain_map
from alutils.figures.gallery import pale, picks, traits
from alutils.figures.plots import (
    difference_curves,
    gain_against_quality,
    gains,
    learning_curves,
    maps,
)
from alutils.figures.pool_leads import pool_leads
from alutils.figures.saved import Figure, save, slug
from alutils.figures.style import (
    OTHER_STYLE,
    count,
    embedder_colours,
    names,
    percent,
    plain,
    points,
    signed,
    style,
    table,
)
from alutils.figures.timings import costs, growth, milliseconds, sizes, speed_table, times

__all__ = [
    "OTHER_STYLE",
    "Figure",
    "costs",
    "count",
    "critical_difference",
    "difference_curves",
    "embedder_colours",
    "forest",
    "gain_against_quality",
    "gain_map",
    "gains",
    "growth",
    "learning_curves",
    "maps",
    "milliseconds",
    "names",
    "pale",
    "percent",
    "picks",
    "plain",
    "points",
    "pool_leads",
    "save",
    "signed",
    "sizes",
    "slug",
    "speed_table",
    "style",
    "table",
    "times",
    "traits",
]
