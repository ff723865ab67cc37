"""What is heard where others see: names and heads of tables, and which figure a file is of."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from bs4 import BeautifulSoup, Tag

FILES = ".svg", ".png", ".csv"  # of a figure
HEADINGS = "h1", "h2", "h3", "h4", "h5", "h6"


def correct_names(page: BeautifulSoup) -> None:
    """Take back what extensions of Sphinx say to those who hear a page and what is not true."""
    for each in page.select('[aria-label="Toggle hidden content"]'):
        del each["aria-label"]  # it would hide the words that are shown
    for each in page.select('[role="doc-biblioentry"]'):
        each["role"] = "listitem"  # the other is deprecated, and a list has items


def name_downloads(page: BeautifulSoup) -> None:
    """Say of which figure a file is: the links of all figures of a page read alike."""
    for link in page.select("a.download[href]"):
        file = PurePosixPath(str(link["href"]))
        if file.suffix in FILES:
            link["aria-label"] = f"{words(link)} of {file.stem}"


def name_tables(page: BeautifulSoup) -> None:
    """Give each table a name, and each of its cells a head on both sides, for those who hear it.

    Neither Markdown nor pandas writes any of this. The name is the heading that the table is
    under, with a number where that has several; what a row is about stands in its first cell.
    """
    heading = ""
    tables: Counter[str] = Counter()
    for part in page.find_all([*HEADINGS, "table"]):
        if part.name != "table":
            heading = words(part).removesuffix("#")
            continue
        tables[heading] += 1
        if part.thead is None or part.find("th", scope=True):
            continue
        if heading and part.caption is None and "aria-label" not in part.attrs:
            which = f", table {tables[heading]}" if tables[heading] > 1 else ""
            part["aria-label"] = heading + which
        for head in part.thead.find_all("th"):
            head["scope"] = "col"
        for first in part.select("tbody > tr > td:first-child"):
            if words(first):  # a head that says nothing is worse than none
                first.name = "th"
                first["scope"] = "row"


def words(part: Tag) -> str:
    """Return what is written in a part of a page, on one line."""
    return " ".join(part.get_text().split())
