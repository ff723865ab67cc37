"""Figures of Margin against BADGE."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm
from matplotlib.lines import Line2D

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, panels, style

_GREY = STYLE["random"][0]
_WEIGHT: dict[str, dict[str, Any]] = {
    "win": {"weight": "bold", "color": "black"},
    "loss": {"weight": "bold", "color": "black"},
    "equivalent": {"color": "black"},
    "undecided": {"color": "#555555", "style": "italic"},
}


def rivals(gains: pd.DataFrame, duel: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw all gains of two strategies over Random, and beside them their differences as a map.

    Parameters
    ----------
    gains : pandas.DataFrame
        ``dataset`` (lines), ``strategy`` (two of them, above each other in a line), ``embedder``
        (one dot each) and ``mean``, a share. The highest and lowest of each strategy are ringed.
    duel : pandas.DataFrame
        ``dataset``, ``embedder`` (columns of the map, in order of quality), ``mean`` of the
        second strategy minus the first as a share, and ``outcome`` as of
        `alutils.statistics.outcomes`.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(duel["dataset"]))
    strategies = list(dict.fromkeys(gains["strategy"]))
    height = 0.5 * len(datasets) + 0.5
    figure, axes = panels([""], ["", ""], height, sharex="none", sharey="none")
    left, right = axes[0]
    figure.set_size_inches(figure.get_figwidth(), height + 1.2)
    _strips(left, gains, datasets, strategies)
    _map(right, duel, datasets, strategies)
    handles = [
        Line2D([], [], color=style(s)[0], marker=style(s)[1], ls="", ms=7) for s in strategies
    ]
    handles.append(Line2D([], [], color="black", marker="o", mfc="none", ls="", ms=10, mew=1))
    _legend(figure, "", handles, [*map(plain, strategies), "best and worst case of each"])
    data = gains.merge(
        duel[["dataset", "embedder", "mean", "outcome"]].rename(columns={"mean": "difference"}),
        on=["dataset", "embedder"],
    )
    return save(figure, name, alt=alt, caption=caption, data=data)


def _strips(axis: Axes, gains: pd.DataFrame, datasets: list[str], strategies: list[str]) -> None:
    axis.axvline(0, color=_GREY, lw=1)
    for strategy, offset in zip(strategies, (-0.18, 0.18), strict=True):
        colour, marker = style(strategy)
        here = gains[gains["strategy"] == strategy]
        y = np.array([datasets.index(d) for d in here["dataset"]]) + offset
        x = 100 * here["mean"].to_numpy()
        for line in np.unique(y):
            on = x[y == line]
            axis.plot([on.min(), on.max()], [line, line], color=colour, lw=1, alpha=0.5)
        size = 9 if marker == "*" else 5.5  # stars fill less of their size
        axis.plot(x, y, color=colour, marker=marker, ms=size, ls="", mec="white", mew=0.4)
        for at in (x.argmax(), x.argmin()):
            axis.plot(x[at], y[at], "o", mfc="none", mec="black", ms=10.5, mew=1)
    axis.set_yticks(range(len(datasets)), [plain(d) for d in datasets])
    axis.set_ylim(len(datasets) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    axis.set_title("gain in AULC over Random", fontsize=10.5)
    axis.set_xlabel("points; one mark for each embedder", fontsize=9.5)


def _map(axis: Axes, duel: pd.DataFrame, datasets: list[str], strategies: list[str]) -> None:
    embedders = list(dict.fromkeys(duel["embedder"]))
    first, second = (style(s)[0] for s in strategies)
    colours = LinearSegmentedColormap.from_list("rivals", [first, "white", second])
    values = (
        duel.set_index(["dataset", "embedder"])["mean"]
        .unstack()
        .reindex(index=datasets, columns=embedders)
        .to_numpy()
        * 100
    )
    # Roots, so that half a point is to be seen beside several; never bold for small ones alone.
    reach = max(2.5, float(np.nanmax(np.abs(values))))
    axis.imshow(
        np.sign(values) * np.sqrt(np.abs(values)), cmap=colours, aspect="auto",
        norm=TwoSlopeNorm(0, -1.25 * np.sqrt(reach), 1.25 * np.sqrt(reach)),
    )  # fmt: skip
    for _, row in duel.iterrows():
        value = round(100 * row["mean"], 1) + 0.0
        word = f"{value:+.1f}".replace("-", "−")
        axis.text(
            embedders.index(row["embedder"]), datasets.index(row["dataset"]),
            f"=\n{word}" if row["outcome"] == "equivalent" else word,
            ha="center", va="center", fontsize=8.5 if len(embedders) < 9 else 7,
            **_WEIGHT[row["outcome"]],
        )  # fmt: skip
    axis.set_xticks(range(len(embedders)), [plain(e) for e in embedders], rotation=40, ha="right")
    axis.set_yticks(range(len(datasets)), [plain(d) for d in datasets])
    axis.tick_params(labelleft=False)  # a phone shows them
    axis.grid(visible=False)
    for side in axis.spines.values():
        side.set_visible(False)
    axis.set_title(f"{plain(strategies[1])} minus {plain(strategies[0])}, points", fontsize=10.5)
    axis.set_xlabel("embedders, the worst first", fontsize=9.5)


def difference_along_quality(
    units: pd.DataFrame, name: str, *, xlabel: str, ylabel: str, alt: str, caption: str
) -> Figure:
    """Draw one difference against measured quality, a panel for each dataset.

    Parameters
    ----------
    units : pandas.DataFrame
        ``dataset`` (panels), ``quality`` as a share, and ``mean``, ``low``, ``high`` of the
        difference as shares. A dotted least-squares line is drawn where there are two or more.
    xlabel, ylabel : str
        What quality and difference are.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(units["dataset"]))
    columns = min(3, len(datasets))
    rows = -(-len(datasets) // columns)
    figure, axes = panels([""] * rows, [""] * columns, 1.45, sharex="none", sharey="all")
    for axis in axes.flat[len(datasets) :]:
        axis.set_axis_off()
    for axis, dataset in zip(axes.flat, datasets, strict=False):
        here = units[units["dataset"] == dataset].sort_values("quality")
        x, y = 100 * here["quality"].to_numpy(), 100 * here["mean"].to_numpy()
        axis.axhline(0, color=_GREY, lw=1)
        whiskers = [y - 100 * here["low"], 100 * here["high"] - y]
        axis.errorbar(x, y, yerr=whiskers, fmt="o", ms=4, lw=1.1, color=style("badge")[0])
        if len(np.unique(x)) > 1:
            ends = np.array([x.min(), x.max()])
            axis.plot(ends, np.polyval(np.polyfit(x, y, 1), ends), color="#333333", ls=":", lw=1.4)
        axis.set_title(plain(dataset), fontsize=10.5)
    figure.supxlabel(xlabel, fontsize=11)
    figure.supylabel(ylabel, fontsize=11)
    return save(figure, name, alt=alt, caption=caption, data=units)
