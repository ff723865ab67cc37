"""What was estimated while labelling, beside the truth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from alutils.figures.plots import _band, _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, panels

MOST = 3  # panels beside each other

ESTIMATES: dict[str, tuple[str, str, str]] = {
    "audit": ("audit", "#0072b2", "o"),
    "naive": ("naive: cross-validation on all labels", "#d55e00", "D"),
    "steers": ("audit that the strategy sees", "#cc79a7", "s"),
}
"""Words, colour and marker of each estimate of accuracy."""

INSIDE, OUTSIDE = "#0072b2", "#d55e00"


def estimates_beside_truth(
    one_seed: pd.DataFrame, errors: pd.DataFrame, name: str, *, alt: str, caption: str
) -> Figure:
    """Draw estimates of accuracy over labels: of one seed above, their errors over seeds below.

    Parameters
    ----------
    one_seed : pandas.DataFrame
        ``dataset`` (columns, the first three), ``n_labelled``, ``audit``, ``audit_low``,
        ``audit_high``, ``naive`` and ``pile_accuracy``, shares.
    errors : pandas.DataFrame
        ``dataset``, ``estimate`` (a key of `ESTIMATES`), ``n_labelled``, ``mean``, ``low``,
        ``high`` of estimate minus truth, shares; the last two may be NaN.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(one_seed["dataset"]))[:MOST]
    rows = ["accuracy, %\n(one seed)", "estimate − truth, points\n(mean over seeds)"]
    figure, axes = panels(["", ""], datasets, 2.35)
    for axis, title in zip(axes[:, 0], rows, strict=True):
        axis.set_ylabel(title, fontsize=10)
    for (above, below), dataset in zip(axes.T, datasets, strict=True):
        here = one_seed[one_seed["dataset"] == dataset].sort_values("n_labelled")
        x = here["n_labelled"]
        above.plot(x, 100 * here["pile_accuracy"], color="black", lw=1.8)
        _, colour, marker = ESTIMATES["naive"]
        above.plot(x, 100 * here["naive"], color=colour, marker=marker, ms=4.5, lw=1.2)
        _, colour, marker = ESTIMATES["audit"]
        above.vlines(x, 100 * here["audit_low"], 100 * here["audit_high"], color=colour, lw=1.4)
        above.plot(x, 100 * here["audit"], marker, color=colour, mec="white", ms=6)
        below.axhline(0, color="black", lw=1.8)
        for estimate, (label, colour, marker) in ESTIMATES.items():
            some = errors[(errors["dataset"] == dataset) & (errors["estimate"] == estimate)]
            _band(below, some, colour, marker, label)
        for axis in (above, below):
            axis.set_xticks(sorted(set(x))[:: -(-len(x) // 6)])
    figure.supxlabel("labels", fontsize=11)
    keys = [Line2D([], [], color="black", lw=1.8, label="truth")]
    keys += [
        Line2D([], [], color=colour, marker=marker, ms=6, label=label)
        for label, colour, marker in ESTIMATES.values()
    ]
    figure.legend(handles=keys, loc="outside upper center", ncols=2, frameon=False, fontsize=10)
    data = pd.concat([one_seed.assign(part="one seed"), errors.assign(part="errors")])
    return save(figure, name, alt=alt, caption=caption, data=data)


def forecasts_beside_gains(moments: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw every forecast with its interval, and what the next batch brought.

    Parameters
    ----------
    moments : pandas.DataFrame
        ``dataset`` (panels, the first three), ``seed``, ``n_labelled``, ``forecast``,
        ``forecast_low``, ``forecast_high`` and ``gain``, shares.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(moments["dataset"]))[:MOST]
    figure, axes = panels([""], datasets, 2.6)
    for axis, dataset in zip(axes[0], datasets, strict=True):
        here = moments[moments["dataset"] == dataset]
        seeds = sorted(here["seed"].unique())
        steps = np.diff(sorted(here["n_labelled"].unique()))
        # The seeds of a batch stand beside each other, in two thirds of the way to the next.
        apart = 2 / 3 * (steps.min() if len(steps) else 100) / len(seeds)
        x = here["n_labelled"] + apart * (here["seed"].map(seeds.index) - (len(seeds) - 1) / 2)
        inside = here["gain"].between(here["forecast_low"], here["forecast_high"])
        axis.axhline(0, color=STYLE["random"][0], lw=1)
        for which, colour in ((inside, INSIDE), (~inside, OUTSIDE)):
            low, high = here["forecast_low"][which], here["forecast_high"][which]
            axis.vlines(x[which], 100 * low, 100 * high, color=colour, lw=1.2, alpha=0.6)
            axis.plot(x[which], 100 * here["forecast"][which], "_", color=colour, ms=5, mew=1.6)
        axis.plot(x, 100 * here["gain"], "o", color="black", mec="white", mew=0.4, ms=4)
        axis.set_xticks(sorted(here["n_labelled"].unique()))
    figure.supxlabel("labels before the batch", fontsize=11)
    figure.supylabel("change of accuracy, points", fontsize=11)
    keys = [
        Line2D([], [], color=INSIDE, lw=1.4, marker="_", ms=7),
        Line2D([], [], color=OUTSIDE, lw=1.4, marker="_", ms=7),
        Line2D([], [], color="black", marker="o", lw=0, ms=5),
    ]
    words = ["forecast that holds what came", "forecast that does not", "what came"]
    _legend(figure, "", keys, words)
    return save(figure, name, alt=alt, caption=caption, data=moments)


def changes_beside_gains(changes: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw how much predictions changed beside what accuracy did, by this batch and by the next.

    Parameters
    ----------
    changes : pandas.DataFrame
        ``dataset``, ``changed``, ``moved`` (by the same batch) and ``gain`` (by the next), shares.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(changes["dataset"]))
    marks = _marks(datasets)
    titles = {"moved": "accuracy, by the same batch", "gain": "accuracy, by the next batch"}
    figure, axes = panels([""], list(titles.values()), 2.8, sharey="all")
    for axis, column in zip(axes[0], titles, strict=True):
        for dataset, (colour, marker) in marks.items():
            here = changes[changes["dataset"] == dataset]
            axis.plot(
                100 * here["changed"], 100 * here[column], marker, color=colour, mec="white",
                mew=0.4, ms=5, alpha=0.85,
            )  # fmt: skip
        _limits(axis, 100 * float(changes["changed"].max()), column == "moved")
    figure.supxlabel("predictions changed by a batch, %", fontsize=11)
    figure.supylabel("change of accuracy, points", fontsize=11)
    keys = [Line2D([], [], color=c, marker=m, lw=0, ms=6) for c, m in marks.values()]
    keys += [Line2D([], [], color="#999999", lw=1, ls="--")]
    _legend(figure, "", keys, [*map(plain, datasets), "bound"])
    return save(figure, name, alt=alt, caption=caption, data=changes)


def _marks(datasets: list[str]) -> Mapping[str, tuple[str, str]]:
    colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6e6e6e"]
    return {
        dataset: (colours[i % len(colours)], "osD^vP*Xh<"[i % 10])
        for i, dataset in enumerate(datasets)
    }


def _limits(axis: Axes, most: float, bound: bool) -> None:
    """Draw zero, and the lines that accuracy cannot pass."""
    axis.axhline(0, color=STYLE["random"][0], lw=1)
    bottom, top = axis.get_ylim()
    if bound:
        for sign in (1, -1):
            axis.plot([0, most], [0, sign * most], color="#999999", lw=1.2, ls="--")
    axis.set(xlim=(0, 1.04 * most), ylim=(bottom, top))
