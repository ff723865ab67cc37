"""Small queries against large ones, which may hide differences between strategies.

A strategy that takes the points it is least sure of, a hundred at a time, may take a hundred that
are alike; taking ten at a time, it learns from the first ten before it takes the next. Both ways
start from the same initial pools here and are compared at equal numbers of labels. Random is the
control: its choices are as random in tens as in hundreds, so any change that it shows is noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from alutils.figures.style import plain, points
from alutils.findings.finding import Finding, Number
from alutils.findings.judging import (
    MARGIN,
    ODDS,
    both_intervals,
    interval_words,
    judge,
    more_datasets,
    needs,
    number,
    signed_rank_words,
)
from alutils.statistics import (
    bootstrap_interval,
    intervals,
    outcomes,
    paired_differences,
    seeds_needed,
    signed_rank_tests,
    unit_means,
    without_bias,
)
from alutils.study import Grid, grids_of

UNIT = ["dataset", "embedder"]
RUN = [*UNIT, "initial_pool", "strategy", "seed"]
RESAMPLES = 10_000

_ONE = "more datasets: one says nothing of others"


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grid of the small queries and that of the large ones.

    Parameters
    ----------
    parameters : mapping
        Of the page: those of a grid, ``large_query_size`` and ``large_cycles``.

    Returns
    -------
    list of Grid
        Alike in all but ``query_size`` and ``cycles``.
    """
    (small,) = grids_of([parameters])
    large = {"query_size": parameters["large_query_size"], "cycles": parameters["large_cycles"]}
    return [small, small.model_copy(update=large)]


def shared_labels(small: pd.DataFrame, large: pd.DataFrame) -> list[int]:
    """Numbers of labels at which both have a head, without that of the initial pool.

    Parameters
    ----------
    small, large : pandas.DataFrame
        Records of `alutils.study.run_study` that differ in ``query_size`` and ``cycles`` alone.

    Returns
    -------
    list of int
        In rising order.
    """
    both = [set(records.loc[records["cycle"] > 0, "n_labelled"]) for records in (small, large)]
    return sorted(int(n) for n in both[0] & both[1])


def at_shared_labels(small: pd.DataFrame, large: pd.DataFrame) -> pd.DataFrame:
    """Average accuracy over the numbers of labels that small and large queries share.

    Parameters
    ----------
    small, large : pandas.DataFrame
        As in `shared_labels`.

    Returns
    -------
    pandas.DataFrame
        One row per run: ``dataset``, ``embedder``, ``initial_pool``, ``strategy``, ``seed``,
        ``queries`` (``"small"``, ``"large"``) and ``accuracy``. Only shared numbers count: an area
        over all of them would measure two curves with rulers of different fineness.

    Raises
    ------
    ValueError
        If none is shared, or a run of one has no partner in the other.
    """
    labels = shared_labels(small, large)
    if not labels:
        raise ValueError("small and large queries share no number of labels")
    tables = [
        records[records["n_labelled"].isin(labels)]
        .groupby(RUN)["accuracy"]
        .mean()
        .reset_index()
        .assign(queries=name)
        for name, records in (("small", small), ("large", large))
    ]
    return pd.concat(tables, ignore_index=True)


def gains(shared: pd.DataFrame) -> pd.DataFrame:
    """Subtract Random's accuracy with queries of the same size, run by run.

    Parameters
    ----------
    shared : pandas.DataFrame
        As returned by `at_shared_labels`, with ``"random"``.

    Returns
    -------
    pandas.DataFrame
        One row per run of another strategy: ``queries`` and ``difference``.
    """
    parts = [
        paired_differences(here, "accuracy", "strategy", "random")
        for _, here in shared.groupby("queries")
    ]
    return pd.concat(parts, ignore_index=True)


def changes(shared: pd.DataFrame) -> pd.DataFrame:
    """Subtract accuracy with large queries from that with small ones, run by run.

    Parameters
    ----------
    shared : pandas.DataFrame
        As in `gains`.

    Returns
    -------
    pandas.DataFrame
        One row per run of each strategy, Random among them: ``difference`` is above zero where
        small queries are better. In expectation it is the change of the gain over Random too,
        without the noise of two more runs of Random.

    Raises
    ------
    ValueError
        If a run has no partner.
    """
    wide = shared.pivot(index=RUN, columns="queries", values="accuracy")
    if wide.isna().any(axis=None):
        raise ValueError(f"{int(wide.isna().any(axis=1).sum())} runs have no partner")
    return (wide["small"] - wide["large"]).rename("difference").reset_index()


def redundancy(shared: pd.DataFrame) -> pd.DataFrame:
    """How much more Margin profits from small queries than BADGE, run by run.

    Parameters
    ----------
    shared : pandas.DataFrame
        As in `gains`, with ``"margin"`` and ``"badge"``.

    Returns
    -------
    pandas.DataFrame
        One row per run: ``difference`` is Margin's change minus BADGE's. BADGE chooses diverse
        points, so that large queries should cost it less.
    """
    change = changes(shared)
    both = change[change["strategy"].isin(["margin", "badge"])]
    pairs = paired_differences(
        both.rename(columns={"difference": "change"}), "change", "strategy", "badge"
    )
    return pairs.drop(columns="change")


