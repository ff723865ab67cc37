"""The page for exploring results, used in a browser."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alutils import statistics
from alutils.archive import Archive
from alutils.book import explorer as pages_of
from tests.chromium import CHROMIUM


@pytest.fixture(scope="module")
def opened(book: Path) -> Iterator[Any]:
    """The page as from a disk, without a network; whatever goes wrong on it is kept."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright")
    if not CHROMIUM:
        pytest.skip("needs a browser: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        page.set_default_timeout(10_000)
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: page.faults.append(r.url) if "://" in r.url[5:] else None)
        page.goto((book / pages_of.PAGE).as_uri())
        yield page
        browser.close()


@pytest.fixture
def page(opened: Any) -> Iterator[Any]:
    """The page as one comes to it; loading Plotly takes seconds, so it is loaded once."""
    opened.set_viewport_size({"width": 1280, "height": 900})
    opened.evaluate("location.hash = ''")
    opened.wait_for_function("location.hash.startsWith('#dataset=kjv_genres&compare=strategy')")
    said(opened, "KJV genres, MiniLM:")
    yield opened
    assert opened.faults == []


def said(page: Any, words: str) -> None:
    """Wait until the page says something, and has drawn what it says."""
    page.wait_for_function(
        "(words) => document.querySelector('.explorer-status')?.innerText.includes(words)"
        " && document.querySelector('#explorer-ranks .main-svg')",
        arg=words,
    )


def chosen(page: Any) -> dict[str, str]:
    """Return what the controls say."""
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('#explorer select')]"
        ".map((each) => [each.id.slice(9), each.value]))"
    )
    ticked = page.locator("#explorer input:checked")
    return {**found, "show": ",".join(ticked.evaluate_all("(all) => all.map((b) => b.value)"))}


def tick(page: Any, name: str) -> None:
    page.get_by_role("checkbox", name=name, exact=True).click()


def rows(page: Any) -> list[list[str]]:
    found: list[list[str]] = page.locator("#explorer .explorer-table tbody").first.evaluate(
        "(body) => [...body.rows].map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return found


def test_it_begins_with_something_to_see(page: Any) -> None:
    assert chosen(page) == {
        "dataset": "kjv_genres", "compare": "strategy", "setting": "100-100-16-5000-2000",
        "head": "softmax", "embedder": "minilm", "fixed": "random", "metric": "accuracy",
        "show": "random,margin,badge,typiclust",
    }  # fmt: skip
    names = ["Random", "Margin", "BADGE", "TypiClust"]
    assert [row[0] for row in rows(page)] == names
    drawn = page.locator("#explorer-curves .annotation-text").all_text_contents()
    assert sorted(drawn) == sorted(names)
    assert page.locator("#explorer-curves .fills path").count() == 4
    for name in "curves", "gains", "ranks":
        assert len(page.locator(f"#explorer-{name}").get_attribute("aria-label")) > 40


def test_clicking_changes_figures_table_and_address(page: Any, study: Archive) -> None:
    page.select_option("#explorer-dataset", "movie_sentiment")
    said(page, "movie sentiment, MiniLM:")
    page.select_option("#explorer-embedder", "lsa")
    page.select_option("#explorer-metric", "log_loss")
    tick(page, "CoreSet")
    tick(page, "TypiClust")
    said(page, "movie sentiment, LSA:")
    assert chosen(page)["show"] == "random,margin,badge,coreset"
    assert "embedder=lsa" in page.url and "metric=log_loss" in page.url
    r = study.records
    cells = r[(r["dataset"] == "movie_sentiment") & (r["embedder"] == "lsa") & (r["cycles"] == 16)]
    areas = statistics.aulc(cells, "log_loss")
    gain = statistics.paired_differences(areas, "aulc", "strategy", "random")
    gain = statistics.intervals(gain, "difference", ["strategy"]).set_index("strategy")
    shown = {row[0]: row for row in rows(page)}["CoreSet"]
    mean, low, high = (gain.loc["coreset", name] for name in ("mean", "low", "high"))
    assert shown[3] == f"{mean:+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−")
    assert shown[4] == ("better" if high < 0 else "worse" if low > 0 else "undecided")


