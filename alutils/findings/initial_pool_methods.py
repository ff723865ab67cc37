"""Whether an initial pool is better than the three that the paper names (question Q6)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from alutils.figures.style import names, plain
from alutils.findings.family import (
    at_least_one,
    datasets_needed,
    effect_of,
    judge_family,
    needed_words,
)
from alutils.findings.finding import Finding, Number
from alutils.findings.judging import MARGIN, both_intervals, interval_words, number
from alutils.findings.pool_effects import EARLY
from alutils.findings.same_accuracies import same_accuracies
from alutils.findings.words import p_words
from alutils.quality import embedder_order
from alutils.statistics import (
    AverageRanks,
    aulc,
    friedman_test,
    intervals,
    paired_differences,
    tally,
)

NAMED = ("random", "coreset", "typiclust")
"""Initial pools that the paper names."""


def early_areas(records: pd.DataFrame, early: int = EARLY) -> pd.DataFrame:
    """AULC of the early cycles of every run, as a share.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    early : int
        First cycles that count as early.
    """
    return aulc(records[records["cycle"] < early])


def rival(areas: pd.DataFrame) -> str:
    """Return the best of the initial pools that the paper names, by mean AULC over datasets."""
    named = areas[areas["initial_pool"].isin(NAMED)]
    means = named.groupby(["initial_pool", "dataset"], sort=True)["aulc"].mean()
    return str(means.groupby("initial_pool").mean().idxmax())


def ranks(areas: pd.DataFrame, unit: Sequence[str]) -> AverageRanks:
    """Rank the initial pools by their AULC in every unit (`alutils.statistics.friedman_test`)."""
    return friedman_test(areas, "aulc", "initial_pool", unit)


def twins(records: pd.DataFrame) -> list[tuple[str, str]]:
    """Find initial pools whose runs all have the same accuracies: they are one result, not two.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    """
    return same_accuracies(
        records, "initial_pool", ["dataset", "embedder", "strategy", "seed", "cycle"]
    )


def outcomes_table(gains: pd.DataFrame) -> pd.DataFrame:
    """Count where each initial pool wins, loses or ties against Random.

    Parameters
    ----------
    gains : pandas.DataFrame
        As returned by `alutils.findings.pool_effects.early_gains`.

    Returns
    -------
    pandas.DataFrame
        As returned by `alutils.statistics.tally`: one row per initial pool, one comparison per
        dataset and embedder, whose interval has the seed as its unit.
    """
    summary = intervals(gains, "difference", ["dataset", "embedder", "initial_pool"])
    return tally(summary, MARGIN, ["initial_pool"])


def finding(records: pd.DataFrame, measured: pd.DataFrame, *, early: int = EARLY) -> Finding:
    """Judge whether one of the further initial pools beats the best of the three named.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, with initial pool Random and two others or more.
        Query strategies and embedders are averaged.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    early : int
        First cycles that count as early.

    Returns
    -------
    Finding
        The best of the three is chosen on these very results, which favours it: what beats it
        has beaten a rival that luck has helped. The further methods are one family for Holm's
        correction.
    """
    areas = early_areas(records, early)
    best_named = rival(areas)
    further = [p for p in dict.fromkeys(records["initial_pool"]) if p not in NAMED]
    against = paired_differences(
        areas[areas["initial_pool"].isin([best_named, *further])],
        "aulc",
        "initial_pool",
        best_named,
    )
    judged = judge_family(against, "initial_pool").set_index("initial_pool")
    verdict = at_least_one(judged["verdict"])
    top = str(judged["mean"].idxmax())
    top_words = interval_words(effect_of(judged, top))
    fine = ranks(areas, ["dataset", "embedder"])
    best = embedder_order(measured)[-1]
    numbers = {
        f"{pool}_{end}": number(
            row,
            f"{plain(str(pool))} minus {plain(best_named)}, AULC of the early cycles, mean over "
            "datasets and embedders",
            unit,
        )
        for pool, row in judged.iterrows()
        for end, unit in (("gain", "datasets"), ("gain_here", "seeds"))
    }
    for pool, rank in fine.ranks.items():
        label = f"average rank of {plain(str(pool))} over datasets and embedders"
        numbers[f"{pool}_rank"] = Number(label, float(rank), kind="amount")
    n_datasets = areas["dataset"].nunique()
    sentence = [_winners(judged, best_named)]
    sentence.append(
        f"The largest mean difference is that of **{plain(top)}**: {top_words} of AULC over the "
        f"first {min(early, int(records['cycle'].max()) + 1)} cycles, averaged over datasets and "
        f"embedders{_under(against, best, top)}."
    )
    # Embedders of one dataset resemble each other: the ranks that are spoken of are the cautious.
    sentence.append(_ranked(ranks(areas, ["dataset"]) if n_datasets > 1 else fine))
    if verdict == "cannot tell":
        sentence.append(f"Cannot tell: needs {_needed(against, judged)}.")
    return Finding(
        question="Is there a better initial pool than the three that the paper names?",
        verdict=verdict,
        sentence=" ".join(sentence),
        test=_tests(areas, judged, best_named),
        change=f"{plain(best_named)} was chosen as the best of the named ones on these results, "
        "which favours it a little. Another size of the first pool, or datasets with many more "
        "classes, could change the order.",
        numbers=numbers,
    )


def _needed(against: pd.DataFrame, judged: pd.DataFrame) -> str:
    """Say what it takes to tell of the undecided method that is nearest to being better."""
    undecided = judged[judged["verdict"] == "cannot tell"]
    nearest = str(undecided["mean"].idxmax())
    have = int(undecided["n_datasets"].min())
    if have == 1:
        return "more than one dataset"
    count = datasets_needed(against, "initial_pool", nearest)
    return f"{needed_words(count, have)} (for {plain(nearest)}, if its mean stays)"


def _winners(judged: pd.DataFrame, best_named: str) -> str:
    beats = [str(p) for p in judged.index[judged["verdict"] == "holds"]]
    fails = [str(p) for p in judged.index[judged["verdict"] == "does not hold"]]
    open_ = [str(p) for p in judged.index[judged["verdict"] == "cannot tell"]]
    parts = [f"better: {names(beats)}", f"not better: {names(fails)}", f"undecided: {names(open_)}"]
    return (
        f"The best of the named ones here is {plain(best_named)}. Further methods set against it "
        f"(n = {len(judged)}): {'; '.join(parts)}."
    )


def _under(against: pd.DataFrame, best: str, top: str) -> str:
    here = against[(against["embedder"] == best) & (against["initial_pool"] == top)]
    if not len(here) or against["embedder"].nunique() == 1:
        return ""
    return f"; under {plain(best)} alone {interval_words(both_intervals(here).iloc[0])}"


def _ranked(found: AverageRanks) -> str:
    first = str(found.ranks.index[0])
    if found.p >= found.alpha:
        return f"{plain(first)} has the best average rank, but ranks cannot be told apart."
    company = [p for group in found.groups if first in group for p in group if p != first]
    place = f"({found.ranks.iloc[0]:.1f} of {len(found.ranks)}; unit: {found.unit})"
    return f"{plain(first)} has the best average rank {place}" + (
        f", and cannot be told from {names(company)} by it."
        if company
        else ", apart from all others."
    )


def _tests(areas: pd.DataFrame, judged: pd.DataFrame, best_named: str) -> str:
    first = _friedman(ranks(areas, ["dataset", "embedder"]))
    if areas["dataset"].nunique() == 1:
        return f"{first}. No test with the dataset as its unit is possible with one."
    return (
        f"{first}; {_friedman(ranks(areas, ['dataset']))}. Wilcoxon's signed-rank test against "
        f"{plain(best_named)} (two-sided), unit: dataset, corrected by Holm (n = {len(judged)}): "
        f"lowest p = {judged['p_holm'].min():.3f} ({names([str(judged['p_holm'].idxmin())])})."
    )


def _friedman(found: AverageRanks) -> str:
    return (
        f"Friedman's test, unit: {found.unit} (n = {found.n_units}): "
        f"chi² = {found.statistic:.1f}, {p_words(found.p)}"
    )
