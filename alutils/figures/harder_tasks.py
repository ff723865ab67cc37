"""Figures about how hard tasks are, and who gains on hard ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.lines import Line2D

from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, embedder_colours, panels, style

GREY = STYLE["random"][0]
INK = "#333333"
MARKS = "os^DvP*X<>"


def room_filled(summary: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw the share of the room that Random has filled as numbers on shades, a map per embedder.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``embedder`` (panels, two in a row), ``dataset`` (rows of a panel), ``n_labelled`` (columns)
        and ``mean`` as a share, in the order to draw; empty where it is missing.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    embedders = list(dict.fromkeys(summary["embedder"]))
    datasets = list(dict.fromkeys(summary["dataset"]))
    sizes = sorted(summary["n_labelled"].unique())
    rows, columns = -(-len(embedders) // 2), min(2, len(embedders))
    figure, axes = panels([""] * rows, [""] * columns, 0.23 * len(datasets) + 0.4)
    for place in range(len(embedders), rows * columns):
        axes.flat[place].set_axis_off()
    for place, (axis, embedder) in enumerate(zip(axes.flat, embedders, strict=False)):
        here = summary[summary["embedder"] == embedder]
        shares = here.pivot(index="dataset", columns="n_labelled", values="mean")
        filled = 100 * shares.reindex(index=datasets, columns=sizes)
        numbers = filled.map(lambda share: f"{share:.0f}".replace("-", "−"))
        sns.heatmap(
            filled, ax=axis, vmin=0, vmax=100,
            cmap="YlGnBu", cbar=False, annot=numbers, fmt="", annot_kws={"size": 8},
            linewidths=0.5, linecolor="white",
            xticklabels=[f"{size:,}" for size in sizes], yticklabels=[plain(d) for d in datasets],
        )  # fmt: skip
        axis.set(xlabel="", ylabel="")
        axis.set_title(plain(embedder), fontsize=10.5)
        axis.tick_params(labelsize=8.5, rotation=0, length=0, labelleft=place % columns == 0)
    figure.supxlabel("labels", fontsize=10)
    return save(figure, name, alt=alt, caption=caption, data=summary)


def gain_against_hardness(
    units: pd.DataFrame, measures: Mapping[str, str], name: str, *, alt: str, caption: str
) -> Figure:
    """Draw one gain with its interval for every dataset and embedder over measures of hardness.

    Parameters
    ----------
    units : pandas.DataFrame
        ``dataset`` (markers), ``embedder`` (colours, in order of quality), ``mean``, ``low``,
        ``high`` of the gain and a column for each measure, as shares.
    measures : mapping of str to str
        Column, drawn in percent, to the label of its axis; a panel each.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    colours = embedder_colours(list(dict.fromkeys(units["embedder"])))
    datasets = list(dict.fromkeys(units["dataset"]))
    marks = dict(zip(datasets, MARKS * len(datasets), strict=False))
    figure, axes = panels([""], [""] * len(measures), 3.3)
    for axis, (measure, label) in zip(axes[0], measures.items(), strict=True):
        axis.axhline(0, color=GREY, lw=1)
        for row in units.to_dict("records"):
            x, y = 100 * row[measure], 100 * row["mean"]
            ends = [[y - 100 * row["low"]], [100 * row["high"] - y]]
            axis.errorbar(
                x, y, yerr=None if np.isnan(ends).any() else ends, fmt=marks[row["dataset"]],
                color=colours[row["embedder"]], ms=5.5, lw=0.8, mec="white", mew=0.4,
            )  # fmt: skip
        axis.set_xlabel(label, fontsize=9.5)
    axes[0, 0].set_ylabel("AULC minus Random's, points", fontsize=10)
    handles = [
        Line2D([], [], color=c, marker="o", ls="", ms=6, label=plain(e)) for e, c in colours.items()
    ]
    handles += [
        Line2D([], [], ls="", label=""),
        *(
            Line2D([], [], color=INK, marker=m, ls="", ms=5.5, label=plain(d))
            for d, m in marks.items()
        ),
    ]
    figure.legend(
        handles=handles, loc="outside right center", frameon=False, fontsize=9, handletextpad=0.2
    )
    return save(figure, name, alt=alt, caption=caption, data=units)


def correlation_dots(
    summary: pd.DataFrame,
    measures: Mapping[str, str],
    labels: Mapping[str, str],
    name: str,
    *,
    alt: str,
    caption: str,
) -> Figure:
    """Draw rank correlations with intervals: a line for each strategy, a panel for each measure.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``strategy`` (in the order to draw), ``measure``, ``correlation``, ``low``, ``high``.
    measures : mapping of str to str
        Measure to the title of its panel.
    labels : mapping of str to str
        Strategy to what stands at its line.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(summary["strategy"]))
    figure, axes = panels([""], [""] * len(measures), 0.24 * len(strategies), sharex="all")
    for axis, (measure, title) in zip(axes[0], measures.items(), strict=True):
        here = summary[summary["measure"] == measure].set_index("strategy")
        axis.axvline(0, color=GREY, lw=1)
        axis.set_title(title, fontsize=9.5)
        for place, strategy in enumerate(strategies):
            if strategy not in here.index or pd.isna(here.loc[strategy, "correlation"]):
                continue
            mean, low, high = here.loc[strategy, ["correlation", "low", "high"]]
            colour, marker = style(strategy)
            if not np.isnan(low):
                axis.plot([low, high], [place] * 2, color=colour, lw=1.4)
            axis.plot(mean, place, marker, color=colour, ms=5.5)
        axis.set(xlim=(-1.08, 1.08), ylim=(len(strategies) - 0.5, -0.5))
        axis.set_xticks([-1, 0, 1], ["−1", "0", "1"])
        axis.set_yticks(range(len(strategies)), [labels[s] for s in strategies])
        if axis is not axes[0, 0]:
            axis.tick_params(labelleft=False)
    figure.supxlabel("rank correlation of the gain with the measure, 95 % interval", fontsize=10)
    return save(figure, name, alt=alt, caption=caption, data=summary)
