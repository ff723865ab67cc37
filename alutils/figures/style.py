"""How names and numbers are written, in figures and in sentences."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from alutils.catalogue.steps import DATASET_STEPS, EMBEDDER_STEPS, base_name, split_steps
from alutils.spelling import shown, without_markup

COMMON_WORDS = {"margin": "Margin", "random": "Random"}
"""Strategies whose names are words as well; a capital tells them apart."""

SPELLING = {
    "ag": "AG",
    "alfa_mix": "ALFA-Mix",
    "aws": "AWS",
    "badge": "BADGE",
    "bald": "BALD",
    "banking77": "Banking77",
    "bert": "BERT",
    "bge_en_icl": "bge-en-icl",
    "coreset": "CoreSet",
    "dbpedia": "DBpedia",
    "drop_query": "DropQuery",
    "bait": "BAIT",
    "falcun": "FALCUN",
    "fnc1": "FNC-1",
    "gte_qwen2_7b": "gte-Qwen2-7B",
    "hpo": "HPO",
    "icd10": "ICD-10",
    "kjv": "KJV",
    "kmeans": "k-means",
    "kmeans_plus_plus": "k-means++",
    "kmedoids": "k-medoids",
    "log_loss": "log-loss",
    "lsa": "LSA",
    "macro_f1": "macro-F1",
    "max_herding": "MaxHerding",
    "minilm": "MiniLM",
    "mlp": "MLP",
    "mnli": "MNLI",
    "nv_embed_v2": "NV-Embed-v2",
    "prob_cover": "ProbCover",
    "qnli": "QNLI",
    "sfr_embedding_2": "SFR-Embedding-2",
    "sst2": "SST-2",
    "stella_1_5b": "stella 1.5B",
    "tcm": "TCM",
    "trec6": "TREC-6",
    "typiclust": "TypiClust",
    "wordllama": "WordLlama",
    "yelp5": "Yelp-5",
}
"""How catalogue names, or parts of them, are written in figures and sentences."""


LONG = 40  # letters of a cell that needs a wide column
INTERVAL = re.compile(r"[+−]?\d[\d.,]* to [+−]?\d[\d.,]*")
SECOND = re.compile(r"; on (these datasets) alone (?=[+−]?\d)")

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
    >>> plain("margin"), plain("power_margin")
    ('Margin', 'power margin')
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
    spelled = COMMON_WORDS.get(words) or SPELLING.get(words)
    spelled = spelled or " ".join(SPELLING.get(part, part) for part in words.split("_"))
    return f"{spelled}{bracket}{parameters}"


def names(items: Iterable[str]) -> str:
    """Write several names as a list in a sentence.

    Examples
    --------
    >>> names(["margin", "badge", "kmeans"]), names([])
    ('Margin, BADGE and k-means', 'none')
    """
    words = [plain(item) for item in items]
    if len(words) < 2:
        return words[0] if words else "none"
    return f"{', '.join(words[:-1])} and {words[-1]}"


def percent(value: float) -> str:
    """Write a share as a percentage.

    Examples
    --------
    >>> percent(0.7312), percent(-0.25)
    ('73.1 %', '−25.0 %')
    """
    return f"{100 * value:.1f} %".replace("-", "−")


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
    safe = rows.rename(columns=_shown).reset_index(drop=True)
    for place, (_, values) in enumerate(rows.items()):
        if not pd.api.types.is_numeric_dtype(values):
            safe.isetitem(place, list(values.map(_shown)))
    # Beside many columns a browser would break a sentence after every word.
    long = safe.map(
        lambda value: "long" if len(max(str(value).split("\n"), key=len)) > LONG else ""
    )
    # A fixed id, because pandas would draw a random one, and no two builds would be the same.
    name = hashlib.sha256(safe.to_csv().encode()).hexdigest()[:8]
    styled = safe.style.set_uuid(name).hide(axis="index").set_td_classes(long)
    return styled.format(escape="html").format_index(escape="html", axis="columns")


def _shown(value: object) -> object:
    return _unbroken(shown(value)) if isinstance(value, str) else value


def _unbroken(words: str) -> str:
    """Keep the ends of an interval together, and give a second one a line of its own, in short."""
    lines = SECOND.sub(r";\n\1 ", words)
    return INTERVAL.sub(lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), lines)
