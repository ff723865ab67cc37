"""What is heard where others see: names and heads of tables, and which figure a file is of."""

from __future__ import annotations

import html
import re
from collections import Counter

_DOWNLOAD = re.compile(
    r'<a class="reference download internal"([^>]*href="[^"]*/([\w.-]+)\.(?:svg|png|csv)"[^>]*)>'
    r"(.*?)</a>",
    re.DOTALL,
)
_HEADING_OR_TABLE = re.compile(r"<h[1-6]\b.*?</h[1-6]>|<table\b.*?</table>", re.DOTALL)
_HEADER_LINK = re.compile(r'<a class="headerlink".*?</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_FIRST_CELL = re.compile(r"(<tr\b[^>]*>\s*)<td\b((?:(?!</td>).)*?)</td>", re.DOTALL)


def named_downloads(body: str) -> str:
    """Say of which figure a file is: the links of all figures of a page read alike.

    Parameters
    ----------
    body : str
        HTML of a page's text.

    Returns
    -------
    str
        The same with an ``aria-label`` for each link to a file of a figure.
    """

    def named(link: re.Match[str]) -> str:
        attributes, figure, shown = link.groups()
        label = html.escape(f"{_words(shown).strip()} of {figure}")
        return (
            f'<a class="reference download internal"{attributes} aria-label="{label}">{shown}</a>'
        )

    return _DOWNLOAD.sub(named, body)


def named_tables(body: str) -> str:
    """Give each table a name, and each of its cells a head on both sides, for those who hear it.

    Neither Markdown nor pandas writes any of this. The name is the heading that the table is
    under, with a number where that has several; what a row is about stands in its first cell.

    Parameters
    ----------
    body : str
        HTML of a page's text.

    Returns
    -------
    str
        The same with ``aria-label``, ``scope`` and heads of rows, where they were missing.
    """
    heading = ""
    before: Counter[str] = Counter()

    def named(part: re.Match[str]) -> str:
        nonlocal heading
        text = part[0]
        if not text.startswith("<table"):
            heading = " ".join(_words(_HEADER_LINK.sub("", text)).split())
            return text
        before[heading] += 1
        head, end, rows = text.partition("</thead>")
        if not end or "scope=" in text:
            return text
        if heading and not re.search(r"<caption\b|^<table\b[^>]*\baria-label", text):
            which = f", table {before[heading]}" if before[heading] > 1 else ""
            head = head.replace("<table", f'<table aria-label="{html.escape(heading + which)}"', 1)
        head = re.sub(r"<th\b", '<th scope="col"', head)
        return head + end + _FIRST_CELL.sub(_head_of_row, rows)

    return _HEADING_OR_TABLE.sub(named, body)


def _head_of_row(cell: re.Match[str]) -> str:
    attributes, _, content = cell[2].partition(">")
    if not _words(content).strip():
        return cell[0]  # a head that says nothing is worse than none
    return f'{cell[1]}<th scope="row"{attributes}>{content}</th>'


def _words(markup: str) -> str:
    return html.unescape(_TAG.sub("", markup))
