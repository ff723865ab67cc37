"""Sources that a page names in full lead to their entries in the bibliography."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from bs4 import BeautifulSoup
from sphinx.application import Sphinx


def entries(app: Sphinx, page: str) -> dict[str, str]:
    """Return the titles of the bibliography, and where they stand as seen from a page."""
    found = {}
    for each in app.env.get_domain("cite").citations:  # type: ignore[attr-defined]
        document = app.builder.get_relative_uri(page, each.bibliography_key.docname)
        found[each.entry.fields["title"]] = f"{document}#{each.citation_id}"
    return found


def link_sources(page: BeautifulSoup, titles: Mapping[str, str]) -> None:
    """Turn the titles in what a page marks as a source into links.

    Parameters
    ----------
    page : bs4.BeautifulSoup
        Sources stand in ``<span class="source">``.
    titles : mapping of str to str
        Title in the bibliography, with BibTeX's braces or not -> address of its entry. Titles that
        are not there stay as they are.

    Examples
    --------
    >>> page = BeautifulSoup('<span class="source">Roe, On maps, 2020</span>', "html.parser")
    >>> link_sources(page, {"On {Maps}": "b.html#1"})
    >>> str(page)
    '<span class="source">Roe, <a href="b.html#1">On maps</a>, 2020</span>'
    """
    for source in page.select("span.source"):
        words = source.decode_contents()
        for title, address in titles.items():
            written = re.escape(escape(re.sub(r"[{}]", "", title), quote=False))
            words = re.sub(written, rf'<a href="{address}">\g<0></a>', words, flags=re.IGNORECASE)
        source.clear()
        source.append(BeautifulSoup(words, "html.parser"))
