"""The figure of a pile that was sorted: what a person was told, what was true, what was saved."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from alutils.figures.saved import Figure, save
from alutils.figures.theme import STYLE, panels, style

_TRUE = "#222222"


def told_and_saved(
    told: pd.DataFrame,
    ways: pd.DataFrame,
    saved: Mapping[str, float],
    strategy: str,
    name: str,
    *,
    alt: str,
    caption: str,
) -> Figure:
    """Draw the estimates of one run beside the truth, and chosen labels beside random ones.

    Parameters
    ----------
    told : pandas.DataFrame
        A row for each batch: ``n_labelled``; ``estimate``, ``low`` and ``high``, what the report
        said of texts without a label (NaN where it said nothing); ``true``. As shares.
    ways : pandas.DataFrame
        ``way`` (``"chosen"``, ``"random"`` or ``"this run"``), ``n_labelled``, ``mean``, ``low``
        and ``high`` of the share of all texts that is sorted rightly.
    saved : mapping of str to float
        ``reached``, a share, and the labels that it took, ``n_labelled`` chosen ones and
        ``needed`` random ones (NaN if it is not known).
    strategy : str
        Gives its colour.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    titles = ["texts that nobody labelled", "all texts, labels given included"]
    figure, axes = panels([""], titles, 2.9, sharex="none", sharey="none")
    left, right = axes[0]
    _told(left, told, style(strategy)[0])
    _ways(right, ways, style(strategy)[0])
    if saved["needed"] > saved["n_labelled"]:
        ends, height = (saved["n_labelled"], saved["needed"]), 100 * saved["reached"]
        arrow = {"arrowstyle": "<->", "color": _TRUE, "shrinkA": 0, "shrinkB": 0}
        right.annotate("", (ends[0], height), (ends[1], height), arrowprops=arrow)
        words = f"{ends[1] - ends[0]:,.0f} labels saved"
        right.annotate(
            words, (ends[1], height), xytext=(4, -3), textcoords="offset points", va="top",
            fontsize=9,
        )  # fmt: skip
    for axis in (left, right):
        axis.legend(loc="best", fontsize=9, frameon=False)
        axis.set_xlim(left=0)
        axis.set_xlabel("labels", fontsize=10)
    left.set_ylabel("right, %", fontsize=10)
    data = pd.concat([told.assign(panel="told"), ways.assign(panel="ways")], ignore_index=True)
    return save(figure, name, alt=alt, caption=caption, data=data)


def _told(axis: Axes, told: pd.DataFrame, colour: str) -> None:
    x, middle = told["n_labelled"], 100 * told["estimate"]
    # Rounding may leave an end on the wrong side of an estimate that is all or nothing.
    lengths = [(middle - 100 * told["low"]).clip(0), (100 * told["high"] - middle).clip(0)]
    axis.errorbar(
        x, middle, yerr=lengths, fmt="o", ms=5, color=colour, capsize=3, lw=1.4,
        label="what the report said",
    )  # fmt: skip
    axis.plot(x, 100 * told["true"], color=_TRUE, lw=1.6, marker="_", ms=9, label="what was true")


def _ways(axis: Axes, ways: pd.DataFrame, colour: str) -> None:
    looks = {"random": (STYLE["random"][0], "drawn at random"), "chosen": (colour, "chosen")}
    for way, (shade, label) in looks.items():
        here = ways[ways["way"] == way].sort_values("n_labelled")
        x = here["n_labelled"]
        axis.fill_between(x, 100 * here["low"], 100 * here["high"], color=shade, alpha=0.22, lw=0)
        axis.plot(x, 100 * here["mean"], color=shade, lw=1.7, label=label)
    here = ways[ways["way"] == "this run"]
    axis.plot(here["n_labelled"], 100 * here["mean"], "o", color=colour, ms=4.5, label="this run")
