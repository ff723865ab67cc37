"""What every rendered page must keep to: no network, alt text, no text that is code."""

from __future__ import annotations

import re
from collections.abc import Collection
from html.parser import HTMLParser
from pathlib import Path

from alutils.book import explorer
from alutils.book.gate import GateRefused

# attributes whose address a browser fetches by itself; the href of a link is not one of them
_FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("img", "srcset"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("audio", "src"),
    ("embed", "src"),
    ("object", "data"),
}
_OUTSIDE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
_INSTEAD = "show texts of others with figures.table, or as alutils.spelling.in_markdown"
_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\"')\s]+)", re.IGNORECASE)

# Scripts come with the theme, or are those of the page for exploring, on that page.
_THEME = re.compile(r"(\.\./)*(_static/(scripts/)?[\w.-]+|searchindex)\.js(\?\w+=\w+)?")

# What a page is about stands in its article. Whatever runs there came with a text, except for two
# scripts of the theme.
_ARTICLE = "article"
_ACTIVE = {"iframe", "object", "embed", "form", "base", "meta"}
_CODE = re.compile(r"[\s\0]*(javascript|vbscript|data:text/html)", re.IGNORECASE)
_OF_THE_THEME = re.compile(r"\s*(kernelName = '\w+'\s*$|\{\s*requestKernel: true,)")


class _Page(HTMLParser):
    def __init__(self, own: Collection[str]) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.own = own
        self.articles = 0
        self.ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == _ARTICLE:
            self._once(self.articles or self.ended)
            self.articles += 1
        if self.articles:
            self._active(tag, attrs)
        values = dict(attrs)
        if tag == "script" and "src" in values:
            self._script(values["src"] or "")
        # neither a canonical address nor a licence is fetched
        followed = tag == "link" and values.get("rel") in {"canonical", "license", "author"}
        for name, value in attrs:
            if (tag, name) in _FETCHED and _OUTSIDE.match(value or "") and not followed:
                self.problems.append(f"fetches {value} from the network: serve it from the book")
        self._style(values.get("style") or "")
        if tag == "img" and values.get("alt") is None:
            self.problems.append(f"shows {values.get('src')} without alt text")

    def handle_endtag(self, tag: str) -> None:
        if tag == _ARTICLE:
            self._once(not self.articles)
            self.articles, self.ended = 0, True

    def _once(self, again: bool | int) -> None:
        """Refuse a text that ends the article itself, and would go on outside of it."""
        if again:
            self.problems.append(f"has <article> in its text: {_INSTEAD}")

    def _script(self, address: str) -> None:
        if self.articles:
            self.problems.append(f"has a script in its text ({address[:40]!r}): {_INSTEAD}")
        elif (
            not _THEME.fullmatch(address)
            and address not in self.own
            and not _OUTSIDE.match(address)
        ):
            self.problems.append(f"loads {address!r:.60}, which is no script of this page")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            self._style(data)
        if self.cdata_elem == "script" and self.articles and not _OF_THE_THEME.match(data):
            self.problems.append(f"has a script in its text ({data.strip()[:40]!r}): {_INSTEAD}")

    def _active(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _ACTIVE:
            self.problems.append(f"has <{tag}> in its text: {_INSTEAD}")
        for name, value in attrs:
            if name.startswith("on") or _CODE.match(value or ""):
                self.problems.append(f"has code in its text ({name}={value!r:.40}): {_INSTEAD}")

    def _style(self, text: str) -> None:
        self.problems += [f"fetches {address} from the network" for address in _STYLE.findall(text)]


def problems(text: str, own: Collection[str] = ()) -> list[str]:
    """List what is wrong with a rendered page.

    Parameters
    ----------
    text : str
        HTML.
    own : collection of str
        Addresses of scripts that it may load besides those of the theme; never in its text.

    Returns
    -------
    list of str
        Addresses that it fetches from the network, scripts of unknown origin, images without alt
        text, and code in its text.
    """
    page = _Page(own)
    page.feed(text)
    page.close()
    return page.problems


def check(book: Path) -> None:
    """Refuse a rendered book that needs the network, hides an image, or runs what is a text.

    Parameters
    ----------
    book : pathlib.Path
        Folder of the HTML.

    Raises
    ------
    GateRefused
        With every problem of every page and style sheet.
    """
    found = []
    for path in sorted(book.rglob("*.html")):
        if path.relative_to(book).parts[0] != "_static":
            name = path.relative_to(book)
            own = explorer.SCRIPTS if name == explorer.PAGE else ()
            found += [f"page {name} {each}" for each in problems(path.read_text(), own)]
    for path in sorted(book.rglob("*.css")):
        for address in _STYLE.findall(path.read_text()):
            found.append(f"style {path.relative_to(book)} fetches {address} from the network")
    if found:
        raise GateRefused("\n".join(found))
