"""Average ranks of strategies, and which of them cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import WIDTH, panels, style
from alutils.statistics import AverageRanks

INK = "#333333"
SIDE = 1.75  # inches beside the axis, for names
ROW = 0.235  # inches from name to name
BAR = 0.13  # inches from bar to bar


def critical_difference(ranks: AverageRanks, name: str, *, alt: str, caption: str) -> Figure:
    """Draw average ranks on an axis, the best on the left, and bars over what is one group.

    Parameters
    ----------
    ranks : alutils.statistics.AverageRanks
        As returned by `alutils.statistics.friedman_test`. A bar joins strategies that cannot be
        told apart; above the axis lies the critical difference at its length.
    name, alt, caption : str
        As in `save`. The data have ``strategy``, ``rank``, the numbers of its bars from the top
        (``groups``), ``critical_difference``, ``n_units`` and ``unit``.

    Returns
    -------
    Figure

    References
    ----------
    .. [1] Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7, 2006,
       figure 1.
    """
    order = list(ranks.ranks.index)
    member = [" ".join(str(n + 1) for n, g in enumerate(ranks.groups) if s in g) for s in order]
    drawn = pd.DataFrame(
        {
            "strategy": order,
            "rank": ranks.ranks.to_numpy(),
            "groups": member,
            "critical_difference": ranks.critical_difference,
            "n_units": ranks.n_units,
            "unit": ranks.unit,
        }
    )
    return save(
        _beside(ranks), name, alt=alt, caption=caption, data=drawn, phone=lambda: _below(ranks)
    )


def _beside(ranks: AverageRanks) -> Canvas:
    """Draw names at both sides of the axis."""
    order = list(ranks.ranks.index)
    k = len(order)
    levels = _levels([(ranks.ranks[g[0]], ranks.ranks[g[-1]]) for g in ranks.groups])
    first = BAR * (max(levels, default=-1) + 1) + 0.3  # inches from the axis to the first name
    height = first + ROW * (-(-k // 2) - 1) + 0.1
    figure, axes = panels([""], [""], height)
    figure.set_size_inches(WIDTH, height + 0.85)
    axis = axes[0, 0]
    axis.set_axis_off()
    # One unit up is one inch.
    inch = (k - 1) / (WIDTH - 2 * SIDE)
    axis.set(xlim=(1 - SIDE * inch, k + SIDE * inch), ylim=(-height, 0.85))

    axis.plot([1, k], [0, 0], color=INK, lw=1.2)
    for tick in range(1, k + 1):
        axis.plot([tick, tick], [0, 0.06], color=INK, lw=1)
        axis.text(tick, 0.09, str(tick), ha="center", va="bottom", fontsize=9)
    axis.text(
        1 - 0.25 * inch, 0, "average rank\n(1 is best)", ha="right", va="center", fontsize=9,
        color=INK,
    )  # fmt: skip
    _scale(axis, ranks, k, 0.42, 1.0)
    for level, group in zip(levels, ranks.groups, strict=True):
        ends = ranks.ranks[[group[0], group[-1]]].to_numpy() + np.array([-0.06, 0.06]) * inch
        y = -BAR * (level + 1)
        axis.plot(ends, [y, y], color=INK, lw=4, solid_capstyle="butt", alpha=0.85)
    left = order[: -(-k // 2)]
    _labels(axis, ranks.ranks[left], first, 1 - 0.12 * inch, "right")
    _labels(axis, ranks.ranks[order[len(left) :]].iloc[::-1], first, k + 0.12 * inch, "left")
    return figure


def _below(ranks: AverageRanks) -> Canvas:
    """Draw a line for each name, the best on top, and the bars right of them."""
    order = list(ranks.ranks.index)
    k = len(order)
    levels = _levels([(order.index(g[0]), order.index(g[-1])) for g in ranks.groups])
    figure, axes = panels([""], [""], ROW * k + 0.75)
    axis = axes[0, 0]
    step = 0.05 * (k - 1)  # from bar to bar
    axis.set(xlim=(1 - step, k + step * (max(levels, default=-1) + 2)), ylim=(0.5 - k, 3))
    for place, (strategy, rank) in enumerate(ranks.ranks.items()):
        colour, marker = style(str(strategy))
        axis.plot([1, rank], [-place, -place], color=colour, lw=1.3)
        axis.plot(rank, -place, marker=marker, ms=6, color=colour)
    for level, group in zip(levels, ranks.groups, strict=True):
        ends = -order.index(group[0]) + 0.3, -order.index(group[-1]) - 0.3
        axis.plot([k + step * (level + 1)] * 2, ends, color=INK, lw=4, solid_capstyle="butt")
    _scale(axis, ranks, k, 1.2, 1 / ROW)
    axis.set_xticks(sorted({1, *range(3, k + 1, 3)}))
    axis.set_yticks(
        range(0, -k, -1), [f"{plain(str(s))}  {rank:.1f}" for s, rank in ranks.ranks.items()]
    )
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("average rank (1 is best)")
    return figure


def _scale(axis: Axes, ranks: AverageRanks, k: int, y: float, inch: float) -> None:
    """Draw the critical difference at its length, or an arrow where it exceeds the axis.

    `inch` is how far up one inch is.
    """
    end, tick = 1 + ranks.critical_difference, 0.05 * inch
    words = f"critical difference {ranks.critical_difference:.2f}"
    if end > k:
        axis.annotate("", (k, y), (1, y), arrowprops={"arrowstyle": "->", "color": INK})
        words += ",\nlonger than this axis"
    else:
        axis.plot([1, end], [y, y], color=INK, lw=1.5)
        axis.plot([end, end], [y - tick, y + tick], color=INK, lw=1.5)
    axis.plot([1, 1], [y - tick, y + tick], color=INK, lw=1.5)
    axis.text(1, y + 1.4 * tick, words, ha="left", va="bottom", fontsize=9, color=INK)


def _labels(axis: Axes, ranks: pd.Series, first: float, edge: float, align: str) -> None:
    """Write names at one side, the outermost on top, each with a line to its rank."""
    for place, (strategy, rank) in enumerate(ranks.items()):
        colour, marker = style(str(strategy))
        y = -first - ROW * place
        axis.plot([rank, rank, edge], [0, y, y], color=colour, lw=1.3)
        axis.plot(rank, 0, marker=marker, ms=6, color=colour, clip_on=False, zorder=3)
        name, number = plain(str(strategy)), f"{rank:.1f}"
        words = f"{name}  {number} " if align == "right" else f" {number}  {name}"
        axis.text(edge, y, words, ha=align, va="center", fontsize=10, color=INK)


def _levels(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Give spans in rising order the first row where they touch no other."""
    ends: list[float] = []
    levels = []
    for low, high in spans:
        level = next((n for n, end in enumerate(ends) if end < low), len(ends))
        ends[level : level + 1] = [high]
        levels.append(level)
    return levels
