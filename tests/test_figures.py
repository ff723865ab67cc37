"""Every figure: an SVG that is the same each time, its data, and alt text that arrives."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from alutils import figures
from alutils.figures import heat, plots, theme


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path / "page"))
    return tmp_path / "page"


def summary() -> pd.DataFrame:
    rows = [
        (dataset, strategy, embedder, 50 * (cycle + 1), quality)
        for dataset in ("icd10_chapters", "movie_sentiment")
        for strategy in ("margin", "badge", "a_new_one")
        for embedder, quality in (("lsa", 0.5), ("minilm", 0.8))
        for cycle in range(3)
    ]
    columns = ["dataset", "strategy", "embedder", "n_labelled", "quality"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(mean=0.01, low=-0.01, high=0.03)


def draw(name: str) -> figures.Figure:
    table = summary()
    texts = {"alt": "What is\nshown", "caption": "A *finding*."}
    first = table.drop_duplicates(["dataset", "strategy", "embedder"])
    match name:
        case "learning_curves":
            margin = table[table["strategy"] == "margin"]
            floor = dict.fromkeys(margin["dataset"], 0.3)
            return figures.learning_curves(margin, floor, name, **texts)
        case _:
            view = first.assign(x=first["mean"], y=first["low"], **{"class": first["n_labelled"]})
            return figures.maps(view, name, **texts)


ALL = ["learning_curves", "maps"]


@pytest.mark.parametrize("name", ALL)
def test_figure_saves_what_it_shows(name: str, folder: Path) -> None:
    figure = draw(name)
    svg = (folder / f"{name}.svg").read_bytes()
    assert svg.count(b"<path") > 5
    assert len(pd.read_csv(folder / f"{name}.csv")) > 0
    bundle = figure._repr_mimebundle_()
    assert f"```{{figure}} figures/page/{name}.svg" in bundle["text/markdown"]
    assert f"alt: {json.dumps('What is shown')}" in bundle["text/markdown"]
    assert 'aria-label="What is shown"' in bundle["text/html"]
    png = (folder / f"{name}.png").read_bytes()
    assert not any(word in png for word in (b"Software", b"tIME", b"Date"))
    draw(name)
    assert (folder / f"{name}.svg").read_bytes() == svg
    assert (folder / f"{name}.png").read_bytes() == png


def test_a_figure_says_which_run_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALUTILS_RUN", raising=False)
    assert "Made by" not in draw("maps")._repr_mimebundle_()["text/markdown"]
    git = {"commit": "0123456789abcdef", "dirty": True}
    run = {"notebook": "curves", "parameters": 3, "key": "f00d", "git": git}
    monkeypatch.setenv("ALUTILS_RUN", json.dumps(run))
    said = draw("maps")._repr_mimebundle_()["text/markdown"]
    assert said.count("Made by notebook curves · commit 0123456789, edited · run") == 1
    assert '<a href="page.run.json">f00d</a> · <a href="#run-parameters">' in said
    monkeypatch.setenv("ALUTILS_RUN", json.dumps({**run, "git": None, "parameters": 0}))
    said = draw("maps")._repr_mimebundle_()["text/markdown"]
    assert 'notebook curves · run <a href="page.run.json">f00d</a></span>' in said


def test_names_of_strategies_with_parameters_become_names_of_files(folder: Path) -> None:
    name = "then-skactiveml:DropQuery(dropout_rate=0.5, n_dropout_samples=3)"
    texts = {"alt": "What is shown", "caption": "A finding."}
    learning = summary().query("strategy == 'margin'")
    floor = dict.fromkeys(learning["dataset"], 0.3)
    figures.learning_curves(learning, floor, name, **texts)
    expected = "then-skactiveml-DropQuery-dropout_rate-0.5-n_dropout_samples-3"
    assert {path.stem.removesuffix("-narrow") for path in folder.iterdir()} == {expected}


def test_long_names_of_panels_are_broken_into_lines() -> None:
    name = "skactiveml:DropQuery(dropout_rate=0.5, n_dropout_samples=3)"
    _, axes = plots.panels([name, "margin"], [name], 1.0)
    lines = "skactiveml:\nDropQuery(\ndropout_rate=0.5,\nn_dropout_samples=3)"
    assert axes[0, 0].get_ylabel() == axes[0, 0].get_title() == lines
    assert axes[1, 0].get_ylabel() == "Margin"
    plt.close("all")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[plt.Figure, pd.DataFrame]]]:
    """What is handed to `save`, still open."""
    kept: list[tuple[plt.Figure, pd.DataFrame]] = []
    monkeypatch.setattr(plots, "save", lambda figure, *_, data, **__: kept.append((figure, data)))
    yield kept
    plt.close("all")


def numbered() -> pd.DataFrame:
    """A summary in which no two rows have the same numbers."""
    table = summary().assign(mean=lambda t: 0.001 * np.arange(len(t)))
    return table.assign(low=table["mean"] - 0.01, high=table["mean"] + 0.02)


def test_learning_curves_show_the_numbers_of_their_dataset(drawn) -> None:
    table = numbered().query("strategy == 'margin'")
    floor = dict.fromkeys(table["dataset"], 0.25)
    figures.learning_curves(table, floor, "x", alt="a", caption="c")
    for axis, (_, here) in zip(drawn[0][0].axes, table.groupby("dataset"), strict=True):
        *curves, constant = axis.get_lines()
        assert set(constant.get_ydata()) == {25.0}
        heights = [line.get_ydata() for line in curves]
        expected = [100 * rows["mean"] for _, rows in here.groupby("embedder")]
        np.testing.assert_allclose(heights, expected)


def test_a_saved_figure_is_closed_escaped_and_whole(folder: Path) -> None:
    table = summary().query("strategy == 'margin'")
    floor = dict.fromkeys(table["dataset"], 0.25)
    before = plt.get_fignums()  # of tests that look into a figure
    figure = figures.learning_curves(table, floor, "x", alt='"a" < b', caption="c & <d>")
    assert plt.get_fignums() == before
    pd.testing.assert_frame_equal(
        pd.read_csv(folder / "x.csv"), table.reset_index(drop=True), check_dtype=False
    )
    page = figure._repr_mimebundle_()["text/html"]
    assert 'aria-label="&quot;a&quot; &lt; b"' in page and "c &amp; &lt;d&gt;" in page


def test_picks_are_drawn_in_a_panel_for_each_query(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    rng = np.random.default_rng(0)
    view = pd.DataFrame({"x": rng.random(30), "y": rng.random(30), "colour": "#eeeeee"})
    chosen = pd.DataFrame(
        {"strategy": "badge", "cycle": [0, 0, 1, 1, 2, 2], "row": [3, 4, 5, 6, 7, 8]}
    )
    figures.picks(view, chosen, "picks-badge", alt="Two maps.", caption="It chooses.")
    written = pd.read_csv(tmp_path / "picks-badge.csv")
    assert np.allclose(written["x"], view["x"][written["row"]], atol=1e-5)
    svg = (tmp_path / "picks-badge.svg").read_text()
    assert "<!-- 2 labels, then 2" in svg
    assert "<!-- 4 labels, then 2" in svg


def test_pale_colours_are_nearer_white() -> None:
    assert figures.pale("#000000", 0.25) == (0.75, 0.75, 0.75)
    assert figures.pale("#ffffff") == (1, 1, 1)


@pytest.mark.parametrize(
    ("labels", "lines"),
    [
        (["hashing", "WordLlama", "LSA", "MiniLM", "Random labels"], [5]),
        (
            ["hashing", "WordLlama", "LSA", *(f"MiniLM layer{i}" for i in (0, 2, 4)), "MiniLM"],
            [4, 3],
        ),
        (["queries of 100", "queries of 10"], [2]),
        (["the one of these that has a long name indeed"] * 3, [1, 1, 1]),
    ],
)
def test_a_legend_fills_its_lines_and_stays_on_the_page(
    labels: list[str], lines: list[int]
) -> None:
    figure, axes = theme.panels([""], [""], 2.0)
    (line,) = axes[0, 0].plot([0, 1], [0, 1])
    plots._legend(figure, "embedder", [line] * len(labels), labels)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    heights = [round(text.get_window_extent().y0) for text in legend.get_texts()]
    assert sorted((heights.count(y) for y in set(heights)), reverse=True) == lines
    assert legend.get_window_extent().width < figure.bbox.width
    plt.close("all")


def test_the_landscape_sets_random_apart_and_orders_datasets_from_the_top(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: list[plt.Figure] = []
    module = importlib.import_module("alutils.figures.landscape")  # its function has its name
    monkeypatch.setattr(module, "save", lambda figure, *_, **__: kept.append(figure))
    table = pd.DataFrame(
        [
            ("trec6", "lsa", "random", 0.5),
            ("trec6", "lsa", "margin", 0.6),
            ("sst2", "lsa", "random", 0.7),
            ("sst2", "lsa", "margin", 0.65),
        ],
        columns=["dataset", "embedder", "strategy", "aulc"],
    )
    figures.landscape(table, "x", alt="a", caption="c")
    (axis,) = kept[0].axes
    assert [t.get_text() for t in axis.get_yticklabels()] == ["TREC-6", "SST-2"]
    assert axis.get_ylim()[0] > axis.get_ylim()[1]
    bars = [line for line in axis.get_lines() if line.get_marker() == "|"]
    dots = [line for line in axis.get_lines() if line.get_marker() == "o"]
    assert [list(line.get_xdata()) for line in bars] == [[50.0], [70.0]]
    assert [list(line.get_xdata()) for line in dots] == [[60.0], [65.0]]
    plt.close("all")


def test_a_quality_map_writes_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[plt.Figure] = []
    monkeypatch.setattr(heat, "save", lambda figure, *_, **__: kept.append(figure))
    table = pd.DataFrame(
        [("b", "lsa", 0.11), ("b", "minilm", 0.22), ("a", "lsa", 0.33), ("a", "minilm", 0.44)],
        columns=["dataset", "embedder", "probe"],
    )
    figures.quality_map(table, {"probe": "probe, %"}, "x", alt="a", caption="c")
    (axis,) = kept[0].axes
    written = {t.get_position(): t.get_text() for t in axis.texts}
    assert written == {(0, 0): "11", (1, 0): "22", (0, 1): "33", (1, 1): "44"}
    plt.close("all")


def test_a_table_has_two_short_lines_where_a_number_has_two_intervals() -> None:
    words = "+1.5 points (−0.1 to +3.2; on these datasets alone +0.9 to +1.6)"
    rows = pd.DataFrame(
        {"gain": [words, "a sentence of more words than a narrow column has room for"]}
    )
    first, second = BeautifulSoup(figures.table(rows).to_html(), "html.parser").find_all("td")
    assert first.get_text().replace("\xa0", " ").splitlines() == [
        "+1.5 points (−0.1 to +3.2;",
        "these datasets +0.9 to +1.6)",
    ]
    assert "−0.1\xa0to\xa0+3.2" in first.get_text()
    assert ["long" in cell["class"] for cell in (first, second)] == [False, True]
