"""Rows as aligned text."""

from __future__ import annotations


def aligned(rows: list[dict[str, object]]) -> str:
    """Lay out rows as aligned text; a column takes the width of its longest value."""
    head = list(rows[0])
    lines = [[name.upper().replace("_", " ") for name in head]]
    lines += [[_words(row[name]) for name in head] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    padded = ("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def _words(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case int():
            return f"{value:,}"
        case _:
            return str(value)
