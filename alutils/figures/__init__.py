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
from alutils.figures.quality_correlation import correlation_by_size
from alutils.figures.quality_interaction import lead_by_quality, rise_by_dataset
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
from alutils.figures.timings import costs, growth, milliseconds, sizes, speed_table, times

__all__ = [
    "OTHER_STYLE",
    "Figure",
    "correlation_by_size",
    "costs",
    "count",
    "difference_curves",
    "gain_against_quality",
    "gains",
    "growth",
    "lead_by_quality",
    "learning_curves",
    "maps",
    "milliseconds",
    "names",
    "pale",
    "percent",
    "picks",
    "plain",
    "points",
    "rise_by_dataset",
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
