"""The parts of the page: what was compared, and what came out."""

from __future__ import annotations

import html

import pandas as pd

from alutils.archive import CELL_FIELDS
from alutils.comparison.markup import side_by_side, table, word
from alutils.comparison.matching import PLACE, Comparison
from alutils.comparison.side import Side
from alutils.comparison.words import place_words
from alutils.explorer.numbers import SIZES
from alutils.figures.style import percent, plain, points, signed

ROWS = 50
"""So many rows a page shows; the file beside it has all."""

LEVELS = 12
"""So many values of a field are named."""


def about(a: Side, b: Side, found: Comparison) -> str:
    """Say what the two are, and how much each has."""
    rows = [
        ["A", *map(word, (a.name, a.source, *_size(a), a.missing, len(found.only_a)))],
        ["B", *map(word, (b.name, b.source, *_size(b), b.missing, len(found.only_b)))],
    ]
    columns = ["", "name", "results from", "cells", "runs", "without result", "only here"]
    return table(f"What is compared; {len(found.cells):,} cells are in both", columns, rows)


def _size(side: Side) -> tuple[str, str]:
    cells = side.records[CELL_FIELDS].drop_duplicates()
    runs = side.records[[*CELL_FIELDS, "seed"]].drop_duplicates()
    return f"{len(cells):,}", f"{len(runs):,}"


def parameters(a: Side, b: Side) -> list[str]:
    """Put the fields of all cells, and the parameters of pages, side by side."""
    rows = []
    for name in [*CELL_FIELDS, "seed"]:
        of_a, of_b = _levels(a, name), _levels(b, name)
        alone = [[v for v in own if v not in other] for own, other in ((of_a, of_b), (of_b, of_a))]
        both = [value for value in of_a if value in of_b]
        marked = [f"<mark>{_some(values)}</mark>" if values else "" for values in alone]
        rows.append([word(name), *marked, _some(both)])
    columns = ["field", "only in A", "only in B", "in both"]
    parts = [table("Values that the cells of each have", columns, rows)]
    flat = [
        {
            f"{page}: {name}": value
            for page, given in side.parameters.items()
            for name, value in given.items()
        }
        for side in (a, b)
    ]
    if any(flat):
        of_pages = "\n".join(side_by_side(flat[0], flat[1], "page: parameter"))
        parts.append(
            of_pages
            if max(len(side.parameters) for side in (a, b)) == 1
            else f"<details><summary>Parameters of pages</summary>{of_pages}</details>"
        )
    return parts


def _levels(side: Side, name: str) -> list[str]:
    values = side.records[name].drop_duplicates()
    known = sorted(values.dropna(), key=lambda v: (isinstance(v, str), v))
    return [*map(str, known), *(["all"] if values.isna().any() else [])]


def _some(values: list[str]) -> str:
    more = f" and {len(values) - LEVELS} more" if len(values) > LEVELS else ""
    return word(", ".join(values[:LEVELS]) + more)


def _share(metric: str) -> bool:
    return metric != "log_loss"


def _value(metric: str, value: float) -> str:
    return percent(value) if _share(metric) else f"{value:.3f}"


def _difference(metric: str, row: pd.Series) -> str:
    ends = [row["mean"], row["low"], row["high"]]
    return points(*ends) if _share(metric) else signed(ends, 3)


def _p(row: pd.Series) -> str:
    if pd.isna(row["corrected"]):
        return ""
    text = "< 0.001" if row["corrected"] < 0.001 else f"{row['corrected']:.3f}"
    return f"<mark>{html.escape(text)}</mark>" if row["corrected"] < 0.05 else html.escape(text)


def cells(found: Comparison, metric: str) -> list[str]:
    """Show the cells that both have and that differ."""
    other = found.cells[~found.cells["same"]] if len(found.cells) else found.cells
    if other.empty:
        return ["<p>None differs.</p>" if len(found.cells) else "<p>There are none.</p>"]
    rows = [
        [
            word(place_words(row)),
            word(_sizes(row)),
            word(row["head"]),
            str(row["seeds"]),
            _value(metric, row["mean_a"]),
            _value(metric, row["mean_b"]),
            _difference(metric, row),
            _p(row),
        ]
        for _, row in other.head(ROWS).iterrows()
    ]
    caption = (
        f"Area under the curve of {plain(metric)}, B minus A paired by seed, 95 % interval; "
        f"{len(rows)} of {len(other)} cells that differ, the clearest first"
    )
    columns = ["cell", "sizes", "head", "seeds", "A", "B", "B minus A", "corrected p"]
    return [table(caption, columns, rows)]


def gains(found: Comparison, metric: str) -> list[str]:
    """Show gains over Random where sizes differ."""
    said = [
        f"{name} with {_sizes(pd.Series(size))}"
        for name, size in zip("AB", found.sizes, strict=True)
    ]
    rows = [
        [
            word(place_words(row)),
            word(row["head"]),
            *(
                signed([100 * row[m] if _share(metric) else row[m], float("nan"), float("nan")], 2)
                for m in ("mean_one", "mean_other")
            ),
            _difference(metric, row),
            _p(row),
        ]
        for _, row in found.gains.head(ROWS).iterrows()
    ]
    caption = (
        f"Gain over Random in the area under the curve of {plain(metric)}, each within its side; "
        f"95 % interval of the difference (Welch); {len(rows)} of {len(found.gains)}, "
        "the clearest first"
    )
    return [
        f"<p>{word('; '.join(said))}.</p>",
        table(caption, ["strategy and place", "head", "A", "B", "B minus A", "corrected p"], rows),
    ]


def clearest(found: Comparison, metric: str) -> str:
    """Say by how much the two differ where they do so most clearly."""
    other = found.cells[~found.cells["same"]] if len(found.cells) else found.gains
    if other.empty:
        return ""
    first = other.iloc[0]
    what = "B minus A" if len(found.cells) else "gain of B minus gain of A"
    return f"{place_words(first)}: {what} {_difference(metric, first)}."


def _sizes(row: pd.Series) -> str:
    pool, test = ("all" if pd.isna(row[n]) else f"{int(row[n]):,}" for n in SIZES[3:])
    first, more, cycles = (int(row[n]) for n in SIZES[:3])
    return f"{first:,}, then {cycles - 1} × {more:,} labels; pool {pool}, test {test}"


def only(name: str, cells: pd.DataFrame) -> str:
    """List cells that one side has alone, those that differ in strategy and pool together."""
    if cells.empty:
        return f"<p>No cell is in {name} only.</p>"
    by = [field for field in CELL_FIELDS if field not in PLACE[3:]]
    rows = [
        [
            word(f"{plain(here['dataset'].iloc[0])}, {plain(here['embedder'].iloc[0])}"),
            word(here["head"].iloc[0]),
            word(_sizes(here.iloc[0])),
            word(
                ", ".join(
                    f"{plain(p)} → {plain(s)}"
                    for p, s in zip(here["initial_pool"], here["strategy"], strict=True)
                )
            ),
        ]
        for _, here in cells.groupby(by, dropna=False, sort=False)
    ]
    columns = ["dataset and embedder", "head", "sizes", "initial pool → strategy"]
    listed = table(f"{len(cells):,} cells", columns, rows)
    return f"<details><summary>{len(cells):,} cells are in {name} only</summary>{listed}</details>"
