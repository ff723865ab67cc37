"""Figures about learning curves of many strategies on many datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain, signed
from alutils.figures.theme import STYLE, WIDTH, embedder_colours, panels, style

GREY = STYLE["random"][0]
NUMBERS = "#666666"  # of small numbers
ABREAST = 3  # datasets that a phone shows beside each other


def _tiles(
    names: Sequence[str], columns: int, height: float
) -> tuple[mpl.figure.Figure, list[Axes]]:
    """Make a panel for each name, row by row; panels of a row share their scale."""
    columns = min(columns, len(names))
    rows = -(-len(names) // columns)
    figure, axes = panels([""] * rows, [""] * columns, height, sharex="all")
    for axis, name in zip(axes.flat, names, strict=False):
        axis.set_title(plain(name), fontsize=10.5)
    for place in range(len(names), rows * columns):
        axes.flat[place].set_axis_off()
        axes[-2, place % columns].tick_params(labelbottom=True)
    return figure, list(axes.flat[: len(names)])


def around_random(
    summary: pd.DataFrame, name: str, *, ylabel: str, alt: str, caption: str
) -> Figure:
    """Draw differences from Random over labels, a panel for each strategy, a line per embedder.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``strategy`` (in the order to draw), ``embedder`` (in order of quality), ``n_labelled``,
        ``mean``, ``low_fixed`` and ``high_fixed`` (dark band), ``low`` and ``high`` (light band)
        as shares. Panels of one row share their scale, which shows all lines and dark bands; a
        light band may leave it.
    ylabel : str
        What the difference is of.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(summary["strategy"]))
    colours = _embedder_colours(summary)
    figure, axes = _tiles(strategies, 4, 1.55)
    for axis, strategy in zip(axes, strategies, strict=True):
        axis.axhline(0, color=GREY, lw=1)
        for embedder, colour in colours.items():
            here = summary[(summary["strategy"] == strategy) & (summary["embedder"] == embedder)]
            here = here.sort_values("n_labelled")
            x = here["n_labelled"]
            for low, high, alpha in (("low", "high", 0.16), ("low_fixed", "high_fixed", 0.42)):
                axis.fill_between(
                    x, 100 * here[low], 100 * here[high], color=colour, alpha=alpha, lw=0
                )
            axis.plot(x, 100 * here["mean"], color=colour, lw=1.6, label=plain(embedder))
        first = strategies.index(strategy) // 4 * 4
        axis.set_ylim(_scale(summary[summary["strategy"].isin(strategies[first : first + 4])]))
    figure.supxlabel("labels", fontsize=11)
    figure.supylabel(ylabel, fontsize=11)
    _legend(figure, "embedder", *axes[0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=summary)


def _scale(rows: pd.DataFrame) -> tuple[float, float]:
    """Return a scale that shows lines and dark bands, and of the light ones what fits beside."""
    ends = [
        100 * np.append(rows[columns].to_numpy(float), 0.0)
        for columns in (["mean", "low_fixed", "high_fixed"], ["mean", "low", "high"])
    ]
    inner, outer = ((float(np.nanmin(e)), float(np.nanmax(e))) for e in ends)
    # With two or three datasets light bands are so wide that they would flatten all lines.
    room = 0.5 * (inner[1] - inner[0]) + 0.1
    low = min(inner[0], max(outer[0], inner[0] - room))
    high = max(inner[1], min(outer[1], inner[1] + room))
    return low - 0.03 * (high - low), high + 0.03 * (high - low)


def _embedder_colours(summary: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    return embedder_colours(list(dict.fromkeys(summary["embedder"])))


def _in_points(share: float) -> str:
    return signed([100 * share, np.nan, np.nan], 1)


def sparklines(
    summary: pd.DataFrame, whole: pd.DataFrame, name: str, *, alt: str, caption: str
) -> Figure:
    """Draw a small curve with its band for every strategy (rows) and dataset (columns).

    All curves of a few datasets stand on one pair of axes, so that a hundred are drawn at once;
    each row has its own scale, which is written at its left.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``strategy`` and ``dataset`` (in the order to draw), ``n_labelled``, and ``mean``, ``low``,
        ``high`` of the difference from Random as shares.
    whole : pandas.DataFrame
        ``strategy``, ``dataset``, ``mean`` and ``verdict`` of one number that is written in each
        panel: bold where it is decided, grey where it is undecided.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(summary["strategy"]))
    datasets = list(dict.fromkeys(summary["dataset"]))
    blocks = np.array_split(datasets, -(-len(datasets) // ABREAST))
    figure, axes = plt.subplots(
        1, len(blocks), figsize=(WIDTH, 0.66 * len(strategies) + 0.9), sharey=True, squeeze=False,
        layout="constrained", width_ratios=[len(block) for block in blocks],
    )  # fmt: skip
    first, last = summary["n_labelled"].min(), summary["n_labelled"].max()
    numbers = whole.set_index(["strategy", "dataset"])
    scales: dict[float, str] = {}  # what is written at which height
    for row, strategy in enumerate(strategies):
        colour = style(strategy)[0]
        here = summary[summary["strategy"] == strategy].sort_values("n_labelled")
        ends = here[["mean", "low", "high"]]
        bottom, top = min(ends.min(axis=None), 0), max(ends.max(axis=None), 0)
        scale = 0.62 / max(top - bottom, 1e-9)
        floor = -row - 0.38  # of the panel; above it stands the number

        def place(values: Any, floor: float = floor, b: float = bottom, s: float = scale) -> Any:
            return floor + (values - b) * s

        scales.update({place(value): _in_points(value) for value in {top, bottom} - {0}})
        for axis, block in zip(axes[0], blocks, strict=True):
            for column, dataset in enumerate(block):
                one = here[here["dataset"] == dataset]
                x = column + 0.86 * (one["n_labelled"] - first) / max(last - first, 1)
                axis.plot([column, column + 0.86], [place(0.0)] * 2, color=GREY, lw=0.7)
                axis.fill_between(
                    x, place(one["low"]), place(one["high"]), color=colour, alpha=0.3, lw=0
                )
                axis.plot(x, place(one["mean"]), color=colour, lw=1.1)
                number = numbers.loc[(strategy, dataset)]
                decided = number["verdict"] != "undecided"
                axis.text(
                    column + 0.86, -row + 0.38, _in_points(number["mean"]), ha="right",
                    va="center", fontsize=7.5, color="black" if decided else NUMBERS,
                    weight="bold" if decided else "normal",
                )  # fmt: skip
    for axis, block in zip(axes[0], blocks, strict=True):
        for column, dataset in enumerate(block):
            axis.text(
                column + 0.43, 0.62, plain(dataset).replace(" ", "\n"), ha="center", va="bottom",
                fontsize=8.5,
            )  # fmt: skip
            for x, label, side in ((column, first, "left"), (column + 0.86, last, "right")):
                axis.text(
                    x, -len(strategies) + 0.5, f"{label:,}", ha=side, va="top", fontsize=7,
                    color=NUMBERS,
                )  # fmt: skip
        axis.set(xlim=(-0.05, len(block) - 0.1), ylim=(-len(strategies) + 0.2, 1.2), xticks=[])
        axis.set_yticks(range(0, -len(strategies), -1), map(plain, strategies), fontsize=9)
        axis.set_yticks(list(scales), list(scales.values()), fontsize=7, color=NUMBERS, minor=True)
        axis.tick_params("y", length=0, pad=26)
        axis.tick_params("y", which="minor", length=0, pad=2)
        axis.spines[:].set_visible(False)
    return save(figure, name, alt=alt, caption=caption, data=summary)


def room(summary: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw Random's learning curves and, right of each, how far it is to the ceiling.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``dataset`` (panels), ``embedder`` (lines, in order of quality), ``n_labelled``, ``mean``,
        ``low``, ``high`` of the accuracy, ``ceiling`` and ``largest_class``, as shares.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets, colours = list(dict.fromkeys(summary["dataset"])), _embedder_colours(summary)
    last = summary["n_labelled"].max()
    step = 0.05 * (last - summary["n_labelled"].min()) or 1.0
    figure, axes = _tiles(datasets, 3, 1.75)
    for axis, dataset in zip(axes, datasets, strict=True):
        for place, (embedder, colour) in enumerate(colours.items()):
            here = summary[(summary["dataset"] == dataset) & (summary["embedder"] == embedder)]
            here = here.sort_values("n_labelled")
            x = here["n_labelled"]
            axis.fill_between(
                x, 100 * here["low"], 100 * here["high"], color=colour, alpha=0.3, lw=0
            )
            axis.plot(x, 100 * here["mean"], color=colour, lw=1.4, label=plain(embedder))
            end = here.iloc[-1]
            ways = [100 * end["mean"], 100 * end["ceiling"]]
            axis.plot([last + step * (place + 1)] * 2, ways, color=colour, lw=1.4)
            axis.plot(last + step * (place + 1), ways[1], "_", color=colour, ms=5, mew=1.6)
        axis.axhline(100 * here["largest_class"].iloc[0], color=GREY, lw=1, ls=":")
    figure.supxlabel("labels", fontsize=11)
    figure.supylabel("test accuracy, %", fontsize=11)
    _legend(figure, "embedder", *axes[0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=summary)


def saved_along(
    summary: pd.DataFrame, left: Mapping[int, int], name: str, *, alt: str, caption: str
) -> Figure:
    """Draw labels saved over Random, a panel for each strategy, a line for each embedder.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``strategy`` (in the order to draw), ``embedder`` (in order of quality), ``n_labelled``,
        ``median``, ``lowest``, ``highest`` (the bounds of the median; infinite where it is
        censored), ``low`` and ``high`` of its interval. A dot is a median that is known, a hollow
        triangle one that is only a bound and points to where the truth lies.
    left : mapping of int to int
        Labels that are left in the budget at each number of labels: no saving can be seen beyond,
        so that the shaded area beyond it is out of sight.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(summary["strategy"]))
    colours = _embedder_colours(summary)
    figure, axes = _tiles(strategies, 4, 1.55)
    x_left = sorted(left)
    most = np.array([left[x] for x in x_left], float)
    reach = 1.12 * most.max()
    for axis, strategy in zip(axes, strategies, strict=True):
        axis.axhline(0, color=GREY, lw=1)
        for sign in (1, -1):
            axis.fill_between(x_left, sign * most, sign * reach, color="#eeeeee", lw=0)
        for embedder, colour in colours.items():
            here = summary[(summary["strategy"] == strategy) & (summary["embedder"] == embedder)]
            here = here.sort_values("n_labelled")
            x = here["n_labelled"].to_numpy()
            limits = np.array([left[label] for label in x], float)
            low, high = (here[end].clip(-limits, limits) for end in ("low", "high"))
            axis.fill_between(x, low, high, color=colour, alpha=0.16, lw=0)
            axis.plot(x, here["median"], color=colour, lw=1.3, label=plain(embedder))
            for which, marker, face in (
                (np.isfinite(here["lowest"]) & np.isfinite(here["highest"]), "o", colour),
                (np.isinf(here["highest"]), "^", "white"),
                (np.isinf(here["lowest"]), "v", "white"),
            ):
                axis.plot(
                    x[which], here["median"][which], marker, ms=3.5, color=colour, mfc=face, mew=0.9
                )
        axis.set_ylim(-reach, reach)
    figure.supxlabel("labels", fontsize=11)
    figure.supylabel("labels saved over Random, median", fontsize=11)
    _legend(figure, "embedder", *axes[0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=summary)
