"""What the batches of BADGE and of Margin have in common, beside what the runs reached."""

from __future__ import annotations

import pandas as pd

from alutils.findings.judging import both_intervals
from alutils.findings.rival_gains import RIVALS, along_quality, between_embedders
from alutils.quality import embedder_order
from alutils.statistics import CELL_FIELDS, aulc, paired_differences, within_correlations

PROPERTIES = {
    "spread": "spread of the batch",
    "gradient_cosine": "likeness of gradients",
    "boundary": "share near the boundary",
    "wrong": "share the head had wrong",
    "disagreement": "neighbours of another class",
    "class_entropy": "evenness of classes",
    "largest_class": "share of the largest class",
    "typicality": "typicality",
    "novelty": "novelty",
}
"""What is compared of two batches, and how it is written; as of `alutils.mechanism.queries`."""

RESULTS = ["aulc", "accuracy"]
CELL = ["dataset", "embedder", "initial_pool", "strategy", "initial_size", "query_size", "cycles"]


def runs(records: pd.DataFrame, queries: pd.DataFrame) -> pd.DataFrame:
    """Put what a run reached beside what its queries had in common.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    queries : pandas.DataFrame
        As returned by `alutils.evidence.evidence` of these cells, others among them or not.

    Returns
    -------
    pandas.DataFrame
        One row per run: the fields of its cell, ``seed``, ``aulc``, ``accuracy`` of its last head,
        and the `PROPERTIES`, means over its queries.
    """
    means = queries.groupby([*CELL, "seed"])[list(PROPERTIES)].mean().reset_index()
    last = records.loc[records["cycle"] == records["cycles"] - 1, [*CELL, "seed", "accuracy"]]
    table = aulc(records).merge(last, on=[*CELL, "seed"], validate="one_to_one")
    return table.merge(means, on=[*CELL, "seed"], how="left", validate="one_to_one")


def differences(table: pd.DataFrame) -> pd.DataFrame:
    """Subtract Margin from BADGE, run by run, in every property and in what was reached.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `runs`.

    Returns
    -------
    pandas.DataFrame
        One row per ``measure`` and run: ``difference``.
    """
    both = table[table["strategy"].isin(RIVALS)]
    keep = [name for name in [*CELL_FIELDS, "seed"] if name in both]
    return pd.concat(
        [
            paired_differences(both, measure, "strategy", "margin")[[*keep, "difference"]].assign(
                measure=measure
            )
            for measure in [*PROPERTIES, *RESULTS]
        ],
        ignore_index=True,
    )


def levels(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Average every measure over seeds, embedders and then datasets.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `runs`.
    by : str
        Column that keeps its levels apart: ``"embedder"``, ``"query_size"``.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``strategy``, the column `by` and ``mean``.
    """
    measures = [*PROPERTIES, *RESULTS]
    each = table.groupby(["strategy", by, "dataset"], sort=False)[measures].mean()
    means = each.groupby(["strategy", by], sort=False).mean().reset_index()
    return means.melt(["strategy", by], measures, var_name="measure", value_name="mean")


def along_ladder(differs: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """How BADGE minus Margin changes with the embedder, for every measure.

    Parameters
    ----------
    differs : pandas.DataFrame
        As returned by `differences`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        For each ``measure`` three rows of `both_intervals`, ``what``: ``"level"``, the difference
        itself, a mean over embedders; ``"ends"``, the best embedder's minus the worst's, by mean
        probe accuracy; ``"line"``, the rise of a straight line over probe accuracy, from the worst
        to the best embedding of each dataset.
    """
    known = measured[measured["embedder"].isin(differs["embedder"])]
    order = embedder_order(known)
    rows = []
    for measure, own in differs.groupby("measure", sort=False):
        parts = {
            "level": own,
            "ends": between_embedders(own, order[0], order[-1]),
            "line": along_quality(own, known),
        }
        for what, part in parts.items():
            if len(part):
                effect = both_intervals(part).iloc[0]
                rows.append({"measure": measure, "what": what, **effect})
    return pd.DataFrame(rows)


def followed(differs: pd.DataFrame) -> pd.DataFrame:
    """Correlate the difference in AULC with that in each property, over embedders.

    Parameters
    ----------
    differs : pandas.DataFrame
        As returned by `differences`, of several embedders.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.within_correlations` (Spearman's, within datasets, averaged over
        datasets), one row per ``measure``.
    """
    unit = ["dataset", "embedder"]
    reached = differs[differs["measure"] == "aulc"].groupby([*unit, "seed"])["difference"].mean()
    own = differs[differs["measure"].isin(PROPERTIES)]
    means = own.groupby(["measure", *unit], sort=False)["difference"].mean().rename("property")
    table = means.reset_index().merge(reached.rename("reached").reset_index(), on=unit)
    return within_correlations(table, "property", "reached", ["measure"])


def small_minus_large(table: pd.DataFrame) -> pd.DataFrame:
    """Subtract accuracy with the largest queries from that with the smallest, run by run.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `runs`, of several sizes of query that end at the same number of labels.

    Returns
    -------
    pandas.DataFrame
        One row per run: ``strategy`` and ``difference`` in accuracy of the last head.
    """
    keys = ["dataset", "embedder", "initial_pool", "strategy", "seed"]
    wide = table.pivot(index=keys, columns="query_size", values="accuracy")
    change = wide[wide.columns.min()] - wide[wide.columns.max()]
    return change.rename("difference").reset_index()


def more_than_badge(change: pd.DataFrame) -> pd.DataFrame:
    """Subtract BADGE's profit from small queries from Margin's, run by run.

    Parameters
    ----------
    change : pandas.DataFrame
        As returned by `small_minus_large`.
    """
    both = change[change["strategy"].isin(RIVALS)].rename(columns={"difference": "change"})
    return paired_differences(both, "change", "strategy", "badge").drop(columns="change")


def along_sizes(differs: pd.DataFrame) -> pd.DataFrame:
    """How BADGE minus Margin changes from the smallest size of query to the largest.

    Parameters
    ----------
    differs : pandas.DataFrame
        As returned by `differences`, of several sizes of query.

    Returns
    -------
    pandas.DataFrame
        ``measure`` and the columns of `both_intervals`.
    """
    keys = ["measure", "dataset", "embedder", "initial_pool", "seed"]
    wide = differs.pivot(index=keys, columns="query_size", values="difference")
    change = wide[wide.columns.max()] - wide[wide.columns.min()]
    return both_intervals(change.rename("difference").reset_index(), ["measure"])


def accuracy_at(table: pd.DataFrame) -> dict[int, pd.Series]:
    """Return BADGE minus Margin in accuracy of the last head, for each size of query."""
    differs = differences(table)
    rows = both_intervals(differs[differs["measure"] == "accuracy"], ["query_size"])
    return {int(row["query_size"]): row for _, row in rows.iterrows()}


def beside_blind(table: pd.DataFrame, strategy: str) -> pd.DataFrame:
    """Subtract a blind batch's spread, which is 1, from that of a strategy, run by run.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `runs`.
    strategy : str
        Its name.
    """
    own = table[table["strategy"] == strategy]
    return own.assign(difference=own["spread"] - 1)
