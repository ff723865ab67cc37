"""Sources that a page names in full lead to their entries in the bibliography."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

_SOURCE = re.compile(r'<span class="source">(.*?)</span>', re.DOTALL)


def link_sources(body: str, entries: Mapping[str, str]) -> str:
    """Turn the titles in what is marked as a source into links.

    Parameters
    ----------
    body : str
        HTML; sources stand in ``<span class="source">``.
    entries : mapping of str to str
        Title in the bibliography, with BibTeX's braces or not -> address of its entry.

    Returns
    -------
    str
        Titles that the bibliography lacks stay as they are.

    Examples
    --------
    >>> link_sources('<span class="source">Roe, On maps, 2020</span>', {"On {Maps}": "b.html#1"})
    '<span class="source">Roe, <a href="b.html#1">On maps</a>, 2020</span>'
    """
    titles = {re.sub(r"[{}]", "", title): address for title, address in entries.items()}

    def linked(source: re.Match[str]) -> str:
        words = source[0]
        for title, address in titles.items():
            pattern = re.compile(re.escape(escape(title, quote=False)), re.IGNORECASE)
            words = pattern.sub(rf'<a href="{address}">\g<0></a>', words)
        return words

    return _SOURCE.sub(linked, body)
