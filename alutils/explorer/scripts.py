"""Scripts that hold the numbers: a page opened from a disk may run those, and may read no file."""

from __future__ import annotations

import html
import itertools
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alutils.catalogue.steps import base_name
from alutils.explorer.numbers import (
    AREA,
    FACTORS,
    SIZES,
    cells_of,
    in_order,
    orders,
    settings_of,
    summarise,
    whole,
)
from alutils.figures.style import plain
from alutils.figures.theme import style
from alutils.statistics import METRICS
from alutils.statistics.columns import FALLING

SYMBOLS = {
    "o": "circle", "<": "triangle-left", ">": "triangle-right", "^": "triangle-up",
    "v": "triangle-down", "*": "star", "H": "hexagon2", "h": "hexagon", "8": "octagon",
    "D": "diamond", "d": "diamond-tall", "p": "pentagon", "s": "square", "P": "cross", "X": "x",
}  # fmt: skip
"""How Plotly calls the markers of `alutils.figures.theme`."""

FIRST = ("random", "margin", "badge", "typiclust")
"""What is shown before anyone has chosen."""


@dataclass(frozen=True)
class Explorer:
    """The place of the explorer on a page; the book puts its scripts there.

    Parameters
    ----------
    folder : pathlib.Path
        Where the scripts are.
    instead : str
        Sentence for readers without scripts.
    """

    folder: Path
    instead: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        words = html.escape(self.instead)
        place = f'<div id="explorer" class="explorer"><noscript><p>{words}</p></noscript></div>'
        return {"text/plain": self.instead, "text/html": place}


def write(records: pd.DataFrame, measured: pd.DataFrame, *, instead: str) -> Explorer:
    """Work out the numbers of all cells and write them as scripts.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`: embedders are shown in order of their
        probe accuracy on a dataset.
    instead : str
        Sentence for readers without scripts.

    Returns
    -------
    Explorer
        Its scripts are ``index.js``, which names all there is, and one ``data-N.js`` for each
        dataset, the altered forms of it included. Files go to ``$ALUTILS_FIGURES``.
    """
    folder = Path(os.environ.get("ALUTILS_FIGURES", "figures")) / "explorer"
    folder.mkdir(parents=True, exist_ok=True)
    cells = cells_of(records)
    index = index_of(cells, measured)
    seeds = records.merge(cells.reset_index(names="cell")).groupby("cell")["seed"].nunique()
    numbers = {metric: _numbers(records, cells, metric) for metric in METRICS}
    files: list[list[dict[str, Any]]] = [[] for _ in index["files"]]
    for cell in _shown_cells(cells, index, seeds.tolist(), numbers):
        files[index["datasets"][cell["dataset"]]["file"]].append(cell)
    for number, found in enumerate(files):
        _script(folder / f"data-{number}.js", f"alutilsExplorer.files[{number}]", found)
    _script(folder / "index.js", "window.alutilsExplorer", index)
    return Explorer(folder, instead)


def index_of(cells: pd.DataFrame, measured: pd.DataFrame) -> dict[str, Any]:
    """Name all there is to choose, in the order in which it is offered.

    Parameters
    ----------
    cells : pandas.DataFrame
        As returned by `alutils.explorer.numbers.cells_of`.
    measured : pandas.DataFrame
        As of `write`.

    Returns
    -------
    dict
        Lists of ``datasets``, ``embedders``, ``heads``, ``settings``, ``strategies`` and
        ``initial_pools``, of which a cell holds places; ``metrics``; what to ``start`` with.
    """
    listed = in_order(cells["dataset"], list(measured["dataset"]))
    datasets = in_order(listed, [name for name in listed if base_name(name) == name])
    bases = list(dict.fromkeys(map(base_name, datasets)))
    quality = measured.groupby(["dataset", "embedder"])["probe_accuracy"].mean().unstack()
    everywhere = quality.dropna()  # means over the same datasets, where there are such
    means = (quality if everywhere.empty else everywhere).mean()
    embedders = in_order(cells["embedder"], list(means.sort_values().index))
    quality = quality.reindex(columns=embedders)
    ranked = settings_of(cells)
    settings = ranked.astype(object).where(ranked.notna(), None)
    sampled = len(settings[["pool_size", "test_size"]].drop_duplicates()) > 1
    return {
        "files": [None] * len(bases),  # each fills its own place
        "datasets": [
            {
                "name": name,
                "label": plain(name),
                "altered": base_name(name) != name,
                "file": bases.index(base_name(name)),
                "quality": whole(quality.T[name]) if name in quality.index else [],
            }
            for name in datasets
        ],
        "embedders": [_named(name) for name in embedders],
        "heads": [_named(name) for name in in_order(cells["head"], ["softmax"])],
        "settings": [_setting(row, sampled) for row in settings.to_dict("records")],
        "strategies": [_styled(name) for name in in_order(sorted(set(cells["strategy"])), FIRST)],
        "initial_pools": [
            _styled(name) for name in in_order(sorted(set(cells["initial_pool"])), FIRST)
        ],
        "metrics": [
            {"name": m, "label": plain(m), "share": m != "log_loss", "falling": m in FALLING}
            for m in METRICS
        ],
        "start": {"embedder": max(reversed(embedders), key=_runs(cells)), "show": list(FIRST)},
    }


