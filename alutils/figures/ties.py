"""Wins, losses and ties."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from alutils.figures.saved import Figure, save
from alutils.figures.style import plain
from alutils.figures.theme import log_scale, panels, style

#: What a comparison showed, in the order of a bar, with its colour and that of its number.
OUTCOMES = {
    "win": ("#0072b2", "white"),
    "equivalent": ("#8a8a8a", "white"),
    "undecided": ("#dcdcdc", "#222222"),
    "loss": ("#d55e00", "white"),
}
GREY = "#999999"
#: Marker and colour of a unit, the smallest first.
UNITS = [("o", "#d55e00"), ("s", "#0072b2"), ("D", "#222222")]
INK = "#222222"
ABREAST = 4  # columns of a matrix beside each other on a phone


def tally_bars(tallied: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw what comparisons with Random showed, and what two win rates make of it.

    Parameters
    ----------
    tallied : pandas.DataFrame
        As returned by `alutils.statistics.tally`, one row per ``strategy``, in the order to draw.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(tallied["strategy"])
    figure, axes = panels([""], ["", ""], 0.27 * len(strategies) + 0.3, sharey="row")
    bars, rates = axes[0]
    for place, row in enumerate(tallied.to_dict("records")):
        _bar(bars, place, row)
        colour = style(row["strategy"])[0]
        half, dropped = 100 * row["rate_ties_half"], 100 * row["rate_ties_dropped"]
        rates.plot([half, dropped], [place, place], color=colour, lw=1.6)
        rates.plot(dropped, place, marker="o", ms=6.5, mfc="white", mec=colour, mew=1.5)
        rates.plot(half, place, marker="o", ms=6.5, color=colour)
    bars.set_yticks(range(len(strategies)), [plain(s) for s in strategies], fontsize=9.5)
    bars.set_ylim(len(strategies) - 0.5, -0.5)
    bars.set_xlim(0, tallied["n"].max())
    bars.set_xlabel("comparisons with Random", fontsize=9.5)
    bars.grid(visible=False)
    rates.axvline(50, color=GREY, lw=1)
    rates.set_xlim(-4, 104)
    rates.set_xlabel("win rate, %", fontsize=9.5)
    marks = [
        Line2D([], [], color=INK, marker="o", ms=6.5, ls="", label="win rate, ties count half"),
        Line2D([], [], color=INK, marker="o", ms=6.5, ls="", mfc="white", label="ties dropped"),
    ]
    figure.legend(
        handles=[*_patches(), *marks], loc="outside upper center", ncols=6, frameon=False,
        fontsize=8.5, columnspacing=1.2, handletextpad=0.5,
    )  # fmt: skip
    return save(figure, name, alt=alt, caption=caption, data=tallied)


def duel_matrix(
    tallied: pd.DataFrame, order: Sequence[str], name: str, *, alt: str, caption: str
) -> Figure:
    """Draw what every strategy did against every other: rows against columns, a bar in each cell.

    Parameters
    ----------
    tallied : pandas.DataFrame
        As returned by `alutils.statistics.tally`, one row per ``strategy`` and ``rival``, both
        ways; counts are of `strategy`.
    order : sequence of str
        Strategies, the first on top and left.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    return save(
        _duels(tallied, order, len(order)), name, alt=alt, caption=caption, data=tallied,
        phone=lambda: _duels(tallied, order, ABREAST),
    )  # fmt: skip


