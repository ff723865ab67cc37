"""Figures about a reader's own texts: a replay, and what is proposed next."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D

from alutils.figures.saved import Figure, save
from alutils.figures.theme import panels, style
from alutils.spelling import shown

UNLABELLED, OTHER, RING = "#d4d4d4", "#8a8a8a", "#111111"
# Of classes; more than eight cannot be told apart.
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5e3c99", "#8c510a",
)  # fmt: skip
DOT = {"s": 26, "lw": 0.4, "edgecolor": "white"}  # a text with a label
LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "unlabelled": ("without a label", {"s": 9, "lw": 0, "color": UNLABELLED, "zorder": 1}),
    "proposed": (
        "proposed next",
        {"s": 58, "lw": 1.3, "facecolor": "none", "edgecolor": RING, "zorder": 2},
    ),
    "audit": (
        "drawn at random",
        {"s": 62, "lw": 1.5, "facecolor": "none", "edgecolor": RING, "marker": "s", "zorder": 2},
    ),
}
LETTERS = 24  # of the name of a class


def replay_curves(table: pd.DataFrame, name: str, *, alt: str, caption: str) -> Figure:
    """Draw each strategy's learning curve beside Random's, and under it how far it is from that.

    Parameters
    ----------
    table : pandas.DataFrame
        ``strategy`` (in the order to draw, "random" among them), ``n_labelled``, ``mean``, ``low``
        and ``high`` (of the accuracy), and ``gain``, ``gain_low``, ``gain_high`` (minus Random's),
        as shares.
    name, alt, caption : str
        As in `save`.

    Returns
    -------
    Figure
    """
    # Student's intervals know nothing of where accuracies end.
    bounded = table.assign(low=table["low"].clip(lower=0), high=table["high"].clip(upper=1))
    ordered = bounded.sort_values("n_labelled", kind="stable")
    of_strategy = {
        name: ordered[ordered["strategy"] == name] for name in dict.fromkeys(table["strategy"])
    }
    random = of_strategy.pop("random")
    rows = ["test accuracy, %", "minus Random, points"]
    figure, axes = panels(rows, list(of_strategy), 1.75)
    for (top, bottom), (strategy, here) in zip(axes.T, of_strategy.items(), strict=True):
        _band(top, random, "random", ["mean", "low", "high"])
        _band(top, here, strategy, ["mean", "low", "high"])
        bottom.axhline(0, color=style("random")[0], lw=1.2, ls="--")
        _band(bottom, here, strategy, ["gain", "gain_low", "gain_high"])
        top.title.set_color(style(strategy)[0])
        bottom.set_xlabel("labels", fontsize=10)
    place = len(random) // 2
    middle = random.iloc[place]
    above = middle["mean"] > next(iter(of_strategy.values()))["mean"].iloc[place]
    axes[0, 0].annotate(
        "Random", (middle["n_labelled"], 100 * middle["mean"]), xytext=(6, 8 if above else -16),
        textcoords="offset points", fontsize=9.5, color=style("random")[0],
    )  # fmt: skip
    return save(figure, name, alt=alt, caption=caption, data=table)


def _band(axis: Axes, here: pd.DataFrame, strategy: str, columns: list[str]) -> None:
    colour, marker = style(strategy)
    x = here["n_labelled"]
    mean, low, high = (100 * here[column] for column in columns)
    axis.fill_between(x, low, high, color=colour, alpha=0.2, lw=0)
    axis.plot(x, mean, "--" if strategy == "random" else "-", color=colour, marker=marker, ms=4)


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
    of_kind = {str(kind): here for kind, here in table.groupby("kind")}
    colours = class_colours(table)
    handles: list[Artist] = []
    legend: list[str] = []
    for kind, (word, look) in LOOKS.items():
        here = of_kind.get(kind)
        if here is not None:
            axis.scatter(here["x"], here["y"], rasterized=kind == "unlabelled", **look)
            handles.append(_key(look))
            legend.append(f"{len(here):,} {word}")
    if "labelled" in of_kind:
        here = of_kind["labelled"]
        sizes = here["class"].value_counts()
        handles.append(Line2D([], [], ls=""))
        legend.append(f"{len(here):,} with a label:")
        dots = [colours.get(each, OTHER) for each in here["class"]]
        axis.scatter(here["x"], here["y"], c=dots, zorder=1.5, **DOT)
        for place, (each, colour) in enumerate(colours.items(), start=1):
            handles.append(_key({**DOT, "color": colour}))
            legend.append(f"{written(each, place)} ({sizes[each]:,})")
        if len(sizes) > len(colours):
            handles.append(_key({**DOT, "color": OTHER}))
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
    >>> written("sport and\nweather", 1), written("体育", 2), written("x" * 30, 3)
    ('sport and weather', 'class 2', 'xxxxxxxxxxxxxxxxxxxxxxx…')
    """
    line = shown(" ".join(name.split()))
    font = get_font(findfont(FontProperties()))
    if not all(font.get_char_index(ord(letter)) for letter in line):
        return f"class {place}"
    return line if len(line) <= LETTERS else f"{line[: LETTERS - 1].rstrip()}…"


def unwritten(table: pd.DataFrame) -> pd.DataFrame:
    """Return the classes that are not written in full in `proposal_map`: ``picture``, ``class``."""
    rows = [
        (written(name, place), shown(" ".join(name.split())))
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
