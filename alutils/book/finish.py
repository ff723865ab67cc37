"""From notebooks that have run to pages: what is added once their records are there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat

from alutils.book import launch, regenerate
from alutils.book.execute import Job


def finish(jobs: Sequence[Job], staging: Path, root: Path, effort: Mapping[str, str]) -> None:
    """Make executed notebooks say how they were made, and work wherever they are opened.

    Parameters
    ----------
    jobs : sequence of Job
        Notebooks that have run, in `staging`.
    staging : pathlib.Path
        What Jupyter Book sees. Sources of notebooks and launch links are added.
    root : pathlib.Path
        The checkout.
    effort : mapping of str to str
        What the cells of a notebook took, by its name.
    """
    url = launch.repository(root)
    archive = _inside(root, os.environ.get("ALUTILS_ARCHIVE"))
    (staging / regenerate.SOURCES).mkdir()
    for job in jobs:
        shutil.copy2(job.source, staging / regenerate.SOURCES)
        record = json.loads(job.output.with_suffix(".run.json").read_text(encoding="utf-8"))
        commit = (record["git"] or {}).get("commit")
        notebook = nbformat.read(job.output, as_version=4)
        regenerate.add_section(notebook, job.source, record, archive, effort.get(job.source.stem))
        launch.open_anywhere(notebook, job.source.stem, url, commit, archive)
        nbformat.write(notebook, job.output)
    launch.link(staging, url)


def _inside(root: Path, folder: str | None) -> str | None:
    """Write a folder as seen from the checkout, if it is there."""
    if folder and Path(folder).resolve().is_relative_to(root.resolve()):
        return Path(folder).resolve().relative_to(root.resolve()).as_posix()
    return folder
