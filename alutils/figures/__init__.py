"""Figures: one function each, all in one visual language, all with alt text and their data."""

from __future__ import annotations

from alutils.figures.amounts import data_size, duration, short_seconds
from alutils.figures.cost import run_costs, run_parts
from alutils.figures.critical_difference import critical_difference
from alutils.figures.curves import around_random, room, saved_along, sparklines
from alutils.figures.embedding_properties import correlation_rows, number_map
from alutils.figures.forest import forest
from alutils.figures.gain_map import gain_map
from alutils.figures.gain_tiles import gain_tiles
from alutils.figures.gallery import pale, picks, traits
from alutils.figures.harder_tasks import correlation_dots, gain_against_hardness, room_filled
from alutils.figures.heat import quality_map
from alutils.figures.landscape import landscape
from alutils.figures.margin_and_badge import difference_along_quality, rivals
from alutils.figures.own_texts import proposal_map, replay_curves, unwritten
from alutils.figures.paired_dots import paired_dots
from alutils.figures.plots import (
    learning_curves,
    maps,
)
from alutils.figures.pool_leads import pool_leads
from alutils.figures.quality_correlation import correlation_by_size
from alutils.figures.quality_interaction import lead_by_quality, rise_by_dataset
from alutils.figures.quality_ladders import at_equal_quality, dose_response
from alutils.figures.robustness import beside_base, order_and_luck
from alutils.figures.rule import decision_trees
from alutils.figures.saved import Figure, save, slug
from alutils.figures.small_queries import small_and_large
from alutils.figures.stopping import (
    changes_beside_gains,
    estimates_beside_truth,
    forecasts_beside_gains,
)
from alutils.figures.story import told_and_saved
from alutils.figures.style import count, names, percent, plain, points, signed, table
from alutils.figures.theme import OTHER_STYLE, embedder_colours, style
from alutils.figures.ties import duel_matrix, p_by_unit, tally_bars, unit_bars
from alutils.figures.timings import costs, growth, milliseconds, sizes, speed_table, times
from alutils.figures.why_badge import batch_properties

__all__ = [
    "OTHER_STYLE",
    "Figure",
    "around_random",
    "at_equal_quality",
    "batch_properties",
    "beside_base",
    "changes_beside_gains",
    "correlation_by_size",
    "correlation_dots",
    "correlation_rows",
    "costs",
    "count",
    "critical_difference",
    "data_size",
    "decision_trees",
    "difference_along_quality",
    "dose_response",
    "duel_matrix",
    "duration",
    "embedder_colours",
    "estimates_beside_truth",
    "forecasts_beside_gains",
    "forest",
    "gain_against_hardness",
    "gain_map",
    "gain_tiles",
    "growth",
    "landscape",
    "lead_by_quality",
    "learning_curves",
    "maps",
    "milliseconds",
    "names",
    "number_map",
    "order_and_luck",
    "p_by_unit",
    "paired_dots",
    "pale",
    "percent",
    "picks",
    "plain",
    "points",
    "pool_leads",
    "proposal_map",
    "quality_map",
    "replay_curves",
    "rise_by_dataset",
    "rivals",
    "room",
    "room_filled",
    "run_costs",
    "run_parts",
    "save",
    "saved_along",
    "short_seconds",
    "signed",
    "sizes",
    "slug",
    "small_and_large",
    "sparklines",
    "speed_table",
    "style",
    "table",
    "tally_bars",
    "times",
    "told_and_saved",
    "traits",
    "unit_bars",
    "unwritten",
]
