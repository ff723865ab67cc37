"""Properties of embeddings: which move together, which a knob turns, what goes along with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from alutils.catalogue.steps import base_name
from alutils.diagnostics import MEASURES
from alutils.embedders import entry_of
from alutils.findings.all_strategies import ALL, with_all
from alutils.findings.correlations import performance
from alutils.findings.judging import both_intervals
from alutils.findings.ladders import Ladder, ladders_of, on_ladders
from alutils.statistics import (
    dataset_correlations,
    rank_correlations,
    signed_rank_tests,
    within_correlations,
)

PROBE = "probe_accuracy"

TITLES = {each.name: each.title for each in MEASURES}
"""How measures are written."""

LABEL_FREE = [each.name for each in MEASURES if not each.needs_labels]

KEPT = 0.02
"""Embeddings whose probe accuracies differ by less than two points are called equally good: each
has a standard error of a bit more than half a point on a pool of 5,000 texts."""

FEWEST = 5
"""With fewer embedders a rank correlation takes few values, and intervals of it mean little."""


def usable(measured: pd.DataFrame) -> list[str]:
    """Return the measures that at least three embedders have on every dataset.

    Parameters
    ----------
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`; measures that came later than an archive
        are missing in it.
    """
    have = [name for name in TITLES if name in measured]
    known = measured.groupby("dataset")[have].count().min()
    return [name for name in have if known[name] >= 3]


def outcomes(records: pd.DataFrame) -> pd.DataFrame:
    """Collect what properties may go along with: Random's AULC, and every other strategy's gain.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, Random among the strategies.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, ``dataset``, ``embedder``, ``seed`` and ``outcome``, a share: the AULC of
        Random, else the AULC minus Random's. Rows of `ALL` are medians over the strategies but
        Random: a mean would follow the one strategy whose gain moves most.
    """
    table = performance(records)
    table = table[table["strategy"] != ALL]
    value = table["gain"].where(table["strategy"] != "random", table["aulc"])
    own = table[["strategy", "dataset", "embedder", "seed"]].assign(outcome=value)
    return with_all(own, ["dataset", "embedder", "seed"], ["outcome"], how="median")


def along(
    results: pd.DataFrame, measured: pd.DataFrame, measures: Sequence[str], given: str | None = None
) -> pd.DataFrame:
    """Correlate outcomes with measures over the embedders of each dataset, and average.

    Parameters
    ----------
    results : pandas.DataFrame
        As returned by `outcomes`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    measures : sequence of str
        Of `usable`.
    given : str, optional
        Measure to hold constant; it has no row of its own then.

    Returns
    -------
    pandas.DataFrame
        One row per ``strategy`` and ``measure``: what
        `alutils.statistics.within_correlations` returns (Spearman's), and ``p`` of a signed-rank
        test of the datasets' correlations, corrected for nothing.
    """
    own = [name for name in measures if name != given]
    if not own:
        ends = ["mean", "low", "high", "low_fixed", "high_fixed"]
        sizes = ["n_datasets", "n_seeds", "n_embedders"]
        return pd.DataFrame(columns=["strategy", "measure", *ends, *sizes, "p"])
    long = measured.melt(["dataset", "embedder"], own, var_name="measure", value_name="value")
    if given is not None:
        long = long.merge(measured[["dataset", "embedder", given]], on=["dataset", "embedder"])
    table = long.merge(results, on=["dataset", "embedder"])
    by = ["strategy", "measure"]
    found = within_correlations(table, "value", "outcome", by, given=given)
    each = dataset_correlations(table, "value", "outcome", by, given=given)
    each = each.assign(seed=0, both=each["strategy"] + " " + each["measure"])
    p = pd.Series(dtype=float)
    if len(each):
        tests = signed_rank_tests(
            each.rename(columns={"correlation": "difference"}), "both", ["dataset"]
        )
        p = tests.set_index("both")["p"]
    return found.assign(p=(found["strategy"] + " " + found["measure"]).map(p))


def together(measured: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Correlate the measures with each other over the embedders of each dataset, and average.

    Parameters
    ----------
    measured, measures
        As in `along`.

    Returns
    -------
    pandas.DataFrame
        Square, a row and a column for each measure: means of Spearman's correlations. Measures that
        say the same, or the opposite, stand side by side: they are ordered as the leaves of an
        average-linkage tree over one minus the size of the correlation.
    """
    each = [here[list(measures)].corr("spearman") for _, here in measured.groupby("dataset")]
    stack = np.stack([one.to_numpy() for one in each])
    known = ~np.isnan(stack)
    means = np.nan_to_num(stack).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    np.fill_diagonal(means, 1.0)
    order = np.arange(len(measures))
    if len(measures) > 2:
        apart = 1 - np.abs((means + means.T) / 2)
        tree = linkage(squareform(apart.clip(0), checks=False), "average", optimal_ordering=True)
        order = leaves_list(tree)
    names = [measures[int(place)] for place in order]
    return pd.DataFrame(means[np.ix_(order, order)], index=names, columns=names)


def ladders_among(embedders: Sequence[str]) -> list[Ladder]:
    """Find the ladders of the backbone that most of the embedders come from.

    Parameters
    ----------
    embedders : sequence of str
        Names.

    Returns
    -------
    list of Ladder
        Empty if no embedder is made worse, or if the backbone itself is not among them.
    """
    backbones = {name: entry_of(name).backbone or base_name(name) for name in embedders}
    counts = pd.Series(backbones).value_counts()
    most = [name for name in embedders if backbones[name] == counts.index[0]]
    if len(most) < 2 or counts.index[0] not in most:
        return []
    return ladders_of(most)


def moves(
    measured: pd.DataFrame, measures: Sequence[str], ladders: Sequence[Ladder]
) -> pd.DataFrame:
    """How far every ladder moves every measure, from its top to the lower half of its rungs.

    Parameters
    ----------
    measured, measures
        As in `along`.
    ladders : sequence of Ladder
        As returned by `ladders_among`.

    Returns
    -------
    pandas.DataFrame
        One row per ``ladder`` and ``measure``: what `alutils.findings.judging.both_intervals`
        returns, in standard deviations over the embedders of a dataset.
    """
    table = on_ladders(_standardised(measured, measures), ladders)
    bottoms = {ladder.name: ladder.bottom for ladder in ladders}
    low = [e in bottoms[name] for name, e in zip(table["ladder"], table["embedder"], strict=True)]
    unit = ["ladder", "measure", "dataset"]
    bottom = table[low].groupby(unit, sort=False)["z"].mean()
    top = table[table["place"] == 0].set_index(unit)["z"]
    moved = (bottom - top.reindex(bottom.index)).rename("difference").dropna().reset_index()
    return both_intervals(moved.assign(seed=0), ["ladder", "measure"])


def _standardised(measured: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Write measures in standard deviations of their dataset; one that is constant is 0."""
    keys = ["dataset", "embedder"]
    long = measured.melt(keys, list(measures), var_name="measure", value_name="value")
    grouped = long.groupby(["dataset", "measure"])["value"]
    spread = grouped.transform("std")
    z = (long["value"] - grouped.transform("mean")) / spread.where(spread > 0, 1)
    return long[["dataset", "embedder", "measure"]].assign(z=z)


def equally_good(measured: pd.DataFrame, ladders: Sequence[Ladder]) -> pd.DataFrame:
    """Find the rungs whose probe accuracy is that of the top.

    Parameters
    ----------
    measured, ladders
        As in `moves`.

    Returns
    -------
    pandas.DataFrame
        One row per ``embedder``, in the order of the ladders: what
        `alutils.findings.judging.both_intervals` returns of its probe accuracy minus that of the
        top. The whole interval for other datasets (the mean, if there is one dataset) is within
        `KEPT` of zero.
    """
    table = on_ladders(measured[["dataset", "embedder", PROBE]], ladders)
    top = table[table["place"] == 0].groupby("dataset")[PROBE].first()
    below = table[table["place"] > 0]
    below = below.assign(difference=below[PROBE] - below["dataset"].map(top), seed=0)
    found = both_intervals(below, ["embedder"])
    ends = found[["low", "high"]].abs().max(axis=1).fillna(found["mean"].abs())
    return found[ends < KEPT].reset_index(drop=True)


def against_top(
    results: pd.DataFrame, ladders: Sequence[Ladder], embedders: Sequence[str]
) -> pd.DataFrame:
    """Subtract the outcomes on the top rung from those on others, paired by dataset and seed.

    Parameters
    ----------
    results
        As in `along`.
    ladders : sequence of Ladder
        As returned by `ladders_among`.
    embedders : sequence of str
        Rungs to compare.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, ``embedder``, ``dataset``, ``seed`` and ``difference``.
    """
    keys = ["strategy", "dataset", "seed"]
    top = results[results["embedder"] == ladders[0].top].set_index(keys)["outcome"]
    own = results[results["embedder"].isin(embedders)].set_index(keys)
    apart = (own["outcome"] - top.reindex(own.index)).to_numpy()
    return own.assign(difference=apart).reset_index()[[*keys, "embedder", "difference"]]


def shifts(
    measured: pd.DataFrame, measures: Sequence[str], ladders: Sequence[Ladder]
) -> pd.DataFrame:
    """How far every rung has moved every measure from the top, in standard deviations.

    Parameters
    ----------
    measured, measures, ladders
        As in `moves`.

    Returns
    -------
    pandas.DataFrame
        A row for each embedder, a column for each measure, means over datasets.
    """
    table = _standardised(measured, measures)
    means = table.groupby(["embedder", "measure"])["z"].mean().unstack()
    return (means - means.loc[ladders[0].top])[list(measures)]


def stand_ins(measured: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Correlate measures with probe accuracy, within datasets and across them.

    Parameters
    ----------
    measured, measures
        As in `along`.

    Returns
    -------
    pandas.DataFrame
        One row per ``measure``: ``within``, ``within_low``, ``within_high`` (over embedders of a
        dataset, averaged; datasets drawn again) and ``across``, ``across_low``, ``across_high``
        (all pairs in one ranking; datasets drawn again with all their embedders). Spearman's.
    """
    own = [name for name in measures if name != PROBE]
    long = measured.melt(["dataset", "embedder", PROBE], own, var_name="measure")
    inside = within_correlations(long.assign(seed=0), "value", PROBE, ["measure"])
    inside = inside.set_index("measure")[["mean", "low", "high"]]
    overall = rank_correlations(long.dropna(), "value", PROBE, ["measure"], n=2_000)
    overall = overall[overall["method"] == "spearman"].set_index("measure")
    overall = overall[["correlation", "low", "high"]]
    inside.columns = pd.Index(["within", "within_low", "within_high"])
    overall.columns = pd.Index(["across", "across_low", "across_high"])
    return inside.join(overall).reindex(own).reset_index()
