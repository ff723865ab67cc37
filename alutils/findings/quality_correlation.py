"""How well an embedder's quality foretells active learning, at every initial size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils import catalogue, embedders, statistics
from alutils.figures.style import signed
from alutils.findings.finding import Finding, Number, Verdict
from alutils.statistics.within import Method

ALL = "all strategies"
"""Stands where the name of a strategy would: the mean over all strategies but Random."""

MEASURE = "probe_accuracy"

MEASURES = {
    "probe_accuracy": "probe accuracy",
    "neighbour_accuracy": "neighbour accuracy",
    "effective_rank": "effective rank",
    "elsewhere": "probe accuracy on the other datasets",
    "mteb": "MTEB average",
}
"""Measures of an embedding's quality, and how they are written."""

OUTCOMES = {
    "aulc": "AULC",
    "first": "accuracy of the first head",
    "gain": "AULC minus Random's",
}
"""What quality is correlated with, and how it is written."""

STRONG = 0.7
"""From here on a rank correlation is called strong: half of the spread of ranks is shared."""

ALIKE = 0.1
"""Correlations that differ by less are called alike."""

FEWEST = 5
"""With fewer embedders a rank correlation takes few values, and intervals of it mean little."""


def performance(records: pd.DataFrame) -> pd.DataFrame:
    """Collect what quality may foretell, for each strategy and for the mean of all but Random.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, Random among the strategies.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, ``dataset``, ``embedder``, ``initial_size``, ``seed``; ``aulc``, ``first``
        (accuracy of the head that has the initial pool alone, which strategies share) and
        ``gain`` (AULC minus Random's of the same seed; NaN for Random), all shares.
    """
    keys = [*statistics.CELL_FIELDS, "seed"]
    areas = statistics.aulc(records)
    first = records.loc[records["cycle"] == 0, [*keys, "accuracy"]]
    gain = statistics.paired_differences(areas, "aulc", "strategy", "random")
    table = areas.merge(first.rename(columns={"accuracy": "first"}), on=keys)
    table = table.merge(gain[[*keys, "difference"]], on=keys, how="left")
    table = table.rename(columns={"difference": "gain"})
    unit = ["strategy", "dataset", "embedder", "initial_size", "seed"]
    own = table.groupby(unit)[list(OUTCOMES)].mean().reset_index()
    every = own[own["strategy"] != "random"].groupby(unit[1:])[list(OUTCOMES)].mean()
    return pd.concat([own, every.reset_index().assign(strategy=ALL)], ignore_index=True)


def qualities(measured: pd.DataFrame) -> pd.DataFrame:
    """Add what a leaderboard would know: averages that do not come from the dataset itself.

    Parameters
    ----------
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        With ``elsewhere``, the embedder's mean probe accuracy over the other datasets (NaN where
        there is none), and ``mteb``, the published average (NaN where the catalogue has none).
    """
    probes = measured.groupby("embedder")[MEASURE]
    others = probes.transform("count") - 1
    elsewhere = (probes.transform("sum") - measured[MEASURE]) / others.where(others > 0)
    found = measured["embedder"].unique()
    published = {name: embedders.entry_of(name).mteb_classification for name in found}
    mteb = measured["embedder"].map(published).astype(float)
    return measured.assign(elsewhere=elsewhere, mteb=mteb)


def usable(measured: pd.DataFrame) -> list[str]:
    """Return the measures of quality that at least three embedders have on every dataset.

    Parameters
    ----------
    measured : pandas.DataFrame
        As returned by `qualities`.
    """
    known = measured.groupby("dataset")[list(MEASURES)].count().min()
    # With two embedders there is nothing to choose: all measures are shown for what they are.
    enough = min(3, measured["embedder"].nunique())
    return [name for name in MEASURES if known[name] >= enough]


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


