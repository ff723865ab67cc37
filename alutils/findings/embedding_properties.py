"""Question Q4: does one property of an embedding decide what active learning gains on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from alutils.figures.style import plain, signed
from alutils.findings import properties
from alutils.findings.all_strategies import ALL
from alutils.findings.family import at_least_one, each_one, effect_of
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import (
    NONE_OF_TWO,
    TOO_FEW,
    both_intervals,
    interval_words,
    judge,
    number,
    of_two,
)
from alutils.findings.properties import FEWEST, PROBE, TITLES
from alutils.findings.words import several
from alutils.statistics import LEVEL, holm

ASKED = {
    "within_scatter": "cluster tightness",
    "class_margin": "inter-class margin",
    "neighbour_purity": "neighbour purity",
    "intrinsic_dimension": "intrinsic dimension",
    "isotropy": "isotropy",
    "hubness": "hubness",
}
"""The properties that the reviewer named, in the reviewer's words, by the measure that stands for
each. They alone are judged; the other measures are shown."""

WEAK = 0.3
"""A rank correlation below this shares less than a tenth of the spread of ranks: it decides
nothing."""


def judged(results: pd.DataFrame, measured: pd.DataFrame, strategy: str = ALL) -> pd.DataFrame:
    """Say of every property asked about whether it goes along with the gain.

    Parameters
    ----------
    results : pandas.DataFrame
        As returned by `alutils.findings.properties.outcomes`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    strategy : str
        Whose gain; by default the median of all strategies but Random.

    Returns
    -------
    pandas.DataFrame
        Indexed by measure: ``mean``, ``low``, ``high`` of its rank correlation with the gain,
        ``mean_given``, ``low_given``, ``high_given`` of the partial one with probe accuracy held
        constant; ``p``, the larger of both signed-rank tests (unit: dataset), 1 if the two point in
        opposite directions; ``p_holm``, corrected for the number of properties; ``verdict``.

    Notes
    -----
    It holds when both intervals lie beyond zero on one side, not all below `WEAK`, and the
    corrected test agrees; it does not hold when one of the two lies wholly below `WEAK`; else
    nobody can tell. Both are looked at in the direction of the first.
    """
    asked = [name for name in ASKED if name in properties.usable(measured)]
    own = results[results["strategy"] == strategy]
    alone = properties.along(own, measured, asked).set_index("measure")
    held = properties.along(own, measured, asked, PROBE).set_index("measure")
    ends = ["mean", "low", "high"]
    # A measure that is constant on every dataset has no correlation, and no row.
    table = alone[[*ends, "n_datasets", "n_seeds", "n_embedders"]].reindex(asked)
    table = table.join(held[ends].add_suffix("_given"))
    side = np.sign(table["mean"])
    p = pd.concat([alone["p"].reindex(asked), held["p"].reindex(asked)], axis=1).max(
        axis=1, skipna=False
    )
    table["p"] = p.where(np.sign(table["mean_given"]) == side, 1.0).where(p.notna())
    table["p_holm"] = holm(table["p"])
    table["verdict"] = [_verdict(row) for _, row in table.iterrows()]
    return table


def _verdict(row: pd.Series) -> Verdict:
    if not (row["n_seeds"] > 1 and row["n_embedders"] >= FEWEST):
        return "cannot tell"
    both = pd.Series([_judge_one(row, end) for end in ("", "_given")])
    verdict = each_one(both)
    passes = row["p_holm"] < 1 - LEVEL
    return "cannot tell" if verdict == "holds" and not passes else verdict


def _judge_one(row: pd.Series, end: str) -> Verdict:
    """Judge a correlation in the direction of the one without anything held constant."""
    low, high = sorted(np.sign(row["mean"]) * row[[f"low{end}", f"high{end}"]].to_numpy(float))
    return judge(pd.Series({"low": low, "high": high}), margin=WEAK)


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Judge whether one property of an embedding decides what active learning gains on it.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, Random and others.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
        The claim holds when one of the properties in `ASKED` or more goes along with the gain over
        Random (AULC, median of the strategies), with probe accuracy held constant too; it does not
        hold when this can be told of none.
    """
    results = properties.outcomes(records)
    table = judged(results, measured)
    verdict: Verdict = at_least_one(table["verdict"]) if len(table) else "cannot tell"
    own = results[results["strategy"] == ALL]
    probe = properties.along(own, measured, [PROBE])
    others = sorted(set(records["strategy"]) - {"random"})
    each = {name: judged(results, measured, name) for name in others}
    stayed = while_quality_stayed(results, measured)
    n_datasets, n_seeds = records["dataset"].nunique(), records["seed"].nunique()
    n_embedders = records["embedder"].nunique()
    smallest = len(table) * 2.0 ** (1 - n_datasets)
    return Finding(
        question="Does one property of an embedding decide how much active learning gains on it?",
        verdict=verdict,
        sentence=" ".join(
            [_sentence(table, probe), _each_sentence(each), _stayed_sentence(stayed)]
        ),
        test=(
            f"Spearman's correlation over {several(n_embedders, 'embedder')} in each of "
            f"{several(n_datasets, 'dataset')}, averaged, and the partial one with probe accuracy "
            f"held constant; {_drawn(n_datasets)}. A property passes when both lie "
            f"beyond zero on one side, not all below {WEAK}, and the larger p of both signed-rank "
            "tests (unit: dataset) is below 0.05 after Holm's correction over "
            f"{len(table)} properties; with {several(n_datasets, 'dataset')} no corrected p is "
            f"below {min(smallest, 1):.2g}."
        ),
        change=_change(table, verdict, n_datasets, n_seeds, n_embedders),
        numbers=_numbers(table, probe, stayed),
    )


