"""Tables of sentences, which a phone shows as one block for each row (see custom.css)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from bs4 import BeautifulSoup, Tag

from alutils.book.aloud import words

LONG = 40  # letters of most cells of a column beside which two others do not fit on a phone
COLUMNS = 3


def stack_tables(page: BeautifulSoup) -> None:
    """Prepare the tables of a page that are too wide for a phone because of what is written there.

    Such a table gets the class ``stacked``, and each of its cells the name of its column. Roles say
    that it is a table, since some browsers forget that with the layout. Others are left as they
    are, and scroll sideways: numbers are compared from row to row.
    """
    for table in page.find_all("table"):
        names = [words(cell) for cell in table.select("thead th")]
        rows = [row.find_all(["td", "th"]) for row in table.select("tbody > tr")]
        if len(names) < COLUMNS or any(len(row) != len(names) for row in rows):
            continue
        lengths = [[len(words(cell)) for cell in row] for row in rows]
        if max(map(median, zip(*lengths, strict=True)), default=0) > LONG:
            _stack(page, table, names, rows)


def _stack(
    page: BeautifulSoup, table: Tag, names: Sequence[str], rows: Sequence[Sequence[Tag]]
) -> None:
    table["role"] = "table"
    table["class"] = " ".join(["stacked", *map(str, table.get_attribute_list("class"))])
    for kind, role in {"thead, tbody": "rowgroup", "tr": "row", "thead th": "columnheader"}.items():
        for part in table.select(kind):
            part["role"] = role
    for row in rows:
        for cell, name in zip(row, names, strict=True):
            cell["role"] = "cell" if cell.name == "td" else "rowheader"
            cell["data-label"] = name
            if words(cell) or cell.img:
                inside = page.new_tag("div")
                inside.extend(list(cell.contents))
                cell.append(inside)
            else:
                cell.clear()  # what is empty takes no room
