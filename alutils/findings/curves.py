"""Along the curve: where strategies are ahead of Random, how far, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from alutils.figures.style import names, plain, points, signed
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import both_intervals, judge, needs, number
from alutils.findings.words import several
from alutils.statistics import (
    CELL_FIELDS,
    LEVEL,
    aulc,
    bootstrap_interval,
    intervals,
    labels_saved,
    paired_differences,
    saved_summary,
    verdicts,
)
from alutils.streams import stream

RESAMPLES = 2_000
"""For the bands of a figure, which has hundreds of them; tables and verdicts take more."""


class Stretches(NamedTuple):
    """Numbers of labels in the first and in the last third of the queries."""

    early: list[int]
    late: list[int]


def stretches(records: pd.DataFrame) -> Stretches:
    """Cut the queries of a curve into thirds, and return the first and the last.

    Parameters
    ----------
    records : pandas.DataFrame
        Of runs of at least three cycles, so that there are two queries. What is measured before
        the first query belongs to no stretch: there all strategies are still the same.

    Returns
    -------
    Stretches
    """
    after = sorted(set(records.loc[records["cycle"] > 0, "n_labelled"]))
    third = max(1, len(after) // 3)
    return Stretches(after[:third], after[-third:])


def differences(records: pd.DataFrame) -> pd.DataFrame:
    """Accuracy minus Random's in the first and the last third of the queries, for every run.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, with the strategy ``random``.

    Returns
    -------
    pandas.DataFrame
        The fields of the cell, ``seed``, ``stretch`` (``"early"``, ``"late"`` or ``"change"``,
        which is late minus early) and ``difference``, as a share.
    """
    curves = paired_differences(records, "accuracy", "strategy", "random")
    run = [*CELL_FIELDS, "seed"]
    parts = [
        curves[curves["n_labelled"].isin(labels)]
        .groupby(run, dropna=False, sort=False)["difference"]
        .mean()
        for labels in stretches(records)
    ]
    both = {"early": parts[0], "late": parts[1], "change": parts[1] - parts[0]}
    return pd.concat([part.reset_index().assign(stretch=name) for name, part in both.items()])


def by_strategy(found: pd.DataFrame) -> pd.DataFrame:
    """Mean and both intervals of every strategy and stretch, over all datasets and embedders.

    Parameters
    ----------
    found : pandas.DataFrame
        As returned by `differences`.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.findings.judging.both_intervals`, by ``strategy`` and ``stretch``, and
        the ``verdict`` of `judge` on "it is ahead of Random".
    """
    table = both_intervals(found, ["strategy", "stretch"])
    return table.assign(verdict=[judge(_judged(row)) for _, row in table.iterrows()])


def _judged(effect: pd.Series) -> pd.Series:
    """Return the interval that a verdict rests on."""
    # A single dataset says nothing about others: then the claim is about this dataset alone, and
    # with a single seed about nothing.
    one = effect["n_datasets"] == 1 or effect["n_seeds"] == 1
    low, high = ("low_fixed", "high_fixed") if one else ("low", "high")
    return pd.Series({"low": effect[low], "high": effect[high]})


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Say whether every advantage over Random that is there early is still there at the end.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, with the strategy ``random``.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
        It holds when each strategy that is ahead of Random in the first third of the queries is
        ahead in the last third; it does not hold when one of them is not, by half a point of
        accuracy or more; else nobody can tell, or nobody is ahead early.
    """
    found = differences(records)
    table = by_strategy(found)
    early, late = (
        table[table["stretch"] == name].set_index("strategy") for name in ("early", "late")
    )
    best_first = early["mean"].sort_values(ascending=False, kind="stable").index
    ahead = [str(s) for s in best_first if early["verdict"][s] == "holds"]
    fates = {word: [s for s in ahead if late.loc[s, "verdict"] == word] for word in _WORDS}
    verdict: Verdict = "cannot tell"
    if fates["does not hold"]:
        verdict = "does not hold"
    elif ahead and not fates["cannot tell"]:
        verdict = "holds"
    gained = [
        s for s in early.index if s not in ahead and late.loc[s, "verdict"] == "holds"
    ]  # fmt: skip
    cut = stretches(records)
    first = f"the first third of the queries ({_span(cut.early)})"
    last = f"the last third ({_span(cut.late)})"
    if not ahead:
        sentence = f"No strategy is ahead of Random in {first} by more than could be luck"
    else:
        sentence = (
            f"Of {len(early)} strategies, {len(ahead)} "
            f"{'is' if len(ahead) == 1 else 'are'} ahead of Random in {first}: {names(ahead)}. "
            f"In {last}, "
            + "; ".join(
                f"{_WORDS[word]} for {_listed(word, fates[word], early, late)}"
                for word in _WORDS
                if fates[word]
            )
        )
    if gained:
        sentence += f". Ahead only in {last}: {names(gained)}"
    sentence += _order_words(found)
    size = early.iloc[0]
    if size["n_datasets"] == 1:
        sentence += f". This speaks of {plain(str(found['dataset'].iloc[0]))} alone"
    open_, stretch = fates["cannot tell"], "late"
    if not ahead:
        open_, stretch = [str(early["mean"].idxmax())], "early"
    if verdict == "cannot tell":
        one = found[(found["strategy"] == open_[0]) & (found["stretch"] == stretch)]
        sentence += f". To tell for {plain(open_[0])}, it needs {needs(one)}"
    sizes = (
        f"{several(size['n_datasets'], 'dataset')}, {several(size['n_seeds'], 'seed')}, "
        f"means over {several(measured['embedder'].nunique(), 'embedder')}"
    )
    unit = "dataset" if size["n_datasets"] > 1 else "seed"
    return Finding(
        question="Does a strategy's advantage over Random last along the budget?",
        verdict=verdict,
        sentence=f"{sentence}.",
        test=f"95 % bootstrap intervals of paired differences in accuracy; unit: {unit} "
        f"({sizes}); differences below half a point do "
        "not count as a lead. No interval is corrected for the number of strategies: for the claim "
        "to hold each must pass, so none needs it; that one of them fails can be chance.",
        change="A larger budget, since every advantage ends when the pool is used up; harder "
        "datasets, which leave room for longer; or counting labels instead of accuracy: near the "
        "end of a flat curve a small lead is worth many labels.",
        numbers=_numbers(table),
    )


_WORDS = {
    "holds": "the lead is still there",
    "does not hold": "less than half a point is left",
    "cannot tell": "it cannot be told",
}


def _span(labels: Sequence[int]) -> str:
    ends = f"{labels[0]:,}" if len(labels) == 1 else f"{labels[0]:,} to {labels[-1]:,}"
    return f"{ends} labels"


def _listed(word: str, which: Sequence[str], early: pd.DataFrame, late: pd.DataFrame) -> str:
    """Name strategies; where the lead is lost or in doubt, with what it was and what it became."""
    if word == "holds":
        return names(which)
    return "; ".join(
        f"{plain(s)} (from {points(early['mean'][s])} to {points(late['mean'][s])})" for s in which
    )


def _order_words(found: pd.DataFrame) -> str:
    order = order_agreement(found)
    if not len(order):
        return ""
    across, itself = order["tau"]["across"], order["tau"]["itself"]
    return (
        ". The order of the strategies early agrees with that at the end by a tau of "
        f"{_tau_words(across)}, and with itself on other seeds by {_tau_words(itself)}"
    )


def _tau_words(tau: float) -> str:
    return signed([tau, np.nan, np.nan], 2)


def _numbers(table: pd.DataFrame) -> dict[str, Number]:
    what = {
        "early": "minus Random, accuracy, first third of the queries",
        "late": "minus Random, accuracy, last third of the queries",
        "change": "minus Random, last third minus first third",
    }
    return {
        f"{row['strategy']}_{row['stretch']}": number(
            row, f"{plain(row['strategy'])} {what[row['stretch']]}"
        )
        for _, row in table.iterrows()
    }


def order_agreement(found: pd.DataFrame) -> pd.DataFrame:
    """Kendall's tau of the order of strategies early with that late, and with itself.

    Parameters
    ----------
    found : pandas.DataFrame
        As returned by `differences`. Random takes part, with a difference of zero.

    Returns
    -------
    pandas.DataFrame
        ``tau``, ``low``, ``high`` (95 %, datasets drawn again; NaN for a single one) in the rows
        ``"across"`` (early against late) and ``"itself"`` (early against early). Both compare one
        half of the seeds with the other, so that luck lowers both alike and neither compares runs
        with themselves. Empty with one seed.
    """
    halves = found.assign(half=found["seed"] % 2)
    if halves["half"].nunique() < 2:
        return pd.DataFrame(columns=["tau", "low", "high"])
    # Seeds are averaged, then embedders, then (below) the datasets drawn.
    means = halves.groupby(["stretch", "half", "dataset", "strategy"])["difference"].mean()
    n = halves["dataset"].nunique()
    rng = stream("bootstrap", "order along the curve", 0)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES) / n
    weights = np.vstack([np.full(n, 1 / n), drawn])

    def signs(stretch: str, half: int) -> np.ndarray:
        table = means.loc[stretch, half].unstack("strategy").assign(random=0.0)
        values = weights @ table.to_numpy()
        upper = np.triu_indices(values.shape[1], 1)
        pairs: np.ndarray = np.sign(values[:, :, None] - values[:, None, :])[:, *upper]
        return pairs

    early = [signs("early", half) for half in (0, 1)]
    late = [signs("late", half) for half in (0, 1)]
    taus = {
        "across": (_tau(early[0], late[1]) + _tau(early[1], late[0])) / 2,
        "itself": _tau(early[0], early[1]),
    }
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    rows = {
        name: [tau[0], *(np.quantile(tau[1:], ends) if n > 1 else [np.nan] * 2)]
        for name, tau in taus.items()
    }
    return pd.DataFrame(rows, index=["tau", "low", "high"]).T


def _tau(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Tau-b from the signs of all pairs, (n, pairs) each."""
    ties = np.sqrt((a != 0).sum(axis=1) * (b != 0).sum(axis=1))
    tau: np.ndarray = (a * b).sum(axis=1) / np.maximum(ties, 1)
    return tau


FATES = [
    "ahead throughout",
    "falls behind",
    "overtakes",
    "behind throughout",
    "undecided at an end",
]


def crossings(found: pd.DataFrame) -> pd.DataFrame:
    """Count the dataset x embedder units in which each strategy crosses Random.

    Parameters
    ----------
    found : pandas.DataFrame
        As returned by `differences`.

    Returns
    -------
    pandas.DataFrame
        One row per strategy: how many units are ``"ahead throughout"``, ``"falls behind"``
        (ahead early, behind late), ``"overtakes"`` (behind early, ahead late), ``"behind
        throughout"``, or ``"undecided at an end"``, where the 95 % interval over seeds of the
        first or of the last third includes zero; and ``n_units``.
    """
    unit = ["strategy", "dataset", "embedder"]
    ends = found[found["stretch"] != "change"]
    table = intervals(ends, "difference", ["stretch", *unit])
    words = table.assign(verdict=verdicts(table)).set_index(["stretch", *unit])["verdict"]
    word = {
        ("better", "better"): "ahead throughout",
        ("better", "worse"): "falls behind",
        ("worse", "better"): "overtakes",
        ("worse", "worse"): "behind throughout",
    }
    sides = words.unstack("stretch", sort=False)
    pairs = zip(sides["early"], sides["late"], strict=True)
    fates = pd.Series([word.get(p, "undecided at an end") for p in pairs], index=sides.index)
    counts = pd.DataFrame({fate: (fates == fate).astype(int) for fate in FATES})
    total = counts.groupby("strategy", sort=False).sum()
    return total.assign(n_units=total.sum(axis=1)).reset_index()


def ahead_from(records: pd.DataFrame) -> pd.Series:
    """Find the number of labels from which a strategy's mean stays above Random's to the end.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `finding`.

    Returns
    -------
    pandas.Series
        By strategy; over all datasets and embedders, all with the same weight. Missing where the
        last mean is not above Random's.
    """
    curves = paired_differences(records[records["cycle"] > 0], "accuracy", "strategy", "random")
    units = curves.groupby(["strategy", "n_labelled", "dataset", "embedder"])["difference"].mean()
    means = units.groupby(["strategy", "n_labelled"]).mean().unstack("strategy").sort_index()
    # From the end backwards: one wherever nothing at or after it is at zero or below.
    stays = (means > 0)[::-1].cummin()[::-1].astype(bool)
    first = {name: stays.index[stays[name]].min() for name in stays}
    return pd.Series(first, dtype="Int64", name="n_labelled")


def bands(records: pd.DataFrame, embedders: Sequence[str]) -> pd.DataFrame:
    """Accuracy minus Random's along the curve, averaged over datasets, with two intervals.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `finding`.
    embedders : sequence of str
        Which to keep; a line each.

    Returns
    -------
    pandas.DataFrame
        By ``strategy``, ``embedder`` and ``n_labelled``: the columns of
        `alutils.findings.judging.both_intervals`. Where nothing can differ yet (before the first
        query) both intervals are zero.
    """
    here = records[records["embedder"].isin(embedders)]
    curves = paired_differences(here, "accuracy", "strategy", "random")
    by = ["strategy", "embedder", "n_labelled"]
    fixed = bootstrap_interval(curves, by, n=RESAMPLES, datasets="fixed")
    moved = bootstrap_interval(curves, by, n=RESAMPLES, datasets="resampled")
    return moved.assign(low_fixed=fixed["low"], high_fixed=fixed["high"]).drop(columns="datasets")


def apart(records: pd.DataFrame) -> pd.DataFrame:
    """Accuracy minus Random's along the curve for every dataset, embedder and strategy.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `finding`.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.statistics.intervals`, by ``dataset``, ``embedder``, ``strategy`` and
        ``n_labelled``; the unit is the seed.
    """
    curves = paired_differences(records, "accuracy", "strategy", "random")
    return intervals(curves, "difference", ["dataset", "embedder", "strategy", "n_labelled"])


def whole(records: pd.DataFrame) -> pd.DataFrame:
    """AULC minus Random's for every dataset, embedder and strategy, with its interval and verdict.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `finding`.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.statistics.intervals` and ``verdict``.
    """
    gain = paired_differences(aulc(records), "aulc", "strategy", "random")
    table = intervals(gain, "difference", ["dataset", "embedder", "strategy"])
    return table.assign(verdict=verdicts(table))


def room(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Random's learning curves, and what they leave open.

    Parameters
    ----------
    records, measured : pandas.DataFrame
        As in `finding`.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.statistics.intervals` of the accuracy, by ``dataset``, ``embedder`` and
        ``n_labelled``; ``ceiling`` (probe accuracy, with most labels of the pool) and
        ``largest_class``, as shares.
    """
    curves = records[records["strategy"] == "random"]
    table = intervals(curves, "accuracy", ["dataset", "embedder", "n_labelled"])
    known = measured[["dataset", "embedder", "probe_accuracy", "largest_class"]]
    known = known.rename(columns={"probe_accuracy": "ceiling"})
    return table.merge(known, on=["dataset", "embedder"])


