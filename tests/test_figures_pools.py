"""Figures of initial pools: what is drawn is what the tables say."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import figures

WORDS = {"alt": "What is shown", "caption": "A finding."}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    return tmp_path


def letters(figure: figures.Figure) -> str:
    return (figure.folder / f"{figure.name}.svg").read_text(encoding="utf-8")


def data(figure: figures.Figure) -> pd.DataFrame:
    return pd.read_csv(figure.folder / f"{figure.name}.csv")


@pytest.mark.parametrize("n_datasets", [1, 3])
def test_a_forest_has_means_and_datasets(n_datasets: int) -> None:
    keys = pd.DataFrame(itertools.product(["A", "B"], ["x", "y"]), columns=["panel", "row"])
    low = np.nan if n_datasets == 1 else -0.02
    summary = keys.assign(mean=0.01, low=low, high=low + 0.05, low_fixed=0.0, high_fixed=0.02)
    single = pd.concat([keys.assign(dataset=f"d{i}", mean=0.01 * i) for i in range(n_datasets)])
    labels, colours = {"x": "ex", "y": "why"}, {"x": "#000000", "y": "#111111"}
    figure = figures.forest(summary, single, labels, colours, "f", xlabel="points", **WORDS)
    assert ("<!-- with datasets drawn again -->" in letters(figure)) == (n_datasets > 1)
    assert ("<!-- single datasets -->" in letters(figure)) == (n_datasets > 1)
    assert all(f"<!-- {word} -->" in letters(figure) for word in ("ex", "why", "A", "B"))
    assert len(data(figure)) == 4 + 4 * n_datasets


def test_a_forest_takes_the_colours_of_its_panels() -> None:
    keys = pd.DataFrame(itertools.product(["A", "B"], ["x"]), columns=["panel", "row"])
    summary = keys.assign(mean=0.01, low=0.0, high=0.02, low_fixed=0.0, high_fixed=0.02)
    single = keys.assign(dataset="d", mean=0.01)
    colours = {"A": "#123456", "B": "#654321"}
    figure = figures.forest(summary, single, {"x": "ex"}, colours, "f", xlabel="points", **WORDS)
    assert all(colour in letters(figure) for colour in colours.values())


def test_a_map_writes_every_number_and_makes_the_sure_ones_bold() -> None:
    keys = itertools.product(["one", "two"], ["a", "b"], ["c", "d", "e"])
    table = pd.DataFrame(keys, columns=["panel", "row", "column"])
    table = table.assign(mean=np.arange(12) / 100 - 0.03)
    table = table.assign(low=table["mean"] - 0.015, high=table["mean"] + 0.015)
    table = table.drop(index=11)  # a hole stays empty
    figure = figures.gain_map(table, "m", key="points", **WORDS)
    text = letters(figure)
    for value in table["mean"]:
        words = f"{100 * value:+.1f}".replace("-", "−").replace("−0.0", "+0.0")
        assert f"<!-- {words} -->" in text
    # Minus one, zero and one have intervals with zero in them.
    bold = [part for part in text.split("<!-- ") if "DejaVuSans-Bold" in part.split("<!--")[0]]
    assert {part.split(" -->")[0] for part in bold if part[0] in "+−"}.isdisjoint(
        {"−1.0", "+0.0", "+1.0"}
    )
    assert len(data(figure)) == 11


@pytest.mark.parametrize("many", [4, 10])
def test_a_phone_shows_a_map_with_many_columns_in_parts(many: int, folder: Path) -> None:
    keys = itertools.product(["one", "two"], ["a", "b"], [f"column {n}" for n in range(many)])
    table = pd.DataFrame(keys, columns=["panel", "row", "column"])
    table = table.assign(mean=-0.123, low=-0.2, high=-0.1)
    figures.gain_map(table, "m", key="points", **WORDS)
    wide, small = (
        (folder / name).read_text(encoding="utf-8") for name in ("m.svg", "m-narrow.svg")
    )
    assert wide.count("<!-- one -->") == 1 and small.count("<!-- one -->") == -(-many // 5)
    assert wide.count("<!-- −12.3 -->") == small.count("<!-- −12.3 -->") == 4 * many


def test_leads_have_a_panel_for_each_initial_pool() -> None:
    keys = itertools.product(
        ["coreset", "typiclust", "kmeans", "kmedoids", "prob_cover"], ["lsa", "minilm"], [10, 20]
    )
    lead = pd.DataFrame(keys, columns=["initial_pool", "embedder", "n_labelled"])
    lead = lead.assign(mean=0.01, low=-0.01, high=0.03)
    figure = figures.pool_leads(lead, ["lsa", "wordllama", "minilm"], "l", **WORDS)
    for word in ("CoreSet", "TypiClust", "k-means", "k-medoids", "ProbCover", "LSA", "MiniLM"):
        assert f"<!-- {word} -->" in letters(figure)
    assert "WordLlama" not in letters(figure)
    assert len(data(figure)) == len(lead)
