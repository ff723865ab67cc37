"""How well an embedder's quality foretells active learning, at every initial size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils import catalogue, embedders
from alutils.figures.style import signed
from alutils.findings.all_strategies import ALL
from alutils.findings.correlations import (
    ALIKE,
    MEASURE,
    OUTCOMES,
    change,
    performance,
    qualities,
    within,
)
from alutils.findings.finding import Finding, Number, Verdict

STRONG = 0.7
"""From here on a rank correlation is called strong: half of the spread of ranks is shared."""

FEWEST = 5
"""With fewer embedders a rank correlation takes few values, and intervals of it mean little."""


def mteb_words(names: Sequence[str]) -> str:
    """Say whether the correlation with the MTEB average can be had.

    Parameters
    ----------
    names : sequence of str
        Embedders of the run.
    """
    have = [name for name in names if embedders.entry_of(name).mteb_classification is not None]
    entries = [catalogue.embedder_entry(name) for name in catalogue.embedder_names()]
    paper = sum(e.paper is not None and e.mteb_classification is not None for e in entries)
    said = f"of the {len(names)} embedders here, {len(have)} {'has' if len(have) == 1 else 'have'}"
    if len(have) >= 3:
        return (
            f"The catalogue knows a published MTEB average for some embedders: {said} one, and "
            "the correlations with it are over these alone."
        )
    return (
        f"The correlation with the MTEB average cannot be computed here: {said} a published "
        f"average in the catalogue. The profile `paper` has {paper}."
    )


def judge_strength(effect: pd.Series) -> Verdict:
    """Say whether a correlation is strong.

    Not `alutils.findings.judging.judge`: that a correlation of two accuracies is above zero says
    little, so the bar is `STRONG`, not zero.

    Parameters
    ----------
    effect : pandas.Series
        A row of `within`.

    Returns
    -------
    {"holds", "does not hold", "cannot tell"}
        By whether the interval for other datasets lies above or below `STRONG`.
    """
    if effect["n_seeds"] < 2 or effect["n_embedders"] < FEWEST:
        return "cannot tell"
    if effect["high"] < STRONG:
        return "does not hold"
    return "holds" if effect["low"] >= STRONG else "cannot tell"


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Judge whether measured quality and AL performance correlate strongly at every initial size.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, of several initial sizes.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
        Performance is the AULC, averaged over the strategies but Random; correlations are
        Spearman's over embedders within datasets, averaged over datasets.
    """
    table = performance(records)
    table = table[table["strategy"] == ALL]
    measured = qualities(measured)
    found = {outcome: within(table, measured, MEASURE, outcome, "spearman") for outcome in OUTCOMES}
    areas = found["aulc"]
    judged = [judge_strength(row) for _, row in areas.iterrows()]
    # One initial size where it is not strong is enough against "every"; for it, all must be.
    verdict: Verdict = "cannot tell"
    if "does not hold" in judged:
        verdict = "does not hold"
    elif set(judged) == {"holds"}:
        verdict = "holds"
    weakest = areas[[word == verdict for word in judged]].sort_values("mean").iloc[0]
    sentence = (
        "Over the embedders of a dataset, probe accuracy and AULC (mean of the strategies but "
        f"Random) have a rank correlation of {_series_words(areas)}. "
        f"{_change_sentence(change(table, measured, MEASURE, 'aulc'))} With the accuracy of the "
        f"first head it is {_range_words(found['first'])}; with the gain over Random "
        f"{_range_words(found['gain'])}."
    )
    n_embedders = int(areas["n_embedders"].min())
    test = (
        f"Spearman's correlation over {n_embedders} embedders in each dataset, averaged; bootstrap "
        f"with the dataset as unit ({int(weakest['n_datasets'])}); called strong when the whole "
        f"interval is above {STRONG}. Paired bootstrap of the change between initial sizes."
    )
    numbers = {}
    for outcome, rows in found.items():
        for _, row in rows.iterrows():
            k = int(row["initial_size"])
            label = f"rank correlation of probe accuracy and {OUTCOMES[outcome]}, k0 = {k}"
            ends = float(row["mean"]), float(row["low"]), float(row["high"])
            numbers[f"{outcome}_{k}"] = Number(label, *ends, "datasets", "plain")
    return Finding(
        question=(
            "Is the correlation of an embedder's quality and the AULC of active learning strong, "
            "whatever the size k0 of the initial pool?"
        ),
        verdict=verdict,
        sentence=sentence,
        test=test,
        change=_needed(weakest, verdict),
        numbers=numbers,
    )


