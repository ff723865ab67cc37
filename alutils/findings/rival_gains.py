"""What Margin and BADGE gain, over Random and over each other: the tables behind the verdict."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils.findings.judging import MARGIN, both_intervals
from alutils.quality import embedder_order
from alutils.statistics import (
    aulc,
    intervals,
    outcomes,
    paired_differences,
    rank_correlations,
    rank_trend,
    signed_rank_tests,
    tally,
    unit_means,
    without_bias,
)
from alutils.streams import stream

UNIT = ["dataset", "embedder"]
RIVALS = ["margin", "badge"]
RESAMPLES = 10_000


def duel(records: pd.DataFrame) -> pd.DataFrame:
    """Subtract Margin's AULC from BADGE's, run by run.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, with ``"margin"`` and ``"badge"``.

    Returns
    -------
    pandas.DataFrame
        One row per run: ``difference`` is above zero where BADGE is ahead.
    """
    both = records[records["strategy"].isin(RIVALS)]
    return paired_differences(aulc(both), "aulc", "strategy", "margin")


def gains(records: pd.DataFrame) -> pd.DataFrame:
    """Subtract Random's AULC from those of Margin and BADGE, run by run.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `duel`, with ``"random"`` too.

    Returns
    -------
    pandas.DataFrame
        One row per run of the two: ``difference``.
    """
    three = records[records["strategy"].isin([*RIVALS, "random"])]
    return paired_differences(aulc(three), "aulc", "strategy", "random")


def head_to_head(differences: pd.DataFrame, by: list[str] | None = None) -> pd.DataFrame:
    """Say for every unit what the difference between the two shows.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `duel`.
    by : list of str, optional
        Columns that name one unit; by default dataset and embedder.

    Returns
    -------
    pandas.DataFrame
        One row per unit: ``mean``, ``low``, ``high`` over seeds, and ``outcome`` for BADGE as in
        `alutils.statistics.outcomes`, with half a point as what is too small to matter.
    """
    summary = intervals(differences, "difference", by or UNIT)
    return summary.assign(outcome=outcomes(summary, MARGIN))


def counts(units: pd.DataFrame) -> pd.Series:
    """Count the outcomes of `head_to_head`, as `alutils.statistics.tally` does."""
    return tally(units.assign(all=""), MARGIN, ["all"]).iloc[0]


def tests(differences: pd.DataFrame) -> pd.DataFrame:
    """Wilcoxon's signed-rank test of BADGE minus Margin, on two units.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `duel`.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.statistics.signed_rank_tests`: a row for dataset x embedder, which
        pretends that embedders of one dataset are unrelated, and one for datasets, the cautious
        one.
    """
    return pd.concat(
        [signed_rank_tests(differences, unit=unit) for unit in (UNIT, UNIT[:1])],
        ignore_index=True,
    )


def cases(gain: pd.DataFrame, n: int = RESAMPLES) -> pd.DataFrame:
    """Best case, worst case and spread of the gains over Random, with intervals over seeds.

    Parameters
    ----------
    gain : pandas.DataFrame
        As returned by `gains`.
    n : int
        Resamples.

    Returns
    -------
    pandas.DataFrame
        Three rows for each ``case`` (``"best"``, ``"worst"``: the largest and the smallest mean
        gain of a unit; ``"spread"``: the standard deviation over units). ``strategy`` is
        ``"margin"``, ``"badge"``, or ``"claimed"`` for their difference with the sign that the
        claim gives it: Margin minus BADGE for the best case and the spread, BADGE minus Margin
        for the worst. ``observed`` is what the means show; ``mean``, ``low`` and ``high`` come
        with seeds drawn again, the extreme found anew in every resample and its bias taken off;
        ``dataset``, ``embedder`` say where an extreme is and ``share`` in how many resamples it
        is there; ``low_datasets``, ``high_datasets`` belong to a spread with datasets drawn
        again. Extremes have none of that kind: other datasets may hold a case that no resample
        of these knows of.
    """
    over = unit_means(gain, "difference", ["strategy", *UNIT], n)
    of = {name: (over.units["strategy"] == name).to_numpy() for name in RIVALS}
    units = over.units[of["margin"]].reset_index(drop=True)
    rows = []
    for case in ("best", "worst", "spread"):
        seen, drawn = {}, {}
        for name in RIVALS:
            means, draws = over.means[of[name]], over.draws[:, of[name]]
            row: dict[str, object] = {"case": case, "strategy": name}
            if case == "spread":
                seen[name], drawn[name] = float(_spread(means)), _spread(draws)
            else:
                sign = 1 if case == "best" else -1
                at = int((sign * means).argmax())
                there = (sign * draws).argmax(axis=1)
                seen[name], drawn[name] = means[at], sign * (sign * draws).max(axis=1)
                row.update({column: units[column].iloc[at] for column in UNIT})
                row["share"] = (there == at).mean() if over.n_seeds > 1 else np.nan
            rows.append(row | without_bias(seen[name], drawn[name], over.n_seeds))
        sign = -1 if case == "worst" else 1
        seen["claimed"] = sign * (seen["margin"] - seen["badge"])
        drawn["claimed"] = sign * (drawn["margin"] - drawn["badge"])
        found = without_bias(seen["claimed"], drawn["claimed"], over.n_seeds)
        rows.append({"case": case, "strategy": "claimed", **found})
    table = pd.DataFrame(rows)
    pairs = {name: over.means[of[name]] for name in RIVALS}
    return table.merge(_spread_of_others(units, pairs, n), on=["case", "strategy"], how="left")


def _spread(means: np.ndarray) -> np.ndarray:
    spread: np.ndarray = np.std(means, axis=-1, ddof=1)
    return spread


def _spread_of_others(units: pd.DataFrame, means: dict[str, np.ndarray], n: int) -> pd.DataFrame:
    """Intervals of both spreads and of their difference, with datasets drawn again."""
    members = pd.get_dummies(units["dataset"]).to_numpy(float)
    k = members.shape[1]
    # How often each dataset is drawn, and with it each of its units.
    times = stream("bootstrap of datasets", "spread", 0).multinomial(k, np.full(k, 1 / k), size=n)
    weights = times @ members.T
    total = weights.sum(axis=1)
    drawn = {}
    for name, each in means.items():
        centre = (weights @ each / total)[:, None]
        drawn[name] = np.sqrt((weights * (each - centre) ** 2).sum(axis=1) / (total - 1))
    seen = {name: float(_spread(each)) for name, each in means.items()}
    seen["claimed"] = seen["margin"] - seen["badge"]
    drawn["claimed"] = drawn["margin"] - drawn["badge"]
    found = {name: without_bias(seen[name], drawn[name], k) for name in seen}
    return pd.DataFrame(
        {"case": "spread", "strategy": name, "low_datasets": f["low"], "high_datasets": f["high"]}
        for name, f in found.items()
    )


def below_random(gain: pd.DataFrame) -> pd.DataFrame:
    """Count the units in which each of the two is worse than Random by more than half a point.

    Parameters
    ----------
    gain : pandas.DataFrame
        As returned by `gains`.

    Returns
    -------
    pandas.DataFrame
        One row per strategy: ``below``, units whose whole interval is below minus half a point;
        ``not_below``, those whose whole interval is above it; ``undecided``, the others; ``seen``,
        those whose mean is below it, whatever the interval; ``n``, all.
    """
    units = intervals(gain, "difference", ["strategy", *UNIT])
    rows = []
    for name in RIVALS:
        here = units[units["strategy"] == name]
        below, above = here["high"] < -MARGIN, here["low"] >= -MARGIN
        rows.append(
            {
                "strategy": name,
                "below": int(below.sum()),
                "not_below": int(above.sum()),
                "undecided": int((~below & ~above).sum()),
                "seen": int((here["mean"] < -MARGIN).sum()),
                "n": len(here),
            }
        )
    return pd.DataFrame(rows)


def along_quality(differences: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """How much BADGE minus Margin changes from the worst to the best embedding of a dataset.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `duel`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        One row per ``dataset`` and ``seed``: ``difference`` is the rise of the least-squares line
        over probe accuracy, from the lowest to the highest of the dataset. A dataset whose
        embeddings are all equally good has no line and no row.
    """
    table = _with_quality(differences, measured)
    keys = [table["dataset"], table["seed"]]
    x = table["probe_accuracy"] - table.groupby(keys)["probe_accuracy"].transform("mean")
    sums = pd.DataFrame({"xy": x * table["difference"], "xx": x * x})
    sums = sums.groupby(keys).sum()
    ends = table.groupby(keys)["probe_accuracy"].agg(["min", "max"])
    flat = ends["max"] == ends["min"]
    change = sums["xy"] / sums["xx"].where(~flat) * (ends["max"] - ends["min"])
    return change.rename("difference").dropna().reset_index()


def between_embedders(differences: pd.DataFrame, low: str, high: str) -> pd.DataFrame:
    """Subtract BADGE minus Margin under one embedder from that under another, seed by seed.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `duel`.
    low, high : str
        The two embedders.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``seed`` and ``difference``, `high` minus `low`; datasets that have both.
    """
    cells = differences.groupby(["dataset", "seed", "embedder"])["difference"].mean().unstack()
    return (cells[high] - cells[low]).dropna().rename("difference").reset_index()


def quality_table(differences: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Four ways to ask whether BADGE minus Margin depends on the quality of the embedding.

    Parameters
    ----------
    differences, measured : pandas.DataFrame
        As in `along_quality`.

    Returns
    -------
    pandas.DataFrame
        One row per ``way``: ``"line"`` (`along_quality`) and ``"ends"`` (`between_embedders`,
        worst and best by mean probe accuracy), in AULC; ``"units"`` (Spearman's correlation over
        all units) and ``"within"`` (the same with ranks taken within datasets). ``mean``;
        ``low``, ``high`` with datasets drawn again; ``low_fixed``, ``high_fixed`` with seeds
        drawn again. A correlation has one of the two.
    """
    order = embedder_order(measured)
    ends = between_embedders(differences, order[0], order[-1])
    table = _with_quality(differences, measured)
    units = rank_correlations(table, "probe_accuracy", "difference").iloc[0]
    within = rank_trend(
        table.drop(columns="probe_accuracy").assign(strategy="badge"),
        measured, "probe_accuracy", "strategy",
    ).iloc[0]  # fmt: skip
    rows = [
        {"way": "line", **mean_effect(along_quality(differences, measured))},
        {"way": "ends", **mean_effect(ends)},
        {"way": "units", "mean": units["correlation"], "low": units["low"], "high": units["high"]},
        {
            "way": "within",
            "mean": within["mean"],
            "low_fixed": within["low"],
            "high_fixed": within["high"],
        },
    ]
    return pd.DataFrame(rows)[["way", "mean", "low", "high", "low_fixed", "high_fixed"]]


