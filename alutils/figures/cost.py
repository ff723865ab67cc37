"""Figures of what the study cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.colors import LogNorm

from alutils.figures.amounts import short_seconds
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import panels

# Light to dark from what is paid anyway to what the strategy asks for.
_PARTS = {
    "rest": ("evaluation and the rest", "#d9d9d9"),
    "fit": ("fitting heads", "#9ecae1"),
    "initial": ("initial pool", "#6baed6"),
    "query": ("queries", "#08519c"),
}


def run_costs(table: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw what a run takes: strategies down, datasets across, the seconds written in.

    Parameters
    ----------
    table : pandas.DataFrame
        ``strategy`` and ``dataset``, in the order to draw, and ``run`` in seconds.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(table["strategy"]))
    datasets = list(dict.fromkeys(table["dataset"]))
    values = table.pivot(index="strategy", columns="dataset", values="run")
    values = values.loc[strategies, datasets]
    low, high = float(np.nanmin(values.to_numpy())), float(np.nanmax(values.to_numpy()))
    norm = LogNorm(low, max(high, 1.01 * low))
    figure, axes = panels([""], [""], 0.33 * len(strategies) + 0.7)
    axis, colours = axes[0, 0], sns.color_palette("viridis_r", as_cmap=True)
    axis.imshow(values, cmap=colours, norm=norm, aspect="auto")
    for (row, column), seconds in np.ndenumerate(values.to_numpy()):
        if not np.isnan(seconds):
            ink = "white" if norm(seconds) > 0.45 else "black"
            words = short_seconds(seconds)
            axis.text(column, row, words, ha="center", va="center", color=ink, fontsize=9)
    axis.set_xticks(range(len(datasets)), [plain(d) for d in datasets], rotation=35, ha="right")
    axis.set_yticks(range(len(strategies)), [plain(s) for s in strategies])
    axis.grid(visible=False)
    return save(figure, name, alt=alt, caption=caption, data=table)


def run_parts(table: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw what a run spends on its parts, a bar for each strategy.

    Parameters
    ----------
    table : pandas.DataFrame
        ``strategy`` in the order to draw, and seconds of ``fit``, ``initial``, ``query``, ``rest``.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    figure, axes = panels([""], [""], 0.3 * len(table) + 0.6)
    axis, places = axes[0, 0], np.arange(len(table))
    start = np.zeros(len(table))
    for part, (label, colour) in _PARTS.items():
        axis.barh(places, table[part], left=start, height=0.72, color=colour, label=label)
        start = start + table[part].to_numpy()
    for place, end in zip(places, start, strict=True):
        axis.annotate(
            short_seconds(end), (end, place), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=9,
        )  # fmt: skip
    axis.set_yticks(places, [plain(s) for s in table["strategy"]])
    axis.set(xlabel="core seconds of a run", ylim=(len(table) - 0.5, -0.5))
    axis.margins(x=0.08)
    axis.grid(axis="y", visible=False)
    figure.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=10)
    return save(figure, name, alt=alt, caption=caption, data=table)
