"""Figures about a reader's own texts: a replay, and what is proposed next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D

from alutils.figures.saved import Figure, save
from alutils.figures.style import panels, plain, style

UNLABELLED, OTHER, RING = "#dcdcdc", "#8a8a8a", "#111111"
# Of classes; more than eight cannot be told apart.
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5e3c99", "#8c510a",
)  # fmt: skip
LETTERS = 24  # of the name of a class


def replay_curves(table: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw learning curves, and beside them how far they are from Random's.

    Parameters
    ----------
    table : pandas.DataFrame
        ``strategy`` (in the order to draw, "random" among them), ``n_labelled``, ``mean`` (the
        accuracy), and ``gain``, ``gain_low``, ``gain_high`` (minus Random's), as shares.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    strategies = list(dict.fromkeys(table["strategy"]))
    titles = ["test accuracy, %", "minus Random, percentage points"]
    figure, axes = panels([""], titles, 2.6, sharey="none")
    for axis, value in zip(axes[0], ("mean", "gain"), strict=True):
        ends = {}
        for strategy in strategies:
            here = table[table["strategy"] == strategy].sort_values("n_labelled")
            colour, marker = style(strategy)
            x, y = here["n_labelled"], 100 * here[value]
            if value == "gain" and strategy != "random":
                axis.fill_between(
                    x, 100 * here["gain_low"], 100 * here["gain_high"], color=colour, alpha=0.18,
                    lw=0,
                )  # fmt: skip
            dashes = "--" if strategy == "random" else "-"
            axis.plot(x, y, dashes, color=colour, marker=marker, ms=4, lw=1.6)
            ends[strategy] = float(y.iloc[-1])
        axis.set_xlabel("labels", fontsize=10)
        _name_at_end(axis, ends, float(table["n_labelled"].max()))
    return save(figure, name, alt=alt, caption=caption, data=table)


def _name_at_end(axis: Axes, ends: dict[str, float], x: float) -> None:
    """Write the name of each curve at its end, apart from each other."""
    low, high = axis.get_ylim()
    order = sorted(ends, key=ends.__getitem__)
    places = apart([ends[name] for name in order], 0.085 * (high - low))
    for name, y in zip(order, places, strict=True):
        axis.annotate(
            plain(name), (x, y), xytext=(7, 0), textcoords="offset points", va="center",
            fontsize=9.5, color=style(name)[0], annotation_clip=False,
        )  # fmt: skip
    axis.set_ylim(low, high)


def apart(places: Sequence[float], distance: float) -> list[float]:
    """Move ascending places as little as it takes to be a distance apart.

    Examples
    --------
    >>> apart([1, 2, 10], 3)
    [0.0, 3.0, 10.0]
    """
    # Groups that touch share the mean of where they would be (pooled adjacent violators).
    groups: list[tuple[float, int]] = []
    for rank, place in enumerate(places):
        mean, size = place - rank * distance, 1
        while groups and groups[-1][0] > mean:
            before, count = groups.pop()
            mean = (before * count + mean * size) / (count + size)
            size += count
        groups.append((mean, size))
    flat = [mean for mean, size in groups for _ in range(size)]
    return [float(mean + rank * distance) for rank, mean in enumerate(flat)]


def proposal_map(table: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw a pile in two dimensions: texts, those with a label, and those proposed next.

    Parameters
    ----------
    table : pandas.DataFrame
        ``x``, ``y``, ``kind`` ("unlabelled", "labelled", "proposed" or "audit") and ``class`` of
        each text. The eight largest classes have a colour.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    figure, axes = panels([""], [""], 3.9)
    axis = axes[0, 0]
    looks: dict[str, dict[str, Any]] = {
        "unlabelled": {"s": 9, "lw": 0, "color": UNLABELLED},
        "labelled": {"s": 26, "lw": 0.4, "edgecolor": "white"},
        "proposed": {"s": 58, "lw": 1.2, "facecolor": "none", "edgecolor": RING},
        "audit": {"s": 62, "lw": 1.4, "facecolor": "none", "edgecolor": RING, "marker": "s"},
    }
    words = ("without a label", "with a label", "proposed next", "drawn at random")
    handles: list[Artist] = []
    legend: list[str] = []
    colours = class_colours(table)
    for (kind, look), word in zip(looks.items(), words, strict=True):
        here = table[table["kind"] == kind]
        if here.empty:
            continue
        if kind == "labelled":
            look = {**look, "c": [colours.get(name, OTHER) for name in here["class"]]}
        axis.scatter(here["x"], here["y"], rasterized=kind == "unlabelled", **look)
        shown = {**look, "facecolor": OTHER} if kind == "labelled" else look
        handles.append(_key(shown))
        legend.append(f"{len(here):,} {word}")
    sizes = table.loc[table["kind"] == "labelled", "class"].value_counts()
    for place, (name_of_class, colour) in enumerate(colours.items(), start=1):
        handles.append(_key({**looks["labelled"], "color": colour}))
        legend.append(f"{written(name_of_class, place)} ({sizes[name_of_class]:,})")
    if len(sizes) > len(colours):
        handles.append(_key({**looks["labelled"], "color": OTHER}))
        legend.append(f"{len(sizes) - len(colours):,} other classes")
    box = figure.legend(
        handles, [""] * len(handles), loc="outside right upper", frameon=False, fontsize=9.5
    )
    # Afterwards, since a legend leaves out names that begin with a line, and dollars are no maths.
    for text, words_of in zip(box.get_texts(), legend, strict=True):
        text.set_parse_math(False)
        text.set_text(words_of)
    axis.set(xticks=[], yticks=[], aspect="equal")
    axis.spines[:].set_visible(False)
    return save(figure, name, alt=alt, caption=caption, data=table)


def class_colours(table: pd.DataFrame) -> dict[str, str]:
    """Return a colour for each of the classes with most labels, the largest first."""
    sizes = table.loc[table["kind"] == "labelled", "class"].value_counts()
    order = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    return dict(zip(order[: len(COLOURS)], COLOURS, strict=False))


def written(name: str, place: int) -> str:
    r"""Write the name of a class in a picture, or its place where the font lacks its letters.

    Examples
    --------
    >>> written("sport and\\nweather", 1), written("体育", 2), written("x" * 30, 3)
    ('sport and weather', 'class 2', 'xxxxxxxxxxxxxxxxxxxxxxx…')
    """
    line = " ".join(name.split())
    font = get_font(findfont(FontProperties()))
    if not all(font.get_char_index(ord(letter)) for letter in line):
        return f"class {place}"
    return line if len(line) <= LETTERS else f"{line[: LETTERS - 1].rstrip()}…"


def unwritten(table: pd.DataFrame) -> pd.DataFrame:
    """Return the classes that are not written in full in `proposal_map`: ``picture``, ``class``."""
    rows = [
        (written(name, place), " ".join(name.split()))
        for place, name in enumerate(class_colours(table), start=1)
    ]
    short = [(picture, name) for picture, name in rows if picture != name]
    return pd.DataFrame(short, columns=["picture", "class"])


def _key(look: dict[str, Any]) -> Artist:
    """Return what stands for some dots in a legend."""
    fill = look.get("facecolor", look.get("color"))
    edge = look.get("edgecolor", "none")
    return Line2D(
        [], [], ls="", marker=look.get("marker", "o"), ms=look["s"] ** 0.5, mfc=fill, mec=edge,
        mew=look["lw"],
    )  # fmt: skip
