"""From a py:percent source to a notebook that papermill can run and a reader can read."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from pathlib import Path

import jupytext
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from alutils.errors import UserError
from alutils.parameters import Parameter, read
from alutils.spelling import shown

NUMBER = "cell_number"
"""Cell metadata: position in the source, from 1. Cells added by us or papermill have none."""


def convert(source: Path, values: Mapping[str, object]) -> NotebookNode:
    """Turn a py:percent source into a notebook, ready for papermill.

    Cell ids follow from position and text, so that two conversions are the same byte for byte.
    The parameter cell is hidden on the page; a table of the parameters of this run stands there.

    Parameters
    ----------
    source : pathlib.Path
        A py:percent notebook with a kernel in its header.
    values : mapping of str to object
        Every parameter with its value, as `alutils.parameters.validate` returns them.

    Returns
    -------
    nbformat.NotebookNode
        Papermill can be given it as it is, or with other values.

    Raises
    ------
    UserError
        If the header names no kernel or no language, or the parameter cell is not as it must be.
    """
    parameters = read(source)
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    kernel = notebook.metadata.get("kernelspec", {})
    if not {"name", "language"} <= set(kernel):
        raise UserError(
            f"the header of notebook {source.stem!r} needs a kernelspec with name and language: "
            "copy the header of another notebook"
        )
    cells = []
    for number, cell in enumerate(notebook.cells, start=1):
        text = f"{number}\0{cell.cell_type}\0{cell.source}"
        cell.id = hashlib.sha256(text.encode()).hexdigest()[:16]
        cell.metadata[NUMBER] = number
        if "parameters" in cell.metadata.get("tags", []):
            hide(cell)
            if parameters:
                table = new_markdown_cell(parameter_table(parameters, values))
                table.id = "parameter-table"
                cells.append(table)
        cells.append(cell)
    notebook.cells = cells
    return notebook


def hide(cell: NotebookNode) -> None:
    """Leave a cell out of the page; it still runs."""
    tags = cell.metadata.get("tags", [])
    cell.metadata["tags"] = [*tags, *({"remove-cell"} - set(tags))]


def parameter_table(parameters: list[Parameter], values: Mapping[str, object]) -> str:
    """Write the parameters of a run as one folded HTML table.

    HTML, because it reads the same in the book, in Jupyter and on a code host.

    Parameters
    ----------
    parameters : list of Parameter
        What the notebook declares.
    values : mapping of str to object
        The value of each in this run.

    Returns
    -------
    str
        Values in YAML, as they are typed on the command line.
    """
    rows = []
    for each in parameters:
        value = values[each.name]
        shown = f"<code>{_yaml(value)}</code>"
        if value != each.default:
            shown += f' <span class="default">(default <code>{_yaml(each.default)}</code>)</span>'
        rows.append(
            f'<tr><th scope="row"><code>{each.name}</code></th><td>{shown}</td>'
            f"<td>{html.escape(each.description)}</td></tr>"
        )
    return "\n".join(
        [
            '<details class="run-parameters" id="run-parameters">'
            "<summary>Parameters of this run</summary>",
            # Where it is too wide it scrolls, and keys can only scroll what takes the focus.
            '<div class="scrolls" role="region" aria-label="Parameters" tabindex="0">',
            '<table class="table" aria-label="Parameters of this run">'
            '<thead><tr><th scope="col">parameter</th>'
            '<th scope="col">value</th><th scope="col">what it means</th></tr></thead><tbody>',
            *rows,
            "</tbody></table></div></details>",
        ]
    )


def _yaml(value: object) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    # On one line: a blank one would end the table, and what follows would be read as Markdown.
    return html.escape(shown(text.removesuffix("...\n").strip())).replace("\n", "&#10;")
