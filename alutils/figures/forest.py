"""Effects with two intervals: one row for each level, one panel for each effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.theme import STYLE, panels

PALE = "#b9b9b9"


def forest(
    summary: pd.DataFrame,
    datasets: pd.DataFrame,
    labels: Mapping[str, str],
    colours: Mapping[str, object],
    name: str,
    *,
    xlabel: str,
    alt: str,
    caption: str,
) -> Figure:
    """Draw mean effects over datasets, with the datasets behind them.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``panel``, ``row`` (in order, the first on top), ``mean``, ``low``, ``high`` (datasets
        drawn again), ``low_fixed``, ``high_fixed`` (seeds drawn again), as shares.
    datasets : pandas.DataFrame
        ``panel``, ``row``, ``dataset``, ``mean``: one pale dot each.
    labels : mapping of str to str
        How each row is called.
    colours : mapping of str to colour
        Of each row, or of each panel.
    xlabel : str
        What the effect is, for all panels.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    rows = list(dict.fromkeys(summary["row"]))
    columns = list(dict.fromkeys(summary["panel"]))
    figure, axes = panels([""], columns, 0.6 + 0.31 * len(rows))
    for axis, column in zip(axes[0], columns, strict=True):
        axis.axvline(0, color=STYLE["random"][0], lw=1)
        here = summary[summary["panel"] == column].set_index("row").reindex(rows)
        # A single dataset is the mean itself.
        behind = datasets[(datasets["panel"] == column) & (datasets["dataset"].nunique() > 1)]
        axis.plot(
            100 * behind["mean"], [rows.index(row) + 0.24 for row in behind["row"]], "|",
            color=PALE, ms=6, mew=1.3, zorder=1,
        )  # fmt: skip
        for place, row in enumerate(rows):
            values = 100 * here.loc[row]
            colour = colours.get(row, colours.get(column))
            axis.plot([values["low"], values["high"]], [place] * 2, color=colour, lw=1.2)
            fixed = [values["low_fixed"], values["high_fixed"]]
            axis.plot(fixed, [place] * 2, color=colour, lw=4.6, solid_capstyle="butt")
            axis.plot(values["mean"], place, "o", color=colour, mec="white", mew=0.7, ms=6)
        axis.set_yticks(range(len(rows)), [labels[row] for row in rows])
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.grid(axis="y", visible=False)
        # Numbers of narrow panels would run into each other.
        most = min(6, max(2, 8 - len(columns)))
        axis.xaxis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10]))
    figure.supxlabel(xlabel, fontsize=11)
    _legend(figure, "", *_key(bool(summary["low"].notna().any()), len(set(datasets["dataset"]))))
    data = pd.concat([summary.assign(dataset="mean"), datasets])
    return save(figure, name, alt=alt, caption=caption, data=data)


def _key(resampled: bool, n_datasets: int) -> tuple[Sequence[Line2D], Sequence[str]]:
    dark = "#444444"
    keys = [
        (
            Line2D([], [], color=dark, marker="o", mec="white", lw=4.6, ms=6),
            "mean; interval with seeds drawn again",
        )
    ]
    if resampled:
        keys.append((Line2D([], [], color=dark, lw=1.2), "with datasets drawn again"))
    if n_datasets > 1:
        one = Line2D([], [], color=PALE, marker="|", ls="", ms=8, mew=1.3)
        keys.append((one, "single datasets"))
    handles, words = zip(*keys, strict=True)
    return handles, words
