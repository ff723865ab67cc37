"""Several effects in every row: what a whole is made of, or one effect at several sizes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Literal

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, panels

TITLE = 75  # letters of all titles beside each other


def paired_dots(
    summary: pd.DataFrame,
    series: Mapping[str, tuple[str, str]],
    name: str,
    *,
    xlabel: str,
    alt: str,
    caption: str,
    columns: int = 3,
    same_scale: bool = False,
) -> Figure:
    """Draw effects with their intervals, those of one row close together.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``panel`` (its title), ``row`` (a name; the first on top), ``series`` and ``mean``,
        ``low``, ``high`` as shares; NaN leaves out the interval.
    series : mapping of str to tuple of str
        What stands in a row, from top to bottom: words for the key to colour and marker.
    name, alt, caption : str
        As in `save`.
    xlabel : str
        What the effects are, for all panels.
    columns : int
        Panels beside each other, at most.
    same_scale : bool
        Whether all panels have one scale.

    Returns
    -------
    Figure
    """
    rows = list(dict.fromkeys(summary["row"]))
    titles = list(dict.fromkeys(summary["panel"]))
    columns = min(columns, len(titles))
    lines = -(-len(titles) // columns)
    height = 0.6 + (0.14 + 0.12 * len(series)) * len(rows)
    shared: Literal["all", "none"] = "all" if same_scale else "none"
    figure, axes = panels([""] * lines, [""] * columns, height, sharex=shared, sharey="all")
    for axis in axes.flat[len(titles) :]:
        axis.set_axis_off()
    step = 0.7 / len(series)
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(textwrap.fill(title, TITLE // columns), fontsize=10)
        axis.axvline(0, color=STYLE["random"][0], lw=1)
        here = summary[summary["panel"] == title]
        for place, (kind, (colour, marker)) in enumerate(series.items()):
            one = here[here["series"] == kind]
            shift = (place - (len(series) - 1) / 2) * step
            y = [rows.index(row) + shift for row in one["row"]]
            axis.hlines(y, 100 * one["low"], 100 * one["high"], color=colour, lw=1.4)
            axis.plot(100 * one["mean"], y, marker, color=colour, mec="white", mew=0.6, ms=6)
        axis.set_yticks(range(len(rows)), [plain(row) for row in rows])
        axis.set_ylim(len(rows) - 0.45, -0.55)
        axis.grid(axis="y", visible=False)
        axis.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    figure.supxlabel(xlabel, fontsize=11)
    keys = [
        Line2D([], [], color=colour, marker=marker, mec="white", lw=1.4, ms=7)
        for colour, marker in series.values()
    ]
    _legend(figure, "", keys, list(series))
    return save(figure, name, alt=alt, caption=caption, data=summary)
