"""Figures of the page that turns the quality of one embedding like a knob."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, embedder_colours, panels, style

ACROSS = 3  # panels side by side

# Shades of embedders, which ladders are made of: the hues belong to strategies.
_MARKERS = {"projection": "D", "bits": "P", "pca": "s", "whiten": "X", "noise": "^", "layers": "o"}
LADDER_STYLE = {
    ladder: (colour, _MARKERS[ladder]) for ladder, colour in embedder_colours([*_MARKERS]).items()
}


def dose_response(
    table: pd.DataFrame, titles: dict[str, str], name: str, *, xlabel: str, alt: str, caption: str
) -> Figure:
    """Draw gains over Random against quality, a panel for each ladder, a line for each strategy.

    Parameters
    ----------
    table : pandas.DataFrame
        ``ladder`` (in order), ``strategy``, ``x`` (quality minus that of the top rung), ``mean``,
        ``low``, ``high`` as shares; no band where the last two are missing.
    titles : dict of str to str
        How ladders are called.
    xlabel : str
        What ``x`` is.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
        Its scale shows all lines; the band of few datasets may leave it. Along the quality every
        panel has a scale of its own, since some ladders go ten times as deep as others.
    """
    ladders = list(dict.fromkeys(table["ladder"]))
    columns = min(ACROSS, len(ladders))
    rows = -(-len(ladders) // columns)
    figure, axes = panels([""] * rows, [""] * columns, 2.1, sharex="none", sharey="all")
    for axis in axes.flat[len(ladders) :]:
        axis.set_axis_off()
    for axis, ladder in zip(axes.flat, ladders, strict=False):
        axis.axhline(0, color=STYLE["random"][0], lw=1)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
        here = table[table["ladder"] == ladder]
        deepest = f"{100 * here['x'].min():.0f}".replace("-", "−")
        axis.set_title(f"{titles[ladder]}, to {deepest}", fontsize=10)
        for strategy, line in here.groupby("strategy"):
            colour, marker = style(str(strategy))
            _line(axis, line.sort_values("x"), colour, marker, plain(str(strategy)))
    axes[0, 0].set_ylim(_scale(table))
    figure.supxlabel(xlabel, fontsize=10.5)
    figure.supylabel("gain over Random, points of AULC", fontsize=10.5)
    _legend(figure, "", *axes.flat[0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=table)


def at_equal_quality(
    table: pd.DataFrame, titles: dict[str, str], name: str, *, xlabel: str, alt: str, caption: str
) -> Figure:
    """Draw results against quality, a panel for each strategy, a line for each ladder.

    Parameters
    ----------
    table : pandas.DataFrame
        ``strategy`` (Random has its AULC, others their gain), ``ladder``, ``x``, ``mean``, ``low``,
        ``high`` as shares.
    titles : dict of str to str
        How ladders are called.
    xlabel : str
        What ``x`` is.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    others = sorted(set(table["strategy"]) - {"random"})
    strategies = [*others, "random"]
    columns = min(ACROSS, len(strategies))
    rows = -(-len(strategies) // columns)
    figure, axes = panels([""] * rows, [""] * columns, 2.1, sharex="all", sharey="none")
    for axis in axes.flat[len(strategies) :]:
        axis.set_axis_off()
    for place, (axis, strategy) in enumerate(zip(axes.flat, strategies, strict=False)):
        here = table[table["strategy"] == strategy]
        gain = strategy != "random"
        axis.set_title(plain(strategy) if gain else "Random's own AULC", fontsize=10.5)
        axis.tick_params(labelbottom=place + columns >= len(strategies))
        if gain:
            axis.axhline(0, color=STYLE["random"][0], lw=1)
        for ladder, line in here.groupby("ladder", sort=False):
            colour, marker = LADDER_STYLE[str(ladder)]
            _line(axis, line.sort_values("x"), colour, marker, titles[str(ladder)])
    own = table["strategy"] == "random"
    for axis, strategy in zip(axes.flat, strategies, strict=False):
        axis.set_ylim(_scale(table[own] if strategy == "random" else table[~own]))
    figure.supxlabel(xlabel, fontsize=10.5)
    figure.supylabel("gain over Random, points; AULC, points", fontsize=10.5)
    _legend(figure, "", *axes.flat[0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=table)


def _line(axis: Axes, line: pd.DataFrame, colour: object, marker: str, label: str) -> None:
    x = 100 * line["x"]
    axis.fill_between(x, 100 * line["low"], 100 * line["high"], color=colour, alpha=0.13, lw=0)
    if len(line) == 1:  # where a band would have no width
        axis.vlines(x, 100 * line["low"], 100 * line["high"], color=colour, alpha=0.5, lw=1)
    axis.plot(x, 100 * line["mean"], color=colour, marker=marker, ms=4, lw=1.5, label=label)


def _scale(table: pd.DataFrame) -> tuple[float, float]:
    """Return a scale that shows all lines, and of their bands what fits beside."""
    values = 100 * table[["mean", "low", "high"]].to_numpy(float)
    low, high = float(values[:, 0].min()), float(values[:, 0].max())
    # With two or three datasets bands are so wide that they would flatten all lines.
    room = 0.5 * (high - low) + 0.5
    ends = float(np.nanmin(values)), float(np.nanmax(values))  # of lines, where there are no bands
    return max(low - room, ends[0] - 0.1), min(high + room, ends[1] + 0.1)
