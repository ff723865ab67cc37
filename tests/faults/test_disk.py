"""A disk that is full or may only be read: one sentence, and everything that is there counts."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.runs import (
    CAMPAIGN,
    FINISHED,
    FULL,
    MOMENTS,
    SEED,
    Study,
    assert_on_page,
    assert_same,
)

Mount = Callable[[Path, str], None]


def free_no_more_than(study: Study, pages: int) -> None:
    """Fill the disk of a study until so many pages of 4 KB are left."""
    filler = study.store / "filler"
    filler.unlink(missing_ok=True)
    space = shutil.disk_usage(study.store).free - pages * 4096
    filler.write_bytes(bytes(max(space, 0)))


def assert_one_sentence(said: str, reason: str, study: Study) -> None:
    """A command ended with one sentence, which the page quotes and which names the reason."""
    assert "Traceback" not in said and said.count("alutils: ") == 1, said
    last = said.splitlines()[-1]
    assert reason in last
    assert_on_page(last, study)


@pytest.mark.parametrize(("embedded", "pages"), [(False, [300]), (True, [0, 9, 30])])
def test_a_full_disk(
    tmp_path: Path, undisturbed: Study, disk: Mount, embedded: bool, pages: list[int]
) -> None:
    study = Study(tmp_path / "study")
    disk(study.store, "size=32m")
    if embedded:
        shutil.copytree(undisturbed.store / "embeddings", study.store / "embeddings")
    if CAMPAIGN:
        draw = random.Random(f"{SEED} {embedded}")
        pages = sorted(draw.randint(0, 40 if embedded else 4000) for _ in range(MOMENTS))
    for left in pages:
        before = study.finished()
        free_no_more_than(study, left)
        code, said = study.run(cold=False)
        if code == 0:
            break
        assert code == 2
        assert_one_sentence(said, FULL, study)
        assert before.items() <= study.finished().items()
        assert not list(study.store.rglob(".writing-*"))
    (study.store / "filler").unlink()
    code, said = study.run(cold=False)
    assert code == 0, said
    assert_same(study, undisturbed)


def test_a_store_that_may_only_be_read(copy: Study, undisturbed: Study, disk: Mount) -> None:
    shelf = copy.root / "shelf"
    copy.store.rename(shelf)
    copy.store.mkdir()
    disk(copy.store, "size=64m")
    shutil.copytree(shelf, copy.store, dirs_exist_ok=True, symlinks=True)

    def read_only(yes: bool) -> None:
        words = ["mount", "-o", "remount,ro" if yes else "remount,rw", str(copy.store)]
        subprocess.run(words, check=True)

    read_only(True)
    code, said = copy.run(cold=False)
    assert (code, "8 kept" in said, "alutils:" in said) == (0, True, False), said
    assert_same(copy, undisturbed)
    for shape in [*FINISHED, "embeddings/*/embeddings.npy"]:
        lost = sorted(copy.store.glob(shape))[0]
        read_only(False)
        lost.rename(copy.store / "lost")
        read_only(True)
        code, said = copy.run(cold=False)
        assert code == 2, said
        assert_one_sentence(said, "Read-only file system", copy)
        read_only(False)
        (copy.store / "lost").rename(lost)
    assert_same(copy, undisturbed)