def test_a_link_brings_back_what_was_shown(page: Any) -> None:
    page.select_option("#explorer-compare", "initial_pool")
    page.select_option("#explorer-embedder", "hashing")
    page.get_by_role("button", name="All").click()
    said(page, "KJV genres, hashing:")
    before = chosen(page), rows(page)
    assert before[0]["show"].count(",") == 8
    address = page.locator("#explorer-link").evaluate("(link) => link.href")
    assert address == page.url
    assert "show=random,typiclust,coreset" in address
    page.reload()
    said(page, "KJV genres, hashing:")
    assert (chosen(page), rows(page)) == before


def test_back_and_forward(page: Any) -> None:
    first = chosen(page)
    page.select_option("#explorer-metric", "macro_f1")
    said(page, "best mean macro-F1")
    page.select_option("#explorer-dataset", "movie_sentiment")
    said(page, "movie sentiment, MiniLM:")
    last = chosen(page)
    page.go_back()
    said(page, "KJV genres, MiniLM:")
    assert chosen(page) == {**first, "metric": "macro_f1"}
    page.go_back()
    said(page, "best mean accuracy")
    assert chosen(page) == first
    page.go_forward()
    page.go_forward()
    said(page, "movie sentiment, MiniLM:")
    assert chosen(page) == last
    page.evaluate("location.hash = 'what-is-here'")  # a title of the page
    assert chosen(page) == last


def test_the_address_names_what_is_shown_from_the_start(page: Any, book: Path) -> None:
    fresh = page.context.new_page()
    try:
        fresh.goto((book / pages_of.PAGE).as_uri())
        said(fresh, "KJV genres, MiniLM:")
        assert fresh.url == page.url
        assert fresh.locator("#explorer-link").evaluate("(link) => link.href") == fresh.url
        before = fresh.evaluate("history.length")
        fresh.evaluate("location.replace('#dataset=nowhere&embedder=lsa')")
        said(fresh, "Not here: nowhere. KJV genres, LSA:")
        assert fresh.url == page.url.replace("embedder=minilm", "embedder=lsa")
        shown = fresh.url
        fresh.evaluate("location.replace('#nothing')")
        fresh.wait_for_url(shown)
        assert fresh.evaluate("history.length") == before  # one address took another's place
    finally:
        fresh.close()


def test_what_is_ticked_is_kept_for_each_comparison(page: Any) -> None:
    tick(page, "CoreSet")
    page.select_option("#explorer-compare", "initial_pool")
    assert chosen(page)["show"] == "random,typiclust"  # nobody has ticked these yet
    assert "Not here" not in page.locator(".explorer-status").inner_text()
    tick(page, "k-means++")
    page.select_option("#explorer-compare", "strategy")
    assert chosen(page)["show"] == "random,margin,badge,typiclust,coreset"
    page.select_option("#explorer-compare", "initial_pool")
    assert chosen(page)["show"] == "random,typiclust,kmeans_plus_plus"
    page.evaluate("location.hash = location.hash.replace('minilm', 'lsa')")
    said(page, "KJV genres, LSA:")
    page.select_option("#explorer-compare", "strategy")
    assert chosen(page)["setting"] == "100-100-16-5000-2000"  # pools were run with five cycles
    assert chosen(page)["show"] == "random,margin,badge,typiclust,coreset"


def test_what_a_place_does_not_have_is_told_and_comes_back(page: Any) -> None:
    tick(page, "Margin")
    page.select_option("#explorer-setting", "100-100-5-5000-2000")
    said(page, "Not here: TypiClust. KJV genres, MiniLM:")
    page.select_option("#explorer-dataset", "movie_sentiment")
    said(page, "Not here: TypiClust. movie sentiment, MiniLM:")
    assert chosen(page)["show"] == "random,badge"
    page.select_option("#explorer-setting", "100-100-8-5000-2000")
    said(page, "movie sentiment, MiniLM, head softmax:")
    assert chosen(page)["show"] == "random,badge,typiclust"
    page.select_option("#explorer-embedder", "hashing")
    page.select_option("#explorer-dataset", "kjv_genres+label_noise(0.1)")
    said(page, "Not here: hashing. KJV genres, 10% labels wrong, MiniLM:")
    page.select_option("#explorer-dataset", "kjv_genres")
    said(page, "KJV genres, hashing, head softmax:")
    assert chosen(page)["setting"] == "100-100-8-5000-2000"
    assert chosen(page)["show"] == "random,badge,typiclust"


