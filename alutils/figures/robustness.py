"""Figures of findings in other worlds: every comparison beside the base, and the orders."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import OTHER_STYLE, STYLE, panels, style

_PALE = "#a6a6a6"
_DARK = "#444444"


def beside_base(effects: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw comparisons of strategies in the base and in other worlds, a panel for each world.

    Parameters
    ----------
    effects : pandas.DataFrame
        ``world`` (panels), ``one``, ``other`` and ``embedder`` (lines), ``mean``, ``low``,
        ``high`` in the world and, with ``base_`` before, in the base, as shares (``low_fixed``
        and ``high_fixed`` are drawn where there is no ``low``); and ``outcome``.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    worlds = list(dict.fromkeys(effects["world"]))
    embedders = list(dict.fromkeys(effects["embedder"]))
    lines = list(effects[["embedder", "one", "other"]].drop_duplicates().itertuples(False, None))
    lines.sort(key=lambda line: embedders.index(line[0]))
    columns = 2 if len(worlds) in (2, 4) else min(3, len(worlds))
    rows = -(-len(worlds) // columns)
    height = 0.27 * len(lines) + 0.5
    figure, axes = panels([""] * rows, [""] * columns, height, sharex="all", sharey="all")
    for axis in axes.flat[len(worlds) :]:
        axis.set_axis_off()
    for axis, world in zip(axes.flat, worlds, strict=False):
        axis.axvline(0, color=STYLE["random"][0], lw=1)
        axis.set_title(world.replace(" (", "\n("), fontsize=10.5)
        axis.tick_params(labelbottom=True)
        for row in effects[effects["world"] == world].to_dict("records"):
            place = lines.index((row["embedder"], row["one"], row["other"]))
            colour = style(row["one"])[0] if row["other"] == "random" else OTHER_STYLE[0]
            _dot(axis, row, "base_", place - 0.16, _PALE, "o", _PALE)
            marker = "X" if row["outcome"] in ("gone", "flipped") else "o"
            sure = row["outcome"] in ("kept", "same", "gone", "flipped")
            _dot(axis, row, "", place + 0.16, colour, marker, colour if sure else "white")
    words = [f"{plain(e)}: {_title(one)} − {_title(other)}" for e, one, other in lines]
    axes[0, 0].set_yticks(range(len(lines)), words)
    axes[0, 0].set_ylim(len(lines) - 0.5, -0.5)
    for axis in axes.flat:
        axis.grid(axis="y", visible=False)
    figure.supxlabel("difference in AULC, points", fontsize=11)
    keys = [
        (Line2D([], [], color=_PALE, marker="o", ms=5.5, lw=1.3), "base"),
        (Line2D([], [], color=_DARK, marker="o", ms=5.5, lw=1.3), "here, stays"),
        (Line2D([], [], color=_DARK, marker="X", ms=6.5, lw=1.3), "gone, or other sign"),
        (
            Line2D([], [], color=_DARK, marker="o", mfc="white", ms=5.5, lw=1.3),
            "cannot tell, or none in the base",
        ),
    ]
    _legend(figure, "", *map(list, zip(*keys, strict=True)))
    return save(figure, name, alt=alt, caption=caption, data=effects)


def order_and_luck(orders: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw how far orders agree with the base, beside what luck alone would leave.

    Parameters
    ----------
    orders : pandas.DataFrame
        ``world`` (lines); ``tau`` and ``luck``, each with ``_low`` and ``_high``.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    worlds = list(orders["world"])
    figure, axes = panels([""], [""], 0.34 * len(worlds) + 0.4)
    axis = axes[0, 0]
    for value, offset, colour in (("luck", -0.15, _PALE), ("tau", 0.15, STYLE["typiclust"][0])):
        marker = "|" if value == "luck" else "o"
        for place, row in enumerate(orders.to_dict("records")):
            ends = [row[f"{value}_low"], row[f"{value}_high"]]
            axis.plot(ends, [place + offset] * 2, color=colour, lw=1.4)
            axis.plot(row[value], place + offset, marker, color=colour, ms=7, mew=1.6)
    axis.set_yticks(range(len(worlds)), worlds)
    axis.set_ylim(len(worlds) - 0.5, -0.5)
    axis.set_xlim(right=1.02)
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("Kendall's tau with the order of the base, from other seeds", fontsize=10)
    handles = [
        Line2D([], [], color=STYLE["typiclust"][0], marker="o", ms=7, lw=1.4),
        Line2D([], [], color=_PALE, marker="|", ms=9, mew=1.6, lw=1.4),
    ]
    _legend(figure, "", handles, ["here", "if the orders were the same, by luck"])
    return save(figure, name, alt=alt, caption=caption, data=orders)


def _dot(
    axis: Axes, row: dict[str, float], start: str, y: float, colour: str, marker: str, fill: str
) -> None:
    end = "_fixed" if np.isnan(row[f"{start}low"]) else ""
    mean, low, high = (100 * row[f"{start}{key}"] for key in ("mean", f"low{end}", f"high{end}"))
    axis.plot([low, high], [y, y], color=colour, lw=1.3)
    axis.plot(mean, y, marker, color=colour, mfc=fill, ms=5.5 if marker == "o" else 6.5)


def _title(strategy: str) -> str:
    word = plain(strategy)
    return f"{word[0].upper()}{word[1:]}"