def words(row: pd.Series) -> str:
    """Write a correlation with its interval for other datasets, or for these where it has none.

    Parameters
    ----------
    row : pandas.Series
        Of `within` or `change`.
    """
    if np.isnan(row["mean"]):
        return "not defined"
    end = "_fixed" if np.isnan(row["low"]) else ""
    return signed([row["mean"], row[f"low{end}"], row[f"high{end}"]], 2)


def both_words(row: pd.Series) -> str:
    """Write a correlation with its interval for other datasets and that for these alone.

    Parameters
    ----------
    row : pandas.Series
        Of `within` or `change`.
    """
    said = words(row)
    if "(" not in said or np.isnan(row["low"]):
        return said
    fixed = signed([row["mean"], row["low_fixed"], row["high_fixed"]], 2)
    inner = fixed[fixed.index("(") + 1 : -1] if "(" in fixed else "one seed"
    return f"{said[:-1]}; on these datasets alone {inner})"


def _series_words(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{words(row)} at k0 = {row['initial_size']:.0f}" for _, row in rows.iterrows()
    )


def _range_words(rows: pd.DataFrame) -> str:
    known = rows[rows["mean"].notna()]
    if known.empty:
        return "not defined"
    ends = known.loc[[known["mean"].idxmin(), known["mean"].idxmax()]].drop_duplicates()
    return " to ".join(words(row) for _, row in ends.iterrows())


def _change_sentence(changes: pd.DataFrame) -> str:
    if not len(changes):
        return "With one initial size nothing can be said about others."
    row = changes.iloc[-1]
    said = {
        "win": "it is larger at the largest k0",
        "loss": "it is smaller at the largest k0",
        "equivalent": f"it changes by less than {ALIKE} from the smallest k0 to the largest",
        "undecided": "whether it differs between the smallest k0 and the largest cannot be told",
    }[str(row["outcome"])]
    return f"For AULC, {said}: {words(row)}."


def _needed(weakest: pd.Series, verdict: Verdict) -> str:
    missing = []
    if weakest["n_embedders"] < FEWEST:
        more = FEWEST - int(weakest["n_embedders"])
        missing.append(f"at least {more} more embedder{'s' if more > 1 else ''}")
    if weakest["n_seeds"] < 2:
        missing.append("more than one seed")
    if weakest["n_datasets"] < 2:
        missing.append("more than one dataset")
    if missing:
        return f"Cannot tell: needs {', '.join(missing)}."
    few = (
        " With fewer than five datasets, the interval for other datasets is itself uncertain."
        if weakest["n_datasets"] < 5
        else ""
    )
    if verdict != "cannot tell":
        return (
            "Embedders closer in quality than these would be harder to rank; a narrower choice of "
            f"them lowers every correlation.{few}"
        )
    # The interval narrows with the root of the number of datasets.
    have = int(weakest["n_datasets"])
    half = (float(weakest["high"]) - float(weakest["low"])) / 2
    distance = max(abs(float(weakest["mean"]) - STRONG), 0.01)
    wanted = int(np.ceil(have * (half / distance) ** 2))
    if wanted > have:
        wish = f"{wanted - have} more datasets as different as these {have}"
        return f"Cannot tell: needs {wish}.{few}"
    return f"Cannot tell: needs more datasets, because the interval just reaches the bar.{few}"
