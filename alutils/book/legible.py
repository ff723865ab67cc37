"""What the theme of the book leaves to do, as an extension of Sphinx: pages that all can read.

What others write is heard under its name, fits on a phone, and leads to its sources.
"""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from alutils.book.aloud import correct_names, name_downloads, name_tables
from alutils.book.bibliography import entries, link_sources
from alutils.book.stack import stack_tables

_UNIT = re.compile(r"(?<=\d) (?=[%×]|(?:ms|s|min|h|[kMGT]B)\b)")
_VERBATIM = "pre", "code", "script", "style"  # copied as it stands


def keep_units(page: BeautifulSoup) -> None:
    """Keep a number and its unit on one line."""
    for text in page.find_all(string=_UNIT):
        if not text.find_parent(_VERBATIM):
            text.replace_with(_UNIT.sub("\N{NO-BREAK SPACE}", text))


def make_legible(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Change the ``body`` of a page, as a handler of Sphinx's ``html-page-context``."""
    if "body" not in context:
        return
    page = BeautifulSoup(context["body"], "html.parser")
    correct_names(page)
    name_downloads(page)
    name_tables(page)
    stack_tables(page)  # when it is known which cells are heads
    keep_units(page)
    link_sources(page, entries(app, name))
    context["body"] = str(page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("html-page-context", make_legible, priority=900)  # after all that add something
    return {"parallel_read_safe": True, "parallel_write_safe": True}
