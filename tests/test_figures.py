"""Every figure: an SVG that is the same each time, its data, and alt text that arrives."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from alutils import figures, strategies


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


def test_every_strategy_has_a_colour_and_marker_of_its_own() -> None:
    styles = [figures.style(name) for name in strategies.names()]
    assert len(set(styles)) == len(styles)
    assert figures.OTHER_STYLE not in styles
