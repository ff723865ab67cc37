"""Words, tables and marked differences as HTML, with nothing in a text obeyed."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from alutils.spelling import shown

LONG = 40
"""Cells with more signs are broken into lines; others are read at a glance."""


def word(value: object) -> str:
    """Write anything as text of a page."""
    return html.escape(shown(" ".join(str(value).split())))


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table that scrolls within the page; cells are HTML."""
    head = "".join(f'<th scope="col">{word(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row"{_long(first)}>{first}</th>'
        f"{''.join(f'<td{_long(cell)}>{cell}</td>' for cell in rest)}</tr>\n"
        for first, *rest in rows
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{word(caption)}"><table>'
        f"<caption><span>{word(caption)}</span></caption><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{body}</tbody></table></div>"
    )


def _long(cell: str) -> str:
    return ' class="long"' if len(cell) > LONG else ""


def side_by_side(a: Mapping[str, object], b: Mapping[str, object], kind: str) -> list[str]:
    """Put values side by side: those that differ marked, those that do not folded."""
    rows: dict[str, list[list[str]]] = {"differ": [], "known of one only": [], "the same": []}
    for name in dict.fromkeys([*a, *b]):
        values = [word(side[name]) if name in side else "not known" for side in (a, b)]
        both = name in a and name in b
        group = "known of one only" if not both else "the same" if a[name] == b[name] else "differ"
        mark = "<mark>≠ differs</mark>" if group == "differ" else ""
        rows[group].append([word(name), *values, mark])
    columns = [kind, "A", "B", ""]
    differ = rows.pop("differ")
    parts = [table("What differs", columns, differ) if differ else "<p>Nothing differs.</p>"]
    for group, found in rows.items():
        if found:
            listed = table(group.capitalize(), columns, found)
            parts.append(f"<details><summary>{len(found)} {group}</summary>{listed}</details>")
    return parts
