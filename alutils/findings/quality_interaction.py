"""Do strategies gain from better embeddings? The lead over Random against measured quality."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils import statistics
from alutils.figures.style import names, plain, signed
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import (
    both_intervals,
    interval_words,
    judge,
    needs,
    number,
)
from alutils.quality import embedder_order
from alutils.statistics import QualityModel

ALL = "all strategies"
"""Stands where the name of a strategy would: the mean over all strategies but Random."""

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
    keys = [*statistics.CELL_FIELDS, "seed"]
    every = found.assign(strategy=ALL).groupby(keys, dropna=False)[["aulc", "difference"]].mean()
    return pd.concat([found, every.reset_index()], ignore_index=True)


def strategies_of(table: pd.DataFrame) -> list[str]:
    """Return the strategies of a table besides Random and `ALL`, in the order of their names.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``strategy``.
    """
    return sorted(set(table["strategy"]) - {"random", ALL})


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


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Judge the claim that strategies gain from better embeddings.

    The claim speaks of strategies in general, so it is judged for their mean, by the change of
    the lead over Random from the embedder with the lowest mean probe accuracy to the highest.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
    """
    order = embedder_order(measured)
    worst, best = order[0], order[-1]
    lead = leads(records)
    found = strategies_of(lead)
    rise = rises(lead, worst, best)
    judged = by_strategy(rise)
    effect, own = _row(judged, ALL), judged.loc[found]
    verdict: Verdict = effect["verdict"]
    level = both_intervals(lead[(lead["strategy"] == ALL) & (lead["embedder"] == best)]).iloc[0]
    absolute = absolute_rises(records, worst, best)
    trivial = both_intervals(absolute[absolute["strategy"] == "random"]).iloc[0]
    relative = rises(shares(lead, measured), worst, best)
    relative = relative[relative["strategy"] == ALL]
    share = both_intervals(relative).iloc[0] if len(relative) else None

    named = {
        word: names(own.index[own["verdict"] == word]) for word in dict.fromkeys(own["verdict"])
    }
    each = "; ".join(f"it {word} for {which}".replace("it cannot", "one cannot")
                     for word, which in named.items())  # fmt: skip
    sentence = (
        f"From {plain(worst)} to {plain(best)} the lead over Random in AULC, averaged over "
        f"{names(found)}, changes by {interval_words(effect)}; it is then "
        f"{interval_words(level)}. Strategy by strategy, {each}. Random's own AULC changes by "
        f"{interval_words(trivial)}: that better embeddings give better accuracy is no merit of a "
        "strategy."
    )
    if len(order) > 2:  # the worst may be far from the others, and the whole change due to it
        inner = both_intervals(rises(lead[lead["strategy"] == ALL], order[1], best)).iloc[0]
        sentence += (
            f" Without {plain(worst)}, from {plain(order[1])}, the lead changes by "
            f"{interval_words(inner)}."
        )
    if share is not None:
        sentence += f" {_room_sentence(share, verdict)}"
    trend = _row(correlations(lead, measured, MEASURE), ALL)
    n_datasets, n_seeds = int(effect["n_datasets"]), int(effect["n_seeds"])
    unit = "datasets" if n_datasets > 1 else "seeds"
    drawn = "" if np.isnan(trend["within_low"]) else f", {unit} drawn again"
    test = (
        "Difference of differences, paired by seed; bootstrap with the dataset as unit "
        f"({n_datasets}), and with the seed as unit ({n_seeds} in each dataset). Rank correlation "
        f"of lead and probe accuracy within datasets, over {len(order)} embedders: "
        f"{correlation_words(trend, 'within')}{drawn}. "
        f"{model_words(slopes_differ(lead, measured))}"
    )
    return Finding(
        question="Do strategies gain from better embeddings?",
        verdict=verdict,
        sentence=sentence,
        test=test,
        change=_change(rise[rise["strategy"] == ALL], effect, verdict),
        numbers=_numbers(judged, found, trivial, share, trend, f"{plain(worst)} to {plain(best)}"),
    )


def _row(table: pd.DataFrame, name: str) -> pd.Series:
    row = table.loc[name]
    assert isinstance(row, pd.Series)
    return row


