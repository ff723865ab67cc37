"""Which choice is the larger one: of an embedder, or of a strategy."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alutils.figures.style import plain, points
from alutils.findings.judging import both_intervals
from alutils.findings.words import several
from alutils.statistics import paired_differences

FEW = 5
"""With fewer datasets no resample knows much of others."""

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
    single : pandas.DataFrame
        Both effects on every dataset: columns ``embedder`` and ``strategy``.
    """

    strategy: str
    of_strategy: pd.Series
    of_embedder: pd.Series
    more: pd.Series
    single: pd.DataFrame

    @property
    def headline(self) -> str:
        """Say which choice is the larger one, if that can be told."""
        if self.more["low"] > 0:
            return "The embedder decides more than the strategy."
        if self.more["high"] < 0:
            return "The strategy decides more than the embedder."
        ahead, n = int((self.single["embedder"] > self.single["strategy"]).sum()), len(self.single)
        return (
            f"On {ahead} of {several(n, 'dataset')} the embedder decides more than the strategy; "
            "of others that cannot be told from so few."
        )

    @property
    def caution(self) -> str:
        """Say what single datasets show, where they are too few for an interval to mean much."""
        if len(self.single) >= FEW:
            return ""
        each = {
            name: "; ".join(f"{plain(str(d))} {points(v)}" for d, v in self.single[name].items())
            for name in ("embedder", "strategy")
        }
        return (
            f"By itself each dataset shows, of the embedder, {each['embedder']}; of the strategy, "
            f"{each['strategy']}. Intervals from so few are guesses about others, which may reach "
            "beyond all that were seen."
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
        single=pd.DataFrame(
            {
                name: per.groupby("dataset").mean()
                for name, per in (("embedder", other), ("strategy", own))
            }
        ),
    )
