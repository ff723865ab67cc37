"""Figures: one function each, all in one visual language, all with alt text and their data."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

# Colours of Okabe and Ito, told apart by people who cannot see red or green; one for each
# strategy, related ones for related strategies, the same in every figure.
STYLE: dict[str, tuple[str, str]] = {
    "random": ("#6e6e6e", "o"),
    "least_confidence": ("#e69f00", "<"),
    "margin": ("#d55e00", "^"),
    "entropy": ("#b8860b", ">"),
    "badge": ("#cc79a7", "*"),
    "coreset": ("#009e73", "s"),
    "typiclust": ("#0072b2", "D"),
    "kmeans": ("#56b4e9", "P"),
}
OTHER_STYLE = ("#444444", "X")

WIDTH = 7.4  # inches; a page shows this at about its own size, so that letters keep theirs

plt.rcParams["svg.hashsalt"] = "alutils"  # without it, no two builds give the same file


def style(strategy: str) -> tuple[str, str]:
    """Return the colour and marker of a strategy."""
    return STYLE.get(strategy, OTHER_STYLE)


def embedder_colours(embedders: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Colours from light to dark for embedders given from worst to best."""
    return dict(zip(embedders, sns.color_palette("viridis_r", len(embedders)), strict=True))


@dataclass(frozen=True)
class Figure:
    """A saved figure. As the last value of a notebook cell it shows itself.

    Parameters
    ----------
    name : str
        File name without ending, unique in the book.
    folder : pathlib.Path
        Where ``name.svg`` and ``name.csv`` are.
    alt : str
        What the picture shows, for those who cannot see it.
    caption : str
        Markdown of one line; states the finding.
    """

    name: str
    folder: Path
    alt: str
    caption: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Show an image to Jupyter, and a figure directive to the book."""
        relative = f"figures/{self.folder.name}/{self.name}"
        markdown = (
            f"```{{figure}} {relative}.svg\n---\nname: fig-{self.name}\n"
            f"alt: {json.dumps(self.alt, ensure_ascii=False)}\n---\n{self.caption}\n\n"
            f"{{download}}`Data behind this figure (CSV) <{relative}.csv>`\n```"
        )
        svg = (self.folder / f"{self.name}.svg").read_text(encoding="utf-8")
        picture = svg[svg.index("<svg") :]
        page = (
            f'<figure role="img" aria-label="{html.escape(self.alt)}">{picture}'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )
        return {"text/plain": self.alt, "text/html": page, "text/markdown": markdown}


def save(
    figure: mpl.figure.Figure, name: str, *, alt: str, caption: str, data: pd.DataFrame
) -> Figure:
    """Write a figure as SVG with the data behind it as CSV, and close it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to write.
    name : str
        File name without ending.
    alt, caption : str
        As in `Figure`; line breaks are taken out.
    data : pandas.DataFrame
        The values that were drawn.

    Returns
    -------
    Figure
        Shows itself in a notebook. Files go to the folder ``$ALUTILS_FIGURES``, or ``figures``.
    """
    folder = Path(os.environ.get("ALUTILS_FIGURES", "figures"))
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(
        folder / f"{name}.svg", metadata={"Date": None}, facecolor="white", bbox_inches="tight"
    )
    plt.close(figure)
    data.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    return Figure(name, folder, " ".join(alt.split()), " ".join(caption.split()))


def panels(
    rows: Sequence[str], columns: Sequence[str], height: float
) -> tuple[mpl.figure.Figure, np.ndarray]:
    """Make a grid of small multiples in the book's style; column names on top, row names left.

    Parameters
    ----------
    rows, columns : sequence of str
        Names; empty ones are not shown.
    height : float
        Of one row, in inches. All columns together are as wide as a page.

    Returns
    -------
    tuple of figure and array of axes
        Axes of shape (rows, columns).
    """
    with sns.axes_style("whitegrid", {"grid.color": "#e6e6e6", "axes.edgecolor": "#999999"}):
        figure, axes = plt.subplots(
            len(rows),
            len(columns),
            figsize=(WIDTH, height * len(rows) + 0.7),
            sharex="col",
            sharey="row",
            squeeze=False,
            layout="constrained",
        )
    for axis, title in zip(axes[0], columns, strict=True):
        axis.set_title(plain(title), fontsize=10.5)
    for axis, title in zip(axes[:, 0], rows, strict=True):
        if title:
            axis.set_ylabel(plain(title), fontsize=10)
    for axis in axes.flat:
        sns.despine(ax=axis)
        axis.tick_params(labelsize=9)
    return figure, axes


def plain(name: str) -> str:
    """Write a catalogue name as words."""
    return name.replace("_", " ")


def percent(value: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.7312)
    '73.1 %'
    """
    return f"{100 * value:.1f} %"


def points(mean: float, low: float = np.nan, high: float = np.nan) -> str:
    """Write a difference of shares in percentage points, with its interval if there is one.

    Examples
    --------
    >>> points(0.0312, 0.021, 0.04)
    '+3.1 points (+2.1 to +4.0)'
    """
    span = "" if np.isnan(low) else f" ({100 * low:+.1f} to {100 * high:+.1f})"
    return f"{100 * mean:+.1f} points{span}"


def _band(axis: Axes, table: pd.DataFrame, colour: object, marker: str, label: str) -> None:
    table = table.sort_values("n_labelled")
    x = table["n_labelled"]
    axis.fill_between(x, 100 * table["low"], 100 * table["high"], color=colour, alpha=0.2, lw=0)
    axis.plot(x, 100 * table["mean"], color=colour, marker=marker, ms=4, lw=1.6, label=label)


def _legend(figure: mpl.figure.Figure, axis: Axes, title: str) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        title=title,
        loc="outside upper center",
        ncols=min(4, len(labels)),
        frameon=False,
        fontsize=10,
    )


def learning_curves(summary: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw accuracy over labels, a panel for each dataset, a line with band for each embedder.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``dataset``, ``embedder`` (in order of quality), ``n_labelled``, ``mean``, ``low``,
        ``high`` as shares.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(summary["dataset"]))
    colours = embedder_colours(list(dict.fromkeys(summary["embedder"])))
    figure, axes = panels(["test accuracy, %"], datasets, 2.6)
    for axis, dataset in zip(axes[0], datasets, strict=True):
        for embedder, colour in colours.items():
            here = summary[(summary["dataset"] == dataset) & (summary["embedder"] == embedder)]
            _band(axis, here, colour, "o", plain(embedder))
        axis.set_xlabel("labels")
    _legend(figure, axes[0, 0], "embedder")
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
    _legend(figure, axes[0, 0], "embedder")
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
    figure, axes = panels([""], datasets, 0.55 * len(levels))
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
    _legend(figure, axes[0, 0], "embedder")
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
    figure, axes = panels([""] * rows, [""] * columns, 2.1)
    for axis in axes.flat[len(strategies) :]:
        axis.set_axis_off()
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
    figure.supylabel("gain over Random, points of AULC", fontsize=11)
    _legend(figure, axes[0, 0], "dataset")
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
