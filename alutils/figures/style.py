"""One visual language for every figure: colours, panels, and how numbers are written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Literal

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from pandas.io.formats.style import Styler

from alutils.catalogue.steps import DATASET_STEPS, EMBEDDER_STEPS, base_name, split_steps
from alutils.spelling import shown, without_markup

# Colours of Okabe and Ito, told apart by people who cannot see red or green; one for each
# strategy, related ones for related strategies, the same in every figure.
STYLE: dict[str, tuple[str, str]] = {
    "random": ("#6e6e6e", "o"),
    "least_confidence": ("#e69f00", "<"),
    "margin": ("#d55e00", "^"),
    "entropy": ("#b8860b", ">"),
    "bald": ("#8c510a", "v"),
    "badge": ("#cc79a7", "*"),
    "drop_query": ("#8e4585", "H"),
    "alfa_mix": ("#b565c7", "8"),
    "tcm": ("#5e3c99", "D"),
    "power_margin": ("#e8743b", "v"),
    "cluster_margin": ("#c7783a", "h"),
    "bait": ("#882255", "p"),
    "falcun": ("#aa66cc", "d"),
    "uncertainty_herding": ("#e7298a", ">"),
    "coreset": ("#009e73", "s"),
    "prob_cover": ("#2e6b34", "h"),
    "max_herding": ("#66a61e", "^"),
    "facility_location": ("#1b8a8a", "<"),
    "typiclust": ("#0072b2", "D"),
    "kmeans": ("#56b4e9", "P"),
    "kmeans_plus_plus": ("#3a7ca5", "p"),
    "kmedoids": ("#1d3f72", "d"),
}
OTHER_STYLE = ("#444444", "X")

WIDTH = 7.4  # inches; a page shows this at about its own size, so that letters keep theirs


def style(strategy: str) -> tuple[str, str]:
    """Return the colour and marker of a strategy."""
    return STYLE.get(strategy, OTHER_STYLE)


def embedder_colours(embedders: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Colours from light to dark for embedders given from worst to best."""
    return dict(zip(embedders, sns.color_palette("viridis_r", len(embedders)), strict=True))


def panels(
    rows: Sequence[str],
    columns: Sequence[str],
    height: float,
    *,
    sharex: Literal["col", "all", "none"] = "col",
    sharey: Literal["row", "all", "none"] = "row",
) -> tuple[mpl.figure.Figure, np.ndarray]:
    """Make a grid of small multiples in the book's style; column names on top, row names left.

    Parameters
    ----------
    rows, columns : sequence of str
        Names; empty ones are not shown.
    height : float
        Of one row, in inches. All columns together are as wide as a page.
    sharex, sharey : str
        Which panels share a scale.

    Returns
    -------
    tuple of figure and array of axes
        Axes of shape (rows, columns).
    """
    with sns.axes_style("whitegrid", {"grid.color": "#e6e6e6", "axes.edgecolor": "#999999"}):
        figure, axes = plt.subplots(
            len(rows),
            len(columns),
            figsize=(WIDTH, max(1.4, height * len(rows)) + 0.8),
            sharex=sharex,
            sharey=sharey,
            squeeze=False,
            layout="constrained",
        )
    narrow = len(columns) > 5
    for axis, title in zip(axes[0], columns, strict=True):
        words = "\n".join(map(_in_lines, title.split("\n")))
        axis.set_title(words.replace(" ", "\n") if narrow else words, fontsize=10.5)
    for axis, title in zip(axes[:, 0], rows, strict=True):
        if title:
            axis.set_ylabel(_in_lines(title), fontsize=10)
    for axis in axes.flat:
        sns.despine(ax=axis)
        axis.tick_params(labelsize=9)
    return figure, axes


def _in_lines(name: str) -> str:
    """Write a name, with each parameter on a line of its own: all on one can exceed a panel."""
    return re.sub(r"(?<=[:(])(?=\w)|(?<=,)\s*(?=\w+=)", "\n", plain(name))


SPELLING = {
    "ag": "AG",
    "alfa_mix": "ALFA-Mix",
    "aws": "AWS",
    "badge": "BADGE",
    "bald": "BALD",
    "banking77": "Banking77",
    "coreset": "CoreSet",
    "drop_query": "DropQuery",
    "bait": "BAIT",
    "falcun": "FALCUN",
    "hpo": "HPO",
    "icd10": "ICD-10",
    "kjv": "KJV",
    "kmeans": "k-means",
    "kmeans_plus_plus": "k-means++",
    "kmedoids": "k-medoids",
    "lsa": "LSA",
    "max_herding": "MaxHerding",
    "minilm": "MiniLM",
    "mlp": "MLP",
    "prob_cover": "ProbCover",
    "sst2": "SST-2",
    "tcm": "TCM",
    "trec6": "TREC-6",
    "typiclust": "TypiClust",
    "wordllama": "WordLlama",
}
"""How catalogue names, or parts of them, are written in figures and sentences."""


