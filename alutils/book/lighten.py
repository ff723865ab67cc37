"""What the theme of the book leaves to do, as an extension of Sphinx: lighter and plainer pages.

Extensions of Sphinx add their scripts and styles to every page, used there or not; and some of
what they write is not fit to be read aloud.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

from alutils.book.bibliography import link_sources
from alutils.book.stack import stack

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
_UNIT = re.compile(r"(?<=\d) (?=[%×]|(?:ms|s|min|h|[kMGT]B)\b)")


def lighten(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Drop the scripts and styles that a page does not use, and names that hide what is shown.

    A number stays with its unit, tables of sentences fit on a phone, and sources have links.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        Knows the bibliography.
    name, template : str
        Page, and template, which is not used.
    context : dict
        What the template is filled with. Its ``body``, ``script_files`` and ``css_files`` change.
    doctree : docutils.nodes.document or None
        Not used.
    """
    body = re.sub(r"<script\b[^>]*thebe.*?</script>", "", context.get("body", ""), flags=re.DOTALL)
    body = re.sub(r"<script>\s*kernelName = '\w+'\s*</script>", "", body)
    for said, meant in _MISNAMED.items():
        body = body.replace(said, meant)
    context["body"] = link_sources(stack(keep_units(body)), _bibliography(app, name))
    for files in "script_files", "css_files":
        context[files] = [each for each in context[files] if _needed(each, body)]


def keep_units(body: str) -> str:
    """Keep a number and its unit on one line."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", body)


def _bibliography(app: Sphinx, page: str) -> dict[str, str]:
    """Return the titles of the bibliography, and where they stand as seen from a page."""
    entries = {}
    for each in app.env.get_domain("cite").citations:  # type: ignore[attr-defined]
        document = app.builder.get_relative_uri(page, each.bibliography_key.docname)
        entries[each.entry.fields["title"]] = f"{document}#{each.citation_id}"
    return entries


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
