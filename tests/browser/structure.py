"""What can be told from the HTML alone: links, words for pictures, heads of tables, headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from tests.browser.visits import Problem

WORDS = 5
"""Fewer words than this do not say what a picture shows."""


def pages(book: Path) -> list[str]:
    """Return the pages of a book: their paths below its folder."""
    paths = (path.relative_to(book) for path in sorted(book.rglob("*.html")))
    return [path.as_posix() for path in paths if path.parts[0] != "_static"]


def problems(book: Path) -> list[Problem]:
    """List what is wrong with the structure of the pages of a book."""
    read = {name: BeautifulSoup((book / name).read_text(), "html.parser") for name in pages(book)}
    anchors = {name: _anchors(page) for name, page in read.items()}
    found = []
    alts: Counter[str] = Counter()
    for name, page in read.items():
        if page.find("meta", attrs={"http-equiv": re.compile("refresh", re.IGNORECASE)}):
            continue  # it only leads to another
        for rule, what in [*_pictures(page), *_tables(page), *_headings(page)]:
            found.append(Problem(rule, name, "any", what))
        for what in _links(page, name, book, anchors):
            found.append(Problem("broken link", name, "any", what))
        alts.update({str(image["alt"]) for image in page.find_all("img") if image.get("alt")})
    for alt, times in alts.items():
        if times > 1:
            found.append(Problem("alt of several pictures", f"{times} pages", "any", alt))
    return found


def _anchors(page: BeautifulSoup) -> set[str]:
    return {str(each["id"]) for each in page.find_all(id=True)}


def _pictures(page: BeautifulSoup) -> Iterator[tuple[str, str]]:
    for image in page.find_all("img"):
        alt = str(image.get("alt", ""))
        if re.fullmatch(r"\S*\.\w{3,4}", alt) or len(alt.split()) < WORDS:
            yield "alt says nothing", f"{image.get('src')}: {alt!r}"


def _tables(page: BeautifulSoup) -> Iterator[tuple[str, str]]:
    for table in page.find_all("table"):
        heads = table.find_all("th")
        if not any(head.get_text(strip=True) for head in heads):
            yield "table without heads", table.get_text(" ", strip=True)[:80]
        elif not (table.get("aria-label") or table.find("caption")):
            yield "table without a name", table.get_text(" ", strip=True)[:80]
        for head in heads:
            if not (head.get("scope") or head.find_parent("thead")):
                yield "head of nothing", head.get_text(" ", strip=True)[:80]


def _headings(page: BeautifulSoup) -> Iterator[tuple[str, str]]:
    headings = [each for each in page.find_all(re.compile(r"^h[1-6]$")) if isinstance(each, Tag)]
    levels = [int(each.name[1]) for each in headings]
    if levels.count(1) != 1:
        yield "not one h1", f"{levels.count(1)} of them"
    for before, level, heading in zip([0, *levels], levels, headings, strict=False):
        if level > before + 1:
            yield "heading skips a level", f"h{level} after h{before}: {heading.get_text()[:60]}"


def _links(
    page: BeautifulSoup, name: str, book: Path, anchors: dict[str, set[str]]
) -> Iterator[str]:
    for link in page.find_all(href=True):
        address = urlsplit(str(link["href"]))
        if address.scheme or address.netloc:
            continue
        target = (book / name).parent / unquote(address.path) if address.path else book / name
        where = target.resolve()
        if not where.is_file():
            yield str(link["href"])
            continue
        other = where.relative_to(book.resolve()).as_posix()
        fragment = unquote(address.fragment)
        if fragment and other in anchors and fragment not in anchors[other]:
            yield str(link["href"])
