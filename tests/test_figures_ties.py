"""Bars and tiles show the numbers that they are given."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from alutils import figures

TEXTS = {"alt": "What is shown", "caption": "A finding."}
STRATEGIES = ["margin", "badge", "typiclust"]
OUTCOMES = ["win", "equivalent", "undecided", "loss"]  # in the order of a bar


def tallied(*keys: str, levels: list[list[object]]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(itertools.product(*levels), columns=list(keys))
    table[OUTCOMES] = rng.integers(3, 12, size=(len(table), 4))
    return table.assign(
        n=table[OUTCOMES].sum(axis=1),
        rate_ties_half=rng.random(len(table)),
        rate_ties_dropped=rng.random(len(table)),
    )


def draw(name: str) -> pd.DataFrame:
    """Draw a figure and return what it was given."""
    match name:
        case "tally_bars":
            table = tallied("strategy", levels=[STRATEGIES])
            figures.tally_bars(table, name, **TEXTS)
        case "duel_matrix":
            table = tallied("strategy", "rival", levels=[STRATEGIES, STRATEGIES])
            table = table[table["strategy"] != table["rival"]]
            table.loc[table.index[0], [*OUTCOMES, "n"]] = 0
            figures.duel_matrix(table, STRATEGIES, name, **TEXTS)
        case "unit_bars":
            table = tallied("unit", "margin", levels=[["run", "dataset"], [0.25, 0.5, 1.0]])
            figures.unit_bars(table, name, **TEXTS)
        case "p_by_unit":
            table = tallied("strategy", "unit", levels=[STRATEGIES, ["run", "dataset"]])
            table = table.assign(p=[1e-40, 0.3, 0.01, 0.04, 0.2, 1.0])
            figures.p_by_unit(table, name, **TEXTS)
        case _:
            levels = [["e1", "e2", "e3"], ["d1", "d2"], STRATEGIES]
            table = tallied("embedder", "dataset", "strategy", levels=levels)
            places = ["leads", "close", "behind"]
            table = table.assign(mean=np.linspace(-0.2, 0.1, len(table)), place=places * 6)
            figures.gain_tiles(table, name, **TEXTS)
    return table


ALL = ["tally_bars", "duel_matrix", "unit_bars", "p_by_unit", "gain_tiles"]


@pytest.mark.parametrize("name", ALL)
def test_figure_saves_what_it_shows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    before = plt.get_fignums()  # of tests that look into a figure
    given = draw(name)
    svg = (tmp_path / f"{name}.svg").read_bytes()
    assert len(pd.read_csv(tmp_path / f"{name}.csv")) == len(given)
    draw(name)
    assert (tmp_path / f"{name}.svg").read_bytes() == svg
    assert plt.get_fignums() == before


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[plt.Figure]]:
    """Figures that are handed to `save`, still open."""
    kept: list[plt.Figure] = []
    for module in ("ties", "gain_tiles"):
        found = importlib.import_module(f"alutils.figures.{module}")
        monkeypatch.setattr(found, "save", lambda figure, *_, **__: kept.append(figure))
    yield kept
    plt.close("all")


def bars(axis: plt.Axes) -> pd.DataFrame:
    rows = [
        (p.get_x(), p.get_y() + p.get_height() / 2, p.get_width(), to_hex(p.get_facecolor()))
        for p in axis.patches
    ]
    return pd.DataFrame(rows, columns=["x", "y", "width", "colour"])


def test_bars_are_as_long_as_their_counts(drawn) -> None:
    table = draw("tally_bars")
    found = bars(drawn[0].axes[0])
    for place, (_, here) in enumerate(found.groupby(found["y"].round(6))):
        row = table.iloc[place]
        assert here["width"].tolist() == row[OUTCOMES].tolist()
        assert here["x"].tolist() == np.cumsum([0, *row[OUTCOMES].tolist()[:-1]]).tolist()
        numbers = [t.get_text() for t in drawn[0].axes[0].texts if t.get_position()[1] == place]
        assert numbers == [str(v) for v in row[OUTCOMES]]
    points = [x for x in drawn[0].axes[1].get_lines() if x.get_marker() == "o"]
    dropped, half = points[0::2], points[1::2]
    assert [x.get_xdata()[0] for x in half] == pytest.approx(100 * table["rate_ties_half"])
    assert [x.get_xdata()[0] for x in dropped] == pytest.approx(100 * table["rate_ties_dropped"])


def test_duels_stand_in_the_row_and_column_of_their_strategies(drawn) -> None:
    table = draw("duel_matrix")
    axis = drawn[0].axes[0]
    found = bars(axis)
    for row in table.to_dict("records"):
        x, y = STRATEGIES.index(row["rival"]), STRATEGIES.index(row["strategy"])
        here = found[(found["x"].between(x - 0.5, x + 0.5)) & np.isclose(found["y"], y)]
        if row["n"] == 0:
            assert [t.get_text() for t in axis.texts if t.get_position() == (x, y)] == ["same"]
            continue
        shares = np.array([row[word] for word in OUTCOMES]) / row["n"]
        assert here["width"].to_numpy() == pytest.approx(0.92 * shares)


def test_a_phone_shows_a_large_matrix_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    order = [f"s{n}" for n in range(10)]
    table = tallied("strategy", "rival", levels=[order, order])
    figures.duel_matrix(table[table["strategy"] != table["rival"]], order, "m", **TEXTS)
    wide, small = ((tmp_path / name).read_text() for name in ("m.svg", "m-narrow.svg"))
    # As a row of each part, and once as a column.
    assert wide.count("<!-- s1 -->") == 2 and small.count("<!-- s1 -->") == 4


def test_units_have_panels_and_margins_have_rows(drawn) -> None:
    table = draw("unit_bars")
    for axis, (unit, here) in zip(drawn[0].axes, table.groupby("unit", sort=False), strict=True):
        assert axis.get_title().startswith(f"unit: {unit}\n")
        for place, row in enumerate(here.to_dict("records")):
            widths = bars(axis).query(f"abs(y - {place}) < 1e-6")["width"]
            shares = np.array([row[word] for word in OUTCOMES]) / row["n"]
            assert widths.to_numpy() == pytest.approx(100 * shares)


def test_small_pieces_have_no_number(drawn) -> None:
    table = tallied("strategy", levels=[["margin"]])
    table[OUTCOMES] = [[97, 1, 1, 1]]
    figures.tally_bars(table.assign(n=100), "x", **TEXTS)
    assert [t.get_text() for t in drawn[0].axes[0].texts] == ["97"]


def test_p_values_stand_beside_their_strategy(drawn) -> None:
    table = draw("p_by_unit")
    axis = drawn[0].axes[0]
    lines = {line.get_label(): line for line in axis.get_lines()}
    for unit, here in table.groupby("unit"):
        x, y = lines[unit].get_data()
        assert list(x) == pytest.approx(here["p"].clip(lower=1e-12).tolist())
        assert [STRATEGIES[int(v)] for v in y] == here["strategy"].tolist()
    assert "left end" in axis.get_xlabel()


def test_tiles_show_gains_and_mark_the_leader(drawn) -> None:
    table = draw("gain_tiles")
    axes = drawn[0].axes
    for axis, (embedder, here) in zip(axes, table.groupby("embedder", sort=False), strict=False):
        assert axis.get_title() == embedder
        texts = {t.get_position(): t for t in axis.texts}
        for row in here.to_dict("records"):
            place = ["d1", "d2"].index(row["dataset"]), STRATEGIES.index(row["strategy"])
            shown = float(texts[place].get_text().replace("−", "-"))
            assert shown == pytest.approx(100 * row["mean"], abs=0.5001)
            assert (texts[place].get_weight() == "bold") == (row["place"] != "behind")
        frames = [p for p in axis.patches if not p.get_fill()]
        assert len(frames) == 2 and all(round(p.get_y() + 0.44) == 0 for p in frames)
    assert not axes[3].axison
