"""The page for exploring results: its numbers, what reaches the book, and a browser using it."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from alutils import archive, explorer, statistics
from alutils.archive import Archive
from alutils.book import explorer as pages_of
from alutils.book.pages import check, problems
from alutils.explorer.numbers import AREA, orders, summarise
from alutils.findings import query_strategies
from tests.book_parts import REPOSITORY
from tests.chromium import CHROMIUM

DATASETS = ["kjv_genres", "kjv_genres+label_noise(0.1)", "movie_sentiment"]
EMBEDDERS = ["hashing", "lsa", "minilm"]


@pytest.fixture(scope="module")
def study() -> Archive:
    return archive.read(REPOSITORY / "data" / "results" / "offline")


@pytest.fixture(scope="module")
def records(study: Archive) -> pd.DataFrame:
    """Some of the published results; initial pools, altered datasets and another head included."""
    all_of_them = study.records
    chosen = all_of_them["dataset"].isin(DATASETS) & all_of_them["embedder"].isin(EMBEDDERS)
    sizes = (all_of_them["initial_size"] == 100) & (all_of_them["query_size"] == 100)
    heads = all_of_them["head"].isin(["softmax", "mlp"])
    return all_of_them[chosen & sizes & heads].reset_index(drop=True)


@pytest.fixture(scope="module")
def book(records: pd.DataFrame, study: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered book of two pages, as the builder hands it on."""
    root = tmp_path_factory.mktemp("explorer")
    figures = root / "source" / "notebooks" / "figures" / "explore"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALUTILS_FIGURES", str(figures))
        place = explorer.write(records, study.quality, instead="Read <the> tables.")
    shutil.copytree(REPOSITORY / "book", root / "source" / "book")
    html = root / "html"
    (html / "notebooks").mkdir(parents=True)
    shown = place._repr_mimebundle_()["text/html"]
    for name, text in {"explore": shown, "cost": "<p>Costs.</p>"}.items():
        page = (
            f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{name}</title>"
            "<meta name='viewport' content='width=device-width'></head>"
            f"<body><article><h1>{name}</h1>{text}<h2 id='what-is-here'>Here</h2></article>"
            "</body></html>"
        )
        (html / "notebooks" / f"{name}.html").write_text(page)
    pages_of.install(root / "source", html)
    return html


def script(book: Path, name: str) -> Any:
    return json.loads((book / "explorer" / name).read_text().split("=", 1)[1].rstrip(";\n"))


def place(index: dict[str, Any], kind: str, name: str) -> int:
    return next(i for i, each in enumerate(index[kind]) if each["name"] == name)


def cell_of(book: Path, **fields: str) -> dict[str, Any]:
    """Return the cell that scripts have of some names, with the setting that is shown first."""
    index = script(book, "index.js")
    kinds = {"dataset": "datasets", "embedder": "embedders", "strategy": "strategies"}
    at = {field: place(index, kinds[field], name) for field, name in fields.items()}
    at |= {"setting": 0, "head": 0, "initial_pool": place(index, "initial_pools", "random")}
    cells = script(book, f"data-{index['datasets'][at['dataset']]['file']}.js")
    (found,) = [cell for cell in cells if all(cell[k] == v for k, v in at.items())]
    return dict(found)


def test_numbers_are_those_of_the_other_pages(book: Path, records: pd.DataFrame) -> None:
    here = records[(records["cycles"] == 16) & records["dataset"].isin(DATASETS)]
    areas = query_strategies.compared(here)
    gains = query_strategies.gains(areas)
    assert len(gains) == 72
    for row in gains.itertuples():
        found = cell_of(book, dataset=row.dataset, embedder=row.embedder, strategy=row.strategy)[
            "metrics"
        ][0]["strategy"]
        if row.strategy == "random":
            continue
        assert found["mean"][-1] == pytest.approx(1e5 * row.mean, abs=0.51)
        assert found["half"][-1] == pytest.approx(1e5 * (row.high - row.mean), abs=0.51)
    one = here[(here["dataset"] == "kjv_genres") & (here["embedder"] == "lsa")]
    badge = one[one["strategy"] == "badge"]
    curve = statistics.intervals(badge, "macro_f1", ["n_labelled"])
    numbers = cell_of(book, dataset="kjv_genres", embedder="lsa", strategy="badge")["metrics"][2]
    assert numbers["mean"][:-1] == pytest.approx(list(1e5 * curve["mean"]), abs=0.51)
    assert numbers["half"][:-1] == pytest.approx(
        list(1e5 * (curve["high"] - curve["mean"])), abs=0.51
    )


def test_ranks_follow_from_orders(records: pd.DataFrame) -> None:
    here = records[(records["cycles"] == 16) & (records["embedder"] == "minilm")]
    cells = explorer.cells_of(here)
    found = summarise(here, cells, "accuracy")
    means = found[found["cycle"] == AREA].set_index("cell")["mean"]
    places = cells.assign(order=orders(means, cells, "strategy", "accuracy"))
    ranks = places.groupby("dataset")["order"].rank().groupby(cells["strategy"]).mean()
    expected = statistics.friedman_test(statistics.aulc(here)).ranks
    assert ranks.to_dict() == expected.to_dict()
    # With two classes, three strategies make the same choices and share a rank.
    assert places["order"].nunique() < places["strategy"].nunique() <= 12


