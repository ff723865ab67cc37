"""Figures of a reader's own texts: what is drawn is what the tables say, whatever classes are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from alutils import figures
from alutils.figures import own_texts
from tests.labelling.made_up import HOSTILE

TEXTS = {"alt": "What is shown", "caption": "A finding."}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[plt.Figure]]:
    """What is handed to `save`, still open."""
    kept: list[plt.Figure] = []
    monkeypatch.setattr(own_texts, "save", lambda figure, *_, **__: kept.append(figure))
    yield kept
    plt.close("all")


def curves() -> pd.DataFrame:
    rows = [(s, n) for s in ("random", "tcm", "badge") for n in (50, 100, 150)]
    table = pd.DataFrame(rows, columns=["strategy", "n_labelled"])
    table = table.assign(mean=0.5 + 0.01 * np.arange(9), gain=0.002 * np.arange(9) - 0.004)
    return table.assign(
        low=table["mean"] - 0.02, high=table["mean"] + 0.03,
        gain_low=table["gain"] - 0.01, gain_high=table["gain"] + 0.005,
    )  # fmt: skip


def points(classes: list[str], kinds: tuple[str, ...] = ("unlabelled", "proposed", "audit")):  # type: ignore[no-untyped-def]
    """Class i has i labels fewer than the first."""
    names = [name for i, name in enumerate(classes) for _ in range(len(classes) - i)]
    kind = ["labelled"] * len(names) + [k for k in kinds for _ in range(3)]
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(len(kind), 2)), columns=["x", "y"])
    table["kind"] = kind
    table["class"] = pd.Series([*names, *[None] * (len(kind) - len(names))], dtype=object)
    return table


def legend_of(figure: plt.Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_each_strategy_has_its_curve_beside_random_and_its_gain(drawn) -> None:
    table = curves()
    figures.replay_curves(
        table.sample(frac=1, random_state=0).sort_values("strategy"), "x", **TEXTS
    )
    axes = np.array(drawn[0].axes).reshape(2, 2)
    assert [axis.get_title() for axis in axes[0]] == ["BADGE", "TCM"]
    for (top, bottom), strategy in zip(axes.T, ["badge", "tcm"], strict=True):
        here, random = (table[table["strategy"] == s] for s in (strategy, "random"))
        lines = [100 * random["mean"], 100 * here["mean"]]
        for line, values in zip(top.get_lines(), lines, strict=True):
            np.testing.assert_allclose(line.get_ydata(), values)
        np.testing.assert_allclose(bottom.get_lines()[-1].get_ydata(), 100 * here["gain"])
        band = bottom.collections[0].get_paths()[0].get_extents()
        ends = [100 * here["gain_low"].min(), 100 * here["gain_high"].max()]
        np.testing.assert_allclose([band.y0, band.y1], ends)
    assert [text.get_text() for text in axes[0, 0].texts] == ["Random"]


def test_no_accuracy_is_drawn_above_all(drawn) -> None:
    figures.replay_curves(curves().assign(high=1.3, low=-0.2), "x", **TEXTS)
    bands = [c.get_paths()[0].get_extents() for c in drawn[0].axes[0].collections]
    assert {(band.y0, band.y1) for band in bands} == {(0, 100)}


def test_curves_of_one_seed_have_no_band_and_are_drawn(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    ends = ["low", "high", "gain_low", "gain_high"]
    figures.replay_curves(curves().assign(**dict.fromkeys(ends, np.nan)), "one", **TEXTS)
    assert (tmp_path / "one.svg").read_text().count("<path") > 5


def test_the_map_has_every_text_once_in_its_colour(drawn) -> None:
    table = points([f"class {i}" for i in range(10)])
    figures.proposal_map(table, "x", **TEXTS)
    (axis,) = drawn[0].axes
    sets = [c.get_offsets() for c in axis.collections]
    assert [len(s) for s in sets] == [3, 3, 3, 55]
    for offsets, kind in zip(sets, ["unlabelled", "proposed", "audit", "labelled"], strict=True):
        np.testing.assert_allclose(offsets, table.loc[table["kind"] == kind, ["x", "y"]])
    colours = [to_hex(c) for c in axis.collections[3].get_facecolors()]
    expected = [*own_texts.COLOURS, own_texts.OTHER, own_texts.OTHER]
    assert colours == [expected[i] for i in range(10) for _ in range(10 - i)]
    assert legend_of(drawn[0]) == [
        "3 without a label", "3 proposed next", "3 drawn at random", "55 with a label:",
        *(f"class {i} ({10 - i})" for i in range(8)), "2 other classes",
    ]  # fmt: skip


def test_a_map_without_labels_or_proposals_names_what_is_there(drawn) -> None:
    figures.proposal_map(points([], ("unlabelled",)), "x", **TEXTS)
    figures.proposal_map(points(["a"], ()), "x", **TEXTS)
    assert legend_of(drawn[0]) == ["3 without a label"]
    assert legend_of(drawn[1]) == ["1 with a label:", "a (1)"]


def test_names_of_classes_are_written_as_they_are_and_never_obeyed(
    drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["_begins with a line", "5 $ and 6 $", "$x^{2$", "体育"]
    figures.proposal_map(points(names, ()), "x", **TEXTS)
    assert legend_of(drawn[0])[1:] == [
        *(f"{n} ({4 - i})" for i, n in enumerate(names[:3])),
        "class 4 (1)",
    ]
    short = figures.unwritten(points(names, ()))
    assert short.to_numpy().tolist() == [["class 4", "体育"]]
    monkeypatch.undo()
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    saved = figures.proposal_map(points(list(HOSTILE)), "map", **TEXTS)
    bundle = saved._repr_mimebundle_()
    for page in (bundle["text/html"], bundle["text/markdown"]):
        for tag in ("<script", "<img", "<b>", "onerror=alert(2)>"):
            assert tag not in page
    assert "&lt;script" in bundle["text/html"]  # it was there to be escaped
