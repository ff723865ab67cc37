"""The same figure for a phone: panels under each other, letters as large as before."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpec
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

ENDING = "-narrow"
WIDTH = 3.7  # inches; a phone shows this at about its own size
HIGHEST = 24.0  # inches; nobody compares what is farther apart
OUTER = 0.45  # inches that the names and numbers around a panel take of its height
LINE = 42  # letters


def narrow(figure: mpl.figure.Figure) -> bool:
    """Lay a figure out again, as wide as a phone.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Changed in place.

    Returns
    -------
    bool
        Whether it can be read so. Otherwise (a large matrix, say, or a map of many dots) it must be
        shown wide, to be moved sideways.
    """
    panels = [axes for axes in figure.axes if axes.get_subplotspec() and _used(axes)]
    grids = {grid for axes in panels if (grid := axes.get_gridspec())}
    dots = any(child.get_rasterized() for axes in panels for child in axes.get_children())
    if len(grids) != 1 or dots:
        return False
    (grid,) = grids
    height = figure.get_figheight()
    if grid.ncols > 1:
        _stack(figure, panels)
        height = 0.9 + len(panels) * (OUTER + (height - 0.8) / grid.nrows)
    if height > HIGHEST:
        return False
    figure.set_size_inches(WIDTH, height)
    for axes in panels:
        axes.set_xlabel(_folded(axes.get_xlabel()))
        if isinstance(axes.xaxis.get_major_locator(), MaxNLocator):
            axes.locator_params(axis="x", nbins=4)
    for legend in list(figure.legends):
        _on_top(figure, legend)
    if figure.get_supxlabel():
        figure.supxlabel(_folded(figure.get_supxlabel()), fontsize=10)
    figure.draw_without_rendering()
    return _fits(figure, panels)


def _used(axes: Axes) -> bool:
    """Tell a panel from a place that a grid had left over."""
    return axes.axison or axes.has_data()


def _stack(figure: mpl.figure.Figure, panels: list[Axes]) -> None:
    """Put panels under each other, row by row; each now needs names and numbers of its own."""
    places = [axes.get_subplotspec() for axes in panels]
    spans = [(place.rowspan.start, place.colspan.start) for place in places if place]
    titles: dict[int, str] = {}
    sides: dict[int, str] = {}
    stack = GridSpec(len(panels), 1, figure=figure)
    for (row, column), axes in zip(spans, panels, strict=True):
        # Where a name stands once for its row or column, it comes first.
        title = titles.setdefault(column, axes.get_title())
        side = sides.setdefault(row, axes.get_ylabel())
        axes.set_title(axes.get_title() or title, fontsize=10.5)
        axes.set_ylabel(axes.get_ylabel() or side, fontsize=10)
        axes.tick_params(labelbottom=True, labelleft=True)
    for place, axes in enumerate(panels):
        axes.set_subplotspec(stack[place, 0])
    for axes in set(figure.axes) - set(panels):
        axes.remove()


def _on_top(figure: mpl.figure.Figure, legend: Legend) -> None:
    """Put a legend above the panels, in as many columns as have room."""
    words = [text.get_text() for text in legend.get_texts()]
    columns = LINE // (7 + max(map(len, words)))  # a mark is as wide as seven letters
    figure.legend(
        [handle for handle in legend.legend_handles if handle is not None],
        words,
        title=legend.get_title().get_text(),
        loc="outside upper center",
        ncols=min(max(1, columns), len(words)),
        frameon=False,
        fontsize=9,
    )
    legend.remove()


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
        boxes = [text.get_window_extent().padded(-1) for text in _words(axes)]
        if any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2)):
            return False
    return True


def _words(axes: Axes) -> Iterator[Text]:
    """Title, what is written in the panel, and the numbers of its scale that are drawn."""
    left, right = axes.get_window_extent().padded(2).intervalx
    for text in [axes.title, *axes.texts, *axes.get_xticklabels()]:
        box = text.get_window_extent()
        if text.get_text() and left <= box.x1 and box.x0 <= right:
            yield text
