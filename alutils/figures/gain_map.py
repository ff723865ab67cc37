"""A heat map of differences, with the numbers in it."""

from __future__ import annotations

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from alutils.figures.saved import Figure, save
from alutils.figures.theme import WIDTH

ABREAST = 5  # columns beside each other on a phone


def gain_map(table: pd.DataFrame, name: str, *, key: str, alt: str, caption: str) -> Figure:
    """Draw differences as coloured cells with their numbers, one map below the other.

    A number is bold where its interval excludes zero.

    Parameters
    ----------
    table : pandas.DataFrame
        ``panel`` (one map each), ``row`` and ``column`` as they are to be read, in order, and
        ``mean``, ``low``, ``high`` of the difference as shares.
    key : str
        What the numbers are, in points.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    columns = len(set(table["column"]))
    return save(
        _draw(table, key, columns), name, alt=alt, caption=caption, data=table,
        phone=lambda: _draw(table, key, ABREAST),
    )  # fmt: skip


def _draw(table: pd.DataFrame, key: str, abreast: int) -> mpl.figure.Figure:
    """Draw the maps, each in parts of at most so many columns, one part below the other."""
    rows = list(dict.fromkeys(table["row"]))
    columns = list(dict.fromkeys(table["column"]))
    blocks = np.array_split(columns, -(-len(columns) // abreast))
    parts = list(itertools.product(dict.fromkeys(table["panel"]), blocks))
    figure, axes = plt.subplots(
        len(parts), 1, figsize=(WIDTH, len(parts) * (0.5 + 0.27 * len(rows)) + 1.0),
        sharex=len(blocks) == 1, squeeze=False, layout="constrained",
    )  # fmt: skip
    # One outlier would leave all other cells pale.
    reach = max(1.0, float(np.nanquantile(100 * table["mean"].abs(), 0.95)))
    scale = mpl.colors.Normalize(-reach, reach)
    colours = plt.get_cmap("PuOr")
    # Names side by side take about an inch each.
    slanted = {"rotation": 35, "ha": "right"} if len(columns) > 5 else {}
    for axis, (panel, block) in zip(axes[:, 0], parts, strict=True):
        here = table[table["panel"] == panel].set_index(["row", "column"])
        values = 100 * here["mean"].unstack().reindex(index=rows, columns=block)
        axis.imshow(values, cmap=colours, norm=scale, aspect="auto")
        for (i, row), (j, column) in itertools.product(enumerate(rows), enumerate(block)):
            if (row, column) in here.index:
                _write(axis, i, j, here.loc[(row, column)], colours, scale)
        axis.set_title(panel, fontsize=10.5, loc="left")
        axis.set_yticks(range(len(rows)), rows, fontsize=9)
        axis.set_xticks(range(len(block)), block, fontsize=9, **slanted)
        axis.set_xticks(np.arange(len(block)) - 0.5, minor=True)
        axis.set_yticks(np.arange(len(rows)) - 0.5, minor=True)
        axis.grid(which="minor", color="white", lw=1.5)
        axis.tick_params(which="both", length=0)
        axis.spines[:].set_visible(False)
    figure.suptitle(key, fontsize=10)
    return figure


def _write(
    axis: Axes,
    i: int,
    j: int,
    cell: pd.Series,
    colours: mpl.colors.Colormap,
    scale: mpl.colors.Normalize,
) -> None:
    value = 100 * float(cell["mean"])
    apart = cell["low"] > 0 or cell["high"] < 0
    text = f"{round(value, 1) + 0.0:+.1f}".replace("-", "−")
    # Weighted as eyes see red, green and blue.
    dark = float(np.dot(colours(scale(value))[:3], [0.299, 0.587, 0.114])) < 0.55
    weight = "bold" if apart else "normal"
    colour = "white" if dark else "#222222"
    axis.text(j, i, text, ha="center", va="center", fontsize=8, color=colour, weight=weight)
