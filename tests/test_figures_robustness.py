"""The figures of findings in other worlds show their own numbers."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from alutils import figures
from alutils.figures import robustness

TEXTS = {"alt": "What is shown", "caption": "A finding."}
OUTCOMES = ["kept", "gone", "open", "not in base", "flipped", "same"]


@pytest.fixture()
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Figure]]:
    kept: list[Figure] = []
    monkeypatch.setattr(robustness, "save", lambda figure, *_, **__: kept.append(figure))
    yield kept
    plt.close("all")


def xs(line: Line2D) -> np.ndarray:
    return np.asarray(line.get_xdata())


def ys(line: Line2D) -> np.ndarray:
    return np.asarray(line.get_ydata())


def effects(worlds: int) -> pd.DataFrame:
    names = {
        "world": [f"w{i}" for i in range(worlds)],
        "one": ["margin", "badge", "typiclust"],
        "embedder": ["lsa", "minilm"],
    }
    table = pd.MultiIndex.from_product(list(names.values()), names=list(names)).to_frame(
        index=False
    )
    table["mean"] = 0.001 * (np.arange(len(table)) * 7 % len(table)) - 0.004
    table["base_mean"] = table["mean"] + 0.0005
    for start in ("", "base_"):
        table[f"{start}low"] = table[f"{start}mean"] - 0.002
        table[f"{start}high"] = table[f"{start}mean"] + 0.003
    return table.assign(other="random", outcome=(OUTCOMES * worlds)[: len(table)])


@pytest.mark.parametrize("worlds", [1, 2, 4, 5])
def test_every_comparison_stands_beside_its_base(drawn: list[Figure], worlds: int) -> None:
    table = effects(worlds)
    figures.beside_base(table, "x", **TEXTS)
    axes = drawn[0].axes
    words = [text.get_text() for text in axes[0].get_yticklabels()]
    assert words[0] == "LSA: Margin − Random" and len(words) == 6
    for axis, (world, here) in zip(axes, table.groupby("world"), strict=False):
        assert axis.get_title() == world
        dots = [line for line in axis.get_lines() if len(xs(line)) == 1]
        assert len(dots) == 2 * len(here)
        for base, dot, row in zip(dots[::2], dots[1::2], here.to_dict("records"), strict=True):
            assert float(xs(base)[0]) == pytest.approx(100 * row["base_mean"])
            assert float(xs(dot)[0]) == pytest.approx(100 * row["mean"])
            line = words[int(np.rint(ys(dot)[0]))]
            assert row["one"] in line.lower() and row["embedder"] in line.lower()
            assert (dot.get_marker() == "X") == (row["outcome"] in ("gone", "flipped"))
            assert (dot.get_markerfacecolor() == "white") == (
                row["outcome"] in ("open", "not in base")
            )


def test_seeds_are_drawn_where_there_is_one_dataset(drawn: list[Figure]) -> None:
    table = effects(1)
    for start in ("", "base_"):
        table[f"{start}low_fixed"] = table[f"{start}mean"] - 0.01
        table[f"{start}high_fixed"] = table[f"{start}mean"] + 0.01
        table[[f"{start}low", f"{start}high"]] = np.nan
    figures.beside_base(table, "x", **TEXTS)
    spans = [xs(ln) for ln in drawn[0].axes[0].get_lines() if len(xs(ln)) == 2]
    widths = [span[1] - span[0] for span in spans[1:]]  # the first is the line of zero
    assert widths == pytest.approx([2.0] * 12)


def test_order_and_luck(drawn: list[Figure]) -> None:
    table = pd.DataFrame(
        {
            "world": ["MLP", "softmax(C=1)"],
            **{"tau": [0.4, 0.6], "tau_low": [0.3, 0.5], "tau_high": [0.5, 0.7]},
            **{"luck": [0.7, 0.5], "luck_low": [0.6, 0.4], "luck_high": [0.8, 0.6]},
        }
    )
    figures.order_and_luck(table, "x", **TEXTS)
    axis = drawn[0].axes[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == list(table["world"])
    dots = [line for line in axis.get_lines() if len(xs(line)) == 1]
    seen = {m: [float(xs(d)[0]) for d in dots if d.get_marker() == m] for m in ("o", "|")}
    assert seen == {"o": [0.4, 0.6], "|": [0.7, 0.5]}
