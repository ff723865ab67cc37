"""The colours: seen by everyone, on white and on black, and one hue for each family."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from alutils import figures, strategies
from alutils.figures import theme

Colour = NDArray[np.float64]
CSS = (Path(__file__).parents[1] / "book" / "_static" / "custom.css").read_text()

# Machado, Oliveira and Fernandes (2009), severity 1: what linear RGB becomes
VISIONS = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
LEADS = ["random", "margin", "badge", "coreset", "typiclust"]  # that often share a panel
WHITE = np.ones(3)


def on_white(colour: Colour) -> Colour:
    return colour


def on_black(colour: Colour) -> Colour:
    """What the style sheet's filter makes of it, by the W3C's filter effects."""
    found = re.search(r"figure img \{\s*filter: invert\(([\d.]+)\) hue-rotate\(180deg\)", CSS)
    assert found
    share = float(found[1])
    turned = np.array([[-0.574, 1.43, 0.144], [0.426, 0.43, 0.144], [0.426, 1.43, -0.856]])
    return (turned @ (share * (1 - colour) + (1 - share) * colour)).clip(0, 1)


def in_the_explorer(colour: Colour) -> Colour:
    """What its script makes of a light one on white: darker, until it stands out."""
    while contrast(colour, WHITE) < 3:
        colour = 0.9 * colour
    return colour


def linear(colour: Colour) -> Colour:
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)


def oklab(light: Colour) -> Colour:
    """Ottosson's perceptual coordinates of linear RGB."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    mixed = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(mixed) @ np.cbrt(cones @ light.clip(0, 1))


def distance(one: str, other: str, vision: str, mode: Callable[[Colour], Colour]) -> float:
    seen = [
        oklab(np.array(VISIONS[vision]) @ linear(mode(np.array(to_rgb(theme.style(name)[0])))))
        for name in (one, other)
    ]
    return float(np.linalg.norm(seen[0] - seen[1]))


def contrast(one: Colour, other: Colour) -> float:
    low, high = sorted(linear(each) @ [0.2126, 0.7152, 0.0722] for each in (one, other))
    return float((high + 0.05) / (low + 0.05))


@pytest.mark.parametrize("mode", [on_white, on_black])
@pytest.mark.parametrize("vision", VISIONS)
def test_strategies_are_told_apart_by_everyone(
    vision: str, mode: Callable[[Colour], Colour]
) -> None:
    for one, other in itertools.combinations(theme.STYLE, 2):
        apart = distance(one, other, vision, mode)
        same_marker = theme.style(one)[1] == theme.style(other)[1]
        assert apart > 0.08 or not same_marker, f"{one} and {other} look the same: {apart:.3f}"
        if {one, other} <= set(LEADS):
            assert apart > 0.08, f"{one} and {other} are close: {apart:.3f}"


@pytest.mark.parametrize("mode", [on_white, on_black, in_the_explorer])
@pytest.mark.parametrize("vision", VISIONS)
def test_entropy_is_told_from_its_family(vision: str, mode: Callable[[Colour], Colour]) -> None:
    for other in "least_confidence", "margin":
        assert distance("entropy", other, vision, mode) > 0.08, other


def test_figures_are_at_least_as_plain_in_the_dark() -> None:
    black = on_black(WHITE)
    colours = [np.array(to_rgb(colour)) for colour, _ in theme.STYLE.values()]
    colours += [np.array(c) for c in theme.embedder_colours("abcdefghij").values()]
    for colour in colours:
        light, dark = contrast(colour, WHITE), contrast(on_black(colour), black)
        assert light > 2, colour
        assert dark > min(light, 4.5), colour
    ink = on_black(np.array(to_rgb("#333333")))
    assert contrast(ink, black) > 7


def test_every_strategy_has_a_family_and_no_look_twice() -> None:
    assert set(theme.STYLE) == set(strategies.names())
    assert sum(map(len, theme.FAMILIES.values())) == len(theme.STYLE)
    looks = [figures.style(name) for name in theme.STYLE]
    assert len(set(looks)) == len(looks)
    assert figures.OTHER_STYLE not in looks


def test_embedders_go_from_light_to_dark() -> None:
    colours = theme.embedder_colours(["worst", "middle", "best"]).values()
    lightness = [oklab(linear(np.array(colour)))[0] for colour in colours]
    assert lightness == sorted(lightness, reverse=True)


def test_ticks_of_logarithmic_scales_are_numbers() -> None:
    figure, axes = plt.subplots()
    axes.plot([1e-12, 1e6], [0.01, 100])
    theme.log_scale(axes, "x", "y")
    figure.canvas.draw()
    written = {
        label.get_text() for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()
    }
    assert {"0.01", "100"} <= written
    assert any(text.startswith("10⁻") for text in written)
    assert not any("$" in text for text in written)
    plt.close(figure)


def test_names_at_the_ends_of_lines_keep_their_order_and_apart() -> None:
    figure, axes = theme.panels([""], [""], 2.0)
    axis = axes[0, 0]
    axis.set_ylim(0, 1)
    figure.canvas.draw()
    ends = {"lsa": 0.9, "minilm": 0.91, "hashing": 0.2, "wordllama": 0.89}
    theme.label_ends(axis, ends, dict.fromkeys(ends, "black"))
    figure.canvas.draw()
    words = sorted(axis.texts, key=lambda text: text.get_window_extent().y0)
    assert [text.get_text() for text in words] == ["hashing", "WordLlama", "LSA", "MiniLM"]
    boxes = [text.get_window_extent() for text in words]
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
    starts = [line.get_ydata()[0] for line in axis.get_lines()]
    assert sorted(starts) == sorted(ends.values())
    assert axis.transAxes.transform((1, 1.1))[1] > boxes[-1].y1
    plt.close(figure)
