"""The lead over Random against measured quality: what is compared, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils import statistics
from alutils.findings.all_strategies import ALL, strategies_of, with_all
from alutils.findings.finding import Verdict
from alutils.findings.judging import both_intervals, judge
from alutils.statistics import QualityModel

MEASURE = "probe_accuracy"

LEAST_ROOM = 0.01
"""Below one point of room, a share of it is a ratio of two small numbers and says nothing."""


def leads(records: pd.DataFrame) -> pd.DataFrame:
    """AULC minus Random's, run by run, for every strategy and for the mean of all.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, Random among the strategies.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.paired_differences`, in shares; rows whose strategy is `ALL` are
        means over the others.
    """
    found = statistics.paired_differences(statistics.aulc(records), "aulc", "strategy", "random")
    keys = [*(name for name in statistics.CELL_FIELDS if name != "strategy"), "seed"]
    return with_all(found, keys, ["aulc", "difference"])


def rises(differences: pd.DataFrame, worst: str, best: str) -> pd.DataFrame:
    """How much the lead over Random changes from one embedder to another, seed by seed.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `leads` or `shares`.
    worst, best : str
        The two embedders.

    Returns
    -------
    pandas.DataFrame
        A difference of differences in each row's ``difference``. Datasets without one of the two
        embedders are left out.
    """
    ends = differences[differences["embedder"].isin([worst, best])]
    both = ends.groupby("dataset")["embedder"].transform("nunique") == 2
    return statistics.paired_differences(ends[both], "difference", "embedder", worst)


def absolute_rises(records: pd.DataFrame, worst: str, best: str) -> pd.DataFrame:
    """How much AULC itself changes from one embedder to another: the trivial part.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `leads`.
    worst, best : str
        The two embedders.

    Returns
    -------
    pandas.DataFrame
        As of `rises`, Random included.
    """
    areas = statistics.aulc(records[records["embedder"].isin([worst, best])])
    return statistics.paired_differences(areas, "aulc", "embedder", worst)


def shares(differences: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Leads as shares of the room that Random leaves: a sensitivity analysis.

    A better embedding leaves less room above Random. The room is the probe accuracy, which takes
    every label of the pool, minus Random's AULC.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `leads`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        As of `leads`, divided by the room of each dataset, embedder and initial pool (a mean over
        seeds, so that only the lead has noise). Rows with less than `LEAST_ROOM` are left out.
    """
    keys = ["dataset", "embedder", "initial_pool"]
    table = differences.assign(reached=differences["aulc"] - differences["difference"])
    table = table.merge(measured[["dataset", "embedder", MEASURE]], on=["dataset", "embedder"])
    room = table[MEASURE] - table.groupby(keys)["reached"].transform("mean")
    table["difference"] /= room
    return table[room >= LEAST_ROOM].drop(columns=["reached", MEASURE])


