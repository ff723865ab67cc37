"""What all tests of faults start from, and which of them take minutes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.runs import CAMPAIGN, Study


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    minutes = pytest.mark.skip(reason="takes minutes: make faults MOMENTS=20 SEED=1")
    for item in items:
        if item.get_closest_marker("campaign") and not CAMPAIGN:
            item.add_marker(minutes)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study that nothing happened to."""
    study = Study(tmp_path_factory.mktemp("undisturbed") / "study")
    code, said = study.run(cold=False)
    assert code == 0, said
    return study


@pytest.fixture
def copy(undisturbed: Study, tmp_path: Path) -> Study:
    """A study of which everything is stored."""
    study = Study(tmp_path / "copy")
    shutil.copytree(undisturbed.store, study.store, dirs_exist_ok=True, symlinks=True)
    return study


@pytest.fixture
def disk() -> Iterator[Callable[[Path, str], None]]:
    """Mount a small disk in memory; what is mounted is unmounted in the end."""
    mounted: list[Path] = []

    def mount(folder: Path, options: str) -> None:
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        try:
            subprocess.run(words, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("mounting a disk is not permitted here")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