def ranges(shared: pd.DataFrame, n: int = RESAMPLES) -> pd.DataFrame:
    """How far the best and the worst strategy lie apart, with small and with large queries.

    Parameters
    ----------
    shared : pandas.DataFrame
        As in `gains`; Random is one of the strategies.
    n : int
        Resamples.

    Returns
    -------
    pandas.DataFrame
        Three rows: ``queries`` is ``"small"``, ``"large"`` or ``"change"``, their difference.
        ``observed`` is the range of the mean accuracies of each dataset and embedder, averaged
        over embedders and then datasets; in ``mean`` and the intervals the range is found anew in
        every resample of the seeds, and what resampling adds to it is taken off. ``low_fixed``,
        ``high_fixed`` with seeds drawn again; ``low``, ``high`` with datasets drawn again (NaN
        for one).
    """
    over = unit_means(shared, "accuracy", [*UNIT, "queries", "strategy"], n)
    seen: dict[str, dict[str, list[float]]] = {"small": {}, "large": {}}
    drawn: dict[str, dict[str, list[np.ndarray]]] = {"small": {}, "large": {}}
    for at in over.units.groupby([*UNIT, "queries"]).indices.values():
        dataset, queries = (str(over.units[name].iloc[at[0]]) for name in ("dataset", "queries"))
        means, draws = over.means[at], over.draws[:, at]
        seen[queries].setdefault(dataset, []).append(float(np.ptp(means)))
        drawn[queries].setdefault(dataset, []).append(np.ptp(draws, axis=1))
    # Every dataset has the same weight, and within it every embedder.
    by_dataset = {q: np.array([np.mean(v) for v in seen[q].values()]) for q in seen}
    resampled = {q: np.array([np.mean(v, axis=0) for v in drawn[q].values()]) for q in drawn}
    by_dataset["change"] = by_dataset["small"] - by_dataset["large"]
    resampled["change"] = resampled["small"] - resampled["large"]
    rows = []
    for queries, observed in by_dataset.items():
        draws = resampled[queries]
        fixed = without_bias(float(observed.mean()), draws.mean(axis=0), over.n_seeds)
        each = [
            without_bias(o, d, over.n_seeds)["mean"] for o, d in zip(observed, draws, strict=True)
        ]
        table = pd.DataFrame({"all": "", "dataset": list(seen["small"]), "seed": 0, "value": each})
        moved = bootstrap_interval(table, ["all"], value="value", n=n, datasets="resampled").iloc[0]
        rows.append(
            {
                "queries": queries,
                "observed": fixed["observed"],
                "mean": fixed["mean"],
                "low": moved["low"],
                "high": moved["high"],
                "low_fixed": fixed["low"],
                "high_fixed": fixed["high"],
            }
        )
    return pd.DataFrame(rows)


def summary(shared: pd.DataFrame) -> pd.DataFrame:
    """Gains with large and small queries and the change, for every strategy.

    Parameters
    ----------
    shared : pandas.DataFrame
        As in `gains`.

    Returns
    -------
    pandas.DataFrame
        A row for each strategy and ``what``: ``"large"`` and ``"small"`` (gain over Random, which
        has none itself) and ``"change"`` (`changes`); the columns of `both_intervals`, and
        ``outcome`` of the interval on these datasets.
    """
    found = both_intervals(gains(shared), ["strategy", "queries"])
    moved = both_intervals(changes(shared), ["strategy"]).assign(queries="change")
    table = pd.concat([found, moved], ignore_index=True).rename(columns={"queries": "what"})
    fixed = table[["low_fixed", "high_fixed"]].set_axis(["low", "high"], axis=1)
    return table.assign(outcome=outcomes(fixed, MARGIN))


def margin_minus_badge(shared: pd.DataFrame) -> pd.DataFrame:
    """Margin minus BADGE with small and large queries, for every dataset and embedder.

    Parameters
    ----------
    shared : pandas.DataFrame
        As in `redundancy`.

    Returns
    -------
    pandas.DataFrame
        A row for each dataset, embedder and ``what`` (``"small"``, ``"large"``, ``"change"``):
        ``mean``, ``low``, ``high`` over seeds.
    """
    both = shared[shared["strategy"].isin(["margin", "badge"])]
    parts = [
        paired_differences(here, "accuracy", "strategy", "badge").assign(what=what)
        for what, here in both.groupby("queries")
    ]
    table = pd.concat([*parts, redundancy(shared).assign(what="change")], ignore_index=True)
    return intervals(table, "difference", [*UNIT, "what"])


