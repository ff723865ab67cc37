"""Margin against BADGE: one spikes, the other is robust, and quality decides (C2, Q13), they say.

The unit here is a pair of dataset and embedder. A strategy *spikes* when its best case over
the units is high, and is *robust* when its worst case is. Both are extremes of means, which need
care: see `alutils.statistics.without_bias`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from alutils.figures.style import plain, points, signed
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import (
    MARGIN,
    both_intervals,
    interval_words,
    judge,
    needs,
    number,
    signed_rank_words,
)
from alutils.findings.rival_gains import (
    RESAMPLES,
    RIVALS,
    along_quality,
    below_random,
    cases,
    counts,
    duel,
    gains,
    head_to_head,
    mean_effect,
    quality_table,
    tests,
)
from alutils.statistics import seeds_needed

_ONE = "more datasets: one says nothing of others"


class Part(NamedTuple):
    """One of the three things that the claim says."""

    verdict: Verdict
    words: str
    """What was found, with its interval."""
    needs: str
    """What it would take to tell, where nobody can."""


def depends(effect: pd.Series) -> Verdict:
    """Judge a dependence, of which the claim does not say in which direction it goes.

    Parameters
    ----------
    effect : pandas.Series
        ``low`` and ``high``.

    Returns
    -------
    {"holds", "does not hold", "cannot tell"}
        The rule of `judge`, for both directions: it holds when the interval excludes zero and is
        not all within half a point of it; it does not hold when all of it is; else nobody can
        tell.
    """
    if effect["low"] > -MARGIN and effect["high"] < MARGIN:
        return "does not hold"
    return "holds" if effect["low"] > 0 or effect["high"] < 0 else "cannot tell"


def overall(verdicts: list[Verdict]) -> Verdict:
    """Judge a claim of several parts: it holds when all do, and fails when one fails."""
    if "does not hold" in verdicts:
        return "does not hold"
    return "holds" if set(verdicts) == {"holds"} else "cannot tell"


def parts(found: pd.DataFrame, change: pd.DataFrame, n_datasets: int) -> dict[str, Part]:
    """Judge the three parts of the claim.

    Parameters
    ----------
    found : pandas.DataFrame
        As returned by `cases`.
    change : pandas.DataFrame
        As returned by `along_quality`.
    n_datasets : int
        How many datasets there are. The cases of one say nothing about single datasets among
        others, whatever their intervals.

    Returns
    -------
    dict of str to Part
        ``"spikes"``, ``"robust"``, ``"depends on quality"``.
    """
    effect, claimed = mean_effect(change), _claimed(found)
    # Spikes and robustness are judged on these datasets, with seeds drawn again: the claim is
    # about single datasets, and the extreme of others cannot be known from these.
    best, worst = claimed["best"], claimed["worst"]
    return {
        "spikes": Part(
            judge(best) if n_datasets > 1 else "cannot tell",
            f"best case of Margin minus that of BADGE {_of(best)}",
            _more_seeds(best) if n_datasets > 1 else _ONE,
        ),
        "robust": Part(
            judge(worst) if n_datasets > 1 else "cannot tell",
            f"worst case of BADGE minus that of Margin {_of(worst)}",
            _more_seeds(worst) if n_datasets > 1 else _ONE,
        ),
        "depends on quality": Part(
            depends(effect),
            "change of BADGE minus Margin from the worst to the best embedding "
            + (
                interval_words(effect)
                if len(change)
                else "not measured, since all embeddings are equally good"
            ),
            _ONE if n_datasets == 1 else needs(change) if len(change) else "other embedders",
        ),
    }


def _claimed(found: pd.DataFrame) -> dict[str, pd.Series]:
    rows = found[found["strategy"] == "claimed"]
    return {row["case"]: row for _, row in rows.iterrows()}


def _of(row: pd.Series) -> str:
    return points(row["mean"], row["low"], row["high"])


def _more_seeds(row: pd.Series) -> str:
    if np.isnan(row["low"]):
        return "more than one seed"
    wanted = int(seeds_needed(pd.DataFrame([row]), MARGIN).iloc[0])
    more = wanted - int(row["n_seeds"])
    if more > 0:
        return f"about {more} more seeds"
    return "a difference further from half a point: more seeds would not change it"


def finding(records: pd.DataFrame, measured: pd.DataFrame, n: int = RESAMPLES) -> Finding:
    """Judge the claim that Margin spikes, BADGE is robust, and quality decides between them.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, with ``"random"``, ``"margin"``, ``"badge"``
        and at least two embedders.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    n : int
        Resamples of the extremes.

    Returns
    -------
    Finding
        The claim holds when all three parts do, and does not hold when one of them does not.
    """
    differences, gain = duel(records), gains(records)
    found = cases(gain, n)
    n_datasets = differences["dataset"].nunique()
    judged = parts(found, along_quality(differences, measured), n_datasets)
    effect = both_intervals(differences).iloc[0]
    tally_of_units = counts(head_to_head(differences))
    said = "; ".join(f"*{name}*: {p.verdict} ({p.words})" for name, p in judged.items())
    by_units, by_datasets = (row for _, row in tests(differences).iterrows())
    claimed = _claimed(found)
    quality = {row["way"]: row for _, row in quality_table(differences, measured).iterrows()}
    below = below_random(gain).set_index("strategy")["below"]
    n_units = int(tally_of_units["n"])
    return Finding(
        question="Does Margin spike on single datasets, is BADGE more robust, and does the quality "
        "of the embedding decide between them?",
        verdict=overall([part.verdict for part in judged.values()]),
        sentence=f"In its three parts: {said}. {_best_places(found)} "
        f"Head to head, BADGE minus Margin is {interval_words(effect)} of AULC; in {n_units} "
        "pairs of dataset and embedder, "
        f"BADGE is ahead in {tally_of_units['win']}, Margin in {tally_of_units['loss']}, "
        f"{tally_of_units['equivalent']} are shown to differ by less than half a point, "
        f"{tally_of_units['undecided']} are undecided.",
        test="Spikes and robustness: seeds drawn again within each dataset, the extreme found anew "
        "each time and its bias taken off (unit: seed). Quality: "
        + (
            "seeds drawn again alone"
            if n_datasets == 1
            else "datasets drawn again (unit: dataset"
            + (f"; {n_datasets} say little of others)" if n_datasets < 5 else ")")
        )
        + ". Head to head: Wilcoxon's signed-rank test, "
        f"{signed_rank_words(by_units)}, {signed_rank_words(by_datasets)}.",
        decides=_decisive(judged),
        change=_change(judged) if n_datasets > 1 else f"{_ONE[0].upper()}{_ONE[1:]}.",
        numbers={
            "difference": number(effect, "BADGE minus Margin, AULC, mean over datasets"),
            "difference_fixed": number(
                effect, "BADGE minus Margin, AULC, mean over these datasets", "seeds"
            ),
            **{
                name: _number(claimed[case], label)
                for name, case, label in (
                    (
                        "spikes",
                        "best",
                        "Margin's best gain over Random minus BADGE's, AULC, bias taken off",
                    ),
                    (
                        "robust",
                        "worst",
                        "BADGE's worst gain over Random minus Margin's, AULC, bias taken off",
                    ),
                    (
                        "spread",
                        "spread",
                        "spread of Margin's gains minus that of BADGE's, AULC, bias taken off",
                    ),
                )
            },
            "quality": _number(
                quality["line"],
                "change of BADGE minus Margin from the worst to the best embedding, AULC",
                "datasets",
            ),
            "correlation": _number(
                quality["units"],
                "rank correlation of BADGE minus Margin with probe accuracy",
                "datasets",
                "plain",
            ),
            **{
                f"share_{word}": Number(
                    f"share of dataset x embedder where {label}",
                    tally_of_units[word] / n_units,
                    kind="share",
                )
                for word, label in (
                    ("win", "BADGE is shown ahead of Margin"),
                    ("loss", "Margin is shown ahead of BADGE"),
                    ("equivalent", "both are shown to differ by less than half a point"),
                )
            },
            **{
                f"{name}_below_random": Number(
                    f"share of dataset x embedder where {plain(name)} is shown more than half a "
                    "point below Random",
                    below[name] / n_units,
                    kind="share",
                )
                for name in RIVALS
            },
        },
    )


def _best_places(found: pd.DataFrame) -> str:
    """Say where the best case of each is: two on one dataset are a spike of that dataset."""
    best = found[found["case"] == "best"].set_index("strategy").loc[RIVALS]
    at = [f"{plain(row['dataset'])} under {plain(row['embedder'])}" for _, row in best.iterrows()]
    words = f"Best of Margin: {points(best['observed'].iloc[0])} ({at[0]}); of BADGE: "
    words += f"{points(best['observed'].iloc[1])} ({at[1]})"
    return f"{words}{', the same dataset' if best['dataset'].nunique() == 1 else ''}."


def _number(
    row: pd.Series,
    label: str,
    unit: str = "seeds",
    kind: Literal["points", "plain"] = "points",
) -> Number:
    return Number(label, float(row["mean"]), float(row["low"]), float(row["high"]), unit, kind)


PART_NUMBERS = {"spikes": "spikes", "robust": "robust", "depends on quality": "quality"}
"""Short names of the numbers that the parts are judged by."""


def _decisive(judged: dict[str, Part]) -> str:
    """Name the number of the first part that has the verdict of the whole claim."""
    verdict = overall([part.verdict for part in judged.values()])
    return next(PART_NUMBERS[name] for name, part in judged.items() if part.verdict == verdict)


_OTHERWISE = {
    "spikes": "a dataset on which Margin gains over half a point more than BADGE does anywhere",
    "robust": "a dataset on which Margin falls over half a point below BADGE's worst case",
    "depends on quality": "embedders whose quality lies outside the range measured here",
}


def _change(judged: dict[str, Part]) -> str:
    """Say what would change the verdict: what the parts lack that it hangs on."""
    verdict = overall([part.verdict for part in judged.values()])
    if verdict == "holds":
        return "A dataset or an embedder on which one of the three parts turns round."
    words = [
        f"{name} needs {part.needs}" if verdict == "cannot tell" else f"{name}: {_OTHERWISE[name]}"
        for name, part in judged.items()
        if part.verdict == verdict
    ]
    said = "; ".join(words)
    return f"{said[0].upper()}{said[1:]}."


def correlation_words(row: pd.Series) -> str:
    """Write a correlation of `quality_table` with the interval it has."""
    low, high = row["low"], row["high"]
    if np.isnan(low):
        low, high = row["low_fixed"], row["high_fixed"]
    return signed([row["mean"], low, high], 2)
