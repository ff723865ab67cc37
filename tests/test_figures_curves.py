"""Figures of curves and of hard tasks: what is drawn is what the tables say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from alutils import figures
from alutils.figures import curves, harder_tasks

TEXTS = {"alt": "What is shown", "caption": "A finding."}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[plt.Figure, pd.DataFrame]]]:
    """What is handed to `save`, still open."""
    kept: list[tuple[plt.Figure, pd.DataFrame]] = []
    for module in (curves, harder_tasks):
        monkeypatch.setattr(
            module, "save", lambda figure, *_, data, **__: kept.append((figure, data))
        )
    yield kept
    plt.close("all")


def summary(strategies: int = 5, datasets: int = 3) -> pd.DataFrame:
    """Rows of which no two have the same numbers."""
    rows = [
        (strategy, f"d{d}", embedder, 100 * (cycle + 1))
        for strategy in ["margin", "badge", "coreset", "typiclust", "tcm"][:strategies]
        for d in range(datasets)
        for embedder in ("lsa", "minilm")
        for cycle in range(4)
    ]
    table = pd.DataFrame(rows, columns=["strategy", "dataset", "embedder", "n_labelled"])
    table = table.assign(mean=0.001 * np.arange(len(table)) - 0.02)
    return table.assign(
        low=table["mean"] - 0.02, high=table["mean"] + 0.03,
        low_fixed=table["mean"] - 0.01, high_fixed=table["mean"] + 0.01,
    )  # fmt: skip


def test_around_random_has_a_panel_for_each_strategy_and_two_bands_for_each_line(drawn) -> None:
    table = summary(datasets=1)
    figures.around_random(table, "x", ylabel="gap", **TEXTS)
    axes = [axis for axis in drawn[0][0].axes if axis.axison]
    assert [a.get_title() for a in axes] == [figures.plain(s) for s in table["strategy"].unique()]
    for axis, (_, here) in zip(axes, table.groupby("strategy", sort=False), strict=True):
        _, *lines = axis.get_lines()  # the first is Random
        bands = [c.get_paths()[0].get_extents() for c in axis.collections]
        for place, (_, rows) in enumerate(here.groupby("embedder", sort=False)):
            np.testing.assert_allclose(lines[place].get_ydata(), 100 * rows["mean"])
            outer, inner = bands[2 * place : 2 * place + 2]
            ends = [outer.y0, inner.y0, inner.y1, outer.y1]
            expected = [rows["low"].min(), rows["low_fixed"].min()]
            expected += [rows["high_fixed"].max(), rows["high"].max()]
            np.testing.assert_allclose(ends, 100 * np.array(expected))


def test_light_bands_of_few_datasets_do_not_flatten_the_lines(drawn) -> None:
    table = summary(datasets=1).assign(low=-5.0, high=7.0)
    figures.around_random(table, "x", ylabel="gap", **TEXTS)
    low, high = drawn[0][0].axes[0].get_ylim()
    dark = 100 * table[table["strategy"] != "tcm"][["low_fixed", "high_fixed"]]  # the first row
    assert low < dark.min(axis=None) and dark.max(axis=None) < high
    assert high - low < 3 * (dark.max(axis=None) - dark.min(axis=None))


def test_sparklines_stand_in_their_row_and_column_with_their_number(drawn) -> None:
    table = summary().query("embedder == 'minilm'")
    whole = table.groupby(["strategy", "dataset"], sort=False)["mean"].mean().reset_index()
    whole = whole.assign(verdict=["better", "undecided", "worse"] * 5)
    figures.sparklines(table, whole, "x", **TEXTS)
    (axis,) = drawn[0][0].axes
    curves_ = [line for line in axis.get_lines() if len(line.get_xdata()) == 4]
    zeros = [line for line in axis.get_lines() if len(line.get_xdata()) == 2]
    keys = list(table.groupby(["strategy", "dataset"], sort=False))
    assert len(curves_) == len(zeros) == len(keys) == 15
    texts = {(round(t.get_position()[0], 2), round(t.get_position()[1], 2)): t for t in axis.texts}
    for place, (line, zero, (_, rows)) in enumerate(zip(curves_, zeros, keys, strict=True)):
        row, column = divmod(place, 3)
        assert line.get_xdata()[0] == column and line.get_xdata()[-1] == column + 0.86
        y, base = line.get_ydata(), zero.get_ydata()[0]
        assert (np.abs(y + row) < 0.5).all()
        # Heights are shares times one scale for the row, measured from the line of zero.
        here = table[table["strategy"] == rows["strategy"].iloc[0]]
        span = max(here["high"].max(), 0) - min(here["low"].min(), 0)
        np.testing.assert_allclose((y - base) * span / 0.62, rows["mean"], atol=1e-9)
        number = texts[round(column + 0.86, 2), round(-row + 0.38, 2)]
        assert number.get_text() == figures.signed([100 * whole["mean"].iloc[place], np.nan, 0], 1)
        assert (number.get_color() == "black") == (whole["verdict"].iloc[place] != "undecided")


def test_room_is_drawn_from_the_last_accuracy_to_the_ceiling(drawn) -> None:
    table = summary(strategies=1).assign(ceiling=0.9, largest_class=0.25)
    figures.room(table, "x", **TEXTS)
    axes = [axis for axis in drawn[0][0].axes if axis.axison]
    for axis, (_, here) in zip(axes, table.groupby("dataset", sort=False), strict=True):
        ways = [line for line in axis.get_lines() if len(line.get_ydata()) == 2]
        *ways, constant = ways
        assert set(constant.get_ydata()) == {25.0}
        last = here[here["n_labelled"] == 400]
        for way, (_, end) in zip(ways, last.iterrows(), strict=True):
            np.testing.assert_allclose(way.get_ydata(), [100 * end["mean"], 90])


def test_medians_that_are_bounds_are_hollow_and_point_to_the_truth(drawn) -> None:
    table = summary(strategies=1, datasets=1).query("embedder == 'lsa'")
    table = table.assign(
        median=[10.0, 200, -100, 0], lowest=[10, 200, -np.inf, 0], highest=[10, np.inf, -100, 0],
        low=[5, 150, -np.inf, -3], high=[20, np.inf, -50, 3],
    )  # fmt: skip
    figures.saved_along(table, {100: 300, 200: 200, 300: 100, 400: 0}, "x", **TEXTS)
    axis = drawn[0][0].axes[0]
    shown = {
        line.get_marker(): (list(line.get_xdata()), list(line.get_ydata()), line)
        for line in axis.get_lines()
        if line.get_marker() in "o^v"
    }
    assert shown["o"][:2] == ([100, 400], [10, 0])
    assert shown["^"][:2] == ([200], [200]) and shown["^"][2].get_markerfacecolor() == "white"
    assert shown["v"][:2] == ([300], [-100])
    band = axis.collections[-1].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == (-100, 200)  # cut where the budget ends, not left out


def test_heat_maps_write_their_numbers(drawn) -> None:
    table = summary(strategies=1).assign(mean=lambda t: np.linspace(-0.1, 1, len(t)))
    figures.room_filled(table, "x", **TEXTS)
    for axis, (name, here) in zip(drawn[0][0].axes, table.groupby("embedder"), strict=False):
        assert axis.get_title() == figures.plain(name)
        wide = here.pivot(index="dataset", columns="n_labelled", values="mean")
        numbers = [text.get_text() for text in axis.texts]
        expected = [f"{100 * v:.0f}".replace("-", "−") for v in wide.to_numpy().ravel()]
        assert numbers == expected


def test_gains_stand_over_their_hardness(drawn) -> None:
    table = summary(strategies=1).query("n_labelled == 100")
    table = table.assign(open_share=np.linspace(0.1, 0.9, len(table)))
    table.loc[table.index[0], ["low", "high"]] = np.nan  # a single seed
    figures.gain_against_hardness(table, {"open_share": "room"}, "x", **TEXTS)
    axis = drawn[0][0].axes[0]
    marks = [line for line in axis.get_lines() if line.get_marker() in "os^D"]
    found = [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in marks]
    np.testing.assert_allclose(found, 100 * table[["open_share", "mean"]].to_numpy())


def test_correlations_stand_in_the_line_of_their_strategy(drawn) -> None:
    rows = [("all", "a", 0.5, 0.1, 0.9), ("margin", "a", -0.2, np.nan, np.nan)]
    rows += [("all", "b", np.nan, np.nan, np.nan), ("margin", "b", 0.3, -0.1, 0.6)]
    columns = ["strategy", "measure", "correlation", "low", "high"]
    table = pd.DataFrame(rows, columns=columns)
    labels = {"all": "mean", "margin": "margin"}
    figures.correlation_dots(table, {"a": "A", "b": "B"}, labels, "x", **TEXTS)
    for axis, expected in zip(drawn[0][0].axes, ([(0.5, 0), (-0.2, 1)], [(0.3, 1)]), strict=True):
        dots = [line for line in axis.get_lines() if len(line.get_xdata()) == 1]
        assert [(d.get_xdata()[0], d.get_ydata()[0]) for d in dots] == expected
    assert [t.get_text() for t in drawn[0][0].axes[0].get_yticklabels()] == ["mean", "margin"]


def test_nine_datasets_and_twelve_strategies_stay_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    rows = [
        (f"strategy {s}", f"dataset {d}", 100 * (cycle + 1))
        for s in range(12)
        for d in range(9)
        for cycle in range(16)
    ]
    table = pd.DataFrame(rows, columns=["strategy", "dataset", "n_labelled"])
    table = table.assign(mean=np.linspace(-0.1, 0.1, len(table)), low=-0.2, high=0.2)
    whole = table[table["n_labelled"] == 100].assign(verdict="undecided")
    first = figures.sparklines(table, whole, "x", **TEXTS)
    svg = (first.folder / "x.svg").read_bytes()
    assert len(svg) < 500_000
    figures.sparklines(table, whole, "x", **TEXTS)
    assert (first.folder / "x.svg").read_bytes() == svg
    assert len(pd.read_csv(first.folder / "x.csv")) == len(table)
