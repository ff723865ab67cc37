"""Executed notebooks work where they are opened, and links to them are never dead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_notebook

from alutils.book.launch import open_anywhere, repository
from alutils.errors import UserError

URL = "https://github.com/someone/something"


def config(folder: Path, text: str = "title: A book\n") -> Path:
    (folder / "_config.yml").write_text(text)
    return folder


def opening(url: str | None, archive: str | None = None, commit: str | None = None) -> str:
    notebook = new_notebook()
    open_anywhere(notebook, "curves", url, commit, archive)
    return str(notebook.cells[0].source)


def run(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True, exist_ok=True)
    left_out = {"ALUTILS_ARCHIVE", "ALUTILS_FIGURES", "PYTHONPATH"}
    kept = {k: v for k, v in os.environ.items() if k not in left_out}
    return subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
    )


def test_the_repository_is_set_or_that_of_the_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert repository(config(tmp_path)) is None
    monkeypatch.setenv("GITHUB_REPOSITORY", "other/fork")
    assert repository(tmp_path) == "https://github.com/other/fork"
    assert repository(config(tmp_path, f"repository: {{url: {URL}}}\n")) == URL


@pytest.mark.parametrize(
    "url", ["github.com/a/b", "https://example.org/a/b", 'https://github.com/a/b"']
)
def test_another_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UserError, match="write https"):
        repository(config(tmp_path, f"repository: {{url: '{url}'}}\n"))


SHOW = "\nprint(os.getcwd(), os.environ.get('ALUTILS_ARCHIVE'), os.environ['ALUTILS_FIGURES'])"


def test_in_a_checkout_the_first_cell_goes_to_its_folder(tmp_path: Path) -> None:
    (tmp_path / "alutils").mkdir()
    (tmp_path / "alutils" / "__init__.py").touch()
    done = run(opening(URL, "data/results/offline") + SHOW, tmp_path / "notebooks")
    assert done.stdout.split() == [
        str(tmp_path),
        str(tmp_path / "data/results/offline"),
        str(tmp_path / "_build/figures/curves"),
    ]


def test_elsewhere_it_fetches_and_installs_the_commit_that_made_it(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    (origin / "alutils").mkdir(parents=True)
    (origin / "alutils" / "__init__.py").write_text("made = 'then'")
    (origin / "pyproject.toml").write_text(
        '[project]\nname = "alutils"\nversion = "0"\n[tool.setuptools]\npackages = ["alutils"]\n'
    )

    def git(*words: str) -> str:
        me = ("-c", "user.name=me", "-c", "user.email=me@localhost")
        command = ["git", "-C", str(origin), *me, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "then")
    commit = git("rev-parse", "HEAD")
    (origin / "alutils" / "__init__.py").write_text("made = 'now'")
    git("commit", "-qam", "now")
    # Nothing but the project itself is installed, and not here; pip takes 0 for "no isolation".
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_TARGET": str(tmp_path / "t")}
    code = opening(str(origin), commit=commit) + "\nimport alutils\nprint(alutils.made)"
    done = run(code, tmp_path / "colab", **offline)
    assert done.stdout == "then\n", done.stderr
    assert list((tmp_path / "t").glob("alutils*"))


def test_without_a_repository_it_says_where_to_open_it(tmp_path: Path) -> None:
    done = run(opening(None), tmp_path)
    assert "open this notebook in a checkout of its project" in done.stderr
