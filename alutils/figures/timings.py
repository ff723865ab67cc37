"""Figures and tables about speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from alutils.figures.saved import Figure, save
from alutils.figures.style import count, plain
from alutils.figures.theme import log_scale, panels, style
from alutils.speed import OURS, SHAPE

# In grey, because ours have the colours of their strategies.
_PEERS = [("#222222", "s"), ("#8c8c8c", "D"), ("#b5b5b5", "v"), ("#222222", "P")]
_LEAST: dict[str, Any] = {"color": "#222222", "marker": "|", "ms": 9.0, "mew": 1.6, "ls": ""}


def milliseconds(seconds: float) -> str:
    """Write seconds as milliseconds, to three digits; nothing where there are none.

    Examples
    --------
    >>> milliseconds(0.00144), milliseconds(10.264), milliseconds(0.0), milliseconds(float("nan"))
    ('1.44', '10,300', '0', '')
    """
    if np.isnan(seconds):
        return ""
    if seconds <= 0:
        return "0"
    value = float(f"{1000 * seconds:.3g}")
    return f"{value:,.{max(0, 2 - int(np.floor(np.log10(value))))}f}"


def times(ratio: float) -> str:
    """Write how many times one number is another, to two digits or more.

    Examples
    --------
    >>> times(2285.3), times(0.034), times(float("nan"))
    ('2,285 ×', '0.034 ×', '')
    """
    if np.isnan(ratio):
        return ""
    return f"{ratio:,.0f} ×" if ratio >= 9.95 else f"{ratio:.2g} ×"


def sizes(shape: pd.Series) -> str:
    """Write the sizes of a problem: rows, dimensions, classes."""
    return (
        f"{count(int(shape['rows']))} texts, {shape['dim']} dimensions, {shape['classes']} classes"
    )


def speed_table(compared: pd.DataFrame, label: str = "item") -> pd.DataFrame:
    """Lay out one shape of `alutils.speed.compare` for reading.

    Parameters
    ----------
    compared : pandas.DataFrame
        Rows of one task.
    label : str
        Column that tells the lines apart: ``"item"``, or a size such as ``"labelled"``.

    Returns
    -------
    pandas.DataFrame
        Of texts: what ours takes, how many times the least possible that is, what it spends once
        per pool, its memory, and for each peer what it takes and how many times ours that is
        (all of ours, the one-time part included). Columns that would be empty are left out.
    """
    peers = [name for name in dict.fromkeys(compared["system"]) if name != OURS]
    lines = []
    for key, here in compared.groupby(label, sort=False):
        found = {row.pop("system"): row for row in here.to_dict("records")}
        ours = found[OURS]
        line = {
            "strategy" if label == "item" else label: plain(str(key)),
            "ours, ms": _cell(ours),
            "ours / least possible": times(ours["over_least"]),
            "once per pool, ms": milliseconds(ours["once"]) if ours["once"] > 0 else "",
            "memory, MB": ""
            if np.isnan(ours["memory_bytes"])
            else f"{ours['memory_bytes'] / 1e6:,.0f}",
        }
        for peer in peers:
            line[f"{peer}, ms"] = _cell(found[peer]) if peer in found else ""
            line[f"{peer} / ours"] = times(found[peer]["ratio"]) if peer in found else ""
        lines.append(line)
    table = pd.DataFrame(lines)
    return table.loc[:, (table != "").any()]


def _cell(row: Mapping[Any, Any]) -> str:
    """Milliseconds, or why there are none; of a peer that chose too few rows, that it did."""
    note = str(row["note"])
    if np.isnan(row["seconds"]):
        return note
    doubt = f" ({note})" if note.startswith("returned") else ""
    return milliseconds(row["seconds"]) + doubt


def costs(compared: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw what a query costs, ours and each peer's, on a logarithmic scale.

    Parameters
    ----------
    compared : pandas.DataFrame
        As `alutils.speed.compare` returns it, for one or more shapes (a panel each). A bar marks
        the least possible, where it is known; a peer that ran out of time or memory stands at the
        right edge, hollow.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    peers = [each for each in dict.fromkeys(compared["system"]) if each != OURS]
    marks = {peer: _PEERS[i % len(_PEERS)] for i, peer in enumerate(peers)}
    ours = compared[compared["system"] == OURS].groupby("item", sort=False)["whole"].min()
    order = [str(item) for item in ours.sort_values(na_position="last").index]
    shapes = [group for _, group in compared.groupby(SHAPE, sort=False)]
    titles = [sizes(shape.iloc[0]).replace(", ", "\n", 1) for shape in shapes]
    figure, axes = panels([""], titles, 0.27 * len(order) + 0.4)
    for axis, shape in zip(axes[0], shapes, strict=True):
        _draw(axis, shape, order, marks)
        log_scale(axis, "x")
        axis.set(xlabel="CPU seconds", ylim=(len(order) - 0.5, -0.5))
        axis.set_yticks(range(len(order)), [plain(item) for item in order])
        if axis is not axes[0, 0]:
            axis.tick_params(labelleft=False)
    handles = [Line2D([], [], color="#222222", mfc="none", marker="o", ms=6.5, ls="", label=OURS)]
    for peer, (colour, mark) in marks.items():
        handles.append(Line2D([], [], color=colour, marker=mark, ms=4.5, ls="", label=peer))
    if compared["least"].gt(0).any():
        handles.append(Line2D([], [], label="least possible", **_LEAST))
    figure.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False, fontsize=10)
    return save(figure, name, alt=alt, caption=caption, data=compared)


def _draw(
    axis: Axes, shape: pd.DataFrame, order: Sequence[str], marks: dict[str, tuple[str, str]]
) -> None:
    """Draw the points of one shape, strategies in this order from the top."""
    edge = 3 * shape["whole"].max()
    for row in shape.to_dict("records"):
        place, failed = float(order.index(row["item"])), bool(np.isnan(row["whole"]))
        x = edge if failed else row["whole"]
        if row["system"] == OURS:
            if row["least"] > 0:
                axis.plot(row["least"], place, **_LEAST)
            colour, mark, size = style(row["item"])[0], "o", 6.5
        else:
            (colour, mark), size = marks[row["system"]], 4.5
            if failed and len(marks) > 1:  # two that failed would hide each other's reason
                place += 0.4 * (list(marks).index(row["system"]) / (len(marks) - 1) - 0.5)
        axis.plot(
            x, place, mark, ms=size, color=colour, mfc="white" if failed else colour, mec=colour
        )
        if failed:
            axis.annotate(
                row["note"], (x, place), ha="left", va="center", fontsize=7,
                xytext=(5, 0), textcoords="offset points",
            )  # fmt: skip


def growth(compared: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw CPU seconds over the size of the pool, both logarithmic, a line for each strategy.

    Parameters
    ----------
    compared : pandas.DataFrame
        As `alutils.speed.compare` returns it, for several sizes of the pool.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    figure, axes = panels([""], [""], 3.0)
    axis = axes[0, 0]
    for item, here in compared[compared["system"] == OURS].groupby("item", sort=False):
        colour, mark = style(str(item))
        here = here.sort_values("rows")
        axis.plot(here["rows"], here["whole"], color=colour, marker=mark, label=plain(str(item)))
    log_scale(axis, "x", "y")
    axis.set(xlabel="texts in the pool", ylabel="CPU seconds")
    axis.legend(frameon=False)
    return save(figure, name, alt=alt, caption=caption, data=compared)
