"""Figures about properties of embeddings: dots for correlations, maps for what moves together."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from alutils.figures.saved import Figure, save
from alutils.figures.theme import OTHER_STYLE, STYLE, WIDTH, panels

GREY = STYLE["random"][0]


def correlation_rows(
    table: pd.DataFrame,
    labels: Mapping[str, str],
    colours: Mapping[str, str],
    name: str,
    *,
    apart: int = 0,
    xlabel: str,
    alt: str,
    caption: str,
) -> Figure:
    """Draw rank correlations with intervals: a row for each measure, a panel for each outcome.

    Parameters
    ----------
    table : pandas.DataFrame
        ``panel`` and ``row``, both in the order to draw; ``kind``: rows of the first are drawn
        filled, those of the second, if there is one, hollow below them; ``mean``, ``low``,
        ``high``; what is NaN is not drawn.
    labels : mapping of str to str
        How rows are called.
    colours : mapping of str to str
        Of panels; others are grey.
    apart : int
        A thin line is drawn below so many rows; none for 0.
    xlabel : str
        What is drawn.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    columns = list(dict.fromkeys(table["panel"]))
    rows = list(dict.fromkeys(table["row"]))
    kinds = list(dict.fromkeys(table["kind"]))
    shift = [0.0] if len(kinds) == 1 else [-0.17, 0.2]
    figure, axes = panels([""], [""] * len(columns), 0.28 * len(rows) + 0.3, sharex="all")
    for axis, panel in zip(axes[0], columns, strict=True):
        # Many panels are too narrow for their names on one line.
        words = "\n".join(panel.rsplit(" ", 1)) if len(columns) > 3 else panel
        axis.set_title(words, fontsize=9.5)
        axis.axvline(0, color=GREY, lw=1)
        if 0 < apart < len(rows):
            axis.axhline(apart - 0.5, color=GREY, lw=0.6, ls=(0, (4, 3)))
        colour = colours.get(panel, OTHER_STYLE[0])
        here = table[table["panel"] == panel]
        for _, one in here.dropna(subset=["mean"]).iterrows():
            place = rows.index(one["row"]) + shift[kinds.index(one["kind"])]
            axis.plot([one["low"], one["high"]], [place] * 2, color=colour, lw=1.2)
            hollow = one["kind"] != kinds[0]
            axis.plot(
                one["mean"], place, "o", ms=4.6, mec=colour, color="white" if hollow else colour
            )
        axis.set(xlim=(-1.08, 1.08), ylim=(len(rows) - 0.45, -0.55))
        axis.set_xticks([-1, 0, 1], ["−1", "0", "1"])
        axis.set_yticks(range(len(rows)), [labels[row] for row in rows], fontsize=8.5)
        axis.grid(axis="y", visible=False)
    figure.supxlabel(xlabel, fontsize=10)
    if len(kinds) > 1:
        dark = OTHER_STYLE[0]
        handles = [
            Line2D([], [], color=dark, mec=dark, mfc=face, marker="o", ms=5, lw=1.2, label=kind)
            for kind, face in zip(kinds, (dark, "white"), strict=True)
        ]
        figure.legend(
            handles=handles, loc="outside upper center", ncols=2, frameon=False, fontsize=9.5
        )
    return save(figure, name, alt=alt, caption=caption, data=table)


def number_map(
    table: pd.DataFrame, name: str, *, reach: float, digits: int, key: str, alt: str, caption: str
) -> Figure:
    """Draw numbers on colours; bold where the interval excludes zero.

    Parameters
    ----------
    table : pandas.DataFrame
        ``row`` and ``column`` as they are to be read, in order, and ``mean``; with ``low`` and
        ``high`` where there are intervals.
    reach : float
        Where the colours end, on both sides of zero.
    digits : int
        Of the numbers, after the point.
    key : str
        What the numbers are.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    rows, columns = (list(dict.fromkeys(table[side])) for side in ("row", "column"))
    figure, axis = plt.subplots(
        figsize=(WIDTH, 0.5 + 0.27 * len(rows) + (1.6 if len(columns) > 6 else 0.5)),
        layout="constrained",
    )
    scale, colours = mpl.colors.Normalize(-reach, reach), plt.get_cmap("PuOr")
    values = table.pivot(index="row", columns="column", values="mean").loc[rows, columns]
    axis.imshow(values, cmap=colours, norm=scale, aspect="auto")
    for cell in table.dropna(subset=["mean"]).to_dict("records"):
        value = float(cell["mean"])
        clear = cell.get("low", np.nan) > 0 or cell.get("high", np.nan) < 0
        # Weighted as eyes see red, green and blue.
        dark = float(np.dot(colours(scale(value))[:3], [0.299, 0.587, 0.114])) < 0.55
        axis.text(
            columns.index(cell["column"]), rows.index(cell["row"]),
            f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−"),
            ha="center", va="center", fontsize=8, color="white" if dark else "#222222",
            weight="bold" if clear else "normal",
        )  # fmt: skip
    slant = len(columns) > 6
    names = columns if slant else [fill(name, 80 // len(columns)) for name in columns]
    axis.set_xticks(range(len(columns)), names, fontsize=8.5)
    if slant:
        plt.setp(axis.get_xticklabels(), rotation=40, ha="right")
    axis.set_yticks(range(len(rows)), rows, fontsize=8.5)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    figure.suptitle(key, fontsize=10)
    return save(figure, name, alt=alt, caption=caption, data=table)