def while_quality_stayed(results: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """How outcomes differ from the top of the ladders on rungs that are as good.

    Parameters
    ----------
    results, measured
        As in `judged`.

    Returns
    -------
    pandas.DataFrame
        One row per ``strategy`` and ``embedder``: what `alutils.findings.judging.both_intervals`
        returns. Empty without ladders, or if no rung is as good as the top (as of
        `alutils.findings.properties.equally_good`).
    """
    ladders = properties.ladders_among(list(dict.fromkeys(measured["embedder"])))
    kept = properties.equally_good(measured, ladders) if ladders else pd.DataFrame()
    if kept.empty:
        return pd.DataFrame(columns=["strategy", "embedder", "mean", "low", "high"])
    change = properties.against_top(results, ladders, list(kept["embedder"]))
    return both_intervals(change, ["strategy", "embedder"])


def property_names(measures: Sequence[str]) -> str:
    """Write properties as a list in a sentence, in the reviewer's words."""
    words = [ASKED[name] for name in measures]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def correlation_words(row: pd.Series, end: str = "") -> str:
    """Write a correlation with its interval: of seeds for one dataset, none for two.

    Parameters
    ----------
    row : pandas.Series
        Of `alutils.findings.properties.along`, or of `judged`.
    end : {"", "_given"}
        Which of the two in `judged`.
    """
    if np.isnan(row[f"mean{end}"]):
        return "not defined"
    values = [row[f"mean{end}"], row[f"low{end}"], row[f"high{end}"]]
    if of_two(row):
        values[1:] = [np.nan, np.nan]
    elif np.isnan(values[1]) and "low_fixed" in row.index:
        values[1:] = [row["low_fixed"], row["high_fixed"]]
    return signed(values, 2)


def _sentence(table: pd.DataFrame, probe: pd.DataFrame) -> str:
    said = []
    words = {
        "holds": "Going along with the median gain over Random, whatever the probe says",
        "does not hold": "Shown to say little of the gain, or little beyond the probe",
        "cannot tell": "Not to be told either way",
    }
    for verdict, meaning in words.items():
        here = table[table["verdict"] == verdict]
        if len(here):
            each = "; ".join(
                f"{ASKED[str(name)]} {correlation_words(row)}, given the probe "
                f"{correlation_words(row, '_given')}"
                for name, row in here.iterrows()
            )
            said.append(f"{meaning} (**{len(here)} of {len(table)}**): {each}.")
    if len(probe):
        said.append(
            f"Probe accuracy itself has a rank correlation of {correlation_words(probe.iloc[0])} "
            "with the gain."
        )
    return " ".join(said) or "No property could be measured on these embeddings."


def _each_sentence(each: Mapping[str, pd.DataFrame]) -> str:
    """Say for which strategies properties pass the same rule; of one strategy there is no more."""
    if len(each) < 2 or any(table.empty for table in each.values()):
        return ""
    said = []
    for strategy, table in each.items():
        passed = [str(name) for name in table.index[table["verdict"] == "holds"]]
        said.append(f"{plain(strategy)} {property_names(passed) if passed else 'none'}")
    return f"Strategy by strategy, these pass: {'; '.join(said)}."


def _drawn(n_datasets: int) -> str:
    if n_datasets == TOO_FEW:
        return "intervals with datasets drawn again, not written because two datasets allow none"
    return "intervals with datasets drawn again"


def _stayed_sentence(stayed: pd.DataFrame) -> str:
    own = stayed[stayed["strategy"] == ALL]
    if own.empty:
        return ""
    far = own.iloc[int(own["mean"].abs().to_numpy().argmax())]
    there = stayed[stayed["embedder"] == far["embedder"]].set_index("strategy")
    single = there.drop(index=[ALL, "random"])
    most = single.loc[single["mean"].abs().idxmax()]
    return (
        "Where one knob left probe accuracy as it was to two points "
        f"({several(len(own), 'rung')}), the median gain changed most on "
        f"{plain(far['embedder'])}: {interval_words(far)}; of single strategies there "
        f"{plain(str(most.name))} by {interval_words(most)}. Random itself changed by "
        f"{interval_words(effect_of(there, 'random'))}: what the probe sees with all labels is not "
        "what a head sees with few."
    )


def _change(
    table: pd.DataFrame, verdict: Verdict, n_datasets: int, n_seeds: int, n_embedders: int
) -> str:
    if n_seeds < 2:
        return "Cannot tell: needs more than one seed."
    if n_embedders < FEWEST:
        return f"Cannot tell: needs {several(FEWEST - n_embedders, 'more embedder')}."
    limits = (
        "Embedders of other backbones, whose properties go together in other ways, could change "
        "every one of these correlations."
    )
    if verdict != "cannot tell":
        return limits
    # The smallest p-value of the signed-rank test: all n datasets on one side.
    least = next(n for n in range(1, 99) if max(len(table), 1) * 2.0 ** (1 - n) < 1 - LEVEL)
    if n_datasets < least:
        return (
            f"Cannot tell: needs {several(least - n_datasets, 'more dataset')} at least. {limits}"
        )
    return f"Cannot tell: needs more datasets, because intervals reach zero or the bar. {limits}"


def _numbers(table: pd.DataFrame, probe: pd.DataFrame, stayed: pd.DataFrame) -> dict[str, Number]:
    found = {}
    for name, row in table.iterrows():
        label = f"rank correlation of {TITLES[str(name)]} and gain over Random"
        for end, more in (("", ""), ("_given", ", given probe accuracy")):
            if not np.isnan(row[f"mean{end}"]):
                found[f"{name}{end}"] = _number(row, f"{label}{more}", end)
    for _, row in probe.iterrows():
        label = "rank correlation of probe accuracy and gain over Random"
        if not np.isnan(row["mean"]):
            found[PROBE] = _number(row, label)
    for _, row in stayed[stayed["strategy"] == ALL].iterrows():
        label = f"{plain(row['embedder'])} minus the top, equally good: gain over Random, AULC"
        found[f"stayed_{row['embedder']}"] = number(row, label)
    return found


def _number(row: pd.Series, label: str, end: str = "") -> Number:
    value, low, high = (float(row[f"{key}{end}"]) for key in ("mean", "low", "high"))
    if of_two(row):
        return Number(label, value, unit=NONE_OF_TWO, kind="plain")
    return Number(label, value, low, high, "datasets", "plain")
