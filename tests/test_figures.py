"""Every figure: an SVG that is the same each time, its data, and alt text that arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from alutils import figures, strategies
from alutils.figures import plots


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
        case "difference_curves":
            return figures.difference_curves(table, "strategy", name, **texts)
        case "gains":
            return figures.gains(first, "strategy", name, xlabel="gain", **texts)
        case "gain_against_quality":
            return figures.gain_against_quality(first, name, xlabel="quality", **texts)
        case _:
            view = first.assign(x=first["mean"], y=first["low"], **{"class": first["n_labelled"]})
            return figures.maps(view, name, **texts)


ALL = ["learning_curves", "difference_curves", "gains", "gain_against_quality", "maps"]


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
    draw(name)
    assert (folder / f"{name}.svg").read_bytes() == svg


def test_names_of_strategies_with_parameters_become_names_of_files(folder: Path) -> None:
    name = "then-skactiveml:DropQuery(dropout_rate=0.5, n_dropout_samples=3)"
    texts = {"alt": "What is shown", "caption": "A finding."}
    figures.difference_curves(summary(), "strategy", name, **texts)
    expected = "then-skactiveml-DropQuery-dropout_rate-0.5-n_dropout_samples-3"
    assert {path.stem for path in folder.iterdir()} == {expected}


def test_long_names_of_panels_are_broken_into_lines() -> None:
    name = "skactiveml:DropQuery(dropout_rate=0.5, n_dropout_samples=3)"
    _, axes = plots.panels([name, "margin"], [name], 1.0)
    lines = "skactiveml:\nDropQuery(\ndropout_rate=0.5,\nn_dropout_samples=3)"
    assert axes[0, 0].get_ylabel() == axes[0, 0].get_title() == lines
    assert axes[1, 0].get_ylabel() == "margin"
    plt.close("all")


def test_every_strategy_has_a_colour_and_marker_of_its_own() -> None:
    styles = [figures.style(name) for name in strategies.names()]
    assert len(set(styles)) == len(styles)
    assert figures.OTHER_STYLE not in styles


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


def test_curves_show_their_own_numbers_in_their_own_panel(drawn) -> None:
    table = numbered()
    figures.difference_curves(table, "strategy", "x", alt="a", caption="c")
    axes = drawn[0][0].axes
    levels, datasets = list(table["strategy"].unique()), list(table["dataset"].unique())
    assert [a.get_title() for a in axes[:2]] == [figures.plain(d) for d in datasets]
    assert [a.get_ylabel() for a in axes[::2]] == [figures.plain(s) for s in levels]
    for place, axis in enumerate(axes):
        level, dataset = levels[place // 2], datasets[place % 2]
        here = table[(table["strategy"] == level) & (table["dataset"] == dataset)]
        lines = {line.get_label(): line for line in axis.get_lines()}
        for embedder, rows in here.groupby("embedder"):
            assert (
                lines[figures.plain(embedder)].get_xdata().tolist() == rows["n_labelled"].tolist()
            )
            np.testing.assert_allclose(
                lines[figures.plain(embedder)].get_ydata(), 100 * rows["mean"]
            )
        bands = [c.get_paths()[0].get_extents() for c in axis.collections]
        ends = [(r["low"].min(), r["high"].max()) for _, r in here.groupby("embedder")]
        np.testing.assert_allclose([(b.y0, b.y1) for b in bands], 100 * np.array(ends))


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


def test_gains_stand_beside_the_name_of_their_level(drawn) -> None:
    table = numbered().query("n_labelled == 50")
    figures.gains(table, "strategy", "x", xlabel="gain", alt="a", caption="c")
    axes = drawn[0][0].axes
    names = [t.get_text() for t in axes[0].get_yticklabels()]  # the panels of a row share them
    for axis, (_, here) in zip(axes, table.groupby("dataset"), strict=True):
        assert axis.get_ylim()[0] > axis.get_ylim()[1]  # the first level is on top
        heights = set()
        for container, (_, rows) in zip(axis.containers, here.groupby("embedder"), strict=True):
            x, y = container.lines[0].get_data()
            np.testing.assert_allclose(x, 100 * rows["mean"])
            assert [names[round(v)] for v in y] == [figures.plain(s) for s in rows["strategy"]]
            ends = np.array([s[:, 0] for s in container.lines[2][0].get_segments()])
            np.testing.assert_allclose(ends, 100 * rows[["low", "high"]].to_numpy())
            heights.update(y.tolist())
        assert len(heights) == len(here)  # embedders do not hide each other


def test_every_strategy_is_drawn_under_its_name(drawn) -> None:
    table = numbered().query("n_labelled == 50")
    figures.gain_against_quality(table, "x", xlabel="quality", alt="a", caption="c")
    shown = [a for a in drawn[0][0].axes if a.containers]
    assert [a.get_title() for a in shown] == [figures.plain(s) for s in table["strategy"].unique()]
    for axis, name in zip(shown, table["strategy"].unique(), strict=True):
        for container, (_, rows) in zip(
            axis.containers, table[table["strategy"] == name].groupby("dataset"), strict=True
        ):
            shown_at = np.array(container.lines[0].get_data(), dtype=float)
            np.testing.assert_allclose(shown_at.T, 100 * rows[["quality", "mean"]].to_numpy(float))


def test_a_saved_figure_is_closed_escaped_and_whole(folder: Path) -> None:
    table = summary().query("strategy == 'margin'")
    floor = dict.fromkeys(table["dataset"], 0.25)
    figure = figures.learning_curves(table, floor, "x", alt='"a" < b', caption="c & <d>")
    assert not plt.get_fignums()
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
    assert "<!-- 2 labels, then 2 by BADGE -->" in svg
    assert "<!-- 4 labels, then 2 by BADGE -->" in svg


def test_pale_colours_are_nearer_white() -> None:
    assert figures.pale("#000000", 0.25) == (0.75, 0.75, 0.75)
    assert figures.pale("#ffffff") == (1, 1, 1)