def close_pairs(measured: pd.DataFrame) -> tuple[int, int]:
    """Count the pairs of embedders within datasets whose order may be luck.

    Parameters
    ----------
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    tuple of int
        Pairs whose probe accuracies differ by less than two standard errors of one of them (as
        of `alutils.diagnostics.probe_accuracy`), and all pairs.
    """
    close = total = 0
    for _, each in measured.groupby("dataset"):
        p, n = each[MEASURE].to_numpy(), each["n_pool"].to_numpy()
        error = np.sqrt(p * (1 - p) / n)
        rows, columns = np.triu_indices(len(p), 1)
        larger = np.maximum(error[rows], error[columns])
        close += int((np.abs(p[rows] - p[columns]) < 2 * larger).sum())
        total += len(rows)
    return close, total


def within(
    table: pd.DataFrame, measured: pd.DataFrame, measure: str, outcome: str, method: Method
) -> pd.DataFrame:
    """Correlate quality and performance over embedders within each dataset, and average.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `performance`.
    measured : pandas.DataFrame
        As returned by `qualities`.
    measure : str
        One of `MEASURES`.
    outcome : str
        One of `OUTCOMES`.
    method : {"spearman", "kendall"}
        Which rank correlation.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.within_correlations`, for each strategy and initial size.
    """
    joined = _joined(table, measured, measure)
    by = ["strategy", "initial_size"]
    found = statistics.within_correlations(joined, measure, outcome, by, method=method)
    return found.sort_values(by, ignore_index=True)


def change(table: pd.DataFrame, measured: pd.DataFrame, measure: str, outcome: str) -> pd.DataFrame:
    """How much Spearman's correlation changes from the smallest initial size to each other.

    Parameters
    ----------
    table, measured, measure, outcome
        As in `within`.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.correlation_changes`. ``outcome`` says what the interval for
        other datasets shows when less than `ALIKE` does not matter, as of
        `alutils.statistics.outcomes`; "undecided" with one seed.
    """
    joined = _joined(table, measured, measure)
    found = statistics.correlation_changes(joined, measure, outcome, "initial_size", ["strategy"])
    if not len(found):
        return found
    said = statistics.outcomes(found, ALIKE).where(found["n_seeds"] > 1, "undecided")
    return found.assign(outcome=said)


def across(table: pd.DataFrame, measured: pd.DataFrame, measure: str, outcome: str) -> pd.DataFrame:
    """Correlate over all pairs of dataset and embedder together, datasets drawn again.

    Parameters
    ----------
    table, measured, measure, outcome
        As in `within`.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.rank_correlations`, for each strategy and initial size.
    """
    joined = _joined(table, measured, measure).dropna(subset=[measure, outcome])
    by = ["strategy", "initial_size"]
    found = statistics.rank_correlations(joined, measure, outcome, by, n=2_000)
    return found.sort_values([*by, "method"], ascending=[True, True, False], ignore_index=True)


def picture(table: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Make the table behind the figure: Spearman's correlation with probe accuracy.

    Parameters
    ----------
    table, measured
        As in `within`.

    Returns
    -------
    pandas.DataFrame
        ``kind`` (within or across datasets), ``outcome`` in words, ``strategy``,
        ``initial_size``, ``mean``, ``low``, ``high`` (for other datasets; within a single dataset
        over seeds). The accuracy of the first head, which strategies share, comes once.
    """
    parts = []
    for outcome, title in OUTCOMES.items():
        shown = table[(table["strategy"] == ALL) == (outcome == "first")]
        inside = within(shown, measured, MEASURE, outcome, "spearman")
        inside["low"] = inside["low"].fillna(inside["low_fixed"])
        inside["high"] = inside["high"].fillna(inside["high_fixed"])
        overall = across(shown, measured, MEASURE, outcome)
        overall = overall[overall["method"] == "spearman"].rename(columns={"correlation": "mean"})
        for kind, each in (("within datasets", inside), ("across datasets", overall)):
            part = each[["strategy", "initial_size", "mean", "low", "high"]]
            parts.append(part.assign(kind=kind, outcome=title))
    found = pd.concat(parts)
    first = found["strategy"] != "random"
    return found.assign(first=first).sort_values(
        ["kind", "first"], ascending=[False, True], kind="stable", ignore_index=True
    ).drop(columns="first")  # fmt: skip


def _joined(table: pd.DataFrame, measured: pd.DataFrame, measure: str) -> pd.DataFrame:
    return table.merge(measured[["dataset", "embedder", measure]], on=["dataset", "embedder"])


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
