"""The gate: what may not reach the book.

With execution off, Jupyter Book renders a notebook that failed halfway as happily as a finished
one, and shows images that nobody can read out. So both are refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from alutils.book.convert import NUMBER
from alutils.errors import BookFailed

_DIRECTIVE = re.compile(r"^(`{3,}|:{3,})\{(?:figure|image)\}(.*?)^\1", re.DOTALL | re.MULTILINE)
_ALT_OPTION = re.compile(r"^:?alt:[ \t]*(?!\"\"|'')\S", re.MULTILINE)
_BARE_IMAGE = re.compile(r"!\[\s*\]\(")
_IMAGE_TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT_ATTRIBUTE = re.compile(r"\balt\s*=\s*(\"\s*[^\"\s]|'\s*[^'\s])", re.IGNORECASE)


class GateRefused(BookFailed):
    """Notebooks that may not be published. One line for each reason."""


def check(notebooks: Iterable[Path]) -> None:
    """Refuse notebooks that are unfinished, failed, or not readable by everyone.

    Parameters
    ----------
    notebooks : iterable of pathlib.Path
        Executed notebooks.

    Raises
    ------
    GateRefused
        With every problem of every notebook.
    """
    found = [
        f"notebook {path.stem!r}: {problem}" for path in notebooks for problem in problems(path)
    ]
    if found:
        raise GateRefused("\n".join(found))


def problems(path: Path) -> list[str]:
    """List what keeps a notebook out of the book; nothing if it may pass.

    Parameters
    ----------
    path : pathlib.Path
        An executed notebook.

    Returns
    -------
    list of str
        One sentence for each problem.
    """
    notebook = nbformat.read(path, as_version=4)
    found = []
    if notebook.metadata.get("papermill", {}).get("exception"):
        found.append("its run stopped at an error")
    if not any(re.search(r"^# \S", text, re.MULTILINE) for text in _markdown(notebook)):
        found.append("it has no title: begin its first text cell with '# '")
    for position, cell in enumerate(notebook.cells, start=1):
        where = f"cell {cell.metadata.get(NUMBER, position)}"
        if cell.cell_type == "code":
            status = cell.metadata.get("papermill", {}).get("status")
            if status != "completed":
                found.append(f"{where} did not run to its end ({status or 'never run'})")
            found += [f"{where} {problem}" for problem in _output_problems(cell)]
        elif cell.cell_type == "markdown" and _lacks_alt(cell.source):
            found.append(f"{where} has an image without alt text")
    return found


def _markdown(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def _output_problems(cell: NotebookNode) -> list[str]:
    found = []
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").strip()
    for output in cell.outputs:
        if output.output_type == "error":
            found.append(f"shows an error: {output.get('ename')}")
        data = output.get("data", {})
        # the book shows text/markdown before anything else, then text/html
        texts = [data[kind] for kind in ("text/markdown", "text/html") if kind in data][:1]
        image = not texts and any(kind.startswith("image/") for kind in data)
        if (image and not alt) or any(map(_lacks_alt, texts)):
            found.append("shows an image without alt text: show a figure of alutils.figures")
    return found


def _lacks_alt(text: str) -> bool:
    """Tell whether markdown or HTML holds an image without alt text."""
    return (
        _BARE_IMAGE.search(text) is not None
        or any(not _ALT_OPTION.search(block[2]) for block in _DIRECTIVE.finditer(text))
        or any(not _ALT_ATTRIBUTE.search(tag[0]) for tag in _IMAGE_TAG.finditer(text))
    )