def _numbers(
    judged: pd.DataFrame,
    found: Sequence[str],
    trivial: pd.Series,
    share: pd.Series | None,
    trend: pd.Series,
    way: str,
) -> dict[str, Number]:
    numbers = {"rise": number(_row(judged, ALL), f"change of the lead over Random, AULC, {way}")}
    for name in found:
        label = f"change of the lead of {plain(name)} over Random, AULC, {way}"
        numbers[f"rise_{name}"] = number(_row(judged, name), label)
    numbers["rise_random"] = number(trivial, f"change of Random's own AULC, {way}")
    if share is not None:
        ends = float(share["mean"]), float(share["low"]), float(share["high"])
        label = f"change of the lead as a share of the room left, {way}"
        numbers["rise_share"] = Number(label, *ends, "datasets", "plain")
    ends = float(trend["within"]), float(trend["within_low"]), float(trend["within_high"])
    label = "rank correlation of lead and probe accuracy within datasets"
    numbers["correlation"] = Number(label, *ends, "datasets", "plain")
    return numbers


def share_words(effect: pd.Series) -> str:
    """Write a row of `both_intervals` on shares of room in per cent of the room.

    Parameters
    ----------
    effect : pandas.Series
        ``mean``, ``low``, ``high``, ``low_fixed``, ``high_fixed``.
    """
    return interval_words(effect).replace(" points", " % of the room")


def _room_sentence(share: pd.Series, verdict: Verdict) -> str:
    # No margin: half a point of accuracy is no measure of a share of room.
    also = "cannot be told"
    if share["n_seeds"] > 1 and share["low"] > 0:
        also = "grows"
    elif share["n_seeds"] > 1 and share["high"] < 0:
        also = "shrinks"
    words = f"As a share of the room that Random leaves (sensitivity analysis), the lead {also}"
    if also == "cannot be told":
        words = "Whether it grows as a share of the room that Random leaves cannot be told"
        words += " (sensitivity analysis)"
    words += f": {share_words(share)}."
    if also == "grows" and verdict == "does not hold":
        words += " So the verdict rests on points: in a smaller room the same points are more."
    return words


def _change(rise: pd.DataFrame, effect: pd.Series, verdict: Verdict) -> str:
    if effect["n_seeds"] < 2:
        return "Cannot tell: needs more than one seed."
    if effect["n_datasets"] < 2:
        return (
            "Cannot tell: needs more than one dataset, because the claim is about datasets in "
            "general."
        )
    few = (
        " With fewer than five datasets, the interval for other datasets is itself uncertain."
        if effect["n_datasets"] < 5
        else ""
    )
    if verdict == "cannot tell":
        return f"Cannot tell: needs {needs(rise)}.{few}"
    return (
        "Other ends of the scale of quality than these two embedders, or other datasets whose "
        f"change lies outside the wider interval.{few}"
    )


def correlation_words(row: pd.Series, name: str) -> str:
    """Write one of the correlations of a row of `correlations`.

    Parameters
    ----------
    row : pandas.Series
        Of `correlations`.
    name : {"run", "within", "across"}
        Which.
    """
    if np.isnan(row[name]):
        return "not defined"
    return signed([row[name], row[f"{name}_low"], row[f"{name}_high"]], 2)


def model_words(model: QualityModel | None) -> str:
    """Say what the mixed model found, and whether the fits went well.

    Parameters
    ----------
    model : alutils.statistics.QualityModel or None
        As returned by `slopes_differ`.
    """
    if model is None:
        return (
            "There is no mixed model: it needs two strategies besides Random, two datasets and "
            "three embedders."
        )
    if np.isnan(model.p):
        return "The mixed model could not be fitted."
    words = (
        f"Mixed model (strategy by quality, random intercept for each of {model.n_datasets} "
        f"datasets, {model.n_rows} means): likelihood-ratio test that quality matters alike to "
        f"all strategies, chi-square {model.statistic:.1f} on {model.df} degrees of freedom, "
        f"p {'< 0.001' if model.p < 0.001 else f'= {model.p:.3f}'}."
    )
    return words if model.converged and not model.problems else f"{words} The fits had complaints."
