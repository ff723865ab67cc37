"""The end of every page that is a notebook: how to make it again, and what to download."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from alutils.parameters import read

SOURCES = "sources"
"""Folder of the staged book for the py:percent sources: beside a notebook they would be pages."""

TITLE = "## How to regenerate this"
OTHERWISE = (
    "`-p NAME VALUE` gives a parameter another value. What has been computed before is not "
    "computed again."
)


def add_section(
    notebook: NotebookNode,
    source: Path,
    record: Mapping[str, Any],
    archive: str | None,
    effort: str | None,
) -> None:
    """Tell at the end of an executed notebook how it was made.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Its table of parameters moves into the section.
    source : pathlib.Path
        What it was made from.
    record : mapping
        Of its run, as `alutils.book.worker.run` writes it.
    archive : str or None
        Folder that results were taken from.
    effort : str or None
        What its cells took.
    """
    parts = [
        TITLE,
        f"```bash\n{command(source, record['parameters'], archive)}\n```",
        OTHERWISE if record["parameters"] else "",
        _facts(record, effort, archived=archive is not None),
        _downloads(source.stem),
        _take_parameters(notebook),
    ]
    cell = new_markdown_cell("\n\n".join(filter(None, parts)))
    cell.id = "regenerate"
    notebook.cells.append(cell)


def command(source: Path, values: Mapping[str, object], archive: str | None = None) -> str:
    """Write the command that makes a page with these parameters; those with defaults are left out.

    Parameters
    ----------
    source : pathlib.Path
        A py:percent notebook.
    values : mapping of str to object
        Every parameter.
    archive : str, optional
        Folder of the archive that results are taken from.

    Returns
    -------
    str
        For a shell in the project's folder, one parameter a line.
    """
    lines = [f"ALUTILS_ARCHIVE={shlex.quote(archive)}"] if archive else []
    lines.append(f".venv/bin/alutils run-notebook {source.stem}")
    for each in read(source):
        if values[each.name] != each.default:
            lines.append(f"  -p {each.name} {shlex.quote(_typed(values[each.name]))}")
    return " \\\n".join(lines)


def _typed(value: object) -> str:
    """Write a value as it is typed: on one line, and with nothing that a page would not show.

    Examples
    --------
    >>> _typed(["icd10_chapters", "it's"])
    "[icd10_chapters, it's]"
    """
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    text = text.removesuffix("...\n").strip()
    if not text.isprintable():
        # JSON is YAML too, and has escapes for all of these but the rarest.
        quoted = json.dumps(value, ensure_ascii=False)
        text = "".join(c if c.isprintable() else _escape(c) for c in quoted)
    return text


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _facts(record: Mapping[str, Any], effort: str | None, *, archived: bool) -> str:
    """Say what made the page, and what it would take; what this run took is in its record."""
    commit = f" at commit `{record['git']['commit'][:8]}`" if record["git"] else ""
    source = " from the archive" if archived else ""
    facts = f"Made{commit}{source}." if commit or source else ""
    if effort:
        anew = " Without the first line they are computed anew, unless the store has them."
        facts += f" The cells of this page took {effort} of memory.{anew if archived else ''}"
    return facts.strip()


def _downloads(name: str) -> str:
    executed = f"../_sources/notebooks/{name}.ipynb"  # Sphinx copies it there, outputs and all
    return (
        f"Download [the source (.py)](../{SOURCES}/{name}.py), "
        f'<a href="{executed}" download>the executed notebook (.ipynb)</a> or '
        f'<a href="{name}.run.json">the record of its run (.json)</a>, which says what that took.'
    )


def _take_parameters(notebook: NotebookNode) -> str:
    """Take the table of parameters out of the notebook: on the page it stands at the end."""
    for cell in notebook.cells:
        if cell.get("id") == "parameter-table":
            notebook.cells.remove(cell)
            return str(cell.source)
    return ""