def finding(small: pd.DataFrame, large: pd.DataFrame, n: int = RESAMPLES) -> Finding:
    """Judge whether large queries hide differences between strategies.

    Parameters
    ----------
    small, large : pandas.DataFrame
        As in `shared_labels`, with ``"random"`` and at least one strategy more.
    n : int
        Resamples.

    Returns
    -------
    Finding
        It holds when the range of the strategies is wider with small queries.
    """
    shared = at_shared_labels(small, large)
    found = {row["queries"]: row for _, row in ranges(shared, n).iterrows()}
    effect, sizes = found["change"], [int(t["query_size"].iloc[0]) for t in (small, large)]
    n_datasets = shared["dataset"].nunique()
    few = f"; {n_datasets} say little of others" if n_datasets < 5 else ""
    verdict = judge(effect)
    return Finding(
        question="Do large queries hide differences between strategies?",
        verdict=verdict,
        sentence=f"At equal numbers of labels ({_labels(small, large)}), the best and the worst of "
        f"{shared['strategy'].nunique()} strategies lie {_apart(found['small'])} apart with "
        f"queries of {sizes[0]}, and {_apart(found['large'])} with queries of {sizes[1]}: "
        f"a change of {interval_words(effect)}.",
        test="Range over strategies, found anew in every resample and its bias taken off; "
        + (
            f"datasets drawn again (unit: dataset{few}), and seeds within these (unit: seed)."
            if n_datasets > 1
            else "seeds drawn again (unit: seed), since there is one dataset."
        ),
        change=_needed(effect, n_datasets)
        if verdict == "cannot tell"
        else "Other strategies, or queries larger or smaller than these.",
        numbers={
            "range_small": _number(found["small"], f"range of strategies, queries of {sizes[0]}"),
            "range_large": _number(found["large"], f"range of strategies, queries of {sizes[1]}"),
            "range_change": number(effect, "range with small queries minus that with large ones"),
            "random_change": number(
                both_intervals(changes(shared).query("strategy == 'random'")).iloc[0],
                "Random with small queries minus Random with large ones (control)",
            ),
        },
    )


def margin_finding(small: pd.DataFrame, large: pd.DataFrame) -> Finding:
    """Judge whether large queries cost Margin more than BADGE.

    Parameters
    ----------
    small, large : pandas.DataFrame
        As in `shared_labels`, with ``"margin"`` and ``"badge"``.

    Returns
    -------
    Finding
        It holds when Margin profits more from small queries than BADGE does.
    """
    shared = at_shared_labels(small, large)
    difference = redundancy(shared)
    effect = both_intervals(difference).iloc[0]
    each = both_intervals(changes(shared), ["strategy"])
    own = {row["strategy"]: row for _, row in each.iterrows()}
    verdict, n_datasets = judge(effect), difference["dataset"].nunique()
    tests = [signed_rank_tests(difference, unit=unit).iloc[0] for unit in (UNIT, UNIT[:1])]
    words = {name: interval_words(own[name]) for name in ("margin", "badge")}
    return Finding(
        question="Do large queries cost Margin more than BADGE, as redundant choices would?",
        verdict=verdict,
        sentence=f"Small queries change Margin's accuracy at equal numbers of labels by "
        f"{words['margin']} and BADGE's by {words['badge']}: Margin profits more by "
        f"{interval_words(effect)}.",
        test="Both intervals of the paired difference of differences (units: dataset, seed); "
        f"Wilcoxon's signed-rank test: {'; '.join(map(signed_rank_words, tests))}.",
        change=_capital(f"{_ONE if n_datasets == 1 else f'needs {needs(difference)}'}.")
        if verdict == "cannot tell"
        else "Pools with more repetition, where redundant choices cost more, or other sizes of "
        "query.",
        numbers={
            "redundancy": number(effect, "Margin's profit from small queries minus BADGE's"),
            "redundancy_fixed": number(
                effect, "Margin's profit from small queries minus BADGE's, these datasets", "seeds"
            ),
            **{
                f"{name}_change": number(own[name], f"{plain(name)}, small minus large queries")
                for name in ("margin", "badge")
            },
        },
    )


def _labels(small: pd.DataFrame, large: pd.DataFrame) -> str:
    labels = [f"{n:,}" for n in shared_labels(small, large)]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _apart(row: pd.Series) -> str:
    return points(row["mean"]).lstrip("+")


def _number(row: pd.Series, label: str) -> Number:
    return number(row, f"{label}, accuracy")


def _needed(effect: pd.Series, n_datasets: int) -> str:
    if n_datasets == 1:
        return _capital(f"{_ONE}.")
    if np.isnan(effect["low_fixed"]):
        return "Needs more than one seed."
    # Datasets are what differs most, so that they are the unit to count in.
    table = pd.DataFrame([effect]).assign(n_seeds=n_datasets)
    wanted = int(seeds_needed(table, ODDS * MARGIN).iloc[0])
    if wanted > n_datasets:
        return f"Needs {more_datasets(wanted, n_datasets)}."
    return "An effect further from half a point: more datasets like these would not change it."


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
