"""Binder gets the pinned packages, and notebooks that it can open."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from tests.book_parts import REPOSITORY, write_notebook

BINDER = REPOSITORY / ".binder"


def test_what_it_installs_is_the_project_with_its_pins() -> None:
    lines = (BINDER / "requirements.txt").read_text().splitlines()
    options = dict(line.split(" ", 1) for line in lines if line and not line.startswith("#"))
    assert options["-e"] == "."
    assert (BINDER / options["-c"]).resolve() == REPOSITORY / "constraints.txt"
    assert set(options) == {"-e", "-c", "--extra-index-url"}  # no version of its own


def test_it_makes_notebooks_and_keeps_executed_ones(tmp_path: Path) -> None:
    shutil.copytree(BINDER, tmp_path / ".binder")
    write_notebook(tmp_path / "notebooks", "fresh", "6 * 7")
    write_notebook(tmp_path / "notebooks", "executed", "6 * 7")
    (tmp_path / "notebooks" / "executed.ipynb").write_text("with results")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        [".binder/postBuild"], cwd=tmp_path, check=True, env={**os.environ, "PATH": path}
    )
    notebook = nbformat.read(tmp_path / "notebooks" / "fresh.ipynb", as_version=4)
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.cells[-1].source == "6 * 7"
    assert (tmp_path / "notebooks" / "executed.ipynb").read_text() == "with results"
