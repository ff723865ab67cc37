"""The figure of what batches of queries have in common, beside what they reach."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, panels, style

_DARK = "#333333"


def batch_properties(
    levels: pd.DataFrame,
    differences: pd.DataFrame,
    titles: Mapping[str, str],
    blind: Mapping[str, float],
    name: str,
    *,
    xlabel: str,
    log: bool = False,
    alt: str,
    caption: str,
) -> Figure:
    """Draw measures of several strategies, and below them the difference between two.

    Parameters
    ----------
    levels : pandas.DataFrame
        ``measure``, ``strategy``, ``x`` and ``mean``, as shares: the upper row.
    differences : pandas.DataFrame
        ``measure``, ``x``, ``mean``, ``low``, ``high``, as shares: the lower row; an interval that
        is NaN is not drawn.
    titles : mapping of str to str
        Measures to draw, one column each, and how they are written.
    blind : mapping of str to float
        What a blind choice has, where that is known: a dotted line in the upper row.
    name, alt, caption : str
        As in `save`.
    xlabel : str
        What ``x`` is.
    log : bool
        Whether ``x`` is drawn on a logarithmic scale, with its own values as ticks, and its dots
        are joined; else each is by itself.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(levels["strategy"]))
    columns = [fill(title, 15) for title in titles.values()]
    figure, axes = panels(
        ["mean of datasets, %", "BADGE − Margin, points"],
        columns,
        1.8,
        sharex="all",
        sharey="none",
    )
    joined = "-" if log else ""
    for measure, title, (top, bottom) in zip(titles, columns, axes.T, strict=True):
        top.set_title(title, fontsize=9.5)
        for strategy in strategies:
            here = levels[(levels["measure"] == measure) & (levels["strategy"] == strategy)]
            here = here.sort_values("x")
            colour, marker = style(strategy)
            top.plot(
                here["x"], 100 * here["mean"], color=colour, marker=marker, ms=5, lw=1.4,
                ls=joined or "none", label=plain(strategy),
            )  # fmt: skip
        if measure in blind:
            # What is nearly blind shall look it, whatever the scale of the differences.
            there = 100 * blind[measure]
            top.axhline(there, color=_DARK, lw=1, ls=":")
            low, high = top.get_ylim()
            top.set_ylim(min(low, 0.5 * there), max(high, 1.5 * there))
        _difference(bottom, differences[differences["measure"] == measure], joined)
        for axis in (top, bottom):
            axis.tick_params(labelsize=8)
            if log:
                ticks = sorted(set(levels["x"]))
                axis.set_xscale("log")
                slant = {"rotation": 60} if len(ticks) > 3 else {}
                axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks], **slant)
                axis.minorticks_off()
    figure.supxlabel(xlabel, fontsize=10.5)
    _legend(figure, "", *axes[0, 0].get_legend_handles_labels())
    data = pd.concat([levels, differences.assign(strategy="badge minus margin")])
    return save(figure, name, alt=alt, caption=caption, data=data[data["measure"].isin(titles)])


def _difference(axis: Axes, here: pd.DataFrame, joined: str) -> None:
    here = here.sort_values("x")
    axis.axhline(0, color=STYLE["random"][0], lw=1)
    mean, low, high = (100 * here[name].to_numpy() for name in ("mean", "low", "high"))
    whiskers = np.nan_to_num([mean - low, high - mean]).clip(min=0)
    axis.errorbar(here["x"], mean, yerr=whiskers, fmt=f"o{joined}", ms=4, lw=1.2, color=_DARK)
