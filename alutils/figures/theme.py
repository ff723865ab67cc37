"""One visual language for every figure: colours and markers, panels, scales."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from alutils.figures.style import plain

# Colours of Okabe and Ito and shades of them, told apart by people who cannot see red or green: a
# hue for each family, so that related strategies look related; shade and marker tell within one.
FAMILIES: dict[str, dict[str, tuple[str, str]]] = {
    "blind": {
        "random": ("#404040", "o"),
    },
    # the head is in doubt
    "uncertainty": {
        "least_confidence": ("#e69f00", "<"),
        "margin": ("#d55e00", "^"),
        "entropy": ("#6b3d00", ">"),
        "bald": ("#b8860b", "D"),
        "power_margin": ("#e8743b", "v"),
        "cluster_margin": ("#573400", "D"),
    },
    # doubt and spread together
    "hybrid": {
        "badge": ("#c67bcb", "X"),
        "drop_query": ("#8e4585", "H"),
        "alfa_mix": ("#997fde", "8"),
        "tcm": ("#5e3c99", "s"),
        "bait": ("#882255", "p"),
        "falcun": ("#8f54f7", "d"),
        "uncertainty_herding": ("#e7298a", ">"),
    },
    # every text near a chosen one
    "coverage": {
        "coreset": ("#18936a", "s"),
        "prob_cover": ("#2e6b34", "h"),
        "max_herding": ("#66a61e", "P"),
        "facility_location": ("#1b8a8a", "<"),
    },
    # one from each cluster
    "clusters": {
        "typiclust": ("#0072b2", "D"),
        "kmeans": ("#56b4e9", "P"),
        "kmeans_plus_plus": ("#3a7ca5", "p"),
        "kmedoids": ("#1d3f72", "d"),
    },
}
STYLE = {name: look for family in FAMILIES.values() for name, look in family.items()}
OTHER_STYLE = ("#111111", "*")

WIDTH = 7.4  # inches; a page shows this at about its own size, so that letters keep theirs


def style(strategy: str) -> tuple[str, str]:
    """Return the colour and marker of a strategy."""
    return STYLE.get(strategy, OTHER_STYLE)


def embedder_colours(embedders: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Colours from light to dark for embedders given from worst to best."""
    scale = sns.color_palette("viridis_r", as_cmap=True)  # but for its yellow, unseen on white
    colours = [scale(place)[:3] for place in np.linspace(0.25, 0.95, len(embedders))]
    return dict(zip(embedders, colours, strict=True))


def panels(
    rows: Sequence[str],
    columns: Sequence[str],
    height: float,
    *,
    sharex: Literal["col", "all", "none"] = "col",
    sharey: Literal["row", "all", "none"] = "row",
) -> tuple[mpl.figure.Figure, np.ndarray]:
    """Make a grid of small multiples in the book's style; column names on top, row names left.

    Parameters
    ----------
    rows, columns : sequence of str
        Names; empty ones are not shown.
    height : float
        Of one row, in inches. All columns together are as wide as a page.
    sharex, sharey : str
        Which panels share a scale.

    Returns
    -------
    tuple of figure and array of axes
        Axes of shape (rows, columns).
    """
    with sns.axes_style("whitegrid", {"grid.color": "#e6e6e6", "axes.edgecolor": "#999999"}):
        figure, axes = plt.subplots(
            len(rows),
            len(columns),
            figsize=(WIDTH, max(1.4, height * len(rows)) + 0.8),
            sharex=sharex,
            sharey=sharey,
            squeeze=False,
            layout="constrained",
        )
    narrow = len(columns) > 5
    for axis, title in zip(axes[0], columns, strict=True):
        words = "\n".join(map(_in_lines, title.split("\n")))
        axis.set_title(words.replace(" ", "\n") if narrow else words, fontsize=10.5)
    for axis, title in zip(axes[:, 0], rows, strict=True):
        if title:
            axis.set_ylabel(_in_lines(title), fontsize=10)
    for axis in axes.flat:
        sns.despine(ax=axis)
        axis.tick_params(labelsize=9)
    return figure, axes


MOST_IN_LEGEND = 5
"""How many lines a legend names; more are named at their ends, where no eye has to travel."""


def label_ends(axis: Axes, ends: Mapping[str, float], colours: Mapping[str, object]) -> None:
    """Write the names of lines right of their ends, moved apart where ends lie close.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        With its final limits.
    ends : mapping of str to float
        Height at which each line ends.
    colours : mapping of str to colour
        Of each line.
    """
    low, high = axis.get_ylim()
    names = sorted(ends, key=ends.__getitem__)
    true = np.array([(ends[name] - low) / (high - low) for name in names])
    step = 8.5 * 1.35 / (72 * axis.get_window_extent().height / axis.figure.dpi)  # a line of text
    steps = step * np.arange(len(names))
    places = np.maximum.accumulate(true - steps) + steps
    places -= max(0.0, (places - true).mean(), places[-1] - 1)
    for name, start, place in zip(names, true, places, strict=True):
        axis.plot(
            [1.0, 1.05], [start, place], color=colours[name], lw=1.2, transform=axis.transAxes,
            clip_on=False,
        )  # fmt: skip
        axis.text(
            1.06, place, plain(name), transform=axis.transAxes, fontsize=8.5, va="center",
            color="#333333",
        )  # fmt: skip


def _in_lines(name: str) -> str:
    """Write a name, with each parameter on a line of its own: all on one can exceed a panel."""
    return re.sub(r"(?<=[:(])(?=\w)|(?<=,)\s*(?=\w+=)", "\n", plain(name))


def log_scale(axes: Axes, *which: Literal["x", "y"]) -> None:
    """Make scales logarithmic, with numbers as they are read and not as formulas.

    Names are never read as formulas (see `alutils.figures.saved`), so that ticks cannot be either.
    """
    for name in which:
        axes.set(**{f"{name}scale": "log"})
        axis: Axis = getattr(axes, f"{name}axis")
        axis.set_major_locator(LogLocator(numticks=6))
        axis.set_major_formatter(FuncFormatter(lambda value, _: power(value)))
        axis.set_minor_formatter(NullFormatter())


def power(value: float) -> str:
    """Write a number of a logarithmic scale.

    Examples
    --------
    >>> power(0.01), power(1.0), power(100_000.0), power(1e-12)
    ('0.01', '1', '100,000', '10⁻¹²')
    """
    if 0.001 <= value < 1e7:
        return f"{value:,.10g}"
    digits = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    return "10" + f"{np.log10(value):.0f}".translate(digits)
