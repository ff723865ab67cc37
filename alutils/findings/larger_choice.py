"""Which choice is the larger one: of an embedder, or of a strategy."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alutils.findings.judging import both_intervals
from alutils.statistics import paired_differences

_UNIT = ["dataset", "seed"]


@dataclass(frozen=True)
class LargerChoice:
    """What two choices bring. Effects are rows of `alutils.findings.judging.both_intervals`.

    Parameters
    ----------
    strategy : str
        The best one on average.
    of_strategy : pandas.Series
        It minus Random, averaged over embedders.
    of_embedder : pandas.Series
        The best embedder minus the worst, with labels drawn at random.
    more : pandas.Series
        The second effect minus the first, on the same datasets and seeds.
    """

    strategy: str
    of_strategy: pd.Series
    of_embedder: pd.Series
    more: pd.Series

    @property
    def headline(self) -> str:
        """Say which choice is the larger one, if that can be told."""
        if self.more["low"] > 0:
            return "The embedder decides more than the strategy."
        if self.more["high"] < 0:
            return "The strategy decides more than the embedder."
        return (
            "Whether the embedder or the strategy decides more cannot be told from so few datasets."
        )


def larger_choice(areas: pd.DataFrame, worst: str, best: str) -> LargerChoice:
    """Compare what the best strategy brings with what the best embedder brings.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `alutils.statistics.aulc`; Random among the strategies.
    worst, best : str
        Two embedders.

    Returns
    -------
    LargerChoice
    """
    gains = paired_differences(areas, "aulc", "strategy", "random")
    effects = both_intervals(gains, ["strategy"])
    top = effects.iloc[int(effects["mean"].argmax())]
    own = gains[gains["strategy"] == top["strategy"]].groupby(_UNIT)["difference"].mean()
    ahead = paired_differences(areas[areas["strategy"] == "random"], "aulc", "embedder", worst)
    other = ahead[ahead["embedder"] == best].groupby(_UNIT)["difference"].mean()
    return LargerChoice(
        strategy=str(top["strategy"]),
        of_strategy=top,
        of_embedder=both_intervals(other.reset_index()).iloc[0],
        more=both_intervals((other - own).reset_index()).iloc[0],
    )