def by_quality(
    differences: pd.DataFrame, measured: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the tables behind the figure of AULC and lead against quality.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `leads`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    tuple of pandas.DataFrame
        For every strategy (Random first), dataset and embedder: ``quality``, ``aulc`` and ``lead``
        (NaN for Random), means over seeds. And for every strategy and embedder their means over
        datasets, with the interval ``low``, ``high`` of the lead for other datasets, or over
        seeds where there is one dataset.
    """
    unit = ["strategy", "dataset", "embedder"]
    own = differences[differences["strategy"] != ALL]
    each = own.groupby(unit)[["aulc", "difference"]].mean()
    each = each.rename(columns={"difference": "lead"}).reset_index()
    random = each[each["strategy"] == each["strategy"].iloc[0]]
    random = random.assign(strategy="random", aulc=random["aulc"] - random["lead"], lead=np.nan)
    quality = measured[["dataset", "embedder", MEASURE]].rename(columns={MEASURE: "quality"})
    each = pd.concat([random, each]).merge(quality, on=["dataset", "embedder"])
    means = each.groupby(["strategy", "embedder"], sort=False)[["quality", "aulc", "lead"]].mean()
    ends = both_intervals(own, ["strategy", "embedder"]).set_index(["strategy", "embedder"])
    means["low"] = ends["low"].fillna(ends["low_fixed"])
    means["high"] = ends["high"].fillna(ends["high_fixed"])
    return each, means.reset_index()


def by_strategy(differences: pd.DataFrame) -> pd.DataFrame:
    """Summarise over datasets, with both intervals and a verdict for each strategy.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `rises`.

    Returns
    -------
    pandas.DataFrame
        As of `both_intervals`, indexed by strategy, with ``verdict``.
    """
    table = both_intervals(differences, ["strategy"]).set_index("strategy")
    return table.assign(verdict=[_verdict(row) for _, row in table.iterrows()])


def _verdict(effect: pd.Series) -> Verdict:
    # One seed shows no luck of the draw, even where several datasets make an interval.
    return judge(effect) if effect["n_seeds"] > 1 else "cannot tell"


def correlations(differences: pd.DataFrame, measured: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Rank correlations of the lead over Random with a measure of quality.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `leads`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    measure : str
        Column of `measured`.

    Returns
    -------
    pandas.DataFrame
        One row per strategy, indexed by it. ``within``, ``within_low``, ``within_high``:
        Spearman's over the embedders of a dataset, for means over seeds, averaged over datasets,
        with datasets drawn again (with seeds, where there is one dataset). ``run``, ``run_low``,
        ``run_high``: the same kind for single seeds, whose luck weakens it, interval over seeds.
        ``across``, ``across_low``, ``across_high``: over all pairs of dataset and embedder
        together, datasets drawn again.
    """
    runs = differences.groupby(["strategy", "dataset", "embedder", "seed"])["difference"].mean()
    table = runs.reset_index()
    by_run = statistics.rank_trend(table, measured, measure, "strategy")
    table = table.merge(measured[["dataset", "embedder", measure]], on=["dataset", "embedder"])
    inside = statistics.within_correlations(table, measure, "difference", ["strategy"])
    inside["low"] = inside["low"].fillna(inside["low_fixed"])
    inside["high"] = inside["high"].fillna(inside["high_fixed"])
    overall = statistics.rank_correlations(table, measure, "difference", ["strategy"], n=2_000)
    overall = overall[overall["method"] == "spearman"].rename(columns={"correlation": "mean"})
    found = {"within": inside, "run": by_run, "across": overall}
    parts = []
    for name, each in found.items():
        part = each.set_index("strategy")[["mean", "low", "high"]]
        part.columns = pd.Index([name, f"{name}_low", f"{name}_high"])
        parts.append(part)
    return pd.concat(parts, axis=1)


def reference_of(strategies: Sequence[str]) -> str:
    """Return the strategy that others are compared with: margin, or else the first.

    Parameters
    ----------
    strategies : sequence of str
        Names.
    """
    return "margin" if "margin" in strategies else strategies[0]


def rises_apart(rise: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Compare the rise of each strategy with that of a reference, with both intervals.

    Parameters
    ----------
    rise : pandas.DataFrame
        As returned by `rises`.
    reference : str
        A strategy.

    Returns
    -------
    pandas.DataFrame
        As of `both_intervals`, indexed by the other strategies. Random's luck cancels.
    """
    own = rise[rise["strategy"] != ALL]
    apart = statistics.paired_differences(own, "difference", "strategy", reference)
    return both_intervals(apart, ["strategy"]).set_index("strategy")


def slopes_differ(differences: pd.DataFrame, measured: pd.DataFrame) -> QualityModel | None:
    """Test whether quality matters more to some strategies than to others.

    Parameters
    ----------
    differences, measured : pandas.DataFrame
        As in `correlations`.

    Returns
    -------
    alutils.statistics.QualityModel or None
        Of `reference_of`; None with fewer than two strategies, two datasets or three embedders,
        from which the model would still make a p-value, but none to believe.
    """
    found = strategies_of(differences)
    own = differences[differences["strategy"].isin(found)].sort_values(["strategy", "dataset"])
    if len(found) < 2 or own["dataset"].nunique() < 2 or own["embedder"].nunique() < 3:
        return None
    return statistics.quality_model(own, measured, MEASURE, reference_of(found))


def early_cycle(cycles: int) -> int:
    """Return the cycle to read labels saved at: a quarter on, so that Random can catch up later.

    Parameters
    ----------
    cycles : int
        Of a run.

    Examples
    --------
    >>> early_cycle(16), early_cycle(1)
    (4, 0)
    """
    return cycles // 4


def saved(records: pd.DataFrame, embedders: Sequence[str], by: Sequence[str] = ()) -> pd.DataFrame:
    """Labels saved against Random at an early cycle.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `leads`.
    embedders : sequence of str
        Which to show.
    by : sequence of str
        Further columns to keep apart.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.saved_summary`, for each strategy, embedder and level of `by`,
        with ``n_labelled``.
    """
    runs = statistics.labels_saved(records[records["embedder"].isin(embedders)])
    early = runs[runs["cycle"] == early_cycle(int(records["cycles"].max()))]
    return statistics.saved_summary(early, ["strategy", "embedder", *by, "n_labelled"])
