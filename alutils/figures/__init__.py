"""Figures: one function each, all in one visual language, all with alt text and their data."""

from __future__ import annotations

from alutils.figures.curves import around_random, room, saved_along, sparklines
from alutils.figures.gallery import pale, picks, traits
from alutils.figures.harder_tasks import correlation_dots, gain_against_hardness, room_filled
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
from alutils.figures.timings import costs, growth, milliseconds, sizes, speed_table, times

__all__ = [
    "OTHER_STYLE",
    "Figure",
    "around_random",
    "correlation_dots",
    "costs",
    "count",
    "difference_curves",
    "gain_against_hardness",
    "gain_against_quality",
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
    "room",
    "room_filled",
    "save",
    "saved_along",
    "signed",
    "sizes",
    "slug",
    "sparklines",
    "speed_table",
    "style",
    "table",
    "times",
    "traits",
]
