"""The page of a comparison: one file that needs no other, and a table of all rows beside it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pandas as pd

from alutils.comparison import sections
from alutils.comparison.curves import curves
from alutils.comparison.markup import side_by_side, word
from alutils.comparison.matching import Comparison
from alutils.comparison.side import Side
from alutils.comparison.words import summary
from alutils.errors import UserError
from alutils.figures.overlaid import overlaid
from alutils.figures.style import plain
from alutils.progress import several
from alutils.tables.spreadsheet import guard

STYLE = """
:root { color-scheme: light dark; }
body { max-width: 70rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2rem; }
.summary { font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.3rem; }
caption span { display: inline-block; position: sticky; left: 0; }
caption span { max-width: calc(min(100vw, 70rem) - 2rem); }
th, td { padding: 0.25rem 0.9rem 0.25rem 0; text-align: left; vertical-align: top; }
th, td { white-space: nowrap; }
tbody th { font-weight: inherit; }
.long { overflow-wrap: anywhere; min-width: 13rem; white-space: normal; }
tr { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
mark { padding: 0 0.3rem; border-radius: 0.2rem; }
figure { margin: 0; overflow-x: auto; }
figure svg { width: 100%; min-width: 34rem; max-width: 50rem; height: auto; background: white; }
@media (prefers-color-scheme: dark) { figure svg { filter: invert(0.92) hue-rotate(180deg); } }
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
    table = _rows(found)
    rows = table.map(guard).to_csv(index=False, float_format="%.6g")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".csv")
        path.write_text(page(a, b, found, metric, beside.name), encoding="utf-8")
        beside.write_text(rows, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"cannot write {path}: {error.strerror or error}; name another file with -o"
        ) from error
    return path


def _rows(found: Comparison) -> pd.DataFrame:
    return found.cells if len(found.cells) else found.gains


def page(a: Side, b: Side, found: Comparison, metric: str, beside: str) -> str:
    """Make the page, as `write_page` writes it; `beside` is the file with all rows."""
    title = f"{word(a.name)} beside {word(b.name)}"
    parts = [f"<h1>{title}</h1>"]
    parts += [f'<p class="summary">{word(each)}</p>' for each in summary(found, metric)]
    parts.append(sections.about(a, b, found))
    parts += ["<h2>Parameters</h2>", *sections.parameters(a, b)]
    parts += ["<h2>Code, versions, texts and vectors</h2>"]
    parts += side_by_side(a.made_of, b.made_of, "part")
    parts += ["<h2>Cells that both have</h2>", *sections.cells(found, metric)]
    if len(found.gains):
        parts += ["<h2>Gains over Random, where sizes differ</h2>", *sections.gains(found, metric)]
    if len(_rows(found)):
        link = f'<a href="{word(quote(beside))}">{word(beside)}</a>'
        parts.append(f"<p>All {several(len(_rows(found)), 'row')}: {link}</p>")
    parts += ["<h2>Curves on each other</h2>", *_figure(a, b, found, metric)]
    parts += ["<h2>Only in one of them</h2>"]
    parts += [
        sections.only(name, cells) for name, cells in (("A", found.only_a), ("B", found.only_b))
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n<body><main>"
        + "\n".join(parts)
        + "</main></body></html>\n"
    )


def _figure(a: Side, b: Side, found: Comparison, metric: str) -> list[str]:
    drawn = curves(a, b, found, metric)
    if drawn.empty:
        return ["<p>No curves of the two go together.</p>"]
    places = drawn[["dataset", "embedder"]].drop_duplicates()
    named = "; ".join(f"{plain(d)}, {plain(e)}" for d, e in places.to_numpy().tolist())
    strategies = ", ".join(map(plain, drawn["strategy"].unique()))
    most = sections.clearest(found, metric)
    said = f"Where the two differ most clearly: {most}" if most else "The two lie on each other."
    alt = (
        f"Learning curves of {plain(metric)} with 95 % bands for {strategies}, A in whole lines "
        f"and B in broken ones, a panel for each of: {named}. {said}"
    )
    words = f"{said} A in whole lines, B in broken ones; bands are 95 % intervals over seeds."
    return [
        f'<figure><div role="img" aria-label="{word(alt)}">{overlaid(drawn, plain(metric))}</div>'
        f"<figcaption>{word(words)}</figcaption></figure>"
    ]
