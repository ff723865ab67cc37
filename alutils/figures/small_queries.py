"""The figure of small against large queries."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, panels, style

_GREY = STYLE["random"][0]


def small_and_large(
    gains: pd.DataFrame,
    changes: pd.DataFrame,
    sizes: tuple[int, int],
    name: str,
    *,
    alt: str,
    caption: str,
) -> Figure:
    """Draw gains over Random with small and large queries, and how much each strategy changes.

    Parameters
    ----------
    gains : pandas.DataFrame
        ``dataset`` (panels), ``strategy`` (lines), ``queries`` (``"small"`` or ``"large"``), and
        ``mean``, ``low``, ``high`` of the gain over Random as shares.
    changes : pandas.DataFrame
        ``strategy`` and ``mean``, ``low``, ``high`` of accuracy with small queries minus that
        with large ones: the last panel. Random, the control, is on the top line.
    sizes : tuple of int
        Points of a small and of a large query.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(gains["dataset"]))
    lines = ["random", *dict.fromkeys(gains["strategy"])]
    columns = min(4, len(datasets) + 1)
    rows = -(-(len(datasets) + 1) // columns)
    height = 0.36 * len(lines) + 0.5
    figure, axes = panels([""] * rows, [""] * columns, height, sharex="none")
    for axis in axes.flat[len(datasets) + 1 :]:
        axis.set_axis_off()
    drawn = [gains[gains["dataset"] == dataset] for dataset in datasets]
    low = min(float(np.nanmin([g["low"].min(), g["mean"].min()])) for g in drawn)
    high = max(float(np.nanmax([g["high"].max(), g["mean"].max()])) for g in drawn)
    room = 0.06 * (high - low)
    for axis, dataset, here in zip(axes.flat, datasets, drawn, strict=False):
        _lines(axis, lines, plain(dataset))
        for queries, offset in (("large", 0.16), ("small", -0.16)):
            _dots(axis, here[here["queries"] == queries], lines, offset, filled=queries == "small")
        # One scale for all datasets, and another for changes, which are smaller.
        axis.set_xlim(100 * min(low - room, 0), 100 * max(high + room, 0))
    last = axes.flat[len(datasets)]
    _lines(last, lines, f"{sizes[0]} minus {sizes[1]}")
    _dots(last, changes, lines, 0.0, filled=True)
    figure.supxlabel(
        "accuracy minus Random's at equal numbers of labels, points; last, the change",
        fontsize=10,
    )
    handles = [
        Line2D([], [], color="#444444", marker="o", ls="", mfc=fill, ms=6)
        for fill in ("#444444", "white")
    ]
    _legend(figure, "", handles, [f"queries of {size}" for size in sizes])
    data = pd.concat([gains, changes.assign(queries="small minus large")], ignore_index=True)
    return save(figure, name, alt=alt, caption=caption, data=data)


def _lines(axis: Axes, lines: list[str], title: str) -> None:
    axis.axvline(0, color=_GREY, lw=1)
    axis.set_title(title, fontsize=10.5)
    axis.set_yticks(range(len(lines)), [plain(line) for line in lines])
    axis.set_ylim(len(lines) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)


def _dots(
    axis: Axes, table: pd.DataFrame, lines: list[str], offset: float, *, filled: bool
) -> None:
    for row in table.to_dict("records"):
        colour, _ = style(row["strategy"])
        mean = 100 * row["mean"]
        reach = [[mean - 100 * row["low"]], [100 * row["high"] - mean]]
        axis.errorbar(
            mean, lines.index(row["strategy"]) + offset, xerr=reach, fmt="o", ms=5.5, lw=1.3,
            color=colour, mfc=colour if filled else "white",
        )  # fmt: skip
