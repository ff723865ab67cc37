"""Figures of costs show the numbers they were given, each in its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from alutils import figures
from alutils.figures import cost

COSTS = pd.DataFrame(
    [("badge", "sst2", 0.5), ("badge", "trec6", 2.0), ("margin", "sst2", 0.03)],
    columns=["strategy", "dataset", "run"],
)

PARTS = pd.DataFrame(
    {
        "strategy": ["typiclust", "random"],
        "fit": [0.2, 0.2],
        "initial": [0.1, 0.0],
        "query": [1.0, 0.001],
        "rest": [0.02, 0.02],
    }
)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[plt.Figure]]:
    kept: list[plt.Figure] = []
    monkeypatch.setattr(cost, "save", lambda figure, *_, **__: kept.append(figure))
    yield kept
    plt.close("all")


def test_every_cell_of_the_map_has_its_number(drawn: list[plt.Figure]) -> None:
    figures.run_costs(COSTS, "x", alt="a", caption="c")
    (axis,) = drawn[0].axes
    found = {text.get_position(): text.get_text() for text in axis.texts}
    # Across, then down; Margin was not run on TREC-6.
    assert found == {(0, 0): "0.50", (1, 0): "2.0", (0, 1): "0.030"}
    assert [text.get_text() for text in axis.get_yticklabels()] == ["BADGE", "Margin"]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["SST-2", "TREC-6"]


def test_bars_end_at_the_sum_of_their_parts(drawn: list[plt.Figure]) -> None:
    figures.run_parts(PARTS, "x", alt="a", caption="c")
    axis = drawn[0].axes[0]
    ends = [0.0, 0.0]
    for container in axis.containers:
        for place, bar in enumerate(container.patches):
            assert bar.get_x() == pytest.approx(ends[place])
            ends[place] += bar.get_width()
    np.testing.assert_allclose(ends, [1.32, 0.221])
    assert [text.get_text() for text in axis.texts] == ["1.3", "0.22"]


def test_one_cell_alone_can_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    figures.run_costs(COSTS[:1], "one", alt="What is\nshown", caption="c")
    figures.run_parts(PARTS[:1], "two", alt="What is\nshown", caption="c")
    assert {path.name for path in tmp_path.iterdir() if "narrow" not in path.name} == {
        "one.svg",
        "one.png",
        "one.csv",
        "two.svg",
        "two.png",
        "two.csv",
    }
