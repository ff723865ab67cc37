"""A critical-difference diagram (a plain version)."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd

from alutils.figures.saved import Figure, save
from alutils.figures.style import WIDTH, plain
from alutils.statistics import AverageRanks


def critical_difference(ranks: AverageRanks, name: str, *, alt: str, caption: str) -> Figure:
    """Draw average ranks on a line, joined where they cannot be told apart."""
    figure, axis = plt.subplots(figsize=(WIDTH, 0.6 + 0.3 * len(ranks.ranks)), layout="constrained")
    for place, (level, rank) in enumerate(ranks.ranks.items()):
        axis.plot(rank, place, "ko")
        axis.annotate(f"  {plain(str(level))}", (rank, place), va="center")
    for group in ranks.groups:
        ends = ranks.ranks[group]
        axis.plot([ends.min(), ends.max()], [len(ranks.ranks)] * 2, "k", lw=3, alpha=0.4)
    axis.set_yticks([])
    axis.invert_yaxis()
    axis.set_xlabel("average rank")
    data = pd.DataFrame({"level": ranks.ranks.index, "rank": ranks.ranks.to_numpy()})
    return save(figure, name, alt=alt, caption=caption, data=data)
