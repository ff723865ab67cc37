"""The figures of the book, one function each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import MOST_IN_LEGEND, STYLE, embedder_colours, label_ends, panels

ACROSS = 84  # letters of a legend that are as wide as a page
MARK = 8  # letters that are as wide as a mark and the room around it


def _band(axis: Axes, table: pd.DataFrame, colour: object, marker: str, label: str) -> None:
    table = table.sort_values("n_labelled")
    x = table["n_labelled"]
    axis.fill_between(x, 100 * table["low"], 100 * table["high"], color=colour, alpha=0.2, lw=0)
    axis.plot(x, 100 * table["mean"], color=colour, marker=marker, ms=4, lw=1.6, label=label)


def _legend(
    figure: mpl.figure.Figure, title: str, handles: Sequence[Artist], labels: Sequence[str]
) -> None:
    # In one line if there is room for it, else in lines of about equal length.
    widths = [MARK + len(label) for label in labels]
    most = len(labels) if sum(widths) <= ACROSS else max(1, ACROSS // max(widths))
    lines = -(-len(labels) // most)
    figure.legend(
        handles,
        labels,
        title=title,
        loc="outside upper center",
        ncols=-(-len(labels) // lines),
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
    if len(colours) > MOST_IN_LEGEND:
        last = summary[summary["dataset"] == datasets[columns - 1]].sort_values("n_labelled")
        label_ends(axes[0, -1], (100 * last.groupby("embedder")["mean"].last()).to_dict(), colours)
    else:
        _legend(figure, "embedder", *axes[0, 0].get_legend_handles_labels())
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
