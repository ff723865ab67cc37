"""The figures of Margin against BADGE and of small queries show their own numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from alutils import figures
from alutils.figures import margin_and_badge, small_queries
from alutils.figures.theme import style

TEXTS = {"alt": "What is shown", "caption": "A finding."}
DATASETS, EMBEDDERS = ["icd10_chapters", "sst2"], ["lsa", "wordllama", "minilm"]


@pytest.fixture()
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[plt.Figure]]:
    kept: list[plt.Figure] = []
    for module in (margin_and_badge, small_queries):
        monkeypatch.setattr(module, "save", lambda figure, *_, **__: kept.append(figure))
    yield kept
    plt.close("all")


def rows(**columns: list[str]) -> pd.DataFrame:
    """Every combination of some names, with numbers of its own."""
    table = pd.MultiIndex.from_product(columns.values(), names=columns).to_frame(index=False)
    table["mean"] = 0.001 * (np.arange(len(table)) * 7 % len(table)) - 0.004
    return table.assign(low=table["mean"] - 0.002, high=table["mean"] + 0.003)


def test_rivals(drawn: list[plt.Figure]) -> None:
    gains = rows(dataset=DATASETS, strategy=["margin", "badge"], embedder=EMBEDDERS)
    duel = rows(dataset=DATASETS, embedder=EMBEDDERS)
    duel["outcome"] = ["win", "loss", "equivalent", "undecided", "win", "loss"]
    figures.rivals(gains, duel, "x", **TEXTS)
    left, right = drawn[0].axes
    for text, row in zip(right.texts, duel.itertuples(), strict=True):
        place = (EMBEDDERS.index(row.embedder), DATASETS.index(row.dataset))
        assert text.get_position() == place
        assert float(text.get_text().strip("=").replace("−", "-")) == pytest.approx(100 * row.mean)
        assert text.get_text().startswith("=") == (row.outcome == "equivalent")
        assert (text.get_weight() == "bold") == (row.outcome in ("win", "loss"))
    marks = {strategy: style(strategy)[1] for strategy in ("margin", "badge")}
    dots = {
        m: [ln for ln in left.get_lines() if ln.get_marker() == m] for m in (*marks.values(), "o")
    }
    ringed = [float(line.get_xdata()[0]) for line in dots["o"]]
    for strategy, marker in marks.items():
        here = 100 * gains.loc[gains["strategy"] == strategy, "mean"]
        np.testing.assert_allclose(dots[marker][0].get_xdata(), here)
        heights = np.rint(dots[marker][0].get_ydata()).astype(int)
        assert heights.tolist() == [0, 0, 0, 1, 1, 1]
        assert {here.min(), here.max()} <= set(ringed)


def test_difference_along_quality(drawn: list[plt.Figure]) -> None:
    units = rows(dataset=DATASETS, embedder=EMBEDDERS).assign(quality=[0.5, 0.6, 0.8] * 2)
    figures.difference_along_quality(units, "x", xlabel="a", ylabel="b", **TEXTS)
    for axis, (dataset, here) in zip(drawn[0].axes, units.groupby("dataset"), strict=True):
        assert axis.get_title() == figures.plain(dataset)
        x, y = axis.containers[0].lines[0].get_data()
        np.testing.assert_allclose((x, y), 100 * here[["quality", "mean"]].to_numpy().T)
    units = units.rename(columns={"quality": "spread"})
    figures.difference_along_quality(units, "y", xlabel="a", ylabel="b", along="spread", **TEXTS)
    assert len(drawn[1].axes) == len(drawn[0].axes)


def test_small_and_large(drawn: list[plt.Figure]) -> None:
    others = ["margin", "badge"]
    gains = rows(dataset=DATASETS, strategy=others, queries=["large", "small"])
    changes = rows(strategy=["random", *others])
    figures.small_and_large(gains, changes, (10, 100), "x", **TEXTS)
    *panels, last = drawn[0].axes[:3]
    lines = ["random", *others]

    def shown(axis: plt.Axes) -> set[tuple[str, float, bool]]:
        found = set()
        for container in axis.containers:
            dot = container.lines[0]
            line = lines[round(float(dot.get_ydata()[0]))]
            hollow = dot.get_markerfacecolor() == "white"
            found.add((line, round(float(dot.get_xdata()[0]), 6), hollow))
        return found

    for axis, (_, here) in zip(panels, gains.groupby("dataset"), strict=True):
        assert shown(axis) == {
            (r.strategy, round(100 * r.mean, 6), r.queries == "large") for r in here.itertuples()
        }
    assert shown(last) == {
        (r.strategy, round(100 * r.mean, 6), False) for r in changes.itertuples()
    }


def test_figures_are_saved_with_their_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    gains = rows(dataset=DATASETS, strategy=["margin", "badge"], embedder=EMBEDDERS)
    duel = rows(dataset=DATASETS, embedder=EMBEDDERS).assign(outcome="undecided")
    figures.rivals(gains, duel, "x", **TEXTS)
    data = pd.read_csv(tmp_path / "x.csv")
    assert len(data) == len(gains)
    assert {"mean", "difference", "outcome"} <= set(data)
