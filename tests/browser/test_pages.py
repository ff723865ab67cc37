"""Every page of a book in a browser: nothing is fetched, nothing fails, everyone can read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import axe, structure
from tests.browser.conftest import GIVEN
from tests.browser.site import Site, served
from tests.browser.visits import VIEWS, browser, visit, weight
from tests.chromium import needs_chromium

MEGABYTE = 1_000_000

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[Site]:
    with served(book) as started:
        yield started


@pytest.fixture(scope="module")  # no longer: while it runs, no other test can start an event loop
def tabs(site: Site) -> Iterator[Browser]:
    with browser(site) as started:
        yield started


@pytest.mark.parametrize(("device", "theme"), VIEWS if GIVEN else VIEWS[::3])
def test_all_can_read_a_page(site: Site, tabs: Browser, page: str, device: str, theme: str) -> None:
    rules = axe.script()
    problems = visit(tabs, page, device, theme, rules)
    assert not problems, "\n".join(map(str, problems))
    assert not site.outside
    if not rules:
        pytest.skip(axe.WITHOUT)


def test_links_pictures_tables_and_headings(book: Path) -> None:
    problems = structure.problems(book)
    assert not problems, "\n".join(map(str, problems))


def test_the_book_is_light(book: Path, tabs: Browser) -> None:
    assert sum((book / page).stat().st_size for page in structure.pages(book)) < 30 * MEGABYTE
    first = weight(tabs, "index.html")
    assert len(first) > 5
    assert sum(first.values()) < MEGABYTE, first


def test_a_book_on_disk_needs_no_server(book: Path, tabs: Browser) -> None:
    said = []
    tab = tabs.new_page()
    tab.on("console", lambda each: said.append(each.text) if each.type != "log" else None)
    tab.on("pageerror", lambda error: said.append(error.message))
    tab.on("requestfailed", lambda request: said.append(request.url))
    tab.goto((book / "search.html").as_uri() + "?q=strategy")
    tab.wait_for_selector("#search-results li")
    tab.close()
    assert not said
