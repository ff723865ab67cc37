"""The figures of the book, one function each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from alutils.figures.saved import Figure, save
from alutils.figures.style import STYLE, embedder_colours, panels, plain, style


def _band(axis: Axes, table: pd.DataFrame, colour: object, marker: str, label: str) -> None:
    table = table.sort_values("n_labelled")
    x = table["n_labelled"]
    axis.fill_between(x, 100 * table["low"], 100 * table["high"], color=colour, alpha=0.2, lw=0)
    axis.plot(x, 100 * table["mean"], color=colour, marker=marker, ms=4, lw=1.6, label=label)


def _legend(
    figure: mpl.figure.Figure, title: str, handles: Sequence[Artist], labels: Sequence[str]
) -> None:
    figure.legend(
        handles,
        labels,
        title=title,
        loc="outside upper center",
        ncols=min(4, len(labels)),
        frameon=False,
        fontsize=10,
    )


def learning_curves(
    summary: pd.DataFrame, floor: Mapping[str, float], name: str, *, alt: str, caption: str
) -> Figure:
    """Draw accuracy over labels, a panel for each dataset, a line with band for each embedder.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``dataset``, ``embedder`` (in order of quality), ``n_labelled``, ``mean``, ``low``,
        ``high`` as shares.
    floor : mapping of str to float
        Accuracy of always answering the largest class, as a share, for each dataset.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(summary["dataset"]))
    colours = embedder_colours(list(dict.fromkeys(summary["embedder"])))
    columns = min(3, len(datasets))
    rows = -(-len(datasets) // columns)
    figure, axes = panels([""] * rows, [""] * columns, 2.6 if rows == 1 else 2.0)
    for axis in axes.flat[len(datasets) :]:
        axis.set_axis_off()
    for axis, dataset in zip(axes.flat, datasets, strict=False):
        axis.set_title(plain(dataset), fontsize=10.5)
        for embedder, colour in colours.items():
            here = summary[(summary["dataset"] == dataset) & (summary["embedder"] == embedder)]
            _band(axis, here, colour, "o", plain(embedder))
        axis.axhline(100 * floor[dataset], color=STYLE["random"][0], lw=1, ls=":")
    figure.supxlabel("labels", fontsize=11)
    figure.supylabel("test accuracy, %", fontsize=11)
    _legend(figure, "embedder", *axes[0, 0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=summary)


def difference_curves(
    summary: pd.DataFrame, factor: str, name: str, *, alt: str, caption: str
) -> Figure:
    """Draw differences from Random over labels as small multiples.

    The best and the worst embedder get their intervals as bands; the others are dashed lines.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``dataset`` (columns of the grid), `factor` (rows), ``embedder`` (lines, in order of
        quality), ``n_labelled``, and ``mean``, ``low``, ``high`` of the difference as shares.
    factor : str
        ``"strategy"`` or ``"initial_pool"``.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(summary["dataset"]))
    levels = list(dict.fromkeys(summary[factor]))
    embedders = list(dict.fromkeys(summary["embedder"]))
    colours, extremes = embedder_colours(embedders), {embedders[0], embedders[-1]}
    figure, axes = panels(levels, datasets, 1.35)
    for row, level in zip(axes, levels, strict=True):
        for axis, dataset in zip(row, datasets, strict=True):
            here = summary[(summary[factor] == level) & (summary["dataset"] == dataset)]
            axis.axhline(0, color=STYLE["random"][0], lw=1)
            for embedder, colour in colours.items():
                table = here[here["embedder"] == embedder].sort_values("n_labelled")
                if embedder in extremes:
                    _band(axis, table, colour, "", plain(embedder))
                else:  # four bands on top of each other would hide each other
                    x, y = table["n_labelled"], 100 * table["mean"]
                    axis.plot(x, y, color=colour, lw=1, ls="--", label=plain(embedder))
    for axis in axes[-1]:
        axis.set_xlabel("labels")
    figure.supylabel("accuracy minus Random, percentage points", fontsize=11)
    _legend(figure, "embedder", *axes[0, 0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=summary)


def gains(
    summary: pd.DataFrame, factor: str, name: str, *, xlabel: str, alt: str, caption: str
) -> Figure:
    """Draw one gain over Random with its interval for every level, embedder and dataset.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``dataset`` (panels), `factor` (lines of a panel), ``embedder`` (in order of quality,
        points of a line), and ``mean``, ``low``, ``high`` of the difference as shares.
    factor : str
        ``"strategy"`` or ``"initial_pool"``.
    xlabel : str
        What the difference is of.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(summary["dataset"]))
    levels = list(dict.fromkeys(summary[factor]))
    embedders = list(dict.fromkeys(summary["embedder"]))
    colours = embedder_colours(embedders)
    offsets = dict(zip(embedders, np.linspace(-0.3, 0.3, len(embedders)), strict=True))
    figure, axes = panels([""], datasets, 0.55 * len(levels), sharex="all")
    for axis, dataset in zip(axes[0], datasets, strict=True):
        axis.axvline(0, color=STYLE["random"][0], lw=1)
        for embedder in embedders:
            here = summary[(summary["dataset"] == dataset) & (summary["embedder"] == embedder)]
            y = np.array([levels.index(level) for level in here[factor]]) + offsets[embedder]
            mean = 100 * here["mean"].to_numpy()
            whiskers = [mean - 100 * here["low"], 100 * here["high"] - mean]
            axis.errorbar(
                mean, y, xerr=whiskers, fmt="o", ms=4.5, lw=1.4, color=colours[embedder],
                label=plain(embedder),
            )  # fmt: skip
        axis.set_yticks(range(len(levels)), [plain(level) for level in levels])
        axis.set_ylim(len(levels) - 0.5, -0.5)
        axis.grid(axis="y", visible=False)
    figure.supxlabel(xlabel, fontsize=11)
    _legend(figure, "embedder", *axes[0, 0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=summary)


def gain_against_quality(
    summary: pd.DataFrame, name: str, *, xlabel: str, alt: str, caption: str
) -> Figure:
    """Draw each strategy's gain over the embedder's measured quality, a line for each dataset.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``strategy`` (panels), ``dataset`` (lines), ``quality`` as a share, and ``mean``, ``low``,
        ``high`` of the difference as shares.
    xlabel : str
        What quality is.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(summary["strategy"]))
    datasets = list(dict.fromkeys(summary["dataset"]))
    marks = dict(zip(datasets, "os^DvP*X<>" * len(datasets), strict=False))
    columns = min(4, len(strategies))
    rows = -(-len(strategies) // columns)
    figure, axes = panels([""] * rows, [""] * columns, 2.1, sharex="all", sharey="all")
    for position in range(len(strategies), rows * columns):
        axes.flat[position].set_axis_off()
        axes[-2, position % columns].tick_params(labelbottom=True)
    for axis, strategy in zip(axes.flat, strategies, strict=False):
        axis.set_title(plain(strategy), fontsize=11)
        axis.axhline(0, color=STYLE["random"][0], lw=1)
        for shade, dataset in enumerate(datasets):
            here = summary[(summary["strategy"] == strategy) & (summary["dataset"] == dataset)]
            here = here.sort_values("quality")
            axis.errorbar(
                100 * here["quality"], 100 * here["mean"],
                yerr=[100 * (here["mean"] - here["low"]), 100 * (here["high"] - here["mean"])],
                fmt=f"{marks[dataset]}-", ms=5, lw=1.2, color=style(strategy)[0],
                alpha=1 - 0.25 * (shade % 3), label=plain(dataset),
            )  # fmt: skip
    figure.supxlabel(xlabel, fontsize=11)
    figure.supylabel("AULC minus Random's, points", fontsize=11)
    # In grey, because each panel has the colour of its strategy.
    handles = [Line2D([], [], color="#444444", marker=marks[name], ms=5) for name in datasets]
    _legend(figure, "dataset", handles, [plain(name) for name in datasets])
    return save(figure, name, alt=alt, caption=caption, data=summary)


def maps(table: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw embeddings in two dimensions, coloured by class.

    Parameters
    ----------
    table : pandas.DataFrame
        ``dataset`` (rows of the grid), ``embedder`` (columns), ``x``, ``y``, ``class``.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(table["dataset"]))
    embedders = list(dict.fromkeys(table["embedder"]))
    figure, axes = panels(datasets, embedders, 1.8)
    for row, dataset in zip(axes, datasets, strict=True):
        classes = sorted(table.loc[table["dataset"] == dataset, "class"].unique())
        colours = dict(zip(classes, sns.color_palette("husl", len(classes)), strict=True))
        for axis, embedder in zip(row, embedders, strict=True):
            here = table[(table["dataset"] == dataset) & (table["embedder"] == embedder)]
            axis.scatter(
                here["x"], here["y"], s=5, lw=0, c=[colours[c] for c in here["class"]],
                rasterized=True,
            )  # fmt: skip
            axis.set(xticks=[], yticks=[])
    return save(figure, name, alt=alt, caption=caption, data=table)
