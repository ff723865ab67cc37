"""Shared by all tests: what needs the mirror of hub datasets is skipped, with a reason, without."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from hypothesis import settings

# A busy machine is slow at times: that is no fault of what is tested.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
# python -m pytest tests/hostile --hypothesis-profile=thorough -n0 takes a quarter of an hour.
settings.register_profile("thorough", max_examples=16_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("ALUTILS_MIRROR"):
        return
    without = pytest.mark.skip(reason="needs hub datasets: set ALUTILS_MIRROR to a mirror of them")
    for item in items:
        if item.get_closest_marker("mirror"):
            item.add_marker(without)


def pytest_configure() -> None:
    # As cells run: the problems here are small, and threads would only wait for each other.
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book, built once for all who look at one and change nothing: its checkout."""
    from alutils.book import build_book
    from tests.book_parts import write_book

    # The processes that run tests side by side each have a folder in a common one.
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    base = tmp_path_factory.getbasetemp() if alone else tmp_path_factory.getbasetemp().parent
    root, ready = base / "book" / "checkout", base / "book" / "ready"
    with FileLock(base / "book.lock"):
        if not ready.exists():
            write_book(root)
            (root / "book" / "stale.md").write_text("# Stale\n")
            index = build_book(root, {"curves": {"seeds": 3}}, workers=2)
            assert index == root / "_build/html/index.html"
            ready.touch()
    return root


@pytest.fixture(autouse=True)
def ctrl_c() -> Iterator[None]:
    """Let Ctrl-C stop the tests, which the command line ignores once it has ended."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)
