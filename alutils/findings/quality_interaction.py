"""Do strategies gain from better embeddings? The lead over Random against measured quality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.figures.style import names, plain, signed
from alutils.findings.all_strategies import ALL, strategies_of
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import both_intervals, interval_words, needs, number
from alutils.findings.leads_over_random import (
    MEASURE,
    absolute_rises,
    by_strategy,
    correlations,
    leads,
    rises,
    shares,
    slopes_differ,
)
from alutils.quality import embedder_order
from alutils.statistics import QualityModel


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Judge the claim that strategies gain from better embeddings.

    The claim speaks of strategies in general, so it is judged for their mean, by the change of
    the lead over Random from the embedder with the lowest mean probe accuracy to the highest.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
    """
    order = embedder_order(measured)
    worst, best = order[0], order[-1]
    lead = leads(records)
    found = strategies_of(lead)
    rise = rises(lead, worst, best)
    judged = by_strategy(rise)
    effect, own = _row(judged, ALL), judged.loc[found]
    verdict: Verdict = effect["verdict"]
    level = both_intervals(lead[(lead["strategy"] == ALL) & (lead["embedder"] == best)]).iloc[0]
    absolute = absolute_rises(records, worst, best)
    trivial = both_intervals(absolute[absolute["strategy"] == "random"]).iloc[0]
    relative = rises(shares(lead, measured), worst, best)
    relative = relative[relative["strategy"] == ALL]
    share = both_intervals(relative).iloc[0] if len(relative) else None

    named = {
        word: names(own.index[own["verdict"] == word]) for word in dict.fromkeys(own["verdict"])
    }
    each = "; ".join(f"it {word} for {which}".replace("it cannot", "one cannot")
                     for word, which in named.items())  # fmt: skip
    sentence = (
        f"From {plain(worst)} to {plain(best)} the lead over Random in AULC, averaged over "
        f"{names(found)}, changes by {interval_words(effect)}; it is then "
        f"{interval_words(level)}. Strategy by strategy, {each}. Random's own AULC changes by "
        f"{interval_words(trivial)}: that better embeddings give better accuracy is no merit of a "
        "strategy."
    )
    if len(order) > 2:  # the worst may be far from the others, and the whole change due to it
        inner = both_intervals(rises(lead[lead["strategy"] == ALL], order[1], best)).iloc[0]
        sentence += (
            f" Without {plain(worst)}, from {plain(order[1])}, the lead changes by "
            f"{interval_words(inner)}."
        )
    if share is not None:
        sentence += f" {_room_sentence(share, verdict)}"
    trend = _row(correlations(lead, measured, MEASURE), ALL)
    n_datasets, n_seeds = int(effect["n_datasets"]), int(effect["n_seeds"])
    unit = "datasets" if n_datasets > 1 else "seeds"
    drawn = "" if np.isnan(trend["within_low"]) else f", {unit} drawn again"
    test = (
        "Difference of differences, paired by seed; bootstrap with the dataset as unit "
        f"({n_datasets}), and with the seed as unit ({n_seeds} in each dataset). Rank correlation "
        f"of lead and probe accuracy within datasets, over {len(order)} embedders: "
        f"{correlation_words(trend, 'within')}{drawn}. "
        f"{model_words(slopes_differ(lead, measured))}"
    )
    return Finding(
        question="Do strategies gain from better embeddings?",
        verdict=verdict,
        sentence=sentence,
        test=test,
        change=_change(rise[rise["strategy"] == ALL], effect, verdict),
        numbers=_numbers(judged, found, trivial, share, trend, f"{plain(worst)} to {plain(best)}"),
    )


def _row(table: pd.DataFrame, name: str) -> pd.Series:
    row = table.loc[name]
    assert isinstance(row, pd.Series)
    return row