def _duels(tallied: pd.DataFrame, order: Sequence[str], abreast: int) -> Canvas:
    """Draw the matrix in parts of at most so many columns, one part below the other."""
    blocks = np.array_split(order, -(-len(order) // abreast))
    figure, axes = panels([""] * len(blocks), [""], 0.37 * len(order) + 0.4, sharex="none")
    for axis, block in zip(axes[:, 0], map(list, blocks), strict=True):
        for row in tallied[tallied["rival"].isin(block)].to_dict("records"):
            x, y = block.index(row["rival"]), order.index(row["strategy"])
            if row["n"]:
                _bar(
                    axis, y, row, left=x - 0.46, width=0.92, height=0.72, size=7, ends=True,
                    digit=0.12,
                )  # fmt: skip
            else:
                axis.text(x, y, "same", ha="center", va="center", fontsize=7, color=INK)
        axis.set_yticks(range(len(order)), [plain(s) for s in order], fontsize=9)
        axis.set_xticks(
            range(len(block)), [plain(s) for s in block], fontsize=9, rotation=40, ha="left",
            rotation_mode="anchor",
        )  # fmt: skip
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
        axis.set(xlim=(-0.5, len(block) - 0.5), ylim=(len(order) - 0.5, -0.5))
        axis.grid(visible=False)
        axis.spines[:].set_visible(False)
    figure.legend(
        handles=_patches(), loc="outside lower center", ncols=4, frameon=False, fontsize=9,
        title="row against column", title_fontsize=9,
    )  # fmt: skip
    return figure


def unit_bars(tallied: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw how the same data are counted with other units and margins: a panel for each unit.

    Parameters
    ----------
    tallied : pandas.DataFrame
        ``unit`` and ``margin`` (in points) in the order to draw, and counts as of
        `alutils.statistics.tally`.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    units = list(dict.fromkeys(tallied["unit"]))
    margins = list(dict.fromkeys(tallied["margin"]))
    figure, axes = panels([""], [""] * len(units), 0.36 * len(margins) + 0.5)
    for axis, unit in zip(axes[0], units, strict=True):
        here = tallied[tallied["unit"] == unit]
        for row in here.to_dict("records"):
            _bar(axis, margins.index(row["margin"]), row, width=100.0, size=7.5, digit=0.03)
        axis.set_title(f"unit: {unit}\n{int(here['n'].iloc[0]):,} comparisons", fontsize=9.5)
        axis.set(xlim=(0, 100), ylim=(len(margins) - 0.5, -0.5))
        axis.set_xlabel("share, %", fontsize=9)
        axis.set_yticks(
            range(len(margins)), [f"{margin:g} point{'s' * (margin != 1)}" for margin in margins]
        )
        axis.grid(visible=False)
    axes[0, 0].set_ylabel("margin", fontsize=9.5)
    figure.legend(
        handles=_patches(), loc="outside upper center", ncols=4, frameon=False, fontsize=9
    )
    return save(figure, name, alt=alt, caption=caption, data=tallied)


def p_by_unit(tests: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw the p-values that the same data give with other units, a line for each strategy.

    Parameters
    ----------
    tests : pandas.DataFrame
        ``strategy`` and ``unit`` in the order to draw, and ``p``.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    units = list(dict.fromkeys(tests["unit"]))
    strategies = list(dict.fromkeys(tests["strategy"]))
    figure, axes = panels([""], [""], 0.27 * len(strategies) + 0.3)
    axis = axes[0, 0]
    floor = 1e-12  # smaller ones are drawn there
    places = tests["strategy"].map(strategies.index)
    for y, (_, here) in enumerate(tests.groupby("strategy", sort=False)):
        ends = here["p"].clip(lower=floor)
        axis.plot([ends.min(), ends.max()], [y, y], color="#c8c8c8", lw=1.4, zorder=1)
    for unit, (marker, colour) in zip(units, UNITS, strict=False):
        here = tests["unit"] == unit
        axis.plot(
            tests.loc[here, "p"].clip(lower=floor), places[here], ls="", marker=marker, ms=7,
            color=colour, label=unit,
        )  # fmt: skip
    axis.axvline(0.05, color=INK, lw=1, ls="--")
    axis.text(0.05, -0.62, "0.05 ", ha="right", va="bottom", fontsize=8.5, color=INK)
    log_scale(axis, "x")
    axis.set_xlim(left=min(0.003, float(tests["p"].clip(lower=floor).min()) / 2), right=1.6)
    axis.set_yticks(range(len(strategies)), [plain(s) for s in strategies], fontsize=9.5)
    axis.set_ylim(len(strategies) - 0.5, -0.6)
    label = "p of Wilcoxon's signed-rank test against Random, not corrected"
    if (tests["p"] < floor).any():
        label += "; the smallest are drawn at its left end"
    axis.set_xlabel(label, fontsize=9.5)
    axis.grid(axis="y", visible=False)
    figure.legend(title="unit", loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return save(figure, name, alt=alt, caption=caption, data=tests)


def _bar(
    axis: Axes,
    y: float,
    row: Mapping[Hashable, float],
    *,
    left: float = 0.0,
    width: float | None = None,
    height: float = 0.78,
    size: float = 8,
    ends: bool = False,
    digit: float = 0.022,
) -> None:
    """Draw one bar of outcomes, numbers where they have room; of wins and losses, with `ends`.

    A digit takes the share `digit` of the bar.
    """
    scale = 1.0 if width is None else width / row["n"]
    for word, (colour, ink) in OUTCOMES.items():
        length = row[word] * scale
        if not length:
            continue
        axis.add_patch(Rectangle((left, y - height / 2), length, height, color=colour, lw=0))
        room = row[word] / row["n"] >= digit * (len(f"{row[word]:.0f}") + 0.6)
        if room and (word in ("win", "loss") or not ends):
            axis.text(
                left + length / 2, y, f"{row[word]:.0f}", ha="center", va="center", fontsize=size,
                color=ink,
            )  # fmt: skip
        left += length


def _patches() -> list[Patch]:
    return [Patch(color=colour, label=word) for word, (colour, _) in OUTCOMES.items()]
