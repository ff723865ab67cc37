"""A release has everything, checks itself, and is the same wherever and whenever it is packed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from alutils.errors import UserError
from alutils.release import ABOUT, check_tag, version, write_release
from tests.book_parts import REPOSITORY

RESULTS = REPOSITORY / "data" / "results" / "offline"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout whose built book is a page, and with real results."""
    root = tmp_path / "checkout"
    for folder in "_build/html/notebooks", "data/results/offline":
        (root / folder).mkdir(parents=True)
    (root / "_build/html/notebooks/a page.html").write_text("<title>A page</title>")
    shutil.copy(RESULTS / "run.json", root / "_build" / "html")
    shutil.copy(RESULTS / "claims.json", root / "data/results/offline")
    for name in (*ABOUT, "pyproject.toml"):
        shutil.copy(REPOSITORY / name, root)
    return root


def test_it_has_book_results_and_sums_that_hold(root: Path, tmp_path: Path) -> None:
    path = write_release(root)
    name = f"alutils-{version(root)}"
    assert path.name == f"{name}.tar.gz"
    with tarfile.open(path) as tar:
        tar.extractall(tmp_path / "there", filter="data")
    folder = tmp_path / "there" / name
    expected = [
        "book/notebooks/a page.html",
        "book/run.json",
        "results/offline/claims.json",
        *ABOUT,
    ]
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == expected
    assert (folder / expected[2]).read_bytes() == (RESULTS / "claims.json").read_bytes()
    for place in folder, path.parent:
        check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
        assert subprocess.run(check, cwd=place).returncode == 0
    (folder / "LICENSE").write_text("no more")
    assert subprocess.run(check, cwd=folder, capture_output=True).returncode == 1


def test_it_is_the_same_from_another_folder_at_another_time(root: Path, tmp_path: Path) -> None:
    another = shutil.copytree(root, tmp_path / "another")
    for path in another.rglob("*"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o700)
    packed = write_release(another).read_bytes()
    assert packed == write_release(root).read_bytes()
    assert packed[4:8] == bytes(4)  # where gzip keeps the time


def test_what_cannot_be_released_is_one_sentence(root: Path) -> None:
    check_tag(root, f"v{version(root)}")
    for tag in f"{version(root)}", "v99.0.0", "v":
        with pytest.raises(UserError, match="set the version first"):
            check_tag(root, tag)
    (root / "_build" / "html" / "run.json").unlink()
    with pytest.raises(UserError, match="there is no book in"):
        write_release(root)
    (root / "pyproject.toml").unlink()
    with pytest.raises(UserError, match="run this from the project's folder"):
        write_release(root)
