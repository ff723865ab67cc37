"""From records to comparisons: paired by seed, with an interval on every one.

Most intervals here have the seed as their unit: they say how far the mean would move with other
random initial pools and other random choices on the same texts. They say nothing about other
datasets. A function whose unit is another one says so.
"""

from __future__ import annotations

from alutils.statistics.areas import aulc
from alutils.statistics.average_ranks import AverageRanks, cliques, friedman_test
from alutils.statistics.bootstrap import bootstrap_interval
from alutils.statistics.columns import CELL_FIELDS, METRICS
from alutils.statistics.correlation import rank_correlations
from alutils.statistics.families import holm
from alutils.statistics.leading import leaders
from alutils.statistics.mixed import QualityModel, quality_model
from alutils.statistics.moderation import interaction, rank_trend
from alutils.statistics.more_seeds import seeds_needed
from alutils.statistics.order import arrange
from alutils.statistics.pairing import paired_differences
from alutils.statistics.savings import labels_saved, saved_summary
from alutils.statistics.signed_ranks import signed_rank_tests
from alutils.statistics.student import LEVEL, ROUNDING, intervals, verdicts
from alutils.statistics.tallies import outcomes, tally
from alutils.statistics.within import correlation_changes, within_correlations

__all__ = [
    "CELL_FIELDS",
    "LEVEL",
    "METRICS",
    "ROUNDING",
    "AverageRanks",
    "QualityModel",
    "arrange",
    "aulc",
    "bootstrap_interval",
    "cliques",
    "correlation_changes",
    "friedman_test",
    "holm",
    "interaction",
    "intervals",
    "labels_saved",
    "leaders",
    "outcomes",
    "paired_differences",
    "quality_model",
    "rank_correlations",
    "rank_trend",
    "saved_summary",
    "seeds_needed",
    "signed_rank_tests",
    "tally",
    "verdicts",
    "within_correlations",
]
