"""The page of a comparison: one file that needs no other, and a table of all rows beside it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from alutils.archive import CELL_FIELDS
from alutils.comparison.curves import curves
from alutils.comparison.matching import PLACE, Comparison
from alutils.comparison.side import Side
from alutils.comparison.words import place_words, summary
from alutils.errors import UserError
from alutils.explorer.numbers import SIZES
from alutils.figures.overlaid import overlaid
from alutils.figures.style import percent, plain, points, signed
from alutils.spelling import shown
from alutils.tables.spreadsheet import guard

ROWS = 200

STYLE = """
:root { color-scheme: light dark; }
body { max-width: 70rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; }
.summary { font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.3rem; }
th, td { padding: 0.25rem 0.9rem 0.25rem 0; text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; min-width: 4rem; }
tr { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
mark { padding: 0 0.3rem; border-radius: 0.2rem; }
figure { margin: 0; } figure svg { max-width: 100%; height: auto; background: white; }
summary { cursor: pointer; margin: 0.5rem 0; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
"""


def write_page(path: Path, a: Side, b: Side, found: Comparison, metric: str) -> Path:
    """Write the page, and beside it a CSV file of all cells that were compared.

    Parameters
    ----------
    path : pathlib.Path
        Where to; it ends in ``.html``.
    a, b : Side
        What was compared.
    found : Comparison
        What came out.
    metric : str
        Whose area under the curve was compared.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    if path.suffix != ".html":
        raise UserError(f"the page {path} is no HTML: give the name of a file that ends in .html")
    table = found.cells if len(found.cells) else found.gains
    rows = table.map(guard).to_csv(index=False, float_format="%.6g")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(a, b, found, metric), encoding="utf-8")
        path.with_suffix(".csv").write_text(rows, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror or error}; name another file with -o"
        ) from error
    return path


def page(a: Side, b: Side, found: Comparison, metric: str) -> str:
    """Make the page, as `write_page` writes it."""
    title = f"{_word(a.name)} beside {_word(b.name)}"
    parts = [f"<h1>{title}</h1>"]
    parts += [f'<p class="summary">{_word(each)}</p>' for each in summary(found, metric)]
    parts.append(_what(a, b, found))
    parts += ["<h2>Parameters</h2>", *_parameters(a, b)]
    parts += ["<h2>Code, versions, texts and vectors</h2>", *_two(a.made_of, b.made_of, "part")]
    parts += ["<h2>Cells that both have</h2>", *_cells(found, metric)]
    if len(found.gains):
        parts += ["<h2>Gains over Random, where sizes differ</h2>", *_gains(found, metric)]
    parts += ["<h2>Curves on each other</h2>", *_figure(a, b, found, metric)]
    parts += ["<h2>Only in one of them</h2>", _only("A", found.only_a), _only("B", found.only_b)]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body><main>"
        + "\n".join(parts)
        + "</main></body></html>\n"
    )


