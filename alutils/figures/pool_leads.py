"""The lead over a random initial pool as labels come in."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from alutils.figures.plots import _band, _legend
from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import STYLE, embedder_colours, panels


def pool_leads(
    lead: pd.DataFrame, embedders: Sequence[str], name: str, *, alt: str, caption: str
) -> Figure:
    """Draw the mean lead of each initial pool over labels, under the worst and the best embedder.

    Each panel has a scale of its own: one initial pool that starts far behind would flatten all
    others.

    Parameters
    ----------
    lead : pandas.DataFrame
        ``initial_pool`` (panels, in order), ``embedder``, ``n_labelled``, ``mean``, ``low``,
        ``high`` as shares; the last two are the band.
    embedders : sequence of str
        All of the page, the worst first, which gives each its colour; two or fewer are drawn.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    pools = list(dict.fromkeys(lead["initial_pool"]))
    colours = embedder_colours(embedders)
    drawn = [name for name in embedders if name in set(lead["embedder"])]
    columns = min(4, len(pools))
    rows = -(-len(pools) // columns)
    figure, axes = panels([""] * rows, [""] * columns, 1.7, sharex="all", sharey="none")
    for position in range(len(pools), rows * columns):
        axes.flat[position].set_axis_off()
        axes[-2, position % columns].tick_params(labelbottom=True)
    ticks = sorted(lead["n_labelled"].unique())
    for axis, pool in zip(axes.flat, pools, strict=False):
        axis.set_title(plain(pool), fontsize=10.5)
        axis.axhline(0, color=STYLE["random"][0], lw=1)
        for embedder, marker in zip(drawn, "so", strict=False):
            here = lead[(lead["initial_pool"] == pool) & (lead["embedder"] == embedder)]
            _band(axis, here, colours[embedder], marker, plain(embedder))
        if len(ticks) < 7:
            axis.set_xticks(ticks)
    figure.supxlabel("labels", fontsize=11)
    figure.supylabel("accuracy minus Random's, points", fontsize=11)
    _legend(figure, "embedder", *axes[0, 0].get_legend_handles_labels())
    return save(figure, name, alt=alt, caption=caption, data=lead)