STEP_WORDS = {
    "bits": "{:g} bits",
    "copies": "{:.0%} copies",
    "imbalance": "classes 1 to {:g}",
    "label_confusion": "{:.0%} labels confused",
    "label_noise": "{:.0%} labels wrong",
    "noise": "noise {:g}",
    "pca": "PCA {:g}",
    "projection": "projection {:g}",
    "whiten": "whitened {:g}",
}
"""How steps are written, with their value."""


def step_words(name: str) -> str:
    """Write the steps of a name as people would.

    Examples
    --------
    >>> step_words("minilm+pca(64)+bits(1)"), step_words("trec6+label_noise(0.1)")
    ('PCA 64, 1 bit', '10% labels wrong')
    """
    steps = split_steps(name, {**EMBEDDER_STEPS, **DATASET_STEPS})[1]
    words = [STEP_WORDS[step.name].format(step.value) for step in steps]
    return ", ".join({"1 bits": "1 bit", "whitened 1": "whitened"}.get(w, w) for w in words)


def plain(name: str) -> str:
    """Write a name as people would: words for catalogue names, the file's name for own files.

    Examples
    --------
    >>> plain("icd10_chapters"), plain("file:data/reviews.csv?text=body")
    ('ICD-10 chapters', 'reviews.csv')
    >>> plain("kmeans_plus_plus"), plain("typiclust(min_size=3)")  # parameters as they are typed
    ('k-means++', 'TypiClust(min_size=3)')
    >>> plain("minilm+noise(0.5)")
    'MiniLM, noise 0.5'
    >>> plain("file:<b>.csv")  # whoever named the file: it is words, in Markdown and in pictures
    '‹b›.csv'
    """
    return without_markup(_plain(name))


def _plain(name: str) -> str:
    if (base := base_name(name)) != name:
        steps = step_words(name)
        return f"{_plain(base)}, {steps}"
    if name.startswith("file:"):
        return name.removeprefix("file:").partition("?")[0].rsplit("/", 1)[-1]
    words, bracket, parameters = name.partition("(")
    spelled = SPELLING.get(words) or " ".join(SPELLING.get(part, part) for part in words.split("_"))
    return f"{spelled}{bracket}{parameters}"


def names(items: Iterable[str]) -> str:
    """Write several names as a list in a sentence.

    Examples
    --------
    >>> names(["margin", "badge", "kmeans"]), names([])
    ('margin, BADGE and k-means', 'none')
    """
    words = [plain(item) for item in items]
    if len(words) < 2:
        return words[0] if words else "none"
    return f"{', '.join(words[:-1])} and {words[-1]}"


def percent(value: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.7312)
    '73.1 %'
    """
    return f"{100 * value:.1f} %"


def points(mean: float, low: float = np.nan, high: float = np.nan) -> str:
    """Write a difference of shares in percentage points, with its interval if there is one.

    Examples
    --------
    >>> points(0.0312, -0.021, 0.04), points(-0.0001)  # what is below zero is seen to be
    ('+3.1 points (−2.1 to +4.0)', '−0.0 points')
    """
    return signed([100 * mean, 100 * low, 100 * high], 1, " points")


def signed(values: Sequence[float], digits: int, unit: str = "") -> str:
    """Write mean, low and high with signs; without an interval where there is none.

    Examples
    --------
    >>> signed([0.5, 0.25, 0.75], 2), signed([-0.5, np.nan, np.nan], 2)
    ('+0.50 (+0.25 to +0.75)', '−0.50')
    """
    # A little below zero keeps its sign, or an interval would not seem to include zero; what is
    # zero but for rounding has none.
    exact = [0.0 if abs(v) < 1e-9 else v for v in values]
    words = [f"{v:+.{digits}f}".replace("-", "−") for v in exact]
    span = "" if np.isnan(values[1]) else f" ({words[1]} to {words[2]})"
    return f"{words[0]}{unit}{span}"


def count(number: int | None) -> str:
    """Write a count with its thousands apart; nothing for one that is not known.

    Examples
    --------
    >>> count(46881), count(None)
    ('46,881', '')
    """
    return "" if number is None else f"{number:,}"


def table(rows: pd.DataFrame) -> Styler:
    """Show rows as a table of the book, without the numbers of its rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        Texts as they are to be read; markup in them is shown, not obeyed.

    Returns
    -------
    pandas.io.formats.style.Styler
        Shows itself in a notebook.
    """
    safe = rows.rename(columns=_shown)
    for place, (_, values) in enumerate(rows.items()):
        if not pd.api.types.is_numeric_dtype(values):
            safe.isetitem(place, list(values.map(_shown)))
    # A fixed id, because pandas would draw a random one, and no two builds would be the same.
    name = hashlib.sha256(safe.to_csv().encode()).hexdigest()[:8]
    styled = safe.style.set_uuid(name).hide(axis="index")
    return styled.format(escape="html").format_index(escape="html", axis="columns")


def _shown(value: object) -> object:
    return shown(value) if isinstance(value, str) else value
