"""Executed notebooks that work where they are opened: in a checkout, in Binder, in Colab.

The book offers each of them for download. Launch links lead to copies on a branch of the
repository, `BRANCH`, which has the whole project, so that Binder finds ``.binder`` there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from alutils.book.convert import hide
from alutils.errors import UserError
from alutils.yaml_text import parse

BRANCH = "executed"
"""Branch with the executed notebooks beside their sources, written when the book is published."""

_OPENING = """\
# Run this first. It goes to the folder of the project; where there is none, as in Colab, {else_}.
import importlib
import os
import subprocess
import sys
from pathlib import Path

around = [Path.cwd(), *Path.cwd().parents]
project = next((folder for folder in around if (folder / "alutils" / "__init__.py").exists()), None)
if project is None:
{fetch}
sys.path.insert(0, str(project))
os.environ.setdefault("ALUTILS_FIGURES", str(project / "_build" / "figures" / "{name}"))
{settings}os.chdir(project)"""

_FETCH = """\
    project = Path.cwd() / "project"
    fetch = [
        ["git", "clone", "--quiet", "{url}", str(project)],
        ["git", "-C", str(project), "checkout", "--quiet", "{commit}"],
        [sys.executable, "-m", "pip", "install", "--quiet", str(project)],
    ]
    for command in fetch:
        subprocess.run(command, check=True)
    importlib.invalidate_caches()  # what was installed just now is seen"""

_NOWHERE = """\
    raise RuntimeError("open this notebook in a checkout of its project")"""


def repository(root: Path) -> str | None:
    """Return the address of the project's repository on GitHub, if there is one.

    Parameters
    ----------
    root : pathlib.Path
        Folder of ``_config.yml``, whose ``repository: url:`` comes first. Without it, the
        repository that a workflow of GitHub runs in.

    Returns
    -------
    str or None
        ``https://github.com/OWNER/NAME``.

    Raises
    ------
    UserError
        If ``_config.yml`` names something else.
    """
    settings = parse((root / "_config.yml").read_text(encoding="utf-8")) or {}
    url = (settings.get("repository") or {}).get("url")
    if not url and (name := os.environ.get("GITHUB_REPOSITORY")):
        url = f"https://github.com/{name}"
    if url and not re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+", url):
        raise UserError(
            f"repository.url in _config.yml is {url!r}: write https://github.com/OWNER/NAME, or "
            "leave it out"
        )
    return url or None


def link(staging: Path, url: str | None) -> None:
    """Offer Colab and Binder on every page that is a notebook; nothing without a repository.

    Parameters
    ----------
    staging : pathlib.Path
        What Jupyter Book sees; its ``_config.yml`` is written anew.
    url : str or None
        As returned by `repository`.
    """
    if url is None:
        return
    path = staging / "_config.yml"
    settings = parse(path.read_text(encoding="utf-8"))
    # Jupyter Book has keys of its own for these, but does not join them with options of the theme.
    options = settings["sphinx"]["config"]["html_theme_options"]
    options |= {"repository_url": url, "repository_branch": BRANCH}
    options["launch_buttons"] = {
        "notebook_interface": "jupyterlab",
        "colab_url": "https://colab.research.google.com",
        "binderhub_url": "https://mybinder.org",
    }
    path.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")


def open_anywhere(
    notebook: NotebookNode, name: str, url: str | None, commit: str | None, archive: str | None
) -> None:
    """Put a first cell into a notebook that finds or fetches what it needs; no page shows it.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        An executed notebook.
    name : str
        Its name.
    url : str or None
        As returned by `repository`.
    commit : str or None
        What made the notebook; the newest without one.
    archive : str or None
        Folder within the project that results were taken from.
    """
    known = url is not None
    setting = f'os.environ.setdefault("ALUTILS_ARCHIVE", str(project / "{archive}"))\n'
    code = _OPENING.format(
        name=name,
        settings=setting if archive else "",
        else_="it fetches and installs it" if known else "it stops",
        fetch=_FETCH.format(url=url, commit=commit or "HEAD") if known else _NOWHERE,
    )
    cell = new_code_cell(code)
    cell.id = "open-anywhere"
    hide(cell)
    notebook.cells.insert(0, cell)
