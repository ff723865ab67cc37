"""Figures of the page that asks whether strategies gain from better embeddings."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from alutils.figures.narrow import ONLY_SCALE
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import OTHER_STYLE, STYLE, panels, style

GREY = "#b5b5b5"
DARK = "#333333"
ACROSS = 4  # panels side by side; more would be too narrow to read


def lead_by_quality(
    each: pd.DataFrame, means: pd.DataFrame, name: str, *, alt: str, caption: str
) -> Figure:
    """Draw AULC and the lead over Random against quality, a column for each strategy.

    Parameters
    ----------
    each : pandas.DataFrame
        ``strategy`` (columns of the grid; Random, if first, has no lead), ``dataset`` (grey lines),
        ``quality``, ``aulc`` and ``lead`` as shares.
    means : pandas.DataFrame
        Means over datasets, one row per strategy and embedder: ``quality``, ``aulc``, ``lead``,
        and ``low`` and ``high`` of the lead, as shares.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(each["strategy"]))
    blocks = [strategies[i : i + ACROSS] for i in range(0, len(strategies), ACROSS)]
    across = min(ACROSS, len(strategies))
    rows = ["AULC, %", "minus Random's, points"] * len(blocks)
    figure, axes = panels(rows, [""] * across, 1.75, sharex="all")
    for i, block in enumerate(blocks):
        for j in range(across):
            top, bottom = axes[2 * i, j], axes[2 * i + 1, j]
            if j >= len(block):
                top.set_axis_off()
                bottom.set_axis_off()
                continue
            strategy = block[j]
            top.set_title(plain(strategy), fontsize=10.5)
            lines = each[each["strategy"] == strategy]
            mean = means[means["strategy"] == strategy].sort_values("quality")
            _lines(top, lines, mean, "aulc", style(strategy)[0])
            if lines["lead"].isna().all():
                bottom.set_label(ONLY_SCALE)
                bottom.grid(visible=False)
                bottom.text(
                    0.5, 0.5, "no lead\nover itself", color="#777777", fontsize=8.5, ha="center",
                    va="center", transform=bottom.transAxes,
                )  # fmt: skip
                continue
            bottom.axhline(0, color=STYLE["random"][0], lw=1)
            _lines(bottom, lines, mean, "lead", style(strategy)[0])
    # Every lead is on one scale, in whichever row.
    _key(figure, len(set(each["dataset"])))
    leads = axes[1::2].ravel()
    limits = [axis.get_ylim() for axis in leads if axis.axison]
    for axis in leads:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))
    figure.supxlabel("probe accuracy of the embedding on the pool, %", fontsize=10.5)
    data = pd.concat([each, means.assign(dataset="mean of datasets")])
    return save(figure, name, alt=alt, caption=caption, data=data)


def _lines(axis: Axes, each: pd.DataFrame, mean: pd.DataFrame, value: str, colour: str) -> None:
    for _, line in each.groupby("dataset", sort=False):
        line = line.sort_values("quality")
        axis.plot(100 * line["quality"], 100 * line[value], color=GREY, lw=0.9, marker=".", ms=3)
    x, y = 100 * mean["quality"], 100 * mean[value]
    if value == "lead":
        whiskers = np.nan_to_num([y - 100 * mean["low"], 100 * mean["high"] - y])
        axis.errorbar(x, y, yerr=whiskers, color=colour, fmt="none", lw=1.2)
    axis.plot(x, y, color=colour, lw=1.8, marker="o", ms=4)


def _key(figure: mpl.figure.Figure, n_datasets: int) -> None:
    """Explain the lines above the panels."""
    marks = [
        Line2D([], [], color=DARK, lw=1.8, marker="o", ms=4, label="mean of datasets"),
        Line2D(
            [],
            [],
            color=DARK,
            lw=0,
            marker="|",
            ms=11,
            mew=1.2,
            label="its 95 % interval, other datasets",
        ),
        Line2D([], [], color=GREY, lw=0.9, marker=".", ms=3, label="one dataset"),
    ]
    if n_datasets == 1:
        marks = marks[:2]
        marks[0].set_label("mean over seeds")
        marks[1].set_label("its 95 % interval, other seeds")
    figure.legend(handles=marks, loc="outside upper center", ncols=3, frameon=False, fontsize=9)


def rise_by_dataset(
    each: pd.DataFrame, means: pd.DataFrame, name: str, *, xlabel: str, alt: str, caption: str
) -> Figure:
    """Draw a change of the lead for every dataset and for their mean, a panel for each strategy.

    Parameters
    ----------
    each : pandas.DataFrame
        ``strategy`` (panels), ``dataset`` (rows), ``mean``, ``low``, ``high`` as shares.
    means : pandas.DataFrame
        ``strategy``, ``mean``; ``low``, ``high`` with datasets drawn again and ``low_fixed``,
        ``high_fixed`` with seeds drawn again.
    name, alt, caption : str
        As in `save`.
    xlabel : str
        What changes, and from where to where.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(each["strategy"]))
    datasets = list(dict.fromkeys(each["dataset"]))
    columns = min(ACROSS, len(strategies))
    rows = -(-len(strategies) // columns)
    height = 0.27 * (len(datasets) + 2)
    figure, axes = panels([""] * rows, [""] * columns, height, sharex="all", sharey="all")
    for axis in axes.flat[len(strategies) :]:
        axis.set_axis_off()
    for axis, strategy in zip(axes.flat, strategies, strict=False):
        axis.set_title(plain(strategy), fontsize=10.5)
        axis.axvline(0, color=STYLE["random"][0], lw=1)
        colour = DARK if style(strategy) == OTHER_STYLE else style(strategy)[0]
        here = each[each["strategy"] == strategy].set_index("dataset").loc[datasets]
        _dots(axis, here, range(len(datasets)), GREY, 4, 1.2, "")
        mean = means[means["strategy"] == strategy]
        y = [len(datasets) + 0.4]
        _dots(axis, mean, y, colour, 7, 1.4, "")
        _dots(axis, mean, y, colour, 7, 3.4, "_fixed")
        axis.set_yticks([*range(len(datasets)), *y], _ticks(datasets))
        axis.set_ylim(len(datasets) + 0.9, -0.6)
        axis.grid(axis="y", visible=False)
    figure.supxlabel(xlabel, fontsize=10.5)
    data = pd.concat([each, means.assign(dataset="mean of datasets")])
    return save(figure, name, alt=alt, caption=caption, data=data)


def _ticks(datasets: Sequence[str]) -> list[str]:
    return [*map(plain, datasets), "mean of datasets"]


def _dots(
    axis: Axes, table: pd.DataFrame, y: Sequence[float], colour: str, size: float, width: float,
    end: str,
) -> None:  # fmt: skip
    mean = 100 * table["mean"].to_numpy()
    low, high = (100 * table[f"{side}{end}"].to_numpy() for side in ("low", "high"))
    whiskers = np.nan_to_num([mean - low, high - mean])
    axis.errorbar(
        mean, y, xerr=whiskers, fmt="o", ms=size, lw=width, color=colour, ecolor=colour,
        markeredgecolor=DARK if size > 5 else colour, markeredgewidth=0.6,
    )  # fmt: skip
