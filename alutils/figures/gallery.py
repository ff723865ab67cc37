"""Figures about what strategies choose."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb

from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import panels, style

PAST = "#333333"


def picks(view: pd.DataFrame, chosen: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw what one strategy chose, cycle after cycle, on a fixed two-dimensional view.

    Parameters
    ----------
    view : pandas.DataFrame
        ``x`` and ``y`` of every pool row, and its ``colour``.
    chosen : pandas.DataFrame
        ``row`` of the view, ``cycle`` (0 for the initial pool) and ``strategy`` (one), for each
        row chosen. A panel for each cycle after 0.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategy = str(chosen["strategy"].iloc[0])
    colour, marker = style(strategy)
    cycles = sorted(set(chosen["cycle"]) - {0})
    when, who = chosen["cycle"], plain(strategy)
    titles = [f"{(when < c).sum()} labels, then {(when == c).sum()}\nby {who}" for c in cycles]
    figure, axes = panels([""], titles, 2.2, sharex="all", sharey="all")
    xy = view[["x", "y"]].to_numpy()
    for axis, cycle in zip(axes[0], cycles, strict=True):
        axis.scatter(*xy.T, s=5, lw=0, c=list(view["colour"]), rasterized=True)
        past = chosen.loc[chosen["cycle"] < cycle, "row"].to_numpy()
        now = chosen.loc[chosen["cycle"] == cycle, "row"].to_numpy()
        axis.scatter(*xy[past].T, s=7, color=PAST, lw=0)
        axis.scatter(*xy[now].T, s=42, color=colour, marker=marker, lw=0.7, edgecolor="white")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
        axis.title.set_size(9)
    drawn = chosen.assign(x=xy[chosen["row"], 0], y=xy[chosen["row"], 1])
    return save(figure, name, alt=alt, caption=caption, data=drawn)


def pale(colour: object, share: float = 0.3) -> tuple[float, ...]:
    """Mix a colour with white, so that what lies on top of it stands out."""
    return tuple(1 - share * (1 - np.array(to_rgb(colour))))  # type: ignore[arg-type]


def traits(
    summary: pd.DataFrame, measures: dict[str, str], name: str, *, alt: str, caption: str
) -> Figure:
    """Draw measures of what strategies choose: a line for each strategy, a panel for each measure.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``strategy`` (in the order to draw), ``measure``, and ``mean``, ``low``, ``high``.
    measures : dict of str to str
        Measure to the label of its axis. A dashed line marks Random's mean.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(summary["strategy"]))
    figure, axes = panels([""], [""] * len(measures), 0.24 * len(strategies))
    for axis, (measure, label) in zip(axes[0], measures.items(), strict=True):
        here = summary[summary["measure"] == measure].set_index("strategy")
        if "random" in here.index:
            axis.axvline(here.loc["random", "mean"], color=style("random")[0], lw=1, ls="--")
        for place, strategy in enumerate(strategies):
            mean, low, high = here.loc[strategy, ["mean", "low", "high"]]
            colour, marker = style(strategy)
            axis.errorbar(
                mean, place, xerr=[[mean - low], [high - mean]], fmt=marker, ms=5.5, lw=1.4,
                color=colour,
            )  # fmt: skip
        axis.set_xlabel(label, fontsize=9.5)
        axis.set_yticks(range(len(strategies)), [plain(s) for s in strategies])
        axis.set_ylim(len(strategies) - 0.5, -0.5)
        if axis is not axes[0, 0]:
            axis.tick_params(labelleft=False)
    return save(figure, name, alt=alt, caption=caption, data=summary)
