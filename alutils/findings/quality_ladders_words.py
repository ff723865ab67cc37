"""What the finding on quality ladders says: its numbers in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from alutils.figures.style import names, plain, points
from alutils.findings import equal_quality
from alutils.findings.all_strategies import ALL
from alutils.findings.judging import NONE_OF_TWO, brief_words, of_two
from alutils.findings.ladders import LAYERS
from alutils.findings.words import several

WORDS = {
    LAYERS: "earlier layers",
    "noise": "noise",
    "pca": "PCA",
    "projection": "random projection",
    "bits": "fewer bits",
    "whiten": "whitening",
}
"""How ladders are written."""


def ladder_names(ladders: Sequence[str]) -> str:
    """Write several ladders as a list in a sentence."""
    return names([WORDS[name] for name in ladders])


def kept_words(row: pd.Series) -> str:
    """Write which strategy does best at both ends, and who comes closest to beating it where."""
    high = f", {most}" if (most := most_words(row)) else ""
    return (
        f"{plain(row['keeper'])} along {WORDS[str(row.name)]} ({plain(row['rival'])} comes closest "
        f"to beating it, {points(row['behind'])} at the {row['end']}{high})"
    )


def most_words(row: pd.Series) -> str:
    """Write how far ahead of the keeper of a ladder its closest rival may be.

    Parameters
    ----------
    row : pandas.Series
        Of `alutils.findings.quality_ladders.judged`.
    """
    if of_two(row):
        return NONE_OF_TWO
    return "" if np.isnan(row["high"]) else f"at most {points(row['high'])}"


def same_choice(ends: Iterable[pd.Series]) -> str:
    """Say that both ends of a ladder always have the same choice; nothing where they do not.

    Parameters
    ----------
    ends : iterable of pandas.Series
        Rows of `alutils.findings.crossings.crossed`.
    """
    choices = {str(row["choice"]) if row["share"] == 1 else "" for row in ends}
    return "the same strategy" if len(choices) == 1 and "" not in choices else ""


def change_sentence(change: pd.DataFrame) -> str:
    """Say how often the gain is another at the top of a ladder than at its bottom, for sure.

    Parameters
    ----------
    change : pandas.DataFrame
        As of `alutils.findings.judging.both_intervals`, indexed by ladder and strategy.
    """
    end = "_fixed" if change["low"].isna().all() or of_two(change.iloc[0]) else ""
    larger = int((change[f"low{end}"] > 0).sum())
    smaller = int((change[f"high{end}"] < 0).sum())
    most = change.iloc[int(change["mean"].abs().to_numpy().argmax())]
    ladder, strategy = map(str, most.name)  # type: ignore[call-overload]
    begin = (
        "Worse embeddings leave less to gain"
        if 2 * larger > len(change)
        else "Worse embeddings leave more to gain"
        if 2 * smaller > len(change)
        else "Gains are mostly not told apart along a ladder"
    )
    return (
        f"{begin}: top minus bottom, the gain over Random is larger for sure in {larger} of "
        f"{len(change)} pairs of ladder and strategy and smaller in {smaller}; most changes that "
        f"of {plain(strategy)} along {WORDS[ladder]}, {brief_words(most)}."
    )


def best_sentence(by_ladder: pd.DataFrame) -> str:
    """Say along which ladders the best strategy changes; `by_ladder` as returned by `judged`."""
    if by_ladder.empty:
        return "No ladder here lowers the quality by five points, so nothing was turned."
    parts = []
    for word in ("holds", "does not hold", "cannot tell"):
        here = by_ladder[by_ladder["verdict"] == word]
        if here.empty:
            continue
        kept = "; ".join(kept_words(row) for _, row in here.iterrows())
        said = {
            "holds": "The best strategy changes along",
            "does not hold": "One strategy is as good as any at both ends of",
            "cannot tell": "Whether the best strategy changes cannot be told along",
        }[word]
        parts.append(
            f"{said} {ladder_names([str(name) for name in here.index])}. "
            f"Safest at both ends: {kept}."
        )
    return " ".join(parts)


def lead_sentence(change: pd.DataFrame, by_ladder: pd.DataFrame) -> str:
    """Say how much the gain of each ladder's keeper changes; Random keeps its gain of zero."""
    parts = [
        f"{WORDS[row['ladder']]} {brief_words(row)} ({plain(row['strategy'])})"
        for _, row in change.iterrows()
        if row["strategy"] == by_ladder["keeper"].get(row["ladder"])
    ]
    if not parts:
        return ""
    said = "; ".join(parts)
    return f"The gain of the safest strategy over Random, top minus bottom: {said}."


def agreement_sentence(
    apart: pd.DataFrame, counted: Sequence[str], measure: str = "probe accuracy"
) -> str:
    """Say whether ladders agree at equal quality, in gains and in what Random reaches.

    Parameters
    ----------
    apart : pandas.DataFrame
        As returned by `alutils.findings.equal_quality.apart`.
    counted : sequence of str
        Ladders to compare.
    measure : str
        What is equal, in words.
    """
    own = apart[apart["one"].isin(counted) & apart["other"].isin(counted)]
    if own.empty:
        return f"No two ladders reach the same {measure} below the top, so none can be compared."
    random = equal_quality.judged(own[own["strategy"] == "random"])
    gain = equal_quality.judged(own[~own["strategy"].isin(["random", ALL])])
    differ = gain[gain["outcome"] == "differ"]
    begin = f"At equal {measure}"
    if len(differ):
        each = "; ".join(
            f"{plain(row['strategy'])} {brief_words(row)} ({_pair(row)})"
            for _, row in differ.iterrows()
        )
        said = (
            f"{begin} gains over Random differ between ladders in {len(differ)} of {len(gain)} "
            f"comparisons: {each}."
        )
    elif (gain["outcome"] == "alike").all():
        said = f"{begin} the gains over Random are alike on all ladders, to half a point."
    else:
        said = (
            f"{begin} no gain over Random is shown to differ between ladders "
            f"({int((gain['outcome'] == 'alike').sum())} of {len(gain)} comparisons are shown to "
            "be alike to half a point, the rest cannot be told)."
        )
    apart_random = random[random["outcome"] == "differ"]
    if len(apart_random):
        each = "; ".join(f"{brief_words(row)} ({_pair(row)})" for _, row in apart_random.iterrows())
        said += f" What Random itself reaches differs: {each}."
    if len(differ) or len(apart_random):
        said += " So quality is not one number."
    return said


def _pair(row: pd.Series) -> str:
    return f"{WORDS[row['one']]} minus {WORDS[row['other']]}"


def p_sentence(by_ladder: pd.DataFrame) -> str:
    """Write the p-values of the ladders that have one; `by_ladder` as returned by `judged`."""
    known = by_ladder["p_holm"].dropna()
    if known.empty:
        return "No signed-rank test."
    each = ", ".join(f"{WORDS[str(name)]} {p:.3f}" for name, p in known.items())
    return (
        f"Signed-rank tests that both ends favour their own choice, corrected for "
        f"{several(len(known), 'ladder')} (Holm), p: {each}."
    )
