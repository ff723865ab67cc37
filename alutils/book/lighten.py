"""What the theme of the book leaves to do, as an extension of Sphinx: lighter and plainer pages.

Extensions of Sphinx add their scripts and styles to every page, used there or not; and some of
what they write is not fit to be read aloud.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from typing import Any

from sphinx.application import Sphinx

# What an asset is known by -> what a page has that needs it (nothing ever needs thebe here).
_NEEDED_BY = {
    r"thebe": r"(?!)",
    r"sphinx-design": r'class="[^"]*\bsd-',
    r"design-tabs": r'class="[^"]*\bsd-tab',
    r"toggle(button|Hint|Open)": r'class="[^"]*\b(toggle|dropdown)[ "]',
    r"clipboard|copybutton": r'class="highlight',
}
# What a page says to those who hear it -> what is true.
_MISNAMED = {
    ' aria-label="Toggle hidden content"': "",  # it would hide the words that are shown
    'role="doc-biblioentry"': 'role="listitem"',  # deprecated, and a list has items
}


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


def lighten(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Drop what a page does not use, and names that hide what is shown; name its tables.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        Not used.
    name, template : str
        Page and template; not used.
    context : dict
        What the template is filled with. Its ``body``, ``script_files`` and ``css_files`` change.
    doctree : docutils.nodes.document or None
        Not used.
    """
    body = re.sub(r"<script\b[^>]*thebe.*?</script>", "", context.get("body", ""), flags=re.DOTALL)
    body = re.sub(r"<script>\s*kernelName = '\w+'\s*</script>", "", body)
    for said, meant in _MISNAMED.items():
        body = body.replace(said, meant)
    context["body"] = named_tables(named_downloads(body))
    for files in "script_files", "css_files":
        context[files] = [each for each in context[files] if _needed(each, body)]


def _needed(asset: Any, body: str) -> bool:
    known_by = f"{asset.filename} {asset.attributes.get('body', '')}"
    return all(
        re.search(needed_by, body)
        for pattern, needed_by in _NEEDED_BY.items()
        if re.search(pattern, known_by)
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("html-page-context", lighten, priority=900)  # after all that add something
    return {"parallel_read_safe": True, "parallel_write_safe": True}
