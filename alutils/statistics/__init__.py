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
from alutils.statistics.medians import Median, median_interval
from alutils.statistics.mixed import QualityModel, quality_model, quality_slopes
from alutils.statistics.moderation import interaction, rank_trend
from alutils.statistics.more_seeds import seeds_needed
from alutils.statistics.order import arrange
from alutils.statistics.pairing import paired_differences
from alutils.statistics.ratios import share_of_effect
from alutils.statistics.regret import regret
from alutils.statistics.reordering import Reordering, reordering
from alutils.statistics.resamples import UnitMeans, unit_means, without_bias
from alutils.statistics.savings import (
    labels_saved,
    labels_to_match,
    labels_to_reach,
    saved_summary,
)
from alutils.statistics.sign_flips import sign_flip_tests
from alutils.statistics.signed_ranks import signed_rank_tests
from alutils.statistics.student import LEVEL, ROUNDING, intervals, verdicts
from alutils.statistics.tallies import OUTCOMES, outcomes, tally
from alutils.statistics.welch import unpaired_differences
from alutils.statistics.within import (
    correlation_changes,
    dataset_correlations,
    within_correlations,
)

__all__ = [
    "CELL_FIELDS",
    "LEVEL",
    "METRICS",
    "OUTCOMES",
    "ROUNDING",
    "AverageRanks",
    "Median",
    "QualityModel",
    "Reordering",
    "UnitMeans",
    "arrange",
    "aulc",
    "bootstrap_interval",
    "cliques",
    "correlation_changes",
    "dataset_correlations",
    "friedman_test",
    "holm",
    "interaction",
    "intervals",
    "labels_saved",
    "labels_to_match",
    "labels_to_reach",
    "leaders",
    "median_interval",
    "outcomes",
    "paired_differences",
    "quality_model",
    "quality_slopes",
    "rank_correlations",
    "rank_trend",
    "regret",
    "reordering",
    "saved_summary",
    "seeds_needed",
    "share_of_effect",
    "sign_flip_tests",
    "signed_rank_tests",
    "tally",
    "unit_means",
    "unpaired_differences",
    "verdicts",
    "within_correlations",
    "without_bias",
]