def _with_quality(differences: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    means = differences.groupby([*UNIT, "seed"])["difference"].mean().reset_index()
    return means.merge(measured[[*UNIT, "probe_accuracy"]], on=UNIT, validate="many_to_one")


def mean_effect(differences: pd.DataFrame) -> pd.Series:
    """Take the one row of `both_intervals`; NaN where there is nothing to average."""
    if differences.empty:
        return pd.Series(np.nan, ["mean", "low", "high", "low_fixed", "high_fixed"])
    return both_intervals(differences).iloc[0]


def along_the_curve(records: pd.DataFrame, rows: int = 6) -> pd.DataFrame:
    """BADGE minus Margin in accuracy at some numbers of labels, averaged over all units.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `duel`.
    rows : int
        Numbers of labels to show, evenly spaced from the first query to the last.

    Returns
    -------
    pandas.DataFrame
        ``n_labelled`` and the columns of `both_intervals`.
    """
    both = records[records["strategy"].isin(RIVALS) & (records["cycle"] > 0)]
    labels = np.sort(both["n_labelled"].unique())
    at = labels[
        np.unique(np.linspace(0, len(labels) - 1, min(rows, len(labels))).round().astype(int))
    ]
    differences = paired_differences(
        both[both["n_labelled"].isin(at)], "accuracy", "strategy", "margin"
    )
    return both_intervals(differences, ["n_labelled"]).sort_values("n_labelled")
