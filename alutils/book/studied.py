"""What a build ran, page by page, for the page about the study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alutils.book.records import in_order, title
from alutils.catalogue.steps import base_name

TABLE = "study_table.md"

SIZES = ("initial_size", "query_size", "cycles")


def write_table(staging: Path) -> None:
    """Write what the page about the study includes: a line for each page that ran cells.

    Parameters
    ----------
    staging : pathlib.Path
        As in `alutils.book.records.write_table`.
    """
    lines = [
        "| page | datasets | embedders | strategies | labels | seeds |",
        "|---|--:|--:|--:|---|--:|",
    ]
    for name, record in in_order(staging).items():
        given = record["parameters"]
        if {"datasets", "embedders", "seeds", *SIZES} <= set(given):
            link = f"[{title(staging / 'notebooks' / f'{name}.ipynb')}](../notebooks/{name}.ipynb)"
            datasets = {base_name(dataset) for dataset in given["datasets"]}
            counts = (len(datasets), *(len(given.get(w, [])) for w in ("embedders", "strategies")))
            cells = " | ".join("" if not n else f"{n:,}" for n in counts)
            lines.append(f"| {link} | {cells} | {labels(given)} | {given['seeds']} |")
    if len(lines) == 2:
        lines = ["No page of this build runs cells of its own."]
    (staging / "book" / TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def labels(given: Mapping[str, Any]) -> str:
    """Write at how many labels the runs of a page begin and end.

    Examples
    --------
    >>> labels({"initial_size": 50, "query_size": 50, "cycles": 8})
    '50 to 400, by 50'
    >>> labels({"initial_size": [20, 50], "query_size": 50, "cycles": 1})
    '20 or 50'
    """
    first = given["initial_size"]
    starts = first if isinstance(first, list) else [first]
    more = (given["cycles"] - 1) * given["query_size"]
    if not more:
        return " or ".join(f"{start:,}" for start in starts)
    words = " or ".join(f"{start:,} to {start + more:,}" for start in starts)
    return f"{words}, by {given['query_size']:,}"
