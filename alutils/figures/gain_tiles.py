"""Gains over Random as tiles with numbers: all datasets and embedders at a glance."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import panels

COLUMNS = 2
INK = "#222222"


def gain_tiles(summary: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw gains over Random, a panel for each embedder: strategies in rows, datasets in columns.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``strategy``, ``dataset`` and ``embedder`` in the order to draw, ``mean`` (a share) and
        ``place``: ``"leads"`` gets a frame, ``"close"`` bold digits, all else plain ones.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(summary["strategy"]))
    datasets = list(dict.fromkeys(summary["dataset"]))
    embedders = list(dict.fromkeys(summary["embedder"]))
    columns = min(COLUMNS, len(embedders))
    rows = -(-len(embedders) // columns)
    figure, axes = panels(
        [""] * rows, [""] * columns, 0.235 * len(strategies) + 0.35, sharex="all", sharey="all"
    )
    # A few very bad places would take all the colour from the rest.
    far = float(np.nanquantile(100 * summary["mean"].abs(), 0.95)) or 1.0
    norm = mpl.colors.Normalize(-far, far)
    colours = mpl.colormaps["RdBu"]
    for axis, embedder in zip(axes.flat, embedders, strict=False):
        here = summary[summary["embedder"] == embedder]
        axis.set_title(plain(embedder), fontsize=10.5)
        for row in here.itertuples():
            x, y = datasets.index(row.dataset), strategies.index(row.strategy)
            fill = colours(norm(100 * row.mean))
            dark = mpl.colors.rgb_to_hsv(fill[:3])[1] > 0.55
            axis.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, color=fill, lw=0))
            axis.text(
                x, y, _digits(row.mean), ha="center", va="center", fontsize=7,
                color="white" if dark else INK,
                weight="normal" if row.place == "behind" else "bold",
            )  # fmt: skip
            if row.place == "leads":
                axis.add_patch(
                    Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, fill=False, ec=INK, lw=1.4)
                )
        axis.set_yticks(range(len(strategies)), [plain(s) for s in strategies], fontsize=8.5)
        axis.set_xticks(
            range(len(datasets)), [plain(d) for d in datasets], fontsize=8, rotation=40, ha="right",
            rotation_mode="anchor",
        )  # fmt: skip
        axis.set(xlim=(-0.5, len(datasets) - 0.5), ylim=(len(strategies) - 0.5, -0.5))
        axis.grid(visible=False)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
    for axis in axes.flat[len(embedders) :]:
        axis.set_axis_off()
        above = axes[-2, columns - 1]
        above.tick_params(labelbottom=True)
    columns_kept = ["dataset", "embedder", "strategy", "mean", "low", "high", "place"]
    data = summary[[c for c in columns_kept if c in summary]]
    return save(figure, name, alt=alt, caption=caption, data=data)


def _digits(share: float) -> str:
    """Write a gain in points, as short as it goes."""
    value = round(100 * share, 1) + 0.0
    return f"{value:.1f}".replace("-", "−") if abs(value) < 10 else f"{value:.0f}".replace("-", "−")
