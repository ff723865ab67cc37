"""The critical-difference diagram shows the ranks, the groups and the length it is given."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from alutils import figures
from alutils.figures.narrow import narrow
from alutils.statistics import AverageRanks

TWELVE = [
    "margin",
    "badge",
    "falcun",
    "drop_query",
    "alfa_mix",
    "tcm",
    "entropy",
    "least_confidence",
    "typiclust",
    "prob_cover",
    "random",
    "coreset",
]


def ranked(n: int = 12, difference: float = 2.5) -> AverageRanks:
    names = TWELVE[:n]
    values = np.linspace(1.5, n - 0.5, n)
    groups = [names[i : i + 3] for i in range(n - 2)]
    series = pd.Series(values, index=names)
    return AverageRanks(series, 30.0, 0.001, difference, groups, 36, "dataset x embedder", 0.05)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[plt.Figure, pd.DataFrame]]]:
    """What is handed to `save`, still open."""
    kept: list[tuple[plt.Figure, pd.DataFrame]] = []
    module = importlib.import_module("alutils.figures.critical_difference")
    monkeypatch.setattr(module, "save", lambda figure, *_, data, **__: kept.append((figure, data)))
    yield kept
    plt.close("all")


@pytest.fixture
def phones(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Callable[[], plt.Figure]]]:
    """What draws figures for a phone."""
    kept: list[Callable[[], plt.Figure]] = []
    module = importlib.import_module("alutils.figures.critical_difference")
    monkeypatch.setattr(module, "save", lambda *_, phone, **__: kept.append(phone))
    yield kept
    plt.close("all")


def test_it_saves_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path / "page"))
    texts = {"alt": "What is\nshown", "caption": "A *finding*."}
    figure = figures.critical_difference(ranked(), "ranks", **texts)
    svg = (tmp_path / "page" / "ranks.svg").read_bytes()
    data = pd.read_csv(tmp_path / "page" / "ranks.csv")
    assert data["strategy"].tolist() == TWELVE
    assert data["groups"].astype(str).tolist()[:4] == ["1", "1 2", "1 2 3", "2 3 4"]
    assert f"alt: {json.dumps('What is shown')}" in figure._repr_mimebundle_()["text/markdown"]
    figures.critical_difference(ranked(), "ranks", **texts)
    assert (tmp_path / "page" / "ranks.svg").read_bytes() == svg


@pytest.mark.parametrize("n", [3, 7, 12])
def test_every_strategy_stands_at_its_rank_in_its_colour(drawn, n: int) -> None:
    ranks = ranked(n)
    figures.critical_difference(ranks, "x", alt="a", caption="c")
    axis = drawn[0][0].axes[0]
    for name, rank in ranks.ranks.items():
        colour, marker = figures.style(name)
        points = [x for x in axis.get_lines() if x.get_marker() == marker]
        points = [x for x in points if x.get_color() == colour]
        assert any(np.allclose(x.get_xdata(), rank) for x in points)
        (label,) = [t for t in axis.texts if figures.plain(name) in t.get_text()]
        assert f"{rank:.1f}" in label.get_text()
        assert label.get_color() == "#333333"  # its line has the colour; words are to be read
    shown = [t for t in axis.texts if "  " in t.get_text()]
    # The better half stands left with the best on top, the other right with the worst on top.
    for side, names in (("right", list(ranks.ranks.index[: -(-n // 2)])), ("left", None)):
        column = [t for t in shown if t.get_ha() == side]
        heights = [t.get_position()[1] for t in column]
        assert heights == sorted(heights, reverse=True) and len(set(heights)) == len(heights)
        if names:
            assert [t.get_text().split("  ")[0] for t in column] == [
                figures.plain(s) for s in names
            ]
        else:
            assert figures.plain(ranks.ranks.index[-1]) in column[0].get_text()


def test_bars_span_their_groups_and_do_not_touch(drawn) -> None:
    ranks = ranked()
    figures.critical_difference(ranks, "x", alt="a", caption="c")
    bars = [x for x in drawn[0][0].axes[0].get_lines() if x.get_linewidth() == 4]
    ends = [(*bar.get_xdata(), bar.get_ydata()[0]) for bar in bars]
    for (low, high, _), group in zip(ends, ranks.groups, strict=True):
        values = ranks.ranks[group]
        assert low == pytest.approx(values.min(), abs=0.3) and low < values.min()
        assert high == pytest.approx(values.max(), abs=0.3) and high > values.max()
    for one in ends:
        same = [other for other in ends if other[2] == one[2] and other != one]
        assert all(other[1] < one[0] or other[0] > one[1] for other in same)


def test_the_critical_difference_is_drawn_at_its_length(drawn) -> None:
    figures.critical_difference(ranked(difference=2.5), "x", alt="a", caption="c")
    lines = [tuple(line.get_xdata()) for line in drawn[0][0].axes[0].get_lines()]
    assert (1, 3.5) in lines
    figures.critical_difference(ranked(difference=20.0), "x", alt="a", caption="c")
    axis = drawn[1][0].axes[0]
    assert any("longer than this axis" in t.get_text() for t in axis.texts)
    assert max(max(line.get_xdata()) for line in axis.get_lines()) < 13


def test_a_phone_has_a_line_for_each_name_and_bars_beside_their_groups(phones) -> None:
    ranks = ranked(difference=2.5)
    figures.critical_difference(ranks, "x", alt="a", caption="c")
    axis = phones[0]().axes[0]
    words = {
        tick.get_text(): y
        for tick, y in zip(axis.get_yticklabels(), axis.get_yticks(), strict=True)
    }
    assert list(words) == [f"{figures.plain(s)}  {rank:.1f}" for s, rank in ranks.ranks.items()]
    marks = [line for line in axis.get_lines() if line.get_marker() not in ("None", None)]
    found = [(line.get_xdata()[0], line.get_ydata()[0]) for line in marks]
    assert found == list(zip(ranks.ranks, words.values(), strict=True))
    bars = [line for line in axis.get_lines() if line.get_lw() == 4]
    for bar, group in zip(bars, ranks.groups, strict=True):
        top, end = bar.get_ydata()
        on = [s for s, y in zip(ranks.ranks.index, words.values(), strict=True) if end < y < top]
        assert on == group and min(bar.get_xdata()) > len(ranks.ranks)
    assert (1, 3.5) in [tuple(line.get_xdata()) for line in axis.get_lines()]
    assert narrow(axis.figure)


def test_no_name_covers_another_or_leaves_the_figure(drawn) -> None:
    figures.critical_difference(ranked(), "x", alt="a", caption="c")
    figure = drawn[0][0]
    figure.draw_without_rendering()
    boxes = [t.get_window_extent() for t in figure.axes[0].texts if t.get_text()]
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])
        assert box.x0 >= 0 and box.x1 <= figure.bbox.x1
