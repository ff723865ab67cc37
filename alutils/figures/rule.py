"""The figure of a rule: a tree of questions that a person can follow."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from alutils.figures.saved import Figure, save
from alutils.figures.theme import panels, style

_GREY = "#777777"


def decision_trees(table: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw trees of questions, one below the other.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per node: ``panel`` (title of its tree), ``node`` (its way from the root, ``""``,
        a letter for each answer: ``"y"`` to the left, ``"n"`` to the right), ``words``,
        ``choice`` (strategy whose colour a leaf has; ``""`` for a question) and ``unsure``
        (whether its border is dashed).
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    titles = list(dict.fromkeys(table["panel"]))
    deepest = int(table["node"].str.len().max())
    figure, axes = panels([""] * len(titles), [""], 1.1 + 0.75 * deepest, sharex="none")
    for axis, title in zip(axes[:, 0], titles, strict=True):
        axis.set_title(title, fontsize=10.5)
        _draw(axis, table[table["panel"] == title])
    return save(figure, name, alt=alt, caption=caption, data=table)


def _draw(axis: Axes, nodes: pd.DataFrame) -> None:
    rows = nodes.set_index("node")
    # "n" before "y" in the alphabet, but to the right of it.
    leaves = sorted(rows.index[rows["choice"] != ""], key=lambda n: n.replace("y", "a"))
    place = {leaf: (float(i), -float(len(leaf))) for i, leaf in enumerate(leaves)}
    for node in sorted(set(rows.index) - set(leaves), key=len, reverse=True):
        sides = place[f"{node}y"][0], place[f"{node}n"][0]
        place[node] = (sum(sides) / 2, -float(len(node)))
    for node, (x, y) in place.items():
        if node:
            above = place[node[:-1]]
            axis.plot([above[0], x], [above[1], y], color=_GREY, lw=1, zorder=1)
            answer = "yes" if node[-1] == "y" else "no"
            # Nearer to the question: a leaf may be tall.
            near = above[0] + 0.4 * (x - above[0]), above[1] + 0.4 * (y - above[1])
            axis.annotate(
                answer, near, fontsize=8.5, color=_GREY, ha="center", va="center",
                bbox={"fc": "white", "ec": "none", "pad": 1},
            )  # fmt: skip
        row = rows.loc[node]
        question = row["choice"] == ""
        border = _GREY if question else style(str(row["choice"]))[0]
        axis.annotate(
            str(row["words"]), (x, y), fontsize=8.5, ha="center", va="center", zorder=2,
            bbox={
                "boxstyle": "round,pad=0.4",
                "fc": "#f2f2f2" if question else "white",
                "ec": border,
                "lw": 1.6,
                "ls": "--" if row["unsure"] else "-",
            },
        )  # fmt: skip
    axis.set_xlim(-0.6, max(len(leaves) - 0.4, 0.6))
    axis.set_ylim(-max(map(len, rows.index)) - 0.6, 0.5)
    axis.set_axis_off()
