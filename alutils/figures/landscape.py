"""The whole study in one picture: how far embedders lie apart, and how far strategies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from alutils.figures.plots import _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import embedder_colours, panels


def landscape(means: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw the mean AULC of every strategy under every embedder, a line for each dataset.

    Parameters
    ----------
    means : pandas.DataFrame
        ``dataset`` (lines, from top), ``embedder`` (in order of quality, colours), ``strategy``
        (dots; Random is a bar) and ``aulc`` as a share.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(means["dataset"]))
    embedders = list(dict.fromkeys(means["embedder"]))
    colours = embedder_colours(embedders)
    offsets = dict(zip(embedders, np.linspace(0.24, -0.24, len(embedders)), strict=True))
    figure, axes = panels([""], [""], 0.5 * len(datasets))
    axis = axes[0, 0]
    for (dataset, embedder), here in means.groupby(["dataset", "embedder"], sort=False):
        y = datasets.index(str(dataset)) + offsets[str(embedder)]
        values = 100 * here["aulc"]
        axis.plot([values.min(), values.max()], [y, y], color=colours[str(embedder)], lw=0.8)
        is_random = here["strategy"] == "random"
        axis.plot(
            values[~is_random], [y] * int((~is_random).sum()), "o", ms=4.5, mew=0,
            color=colours[str(embedder)], alpha=0.75,
        )  # fmt: skip
        axis.plot(values[is_random], [y] * int(is_random.sum()), "|", ms=9, mew=1.8, color="black")
    axis.set_yticks(range(len(datasets)), [plain(dataset) for dataset in datasets])
    axis.set_ylim(len(datasets) - 0.5, -0.5)
    axis.grid(axis="y", visible=False)
    axis.set_xlabel("mean accuracy along the budget (AULC), %", fontsize=11)
    handles = [Line2D([], [], color=colours[e], marker="o", ls="") for e in embedders]
    handles.append(Line2D([], [], color="black", marker="|", ls="", ms=9, mew=1.8))
    _legend(figure, "embedder", handles, [*map(plain, embedders), "Random labels"])
    return save(figure, name, alt=alt, caption=caption, data=means)