def test_random_is_not_left_alone_unless_asked_for(page: Any) -> None:
    page.get_by_role("button", name="Only Random").click()
    said(page, "the mean accuracy of Random along the curve is")
    assert "Tick something besides Random" in page.locator("#explorer").inner_text()
    assert "Tick something more" in page.locator("#explorer").inner_text()
    drawn = [
        page.locator(f"#explorer-{name}").is_visible() for name in ("curves", "gains", "ranks")
    ]
    assert drawn == [True, False, False]
    page.select_option("#explorer-setting", "100-100-5-5000-2000")
    assert chosen(page)["show"] == "random"
    page.select_option("#explorer-setting", "100-100-16-5000-2000")
    tick(page, "TypiClust")
    page.select_option("#explorer-setting", "100-100-5-5000-2000")
    said(page, "Not here: TypiClust, so that others are ticked. KJV genres, MiniLM: of those shown")
    assert chosen(page)["show"] == "random,margin,badge"
    page.get_by_role("button", name="Only Random").click()
    said(page, "the mean accuracy of Random")
    assert chosen(page)["show"] == "random"


def test_everything_can_be_done_with_the_keyboard(page: Any) -> None:
    seen = []
    page.evaluate("document.activeElement.blur()")
    page.mouse.click(1, 1)
    while "explorer-link" not in seen and len(seen) < 60:
        page.keyboard.press("Tab")
        focus = "document.activeElement"
        name = page.evaluate(f"{focus}.id || {focus}.value || {focus}.textContent")
        seen.append(name)
        assert page.evaluate(f"getComputedStyle({focus}).outlineStyle") != "none", name
        if name == "explorer-embedder":
            page.keyboard.press("ArrowUp")
            said(page, "KJV genres, LSA:")
        if name == "badge":
            page.keyboard.press("Space")
            page.wait_for_function("!location.hash.includes('badge')")
        assert page.evaluate(f"{focus}.id || {focus}.value || {focus}.textContent") == name
    assert chosen(page)["embedder"] == "lsa"
    assert chosen(page)["show"] == "random,margin,typiclust"
    for name in "dataset", "compare", "setting", "head", "embedder", "fixed", "metric", "link":
        # There is one head for this dataset, and nothing to choose.
        assert (f"explorer-{name}" in seen) == (name != "head")
    assert "Download the curves (CSV)" in seen


