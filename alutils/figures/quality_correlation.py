"""The figure of the page that correlates quality and performance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, panels, style


def correlation_by_size(
    table: pd.DataFrame, name: str, *, strong: float, alt: str, caption: str
) -> Figure:
    """Draw rank correlations with their intervals over the size of the initial pool.

    Parameters
    ----------
    table : pandas.DataFrame
        ``kind`` (rows of the grid), ``outcome`` (columns), ``strategy`` (lines),
        ``initial_size``, ``mean``, ``low``, ``high``; an interval that is NaN is not drawn.
    strong : float
        Where a correlation begins to be called strong: a dashed line.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    kinds = list(dict.fromkeys(table["kind"]))
    outcomes = list(dict.fromkeys(table["outcome"]))
    strategies = list(dict.fromkeys(table["strategy"]))
    sizes = sorted(set(table["initial_size"]))
    figure, axes = panels(kinds, outcomes, 2.0, sharex="all", sharey="all")
    for row, kind in zip(axes, kinds, strict=True):
        for axis, outcome in zip(row, outcomes, strict=True):
            axis.axhline(0, color=STYLE["random"][0], lw=1)
            axis.axhline(strong, color=STYLE["random"][0], lw=1, ls=(0, (4, 3)))
            here = table[(table["kind"] == kind) & (table["outcome"] == outcome)]
            drawn = [strategy for strategy in strategies if strategy in set(here["strategy"])]
            offsets = np.linspace(-0.16, 0.16, len(drawn)) if len(drawn) > 1 else [0.0]
            for offset, strategy in zip(offsets, drawn, strict=True):
                line = here[here["strategy"] == strategy].sort_values("initial_size")
                _line(axis, line, [sizes.index(k) + offset for k in line["initial_size"]], strategy)
            axis.set_xticks(range(len(sizes)), [str(k) for k in sizes])
            axis.set_xlim(-0.5, len(sizes) - 0.5)
            axis.grid(axis="x", visible=False)
    figure.supxlabel("labels in the initial pool, k0", fontsize=10.5)
    figure.supylabel("rank correlation with probe accuracy", fontsize=10.5)
    handles: dict[str, Artist] = {}
    for axis in axes.flat:
        handles |= {label: h for h, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(
        list(handles.values()), list(handles), loc="outside upper center",
        ncols=min(5, len(handles)), frameon=False, fontsize=10,
    )  # fmt: skip
    return save(figure, name, alt=alt, caption=caption, data=table)


def _line(axis: Axes, line: pd.DataFrame, x: list[float], strategy: str) -> None:
    colour, marker = style(strategy)
    mean = line["mean"].to_numpy()
    whiskers = np.nan_to_num([mean - line["low"], line["high"] - mean]).clip(min=0)
    axis.errorbar(
        x, mean, yerr=whiskers, fmt=f"{marker}-", ms=5, lw=1.3, color=colour, label=plain(strategy)
    )
