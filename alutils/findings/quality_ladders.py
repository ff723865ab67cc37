"""Does quality itself decide? The embeddings of one backbone, made worse in several ways."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from alutils.figures.style import plain
from alutils.findings import crossings, equal_quality, rungs
from alutils.findings.all_strategies import ALL
from alutils.findings.family import at_least_one, each_one
from alutils.findings.finding import Finding, Verdict
from alutils.findings.judging import (
    MARGIN,
    both_intervals,
    judge,
    needs,
    number,
)
from alutils.findings.ladders import ladders_of
from alutils.findings.quality_ladders_words import (
    WORDS,
    agreement_sentence,
    best_sentence,
    lead_sentence,
    p_sentence,
)
from alutils.findings.words import several
from alutils.statistics import LEVEL, holm


def judged(ends: pd.DataFrame, crossed: pd.DataFrame, counted: Sequence[str]) -> pd.DataFrame:
    """Say of each ladder whether the best strategy changes between its two ends.

    Parameters
    ----------
    ends : pandas.DataFrame
        As returned by `alutils.findings.rungs.at_ends`.
    crossed : pandas.DataFrame
        As returned by `alutils.findings.crossings.crossed`, of choices made on other datasets.
    counted : sequence of str
        Ladders that the question is about, as of `alutils.findings.rungs.turned`; their tests are
        corrected for their number (Holm).

    Returns
    -------
    pandas.DataFrame
        Indexed by ladder: ``keeper``, the strategy least behind at both ends, ``behind`` and
        ``high``, how far at worst and the upper end of that interval, ``rival`` and ``end`` there;
        ``p`` (the larger of both ends' signed-rank tests), ``p_holm``, ``n_datasets`` and
        ``verdict``. It does not
        hold where the keeper is behind nobody by half a point, whole intervals; it holds where the
        choice of each end is ahead of the other's choice at its own end, both intervals and the
        corrected test saying so; else nobody can tell.
    """
    own = ends[ends["ladder"].isin(counted)]
    if own.empty:
        return pd.DataFrame(columns=["keeper", "p_holm", "verdict"])
    found = crossings.behind(own).groupby("ladder", sort=False).head(1).set_index("ladder")
    found = found.rename(columns={"strategy": "keeper", "mean": "behind"})
    p = crossed.groupby("ladder")["p"].max() if len(crossed) else pd.Series(dtype=float)
    found["p"] = p.reindex(found.index)
    found["p_holm"] = holm(found["p"])
    one_seed = own["seed"].nunique() < 2
    verdicts: list[Verdict] = []
    for ladder, row in found.iterrows():
        both = crossed[crossed["ladder"] == ladder] if len(crossed) else crossed
        moves = len(both) == 2 and all(judge(end) == "holds" for _, end in both.iterrows())
        if row["high"] < MARGIN and not one_seed:
            verdicts.append("does not hold")
        elif moves and row["p_holm"] < 1 - LEVEL and not one_seed:
            verdicts.append("holds")
        else:
            verdicts.append("cannot tell")
    return found.assign(verdict=verdicts, n_datasets=own["dataset"].nunique())


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Judge the claim that quality, turned up and down, changes which strategy is best.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, the embedders of one backbone.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
        The claim holds when it holds of one ladder or more of those that lower quality by five
        points or more, and does not hold when it does not of any.
    """
    ladders = ladders_of(sorted(set(records["embedder"])))
    gain = rungs.gains(records, ladders)
    counted = rungs.turned(rungs.doses(gain, measured))
    ends = rungs.at_ends(gain, ladders)
    crossed = crossings.crossed(crossings.crossings(ends))
    by_ladder = judged(ends, crossed, counted)
    verdict: Verdict = at_least_one(by_ladder["verdict"]) if counted else "cannot tell"
    change = both_intervals(rungs.changes(gain, ladders), ["ladder", "strategy"])
    change = change[change["strategy"] != ALL]
    levels = equal_quality.at_levels(gain, measured)
    apart = equal_quality.apart(levels)

    numbers = {}
    for _, row in crossed.iterrows():
        other = "bottom" if row["end"] == "top" else "top"
        label = f"choice of the {row['end']} minus that of the {other}, at the {row['end']}, AULC"
        numbers[f"{row['ladder']}_{row['end']}"] = number(row, f"{label}, {WORDS[row['ladder']]}")
    for _, row in change.iterrows():
        what = f"gain of {plain(row['strategy'])} over Random at the top minus at the bottom"
        label = f"{what}, AULC, {WORDS[row['ladder']]}"
        numbers[f"{row['ladder']}_change_{row['strategy']}"] = number(row, label)
    for key, rows in apart.groupby(["one", "other", "strategy"], sort=False):
        one, other, strategy = map(str, key)
        if strategy in (ALL, "random"):
            what = "gain over Random" if strategy == ALL else "AULC of Random"
            label = f"{what} at equal quality, {WORDS[one]} minus {WORDS[other]}"
            name = f"{one}_{other}_{'gain' if strategy == ALL else 'random'}"
            numbers[name] = number(both_intervals(rows).iloc[0], label)

    n_datasets, n_seeds = records["dataset"].nunique(), records["seed"].nunique()
    return Finding(
        question="Does turning the quality of one embedding change which strategy is best?",
        verdict=verdict,
        sentence=(
            f"{best_sentence(by_ladder)} {lead_sentence(change, by_ladder)} "
            f"{agreement_sentence(apart, counted)}"
        ).strip(),
        test=(
            f"At each end of a ladder the best strategy is chosen on the other datasets; paired by "
            f"seed; bootstrap with the dataset as unit ({n_datasets}), {several(n_seeds, 'seed')} "
            f"each. {p_sentence(by_ladder)} Ladders at equal probe accuracy: signs of datasets "
            "flipped, corrected for all strategies and pairs of ladders."
        ),
        change=_change(ends, by_ladder, verdict, n_datasets, n_seeds),
        numbers=numbers,
    )


def _change(
    ends: pd.DataFrame, by_ladder: pd.DataFrame, verdict: Verdict, n_datasets: int, n_seeds: int
) -> str:
    if by_ladder.empty:
        return "Cannot tell: needs embedders that are made worse by more."
    if n_seeds < 2:
        return "Cannot tell: needs more than one seed."
    if n_datasets < 2:
        return "Cannot tell: needs more than one dataset, because the best is chosen on others."
    few = (
        " With fewer than five datasets, the interval for other datasets is itself uncertain."
        if n_datasets < 5
        else ""
    )
    if verdict == "cannot tell":
        row = by_ladder[by_ladder["verdict"] == "cannot tell"].iloc[0]
        lead = keeper_differences(ends, str(row.name), row)
        return f"Cannot tell: needs {needs(lead)} ({WORDS[str(row.name)]}).{few}"
    strict = each_one(by_ladder["verdict"])
    return (
        "Strategies other than these, or another backbone. A claim about every ladder would be: "
        f"{strict}.{few}"
    )


def keeper_differences(ends: pd.DataFrame, ladder: str, row: pd.Series) -> pd.DataFrame:
    """Return run by run how far the keeper of a ladder is behind its rival where it is at worst.

    Parameters
    ----------
    ends : pandas.DataFrame
        As in `judged`.
    ladder : str
        Its name.
    row : pandas.Series
        Of `judged`.
    """
    here = ends[(ends["ladder"] == ladder) & (ends["end"] == row["end"])]
    wide = here.pivot_table("gain", ["dataset", "seed"], "strategy")
    return (wide[row["rival"]] - wide[row["keeper"]]).rename("difference").reset_index()
