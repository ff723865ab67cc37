"""Lighter pages, as an extension of Sphinx: others add their scripts and styles to every page."""

from __future__ import annotations

import re
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


def lighten(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Drop the scripts and styles that a page does not use.

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
    context["body"] = body
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