def _word(value: object) -> str:
    return html.escape(shown(" ".join(str(value).split())))


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; cells are HTML."""
    head = "".join(f'<th scope="col">{_word(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>\n'
        for first, *rest in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{_word(caption)}"><table>'
        f"<caption>{_word(caption)}</caption><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _what(a: Side, b: Side, found: Comparison) -> str:
    rows = [
        ["A", *map(_word, (a.name, a.source, *_size(a), a.missing, len(found.only_a)))],
        ["B", *map(_word, (b.name, b.source, *_size(b), b.missing, len(found.only_b)))],
    ]
    columns = ["", "name", "results from", "cells", "runs", "without result", "only here"]
    return _table(f"What is compared; {len(found.cells):,} cells are in both", columns, rows)


def _size(side: Side) -> tuple[str, str]:
    cells = side.records[CELL_FIELDS].drop_duplicates()
    runs = side.records[[*CELL_FIELDS, "seed"]].drop_duplicates()
    return f"{len(cells):,}", f"{len(runs):,}"


def _two(a: Mapping[str, object], b: Mapping[str, object], kind: str, what: str = "") -> list[str]:
    """Put values side by side: those that differ marked and first, the others folded."""
    rows: dict[bool, list[list[str]]] = {True: [], False: []}
    for name in dict.fromkeys([*a, *b]):
        values = [_word(side[name]) if name in side else "not known" for side in (a, b)]
        differ = name in a and name in b and a[name] != b[name]
        mark = "<mark>≠ differs</mark>" if differ else "" if name in a and name in b else "one only"
        rows[bool(mark)].append([_word(name), *values, mark])
    columns = [kind, "A", "B", ""]
    parts = [
        _table(f"{what}What differs, or is known of one only", columns, rows[True])
        if rows[True]
        else f"<p>{what}Nothing differs.</p>"
    ]
    if rows[False]:
        same = _table(f"{what}The same in both", columns, rows[False])
        parts.append(f"<details><summary>{len(rows[False])} the same</summary>{same}</details>")
    return parts


def _parameters(a: Side, b: Side) -> list[str]:
    values = [{name: _levels(side, name) for name in [*CELL_FIELDS, "seed"]} for side in (a, b)]
    parts = _two(values[0], values[1], "field", "Of all cells. ")
    flat = [
        {
            f"{page}: {name}": value
            for page, given in side.parameters.items()
            for name, value in given.items()
        }
        for side in (a, b)
    ]
    return parts + (_two(flat[0], flat[1], "page: parameter", "Of pages. ") if any(flat) else [])


def _levels(side: Side, name: str) -> str:
    values = side.records[name].drop_duplicates()
    known = sorted(values.dropna(), key=lambda v: (isinstance(v, str), v))
    return ", ".join([*map(str, known), *(["all"] if values.isna().any() else [])])


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


def _cells(found: Comparison, metric: str) -> list[str]:
    other = found.cells[~found.cells["same"]] if len(found.cells) else found.cells
    if other.empty:
        return ["<p>None differs.</p>" if len(found.cells) else "<p>There are none.</p>"]
    rows = [
        [
            _word(place_words(row)),
            _word(_sizes(row)),
            _word(row["head"]),
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
    return [_table(caption, columns, rows)]


def _gains(found: Comparison, metric: str) -> list[str]:
    said = [
        f"{name} with {_sizes(pd.Series(size))}"
        for name, size in zip("AB", found.sizes, strict=True)
    ]
    rows = [
        [
            _word(place_words(row)),
            _word(row["head"]),
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
        f"Gain over Random in the area under the curve of {plain(metric)}, each within its side; 95 % interval "
        "of the difference (Welch), the clearest first"
    )
    return [
        f"<p>{_word('; '.join(said))}.</p>",
        _table(caption, ["strategy and place", "head", "A", "B", "B minus A", "corrected p"], rows),
    ]


def _sizes(row: pd.Series) -> str:
    pool, test = ("all" if pd.isna(row[n]) else f"{int(row[n]):,}" for n in SIZES[3:])
    first, more, cycles = (int(row[n]) for n in SIZES[:3])
    return f"{first:,}, then {cycles - 1} × {more:,} labels; pool {pool}, test {test}"


def _figure(a: Side, b: Side, found: Comparison, metric: str) -> list[str]:
    drawn = curves(a, b, found, metric)
    if drawn.empty:
        return ["<p>No curves of the two go together.</p>"]
    places = drawn[["dataset", "embedder"]].drop_duplicates()
    named = "; ".join(f"{plain(p.dataset)}, {plain(p.embedder)}" for p in places.itertuples())
    strategies = ", ".join(map(plain, drawn["strategy"].unique()))
    alt = (
        f"Learning curves of {plain(metric)} with 95 % bands for {strategies}, A in whole lines and B in broken "
        f"ones, a panel for each of: {named}."
    )
    words = "Where the two differ most clearly. A in whole lines, B in broken ones; bands are 95 % intervals over seeds."
    return [
        f'<figure><div role="img" aria-label="{_word(alt)}">{overlaid(drawn, plain(metric))}</div>'
        f"<figcaption>{words}</figcaption></figure>"
    ]


def _only(name: str, cells: pd.DataFrame) -> str:
    """List cells that one side has alone, those that differ in strategy and pool together."""
    if cells.empty:
        return f"<p>No cell is in {name} only.</p>"
    by = [field for field in CELL_FIELDS if field not in PLACE[3:]]
    rows = [
        [
            _word(f"{plain(here['dataset'].iloc[0])}, {plain(here['embedder'].iloc[0])}"),
            _word(here["head"].iloc[0]),
            _word(_sizes(here.iloc[0])),
            _word(
                ", ".join(
                    f"{plain(p)} → {plain(s)}"
                    for p, s in zip(here["initial_pool"], here["strategy"], strict=True)
                )
            ),
        ]
        for _, here in cells.groupby(by, dropna=False, sort=False)
    ]
    columns = ["dataset and embedder", "head", "sizes", "initial pool → strategy"]
    table = _table(f"{len(cells):,} cells", columns, rows)
    return f"<details><summary>{len(cells):,} cells are in {name} only</summary>{table}</details>"