def _numbers(
    judged: pd.DataFrame,
    found: Sequence[str],
    trivial: pd.Series,
    share: pd.Series | None,
    trend: pd.Series,
    way: str,
) -> dict[str, Number]:
    numbers = {"rise": number(_row(judged, ALL), f"change of the lead over Random, AULC, {way}")}
    for name in found:
        label = f"change of the lead of {plain(name)} over Random, AULC, {way}"
        numbers[f"rise_{name}"] = number(_row(judged, name), label)
    numbers["rise_random"] = number(trivial, f"change of Random's own AULC, {way}")
    if share is not None:
        ends = float(share["mean"]), float(share["low"]), float(share["high"])
        label = f"change of the lead as a share of the room left, {way}"
        numbers["rise_share"] = Number(label, *ends, "datasets", "plain")
    ends = float(trend["within"]), float(trend["within_low"]), float(trend["within_high"])
    label = "rank correlation of lead and probe accuracy within datasets"
    numbers["correlation"] = Number(label, *ends, "datasets", "plain")
    return numbers


def share_words(effect: pd.Series) -> str:
    """Write a row of `both_intervals` on shares of room in per cent of the room.

    Parameters
    ----------
    effect : pandas.Series
        ``mean``, ``low``, ``high``, ``low_fixed``, ``high_fixed``.
    """
    return interval_words(effect).replace(" points", " % of the room")


def _room_sentence(share: pd.Series, verdict: Verdict) -> str:
    # No margin: half a point of accuracy is no measure of a share of room.
    also = "cannot be told"
    if share["n_seeds"] > 1 and share["low"] > 0:
        also = "grows"
    elif share["n_seeds"] > 1 and share["high"] < 0:
        also = "shrinks"
    words = f"As a share of the room that Random leaves (sensitivity analysis), the lead {also}"
    if also == "cannot be told":
        words = "Whether it grows as a share of the room that Random leaves cannot be told"
        words += " (sensitivity analysis)"
    words += f": {share_words(share)}."
    if also == "grows" and verdict == "does not hold":
        words += " So the verdict rests on points: in a smaller room the same points are more."
    return words


def _change(rise: pd.DataFrame, effect: pd.Series, verdict: Verdict) -> str:
    if effect["n_seeds"] < 2:
        return "Cannot tell: needs more than one seed."
    if effect["n_datasets"] < 2:
        return (
            "Cannot tell: needs more than one dataset, because the claim is about datasets in "
            "general."
        )
    few = (
        " With fewer than five datasets, the interval for other datasets is itself uncertain."
        if effect["n_datasets"] < 5
        else ""
    )
    if verdict == "cannot tell":
        return f"Cannot tell: needs {needs(rise)}.{few}"
    return (
        "Other ends of the scale of quality than these two embedders, or other datasets whose "
        f"change lies outside the wider interval.{few}"
    )


def correlation_words(row: pd.Series, name: str) -> str:
    """Write one of the correlations of a row of `correlations`.

    Parameters
    ----------
    row : pandas.Series
        Of `correlations`.
    name : {"run", "within", "across"}
        Which.
    """
    if np.isnan(row[name]):
        return "not defined"
    return signed([row[name], row[f"{name}_low"], row[f"{name}_high"]], 2)


def model_words(model: QualityModel | None) -> str:
    """Say what the mixed model found, and whether the fits went well.

    Parameters
    ----------
    model : alutils.statistics.QualityModel or None
        As returned by `slopes_differ`.
    """
    if model is None:
        return (
            "There is no mixed model: it needs two strategies besides Random, two datasets and "
            "three embedders."
        )
    if np.isnan(model.p):
        return "The mixed model could not be fitted."
    words = (
        f"Mixed model (strategy by quality, random intercept for each of {model.n_datasets} "
        f"datasets, {model.n_rows} means): likelihood-ratio test that quality matters alike to "
        f"all strategies, chi-square {model.statistic:.1f} on {model.df} degrees of freedom, "
        f"p {'< 0.001' if model.p < 0.001 else f'= {model.p:.3f}'}."
    )
    return words if model.converged and not model.problems else f"{words} The fits had complaints."
