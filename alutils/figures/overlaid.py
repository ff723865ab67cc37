"""Learning curves of two sides on each other."""

from __future__ import annotations

import io

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.lines import Line2D

from alutils.figures.plots import _legend
from alutils.figures.style import plain
from alutils.figures.theme import panels, style

COLUMNS = 3

LINES = {"A": "-", "B": "--"}


def overlaid(summary: pd.DataFrame, ylabel: str) -> str:
    """Draw the curves of A in whole lines and those of B in broken ones, a panel for each place.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``side`` (A or B), ``dataset`` and ``embedder`` (in the order to draw), ``strategy``,
        ``n_labelled``, ``mean``, ``low``, ``high``.
    ylabel : str
        What the curves are of.

    Returns
    -------
    str
        SVG to stand within a page.
    """
    places = list(summary.groupby(["dataset", "embedder"], sort=False))
    columns = min(COLUMNS, len(places))
    rows = -(-len(places) // columns)
    figure, axes = panels([""] * rows, [""] * columns, 1.9, sharex="none", sharey="none")
    for axis in axes.flat[len(places) :]:
        axis.set_axis_off()
    for axis, ((dataset, embedder), here) in zip(axes.flat, places, strict=False):
        axis.set_title(f"{plain(str(dataset))}\n{plain(str(embedder))}", fontsize=10)
        for (side, strategy), curve in here.groupby(["side", "strategy"], sort=False):
            colour, marker = style(str(strategy))
            x = curve["n_labelled"]
            axis.fill_between(x, curve["low"], curve["high"], color=colour, alpha=0.12, lw=0)
            axis.plot(
                *(x, curve["mean"], LINES[str(side)]), marker=marker, ms=2.5, lw=1.3, color=colour
            )
    strategies = list(dict.fromkeys(summary["strategy"]))
    handles = [Line2D([], [], color=style(s)[0], marker=style(s)[1]) for s in strategies]
    handles += [Line2D([], [], color="#444444", ls=line) for line in LINES.values()]
    _legend(figure, "", handles, [*map(plain, strategies), *LINES])
    figure.supxlabel("labels", fontsize=11)
    figure.supylabel(ylabel, fontsize=11)
    text = io.StringIO()
    figure.savefig(
        text, format="svg", metadata={"Date": None}, facecolor="white", bbox_inches="tight"
    )
    plt.close(figure)
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