def test_where_lower_is_better_ranks_and_verdicts_turn_round(records: pd.DataFrame) -> None:
    here = records[(records["cycles"] == 16) & (records["embedder"] != "hashing")]
    cells = explorer.cells_of(here)
    found = summarise(here, cells, "log_loss")
    areas = found[found["cycle"] == AREA].set_index("cell")
    said = areas["strategy_verdict"]
    assert (areas.loc[said == "better", "strategy_high"] < 0).all()
    assert (areas.loc[said == "worse", "strategy_low"] > 0).all()
    assert {"better", "worse"} <= set(said.dropna())
    order = orders(areas["mean"], cells, "strategy", "log_loss")
    best = areas["mean"].groupby([cells["dataset"], cells["embedder"]]).idxmin()
    assert (order[best] == 0).all()


def test_what_has_no_random_to_compare_with_has_no_difference(records: pd.DataFrame) -> None:
    here = records[records["cycles"] == 5].assign(pool_size=None)  # the whole pool
    cells = explorer.cells_of(here)
    found = summarise(here, cells, "accuracy").merge(cells.reset_index(names="cell"), on="cell")
    pools = found[found["initial_pool"] != "random"]
    assert pools["strategy_mean"].isna().all()
    assert pools["initial_pool_mean"].notna().all()


def test_one_seed_leaves_no_interval(
    records: pd.DataFrame, study: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    one = records[(records["seed"] == 0) & (records["dataset"] == "movie_sentiment")]
    explorer.write(one, study.quality, instead="")
    cells = script(tmp_path, "data-0.js")
    assert all(half is None for half in cells[0]["metrics"][0]["half"])
    assert {cell["metrics"][0]["strategy"].get("verdict") for cell in cells} <= {"undecided", None}


def test_the_same_results_are_the_same_bytes(
    records: pd.DataFrame, study: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = records[(records["embedder"] == "lsa") & (records["cycles"] == 5)]
    texts = []
    for name in "one", "two":
        monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path / name))
        folder = explorer.write(some, study.quality, instead="").folder
        texts.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert texts[0] == texts[1]


def test_scripts_are_on_one_page_and_not_in_its_text(book: Path) -> None:
    text = (book / pages_of.PAGE).read_text()
    head, body = text.split("</head>")
    assert [f'src="{address}"' in head for address in pages_of.SCRIPTS] == [True] * 7
    assert "<script" not in body
    assert "<noscript><p>Read &lt;the&gt; tables.</p></noscript>" in body
    assert "<script" not in (book / "notebooks" / "cost.html").read_text()
    check(book)
    assert len(problems(text)) == 7  # anywhere else these scripts are unknown


@pytest.mark.parametrize("address", [*pages_of.SCRIPTS, "../_static/doctools.js", "data:,alert(1)"])
def test_no_text_can_bring_a_script_even_there(address: str) -> None:
    page = "<html><head></head><body><article>{}</article></body></html>"
    tag = f'<script src="{address}"></script>'
    assert len(problems(page.format(tag), pages_of.SCRIPTS)) == 1
    assert problems(page.format(f"</article>{tag}<article>"), pages_of.SCRIPTS)
    assert problems(page.format("</article><script>alert(1)</script>"), pages_of.SCRIPTS)


@pytest.mark.parametrize(
    "address", ["../explorer/../x.js", "../_static/../x.js", "../_images/x.js", "x.js", "data:,x"]
)
def test_a_script_of_unknown_origin_is_refused(address: str) -> None:
    (problem,) = problems(f"<head><script src='{address}'></script></head>", pages_of.SCRIPTS)
    assert problem.startswith("loads")


def test_a_book_without_the_page_stays_as_it_is(tmp_path: Path) -> None:
    pages_of.install(tmp_path / "source", tmp_path)
    assert not list(tmp_path.iterdir())


# -- in a browser ---------------------------------------------------------------------------------


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
    page.select_option("#explorer-setting", "100-100-16-5000-2000")
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
    page.select_option("#explorer-setting", "100-100-5-5000-2000")
    assert chosen(page)["show"] == "random"
    page.select_option("#explorer-setting", "100-100-16-5000-2000")
    tick(page, "TypiClust")
    page.select_option("#explorer-setting", "100-100-5-5000-2000")
    said(page, "Not here: TypiClust, so that others are ticked. KJV genres, MiniLM: the best")
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
    page.get_by_role("button", name="All").click()
    said(page, "KJV genres, MiniLM:")
    assert len(rows(page)) == 12


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
    assert page.evaluate(text) == "#222222"
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(f"{text} === '#eeeeee'")
    page.evaluate("delete document.documentElement.dataset.theme")