def saved(records: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Labels saved over Random along the curve, censored runs included, with an interval.

    Parameters
    ----------
    records : pandas.DataFrame
        As in `finding`.
    by : sequence of str
        Columns that define the lines, such as ``"strategy"``; each is taken at every number of
        labels between the first query and the last, where nobody can catch up any more.

    Returns
    -------
    pandas.DataFrame
        Columns of `alutils.statistics.saved_summary`, by `by` and ``n_labelled``, over all runs
        (datasets, embedders and seeds); ``low`` and ``high`` with datasets drawn again, each with
        all its runs. Where more than half of the runs (drawn) are ahead for good, the end is
        infinite. A single dataset has no interval: NaN.
    """
    table = labels_saved(records)
    ends = table["n_labelled"].groupby(table["cycles"]).transform("max")
    table = table[(table["cycle"] > 0) & (table["n_labelled"] < ends)]
    keys = [*by, "n_labelled"]
    rows = [
        {**dict(zip(keys, key, strict=True)), **_drawn_again(group)}
        for key, group in table.groupby(keys, sort=False)
    ]
    columns = [*keys, "low", "high"]
    return saved_summary(table, keys).merge(pd.DataFrame(rows, columns=columns), on=keys)


def _drawn_again(group: pd.DataFrame) -> dict[str, float]:
    """Return the ends of the interval of a median of censored values, datasets drawn again."""
    names_, place = np.unique(group["dataset"].to_numpy(str), return_inverse=True)
    n = len(names_)
    if n == 1:
        return {"low": np.nan, "high": np.nan}
    rng = stream("bootstrap", "labels saved", 0)
    times = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    weights = times[:, place]
    lowest = _medians(group["lowest"].to_numpy(), weights)
    highest = -_medians(-group["highest"].to_numpy(), weights)  # the upper of two middle ones
    # Quantiles that are values of the sample: between a number and infinity there is nothing.
    low = np.quantile(lowest, ends[0], method="lower")
    high = np.quantile(highest, ends[1], method="higher")
    return {"low": float(low), "high": float(high)}


def _medians(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Median of values (m,), each as often as a row of times (n, m) says: the lower middle one."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(times[:, order], axis=1)
    middle = (2 * passed >= passed[:, -1:]).argmax(axis=1)
    medians: np.ndarray = values[order][middle]
    return medians
