"""Q3: why BADGE would gain more from better embeddings than Margin.

The reason that is usually given has three parts, and each can be measured: BADGE gains more, its
batches are less redundant, and where they are less redundant by more it gains more. A batch is
redundant when its rows lie close to each other: its *spread*, the distance of a row to the nearest
other one of the batch, is then below that of blind batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from alutils.errors import UserError
from alutils.findings.correlations import ALIKE
from alutils.findings.family import effect_of
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import (
    MARGIN,
    both_intervals,
    brief_words,
    interval_words,
    judge,
    needs,
    number,
)
from alutils.findings.margin_and_badge import overall
from alutils.findings.quality_correlation import FEWEST, both_words
from alutils.findings.rival_batches import (
    PROPERTIES,
    accuracy_at,
    along_ladder,
    beside_blind,
    differences,
    followed,
    more_than_badge,
    runs,
    small_minus_large,
)
from alutils.findings.rival_gains import RIVALS, along_quality
from alutils.study import Grid, grids_of

SMALL = 0.02
"""Spreads that differ by less than this share of a blind batch's are called alike."""


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grid of the ladder of embedders, then one for each size of query.

    Parameters
    ----------
    parameters : mapping
        Of the page: those of a grid, ``size_embedders``, ``query_sizes`` and ``labels``.

    Returns
    -------
    list of Grid
        The last ones, in rising order of ``query_size``, end at ``labels`` labels.

    Raises
    ------
    UserError
        If a query is of one text, or a size does not lead to that number of labels.
    """
    (ladder,) = grids_of([parameters])
    first, labels = int(parameters["initial_size"]), int(parameters["labels"])
    found = [ladder]
    for size in sorted(set(parameters["query_sizes"])):
        if size < 1 or labels <= first or (labels - first) % size:
            raise UserError(
                f"queries of {size} do not lead from {first} labels to {labels}: give query_sizes "
                "that divide labels minus initial_size"
            )
        own = {"embedders": parameters["size_embedders"], "query_size": size}
        found.append(Grid(**{**ladder.model_dump(), **own, "cycles": 1 + (labels - first) // size}))
    if any(grid.query_size < 2 for grid in found):
        raise UserError("a query of one text has no spread: give queries of at least 2")
    if ladder.cycles < 2:
        raise UserError("cycles needs at least two, because the first makes no query")
    return found


def evidence_grids(parameters: Mapping[str, Any]) -> dict[str, list[Grid]]:
    """Return the grids whose queries are described: all of the page."""
    return {"queries": grids(parameters)}


def judge_following(effect: pd.Series) -> Verdict:
    """Say whether AULC follows a property: a rank correlation above zero, and not below `ALIKE`.

    Parameters
    ----------
    effect : pandas.Series
        A row of `followed`.

    Returns
    -------
    {"holds", "does not hold", "cannot tell"}
        By the rule of `judge`; nobody can tell from one seed or fewer than `FEWEST` embedders.
    """
    if effect["n_seeds"] < 2 or effect["n_embedders"] < FEWEST:
        return "cannot tell"
    return judge(effect, margin=ALIKE)


def judge_effect(effect: pd.Series, margin: float) -> Verdict:
    """Judge as `judge` does; nobody can tell from one seed, which shows no luck of the draw."""
    return judge(effect, margin=margin) if effect["n_seeds"] > 1 else "cannot tell"


def finding(
    ladder: pd.DataFrame, *sizes: pd.DataFrame, measured: pd.DataFrame, queries: pd.DataFrame
) -> Finding:
    """Judge whether BADGE gains from better embeddings because its batches are less redundant.

    Parameters
    ----------
    ladder : pandas.DataFrame
        Records of the ladder, with ``"random"``, ``"margin"``, ``"badge"``.
    *sizes : pandas.DataFrame
        Records of each size of query, the smallest first; two or more.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    queries : pandas.DataFrame
        Evidence of the kind ``"queries"`` of all these cells.

    Returns
    -------
    Finding
        It holds when BADGE gains more than Margin, when its batches are less redundant, and when
        the first follows the second; it does not hold when one of the three does not.
    """
    run = runs(ladder, queries)
    differs, own = differences(run), both_intervals(beside_blind(run, "margin")).iloc[0]
    found = along_ladder(differs, measured).set_index(["measure", "what"])
    gain, spread = _row(found, "aulc", "line"), _row(found, "spread", "level")
    spread_line = _row(found, "spread", "line")
    follow = effect_of(followed(differs).set_index("measure"), "spread")
    table = pd.concat([runs(each, queries) for each in sizes])
    change = small_minus_large(table)
    by_strategy = both_intervals(change, ["strategy"]).set_index("strategy")
    small_margin, small_badge = (effect_of(by_strategy, name) for name in RIVALS)
    cost = both_intervals(more_than_badge(change)).iloc[0]
    smallest, largest = int(table["query_size"].min()), int(table["query_size"].max())
    at = accuracy_at(table)
    verdicts: dict[str, Verdict] = {
        "BADGE gains more": judge_effect(gain, MARGIN),
        "its batches are less redundant": judge_effect(spread, SMALL),
        "the one follows the other": judge_following(follow),
    }
    verdict = overall(list(verdicts.values()))
    words = [
        "from the worst to the best embedding BADGE minus Margin changes by "
        f"{brief_words(gain)} of AULC",
        f"in spread, BADGE minus Margin is {brief_words(spread)} of a blind batch's, where "
        f"{100 * SMALL:.0f} points would matter, and changes by {brief_words(spread_line)} "
        "from the worst to the best embedding",
        "over the embedders of a dataset, the two differences have a rank correlation of "
        f"{both_words(follow)}",
    ]
    said = "; ".join(
        f"*{part}*: {word} ({how})"
        for (part, word), how in zip(verdicts.items(), words, strict=True)
    )
    boundary, wrong = (_row(found, name, "level") for name in ("boundary", "wrong"))
    n = ladder["dataset"].nunique()
    return Finding(
        question="Does BADGE gain more from better embeddings than Margin because its batches are "
        "less redundant?",
        verdict=verdict,
        sentence=f"In three parts: {said}. {redundancy_words(own)} "
        "What else differs between BADGE and Margin: the share of a batch near the "
        f"decision boundary by {brief_words(boundary)} (Margin takes nothing else, by its "
        f"definition), and the share that the head had wrong by {brief_words(wrong)}. Queries "
        f"of {smallest} instead of {largest} change accuracy at equal numbers of labels by "
        f"{brief_words(small_margin)} for Margin and "
        f"{brief_words(small_badge)} for BADGE: BADGE minus Margin is "
        f"{brief_words(at[smallest])} with the smallest queries and "
        f"{brief_words(at[largest])} with the largest.",
        test="Differences paired by seed; a straight line over probe accuracy for the gain; "
        "Spearman's correlation over embedders within datasets; "
        + (
            "seeds drawn again alone (unit: seed)."
            if n == 1
            else "datasets drawn again (unit: dataset"
            + (f"; {n} say little of others)." if n < 5 else ").")
        ),
        change=_needed(verdicts, differs, measured, n),
        numbers={
            "gain": number(gain, "BADGE minus Margin, AULC, worst to best embedding"),
            "spread": number(spread, "spread of a batch, BADGE minus Margin (a blind one has 100)"),
            "spread_change": number(
                spread_line, "spread of a batch, BADGE minus Margin, worst to best embedding"
            ),
            "margin_spread": number(own, "spread of Margin's batches minus that of blind ones"),
            "follows": Number(
                "rank correlation of the differences in AULC and in spread",
                float(follow["mean"]),
                float(follow["low"]),
                float(follow["high"]),
                unit="datasets",
                kind="plain",
            ),
            "boundary": number(boundary, "share near the boundary, BADGE minus Margin"),
            "wrong": number(wrong, "share that the head had wrong, BADGE minus Margin"),
            "margin_small": number(small_margin, f"Margin, queries of {smallest} minus {largest}"),
            "badge_small": number(small_badge, f"BADGE, queries of {smallest} minus {largest}"),
            **{
                f"accuracy_{size}": number(row, f"BADGE minus Margin, queries of {size}, accuracy")
                for size, row in at.items()
            },
            "margin_more": number(
                cost, f"profit from queries of {smallest} over {largest}, Margin minus BADGE"
            ),
        },
    )


def redundancy_words(own: pd.Series) -> str:
    """Say whether a batch of Margin is more redundant than a blind one.

    Parameters
    ----------
    own : pandas.Series
        Of Margin, the one row of `both_intervals` of `beside_blind`.

    Returns
    -------
    str
        One sentence; by the interval over seeds where there is one dataset.
    """
    end = "_fixed" if np.isnan(own["low"]) else ""
    said = f"(spread minus a blind batch's: {interval_words(own)})"
    if own["n_seeds"] > 1 and own[f"low{end}"] > -SMALL:
        return f"Margin's own batches are no more redundant than blind ones {said}."
    if own["n_seeds"] > 1 and own[f"high{end}"] < 0:
        return f"Margin's own batches are more redundant than blind ones {said}."
    return f"Whether Margin's own batches are more redundant than blind ones cannot be told {said}."


def telling(found: pd.DataFrame) -> list[str]:
    """Write the properties in which BADGE's batches differ from Margin's beyond an interval.

    Parameters
    ----------
    found : pandas.DataFrame
        As returned by `along_ladder`.

    Returns
    -------
    list of str
        Each with BADGE minus Margin; of one dataset by its interval over seeds.
    """
    rows = found[(found["what"] == "level") & found["measure"].isin(PROPERTIES)]
    said = []
    for _, row in rows.iterrows():
        end = "_fixed" if np.isnan(row["low"]) else ""
        if row[f"low{end}"] > 0 or row[f"high{end}"] < 0:
            said.append(f"{PROPERTIES[row['measure']]} ({interval_words(row)})")
    return said


def _row(found: pd.DataFrame, measure: str, what: str) -> pd.Series:
    if (measure, what) in found.index:
        row = found.loc[(measure, what)]
        assert isinstance(row, pd.Series)
        return row
    empty = pd.Series(np.nan, ["mean", "low", "high", "low_fixed", "high_fixed"])
    return pd.concat([empty, pd.Series({"n_datasets": 0, "n_seeds": 0})])


def _needed(
    verdicts: Mapping[str, Verdict], differs: pd.DataFrame, measured: pd.DataFrame, n: int
) -> str:
    """Say what would change the answer, or what it takes to have one."""
    if overall(list(verdicts.values())) != "cannot tell":
        failed = [part for part, word in verdicts.items() if word == "does not hold"]
        if failed:
            return (
                f"Embeddings or tasks where the other is true of this: {'; '.join(failed)}. The "
                "embedders here share one backbone."
            )
        return "A measure of redundancy by which the batches are alike."
    if n == 1:
        return "More datasets: one says nothing of others."
    gain, spread, follow = verdicts
    open_parts = []
    for part, measure, margin in ((gain, "aulc", MARGIN), (spread, "spread", SMALL)):
        if verdicts[part] == "cannot tell":
            own = differs[differs["measure"] == measure]
            if measure == "aulc":
                own = along_quality(own, measured)
            open_parts.append(f"{part}: {needs(own, margin) if len(own) else 'other embedders'}")
    if verdicts[follow] == "cannot tell":
        few = differs["embedder"].nunique() < FEWEST
        what = f"at least {FEWEST} embedders" if few else "more datasets"
        open_parts.append(f"{follow}: {what}")
    return f"Needs, for {'; for '.join(open_parts)}."
