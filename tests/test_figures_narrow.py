"""Figures for a phone: panels under each other with names of their own, or none at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pytest

from alutils.figures.narrow import HIGHEST, ONLY_SCALE, SMALLEST, WIDTH, narrow
from alutils.figures.theme import panels


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def curves(rows: list[str], columns: list[str]) -> plt.Figure:
    figure, axes = panels(rows, columns, 1.6)
    for axis in axes.flat:
        axis.plot([50, 400], [0.5, 0.8], label="a strategy with a long name")
        axis.plot([50, 400], [0.4, 0.7], label="another one with a long name")
    figure.supxlabel("labels, chosen by a strategy or drawn at random from the whole pool of texts")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return figure


def test_panels_stand_under_each_other_with_their_names_and_numbers() -> None:
    figure = curves(["AULC, %", "gain"], ["LSA", "MiniLM", "WordLlama"])
    assert narrow(figure)
    boxes = [axis.get_position() for axis in figure.axes]
    assert all(one.y0 > other.y1 for one, other in itertools.pairwise(boxes))
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["LSA", "MiniLM", "WordLlama"] * 2
    assert [axis.get_ylabel() for axis in figure.axes] == ["AULC, %"] * 3 + ["gain"] * 3
    for axis in figure.axes:
        assert any(label.get_visible() for label in axis.get_xticklabels())
        assert any(label.get_visible() for label in axis.get_yticklabels())
    assert figure.get_tightbbox().width < 1.06 * WIDTH
    (legend,) = figure.legends
    assert [text.get_text().split()[0] for text in legend.get_texts()] == ["a", "another"]


def test_a_short_title_takes_one_line_where_there_is_room() -> None:
    figure, axes = panels([""], ["", ""], 1.6)
    axes[0, 0].set_title("share near\nthe boundary")
    axes[0, 1].set_title("classes that are ten times as rare\n(balanced accuracy)")
    assert narrow(figure)
    titles = [axis.get_title() for axis in figure.axes]
    assert titles[0] == "share near the boundary"
    assert "\n" in titles[1]


def test_letters_keep_their_size() -> None:
    figure = curves([""], ["LSA", "MiniLM"])
    before = figure.axes[0].get_xticklabels()[0].get_size()
    assert narrow(figure)
    assert figure.axes[0].get_xticklabels()[0].get_size() == before


def test_a_place_without_a_panel_stays_out() -> None:
    figure, axes = panels([""] * 2, [""] * 2, 1.6)
    axes[1, 1].set_axis_off()
    for place, axis in enumerate(axes.flat[:3]):
        axis.set_title(f"panel {place}")
    assert narrow(figure)
    assert [axis.get_title() for axis in figure.axes] == ["panel 0", "panel 1", "panel 2"]


def test_a_place_with_only_a_scale_stays_out_and_leaves_the_name_of_its_row() -> None:
    figure, axes = panels(["AULC, %", "gain"], ["Random", "Margin"], 1.6)
    axes[1, 0].set_label(ONLY_SCALE)
    assert narrow(figure)
    shown = [(axis.get_title(), axis.get_ylabel()) for axis in figure.axes]
    assert shown == [("Random", "AULC, %"), ("Margin", "AULC, %"), ("Margin", "gain")]


def test_numbers_that_would_lie_on_each_other_are_not_for_a_phone() -> None:
    figure, axes = panels([""], [""], 2.0)
    for place in range(20):
        axes[0, 0].text(place, 0.5, "0.123", ha="center")
    axes[0, 0].set_xlim(-1, 20)
    assert not narrow(figure)


def test_numbers_of_a_map_are_made_smaller_where_that_helps() -> None:
    figure, axes = panels([""], [""], 2.0)
    for place in range(8):
        axes[0, 0].text(place, 0.5, "−0.12", ha="center", fontsize=9.5)
    axes[0, 0].set_xlim(-1, 8)
    assert narrow(figure)
    assert {text.get_size() for text in axes[0, 0].texts} == {SMALLEST}


def test_names_that_lie_on_each_other_are_slanted() -> None:
    figure, axes = panels([""], [""], 2.0)
    axes[0, 0].set_xticks(range(5), ["hashing", "WordLlama", "LSA", "MiniLM layer0", "MiniLM"])
    axes[0, 0].set_xlim(-0.5, 4.5)
    assert narrow(figure)
    assert {name.get_rotation() for name in axes[0, 0].get_xticklabels()} == {40}


@pytest.mark.parametrize(("many", "fits"), [(10, True), (40, False)])
def test_slanted_names_may_lie_beside_each_other_but_not_on(many: int, fits: bool) -> None:
    figure, axes = panels([""], [""], 2.0)
    axes[0, 0].set_xticks(range(many), ["a long name"] * many, rotation=40, ha="right")
    axes[0, 0].set_xlim(-0.5, many - 0.5)
    assert narrow(figure) is fits


def test_the_name_of_a_scale_begins_below_the_names_of_rows() -> None:
    figure, axes = panels([""], [""], 1.5)
    axes[0, 0].set_yticks([0, 1], ["a dataset with a name", "another one with a name"])
    axes[0, 0].set_xlabel("mean accuracy along the budget (AULC), %", fontsize=11)
    figure.suptitle("what is drawn here, in words that take more than one line of a phone")
    assert narrow(figure)
    assert figure.get_suptitle().count("\n") == 1


def test_maps_of_dots_stand_two_by_two() -> None:
    figure, axes = panels(["rows", "more"], ["one", "two", "three"], 2.0)
    for axis in axes.flat:
        axis.scatter(np.arange(3), np.arange(3), rasterized=True)
        axis.set(xticks=[], yticks=[])
    assert narrow(figure)
    places = [axis.get_subplotspec() for axis in figure.axes]
    assert [(at.rowspan.start, at.colspan.start) for at in places if at] == [
        *((0, 0), (0, 1), (1, 0)),
        *((2, 0), (2, 1), (3, 0)),
    ]
    assert [axis.get_title() for axis in figure.axes] == ["one", "two", "three"] * 2
    assert [axis.get_ylabel() for axis in figure.axes] == ["rows", "", "", "more", "", ""]


def test_what_is_too_high_is_not_for_a_phone() -> None:
    assert not narrow(curves(["a"] * 5, ["b"] * 4))
    assert HIGHEST < 5 * 4 * 1.6
