"""Heat maps with their numbers written in: many pairs at a glance, and each one readable."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import panels


def quality_map(
    measured: pd.DataFrame, measures: Mapping[str, str], name: str, *, alt: str, caption: str
) -> Figure:
    """Draw measures of embeddings, a panel for each measure, datasets down and embedders across.

    Parameters
    ----------
    measured : pandas.DataFrame
        ``dataset``, ``embedder`` (in order of quality) and the measures, as shares.
    measures : mapping of str to str
        Columns to draw, each with its title.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    datasets = list(dict.fromkeys(measured["dataset"]))
    embedders = list(dict.fromkeys(measured["embedder"]))
    height = 0.34 * len(datasets) + 0.9
    figure, axes = panels([""], list(measures), height, sharey="all")
    for axis, (measure, title) in zip(axes[0], measures.items(), strict=True):
        values = measured.pivot(index="dataset", columns="embedder", values=measure)
        values = 100 * values.loc[datasets, embedders]
        axis.imshow(values, cmap="viridis", aspect="auto", vmin=0, vmax=100)
        for (row, column), value in np.ndenumerate(values.to_numpy()):
            colour = "black" if value > 60 else "white"
            axis.text(column, row, f"{value:.0f}", ha="center", va="center", c=colour, fontsize=9)
        axis.set_title(title, fontsize=10.5)
        axis.set_xticks(
            range(len(embedders)), [plain(e) for e in embedders], rotation=40, ha="right"
        )
        axis.set_yticks(range(len(datasets)), [plain(d) for d in datasets])
        axis.grid(visible=False)
    return save(figure, name, alt=alt, caption=caption, data=measured)
