"""The same figure for a phone: panels under each other, letters as large as before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpec
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

ENDING = "-narrow"
WIDTH = 3.7  # inches; a phone shows this at about its own size
HIGHEST = 28.0  # inches; nobody compares what is farther apart
OUTER = 0.45  # inches that the names and numbers around a panel take of its height
OVER = 0.17  # inches that a line of a legend takes
SMALLEST = 7.0  # points of the numbers in a map
LINE = 42  # letters
SIDE_BY_SIDE = 20  # letters of all names below a panel
ONLY_SCALE = "only a scale"  # label of a panel that a phone does without
LONG = 30  # letters, more than are as wide as a panel beside its names


def narrow(figure: mpl.figure.Figure) -> bool:
    """Lay a figure out again, as wide as a phone.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Changed in place.

    Returns
    -------
    bool
        Whether it can be read so. Otherwise (a large matrix, say) it must be shown wide, to be
        moved sideways.
    """
    panels = [axes for axes in figure.axes if axes.get_subplotspec() and _used(axes)]
    grids = {grid for axes in panels if (grid := axes.get_gridspec())}
    if len(grids) != 1:
        return False
    (grid,) = grids
    height = figure.get_figheight()
    if grid.ncols > 1:
        rows = _stack(figure, panels)
        height = 0.9 + rows * (OUTER + (height - 0.8) / grid.nrows)
    height += OVER * sum(_on_top(figure, legend) - 1 for legend in list(figure.legends))
    if height > HIGHEST:
        return False
    figure.set_size_inches(WIDTH, height)
    for axes in figure.axes:
        _name_below(axes)
        if isinstance(axes.xaxis.get_major_locator(), MaxNLocator):
            axes.locator_params(axis="x", nbins=4)
    if figure.get_supxlabel():
        figure.supxlabel(_folded(figure.get_supxlabel()), fontsize=10)
    if figure.get_suptitle():
        figure.suptitle(_folded(figure.get_suptitle()), fontsize=10)
    figure.draw_without_rendering()
    if _fits(figure, panels):
        return True
    for text in (text for axes in panels for text in axes.texts):
        text.set_fontsize(min(SMALLEST, text.get_fontsize()))
    return _fits(figure, panels)


def _used(axes: Axes) -> bool:
    """Tell a panel from a place that a grid had left over, or that has a scale for its row."""
    return (axes.axison or axes.has_data()) and axes.get_label() != ONLY_SCALE


def _stack(figure: mpl.figure.Figure, panels: list[Axes]) -> int:
    """Put panels under each other, row by row; each now needs names and numbers of its own.

    Maps have no numbers, so that two of them have room beside each other.

    Returns
    -------
    int
        How many rows there are now.
    """
    across = 1 if any(len(axes.get_xticks()) + len(axes.get_yticks()) for axes in panels) else 2
    rows: dict[int, list[Axes]] = {}
    titles: dict[int, str] = {}
    names: dict[int, str] = {}
    for axes in figure.axes:
        if (place := axes.get_subplotspec()) and (axes.axison or axes.has_data()):
            names.setdefault(place.rowspan.start, axes.get_ylabel())
    for axes in panels:
        place = axes.get_subplotspec()
        assert place is not None
        rows.setdefault(place.rowspan.start, []).append(axes)
        # Where a name stands once for its row or column, it comes first.
        title = titles.setdefault(place.colspan.start, axes.get_title())
        size = min(10.5, axes.title.get_fontsize())
        axes.set_title(_on_one_line(axes.get_title() or title), fontsize=size)
        if across == 1:
            axes.set_ylabel(axes.get_ylabel() or names[place.rowspan.start], fontsize=10)
        axes.tick_params(which="both", labelbottom=True, labelleft=True)
    lines = [
        row[start : start + across] for row in rows.values() for start in range(0, len(row), across)
    ]
    grid = GridSpec(len(lines), across, figure=figure)
    for number, line in enumerate(lines):
        for column, axes in enumerate(line):
            axes.set_subplotspec(grid[number, column])
    for axes in set(figure.axes) - set(panels):
        axes.remove()
    return len(lines)


def _name_below(axes: Axes) -> None:
    """Fold the name of a scale; a long one ends where its panel does, to begin below the names."""
    words = axes.get_xlabel()
    axes.set_xlabel(_folded(words), fontsize=min(10, axes.xaxis.label.get_fontsize()))
    if len(words) > LONG:
        axes.xaxis.label.set(x=1, ha="right")
    ticks = axes.get_xticklabels()
    names = [tick.get_text() for tick in ticks if any(map(str.isalpha, tick.get_text()))]
    if len(names) > 1 and len("".join(names)) > SIDE_BY_SIDE and not ticks[0].get_rotation():
        for tick in ticks:
            tick.set(rotation=40, ha="right", rotation_mode="anchor")


def _on_top(figure: mpl.figure.Figure, legend: Legend) -> int:
    """Put a legend above the panels, in as many columns as have room; return its lines."""
    words = [text.get_text() for text in legend.get_texts()]
    columns = LINE // (7 + max(map(len, words)))  # a mark is as wide as seven letters
    columns = min(max(1, columns), len(words))
    figure.legend(
        [handle for handle in legend.legend_handles if handle is not None],
        words,
        title=legend.get_title().get_text(),
        loc="outside upper center",
        ncols=columns,
        frameon=False,
        fontsize=9,
    )
    legend.remove()
    return -(-len(words) // columns)


def _on_one_line(title: str) -> str:
    """Unfold a title that was folded for a panel of a third of this width."""
    return title.replace("\n", " ") if len(title) < LONG else title


def _folded(text: str) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _fits(figure: mpl.figure.Figure, panels: list[Axes]) -> bool:
    """Tell whether no words lie on each other and none reach over the edge."""
    if figure.get_tightbbox().width > 1.06 * WIDTH:
        return False
    for axes in panels:
        boxes = [(text, text.get_window_extent().padded(-1)) for text in _words(axes)]
        for (one, box), (other, box_2) in itertools.combinations(boxes, 2):
            if box.overlaps(box_2) and not _in_lines(one, other, figure.dpi):
                return False
    return True


def _in_lines(one: Text, other: Text, dpi: float) -> bool:
    """Tell whether two slanted texts lie beside each other, though the boxes around them do not."""
    slant = one.get_rotation()
    if not slant or slant != other.get_rotation():
        return False
    starts = [text.get_transform().transform(text.get_position()) for text in (one, other)]
    right, up = starts[1] - starts[0]
    apart = abs(right * np.sin(np.radians(slant)) - up * np.cos(np.radians(slant)))
    return bool(apart > float(one.get_fontsize()) * dpi / 72)


def _words(axes: Axes) -> Iterator[Text]:
    """Title, what is written in the panel, and the numbers of its scale that are drawn."""
    left, right = axes.get_window_extent().padded(2).intervalx
    for text in [axes.title, *axes.texts, *axes.get_xticklabels()]:
        box = text.get_window_extent()
        if text.get_text() and left <= box.x1 and box.x0 <= right:
            yield text
