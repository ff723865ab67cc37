"""The end of every page that is a notebook: how to make it again, and what to download."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from alutils.book.execute import Job
from alutils.parameters import read
from alutils.progress import duration

SOURCES = "sources"
"""Folder of the staged book for the py:percent sources: beside a notebook they would be pages."""

TITLE = "## How to regenerate this"


def add_section(job: Job, staging: Path) -> None:
    """Tell at the end of an executed notebook how it was made.

    Parameters
    ----------
    job : Job
        A notebook that has run.
    staging : pathlib.Path
        What Jupyter Book sees; the source of the notebook is put there.
    """
    notebook = nbformat.read(job.output, as_version=4)
    record = json.loads(job.output.with_suffix(".run.json").read_text(encoding="utf-8"))
    (staging / SOURCES).mkdir(exist_ok=True)
    shutil.copy2(job.source, staging / SOURCES)
    project = job.source.parent.parent
    archive = os.environ.get("ALUTILS_ARCHIVE")
    text = "\n\n".join(
        [
            TITLE,
            f"```bash\n{command(job.source, job.values, _inside(project, archive))}\n```",
            _facts(record, archive is not None),
            _downloads(job.source.stem),
            _take_parameters(notebook),
        ]
    )
    cell = new_markdown_cell(text.strip())
    cell.id = "regenerate"
    notebook.cells.append(cell)
    nbformat.write(notebook, job.output)


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
    """Write a value in YAML, on one line, as it is typed."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("...\n").strip()


def _inside(project: Path, folder: str | None) -> str | None:
    if folder and Path(folder).is_relative_to(project):
        return Path(folder).relative_to(project).as_posix()
    return folder


def _facts(record: Mapping[str, object], archived: bool) -> str:
    """Say what this run took, and where."""
    megabytes = int(str(record["peak_memory_bytes"])) / 2**20
    machine: Mapping[str, object] = record["machine"]  # type: ignore[assignment]
    git: Mapping[str, object] = record["git"] or {}  # type: ignore[assignment]
    made = f" at commit `{str(git['commit'])[:8]}`" if git else ""
    # What is measured differs from build to build; all else on a page does not.
    took = (
        f"{duration(float(str(record['wall_seconds'])))} and {megabytes:,.0f} MB of memory "
        f"on {machine['cores']} cores ({machine['processor']})"
    )
    kept = (
        "Results came from the archive; without the first line they are computed, unless the store "
        "has them."
        if archived
        else "What the store had was not computed again."
    )
    return f'Made{made} in <span class="measured">{took}</span>. {kept}'


def _downloads(name: str) -> str:
    executed = f"../_sources/notebooks/{name}.ipynb"  # Sphinx copies it there, outputs and all
    return (
        f"Download [the source (.py)](../{SOURCES}/{name}.py), "
        f'<a href="{executed}" download>the executed notebook (.ipynb)</a> or '
        f"[the record of its run (.json)]({name}.run.json)."
    )


def _take_parameters(notebook: NotebookNode) -> str:
    """Take the table of parameters out of the notebook: on the page it stands at the end."""
    for cell in notebook.cells:
        if cell.get("id") == "parameter-table":
            notebook.cells.remove(cell)
            return str(cell.source)
    return ""