def _runs(cells: pd.DataFrame) -> Callable[[str], int]:
    """Tell how much was run under an embedder: a page that starts there rarely has to leave it."""
    return dict(cells["embedder"].value_counts()).__getitem__


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "label": plain(name)}


def _styled(name: str) -> dict[str, Any]:
    colour, marker = style(name)
    return {**_named(name), "colour": colour, "symbol": SYMBOLS[marker]}


def _setting(row: dict[Any, Any], sampled: bool) -> dict[str, Any]:
    sizes = {name: None if row[name] is None else int(row[name]) for name in SIZES}
    first, more, cycles = (int(row[name]) for name in SIZES[:3])
    labels = [first + more * cycle for cycle in range(cycles)]
    words = f"{first:,}, then {cycles - 1} × {more:,}" if cycles > 1 else f"{first:,}"
    if sampled:
        words += f" (pool {sizes['pool_size'] or 'whole'}, test {sizes['test_size'] or 'whole'})"
    name = "-".join("all" if size is None else str(size) for size in sizes.values())
    return {"name": name, "label": words, "sizes": sizes, "labels": labels}


def _shown_cells(
    cells: pd.DataFrame, index: dict[str, Any], seeds: Sequence[int], numbers: dict[str, Any]
) -> list[dict[str, Any]]:
    """Write every cell as places in the lists of the index, and its numbers."""
    lists = {
        "dataset": "datasets",
        "embedder": "embedders",
        "head": "heads",
        "initial_pool": "initial_pools",
        "strategy": "strategies",
    }
    place = {
        field: {each["name"]: i for i, each in enumerate(index[name])}
        for field, name in lists.items()
    }
    sizes = {tuple(each["sizes"].values()): i for i, each in enumerate(index["settings"])}
    rows = cells.astype(object).where(cells.notna(), None).to_dict("records")
    return [
        {
            **{field: places[row[field]] for field, places in place.items()},
            "setting": sizes[tuple(None if row[s] is None else int(row[s]) for s in SIZES)],
            "seeds": seeds[number],
            "metrics": [found[number] for found in numbers.values()],
        }
        for number, row in enumerate(rows)
    ]


def _numbers(records: pd.DataFrame, cells: pd.DataFrame, metric: str) -> list[dict[str, Any]]:
    """Write the numbers of every cell: means and halves of intervals, the area's at the end."""
    found = summarise(records, cells, metric)
    areas = found[found["cycle"] == AREA].set_index("cell")
    shown: list[dict[str, Any]] = _lists(found, "")
    for factor in FACTORS:
        ranks = orders(areas["mean"], cells, factor, metric)
        said = areas[f"{factor}_verdict"]
        gains = _lists(found, f"{factor}_")
        for number, cell in enumerate(shown):
            cell[factor] = {"order": int(ranks[number])}
            if isinstance(said[number], str):
                cell[factor] |= {**gains[number], "verdict": said[number]}
    return shown


def _lists(found: pd.DataFrame, of: str) -> list[dict[str, Any]]:
    """Student's intervals lie evenly about their mean, so half of one is enough."""
    means = whole(found[f"{of}mean"])
    halves = whole(found[f"{of}high"] - found[f"{of}mean"])
    ends = [*np.flatnonzero(found["cell"].diff()), len(found)]
    return [
        {"mean": means[begin:end], "half": halves[begin:end]}
        for begin, end in itertools.pairwise(ends)
    ]


def _script(path: Path, name: str, value: object) -> None:
    text = json.dumps(value, separators=(",", ":"))
    path.write_text(f"{name}={text};\n", encoding="ascii")
