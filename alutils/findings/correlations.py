"""How the quality of an embedder and the performance of active learning on it correlate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils import embedders, statistics
from alutils.findings.all_strategies import ALL, with_all
from alutils.statistics.within import Method

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

ALIKE = 0.1
"""Correlations that differ by less are called alike."""


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
    return with_all(own, unit[1:], list(OUTCOMES))


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
