"""Along the curve: where strategies are ahead of Random, how far, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from alutils.figures.style import names, plain, points, signed
from alutils.findings.along_curves import RESAMPLES
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import both_intervals, judge, needs, number
from alutils.findings.words import several
from alutils.statistics import CELL_FIELDS, LEVEL, intervals, paired_differences, verdicts
from alutils.streams import stream


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