@pytest.mark.parametrize(("button", "n", "column"), [("these rows", 4, 2), ("the curves", 64, 1)])
def test_download_is_what_is_shown(page: Any, button: str, n: int, column: int) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download {button}").click()
    assert waiting.value.suggested_filename.startswith("kjv_genres-minilm-accuracy-")
    with Path(waiting.value.path()).open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == n
    strategies = ["random", "margin", "badge", "typiclust"]
    assert [row["strategy"] for row in table[:: n // 4]] == strategies
    mean, low, high = (100 * float(table[-1][name]) for name in ("mean", "low", "high"))
    assert rows(page)[-1][column] == f"{mean:.1f} ({low:.1f} to {high:.1f})"
    assert table[0]["difference"] == ""
    assert float(table[-1]["difference_low"]) < float(table[-1]["difference"])


def test_an_address_that_names_nothing_is_told(page: Any) -> None:
    page.evaluate("location.hash = 'dataset=<img src=x onerror=alert(1)>&show=badge,nobody'")
    said(page, "Not here: <img src=x onerror=alert(1)>; nobody.")
    assert page.locator("#explorer img").count() == 0
    assert chosen(page)["show"] == "badge"
    tick(page, "BADGE")
    said(page, "tick at least one")
    for empty in page.locator("#explorer figure, #explorer table, #explorer-link").all():
        assert not empty.is_visible()
    page.get_by_role("button", name="All").click()
    said(page, "KJV genres, MiniLM:")
    assert len(rows(page)) == 12
    assert page.locator("#explorer-ranks").is_visible()


def test_a_link_to_initial_pools_asks_for_nothing_of_strategies(page: Any) -> None:
    page.select_option("#explorer-compare", "initial_pool")
    assert chosen(page)["setting"] == "100-100-5-5000-2000"
    page.reload()
    said(page, "KJV genres, MiniLM:")
    page.select_option("#explorer-compare", "strategy")
    assert chosen(page)["setting"] == "100-100-16-5000-2000"
    assert "Not here" not in page.locator(".explorer-status").inner_text()


def test_names_at_the_ends_of_lines_do_not_lie_on_each_other(page: Any) -> None:
    page.get_by_role("button", name="All").click()
    page.wait_for_function(
        "document.querySelectorAll('#explorer-curves .annotation').length === 12"
    )
    for name in "curves", "gains":
        texts = page.locator(f"#explorer-{name} .annotation-text").all()
        middles = sorted(box["y"] + box["height"] / 2 for box in (t.bounding_box() for t in texts))
        assert min(below - above for above, below in itertools.pairwise(middles)) > 14
        plot = page.locator(f"#explorer-{name} .nsewdrag").bounding_box()
        assert plot["y"] - 10 < middles[0] and middles[-1] < plot["y"] + plot["height"] + 10


def test_altered_datasets_stand_below_the_name_of_theirs(page: Any) -> None:
    groups = page.locator("#explorer-dataset optgroup")
    assert groups.evaluate_all("(all) => all.map((each) => each.label)") == ["KJV genres, altered"]
    assert groups.locator("option").all_text_contents() == ["KJV genres, 10% labels wrong"]
    page.select_option("#explorer-dataset", "kjv_genres+label_noise(0.1)")
    said(page, "KJV genres, 10% labels wrong")
    ranks = page.locator("figure:has(#explorer-ranks)")
    assert "mean probe accuracy over the datasets" in ranks.inner_text()  # never measured here
    page.select_option("#explorer-dataset", "kjv_genres")
    said(page, "KJV genres, MiniLM")
    assert "on the pool of this dataset" in ranks.inner_text()


def test_numbers_that_cannot_be_read_are_told(page: Any, book: Path) -> None:
    page.reload()  # what was read before is kept
    said(page, "KJV genres, MiniLM:")
    hidden = (book / "explorer" / "data-1.js").rename(book / "explorer" / "gone.js")
    try:
        page.select_option("#explorer-dataset", "movie_sentiment")
        said(page, "movie sentiment could not be read")
    finally:
        hidden.rename(book / "explorer" / "data-1.js")
    assert "ERR_FILE_NOT_FOUND" in page.faults.pop()
    page.select_option("#explorer-dataset", "kjv_genres")
    page.select_option("#explorer-dataset", "movie_sentiment")
    said(page, "movie sentiment, MiniLM:")


def test_on_a_phone_and_in_the_dark(page: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_selector("#explorer-curves .legend")
    page.wait_for_function("document.documentElement.scrollWidth === 360")
    page.get_by_role("button", name="All").click()
    for name in "curves", "gains", "ranks":
        page.wait_for_function(f"document.querySelectorAll('#explorer-{name} .traces').length > 10")
        legend = page.locator(f"#explorer-{name} .legend").bounding_box()
        plot = page.locator(f"#explorer-{name} .nsewdrag").bounding_box()
        assert legend["x"] >= 0 and legend["x"] + legend["width"] <= 360
        assert legend["y"] + legend["height"] <= plot["y"] + 1 and plot["height"] > 150
        assert page.locator(f"#explorer-{name} .scrollbar").bounding_box()["height"] == 0
    text = "document.querySelector('#explorer-curves').layout.font.color"
    caption = page.locator("#explorer .explorer-table caption span").first.bounding_box()
    assert caption["x"] + caption["width"] <= 360
    assert page.evaluate(text) == "#222222"
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"{text} === '#eeeeee'")
    page.evaluate("delete document.documentElement.dataset.theme")
