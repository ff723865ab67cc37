"""Claim C1: a diverse initial pool works together with good embeddings, and lifts early cycles.

Two things are claimed. Under good embeddings a diverse initial pool does better than a random one
in the early cycles (the *gain*), and this gain is larger the better the embeddings are (the
*growth*). Growth is measured twice: as the change of the gain from the worst embedder to the
best, and along a straight line over the measured quality of all embedders.
"""

from __future__ import annotations

import pandas as pd

from alutils.figures.style import names, plain
from alutils.findings.family import (
    at_least_one,
    datasets_needed,
    each_one,
    effect_of,
    judge_family,
    needed_words,
)
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import both_intervals, interval_words, judge, number
from alutils.findings.pool_effects import EARLY, changes, early_gains, first_gains, trends
from alutils.quality import embedder_order

CLAIMED = ("coreset", "typiclust")
"""Diverse initial pools that the paper names. Its third one is Random."""

PARTS = {"gain": "gain", "change": "change with the embedder", "trend": "line over quality"}
"""What a verdict rests on, in words."""


def claimed(records: pd.DataFrame) -> list[str]:
    """Return the initial pools of the claim that were run."""
    return [pool for pool in CLAIMED if pool in set(records["initial_pool"])]


def effects(
    records: pd.DataFrame, measured: pd.DataFrame, early: int = EARLY
) -> dict[str, pd.DataFrame]:
    """Everything that the page compares, as paired differences.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`. Query strategies are averaged.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    early : int
        First cycles that count as early.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``"first"``: the first head under the best embedder; ``"gain"`` and ``"worst"``: the AULC
        of the early cycles under the best and the worst; ``"change"`` and ``"trend"``: as of
        `changes` and `trends`, of that AULC. What cannot be computed is left out.
    """
    order = embedder_order(measured)
    worst, best = order[0], order[-1]
    first, gains = first_gains(records), early_gains(records, early)
    tables = {
        "first": first[first["embedder"] == best],
        "gain": gains[gains["embedder"] == best],
        "worst": gains[gains["embedder"] == worst],
        "change": changes(gains, worst, best),
        "trend": trends(gains, measured),
    }
    return {name: table for name, table in tables.items() if len(table)}


def judged(compared: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Judge gain, change and trend of the initial pools of the claim: three families of tests.

    Returns
    -------
    dict of str to pandas.DataFrame
        A table of `judge_family`, indexed by initial pool, for each part that can be computed.
    """
    found = {}
    for part in PARTS:
        if part in compared:
            rows = compared[part]
            rows = rows[rows["initial_pool"].isin(CLAIMED)]
            if len(rows):
                found[part] = judge_family(rows, "initial_pool").set_index("initial_pool")
    return found


def gain_and_growth(parts: dict[str, pd.DataFrame], pool: str) -> tuple[Verdict, Verdict]:
    """Say of one initial pool whether its gain holds, and whether its growth does."""

    def of(part: str) -> Verdict:
        if part not in parts:
            return "cannot tell"
        verdict: Verdict = effect_of(parts[part], pool)["verdict"]
        return verdict

    # Two embedders can differ in more than quality, and a line can follow the many embedders in
    # the middle: growth is what both show.
    measures = {of("change"), of("trend")}
    return of("gain"), measures.pop() if len(measures) == 1 else "cannot tell"


def finding(records: pd.DataFrame, measured: pd.DataFrame, *, early: int = EARLY) -> Finding:
    """Judge claim C1 on the initial pools that the paper names.

    Parameters
    ----------
    records, measured, early
        As in `effects`; with initial pool Random and one of `CLAIMED` or more, others are left
        aside.

    Returns
    -------
    Finding
        It holds when gain and growth hold for one of the claimed initial pools or more, growth by
        both of its measures. Each of the three is one family for Holm's correction, in which the
        claimed initial pools are the members.
    """
    pools = claimed(records)
    compared = effects(records[records["initial_pool"].isin(["random", *pools])], measured, early)
    parts = judged(compared)
    verdicts = pd.Series(
        {pool: each_one(pd.Series(gain_and_growth(parts, pool))) for pool in pools}, dtype=object
    )
    verdict = at_least_one(verdicts)
    order = embedder_order(measured)
    worst, best = plain(order[0]), plain(order[-1])
    cycles = min(early, int(records["cycle"].max()) + 1)
    curve = "accuracy of the first head" if cycles == 1 else f"AULC of the first {cycles} cycles"
    sentence = [f"The claim {_answer(verdicts)}"]
    sentence += [_told(parts, pool, worst, best, curve) for pool in pools]
    if verdict == "cannot tell":
        sentence.append(f"Cannot tell: needs {_needed(compared, parts, verdicts)}.")
    return Finding(
        question="Does a diverse initial pool work together with good embeddings, and lift the "
        "early cycles?",
        verdict=verdict,
        sentence=" ".join(sentence),
        test=_test(parts, pools, records["dataset"].nunique()),
        change=f"The verdict asks for one of {names(pools)} or more. One that asks for each of "
        f"them would be: {each_one(verdicts)}. Embedders better than {best}, a smaller first pool "
        "or datasets with more classes could change both.",
        decides=_decisive(parts, verdicts, verdict),
        numbers=_numbers(parts, worst, best, curve),
    )


def gain_table(compared: dict[str, pd.DataFrame], pools: list[str]) -> pd.DataFrame:
    """Write the gains of every initial pool over a random one, each with both intervals.

    Parameters
    ----------
    compared : dict of str to pandas.DataFrame
        As returned by `effects`, of all initial pools.
    pools : list of str
        Initial pools in the order of the rows.

    Returns
    -------
    pandas.DataFrame
        One row per initial pool: ``initial pool``, ``first``, ``gain`` and ``worst``.
    """
    return _in_words(compared, pools, ["first", "gain", "worst"])


def growth_table(
    compared: dict[str, pd.DataFrame], parts: dict[str, pd.DataFrame], pools: list[str]
) -> pd.DataFrame:
    """Write how the gain grows with quality, and the verdicts on the initial pools of the claim.

    Parameters
    ----------
    compared, pools
        As in `gain_table`.
    parts : dict of str to pandas.DataFrame
        As returned by `judged`.

    Returns
    -------
    pandas.DataFrame
        One row per initial pool: ``initial pool``, ``change``, ``trend``, and the verdicts on
        ``gain`` and ``growth``, empty where the paper does not name the initial pool.
    """
    rows = _in_words(compared, pools, ["change", "trend"])
    verdicts = [gain_and_growth(parts, pool) if pool in CLAIMED else ("", "") for pool in pools]
    return rows.assign(gain=[v[0] for v in verdicts], growth=[v[1] for v in verdicts])


def _in_words(
    compared: dict[str, pd.DataFrame], pools: list[str], columns: list[str]
) -> pd.DataFrame:
    words = {"initial pool": [plain(pool) for pool in pools]}
    for name in columns:
        if name in compared:
            found = both_intervals(compared[name], ["initial_pool"]).set_index("initial_pool")
            words[name] = [interval_words(effect_of(found, pool)) for pool in pools]
        else:
            words[name] = [""] * len(pools)
    return pd.DataFrame(words)


def _answer(verdicts: pd.Series) -> str:
    said = []
    for word in ("holds", "does not hold", "cannot tell"):
        pools = [str(pool) for pool in verdicts.index[verdicts == word]]
        if pools:
            before = "cannot be told of " if word == "cannot tell" else f"{word} for "
            said.append(before + names(pools))
    return "; ".join(said) + "."


def _told(parts: dict[str, pd.DataFrame], pool: str, worst: str, best: str, curve: str) -> str:
    gain, growth = gain_and_growth(parts, pool)
    words = f"**{plain(pool)}** minus Random under {best}, {curve}: "
    words += (
        interval_words(effect_of(parts["gain"], pool)) if "gain" in parts else "nothing to measure"
    )
    words += f" (gain: {gain}). "
    if "change" not in parts or "trend" not in parts:
        return words + "There are no two embedders of different quality to see growth."
    return words + (
        f"From {worst} to {best} that difference changes by "
        f"{interval_words(effect_of(parts['change'], pool))}; along a line over all embedders, by "
        f"{interval_words(effect_of(parts['trend'], pool))} (growth: {growth})."
    )


def _decisive(parts: dict[str, pd.DataFrame], verdicts: pd.Series, verdict: Verdict) -> str:
    """Name the number that the verdict hangs on: of a part that has it, of such a pool.

    A part whose interval alone comes out so says more than one that only the test of few datasets
    has held back; of two pools, the one with fewer such parts is nearer to another verdict.
    """
    alike: list[tuple[int, str]] = []
    for pool in map(str, verdicts.index[verdicts == verdict]):
        own = {part: effect_of(rows, pool) for part, rows in parts.items()}
        plain_ones = [part for part, row in own.items() if judge(row) == verdict]
        held_back = [part for part, row in own.items() if row["verdict"] == verdict]
        if shown := plain_ones or held_back:
            alike.append((len(shown), f"{pool}_{shown[0]}"))
    return min(alike, key=lambda found: found[0])[1] if alike else ""


def _needed(
    compared: dict[str, pd.DataFrame], parts: dict[str, pd.DataFrame], verdicts: pd.Series
) -> str:
    """Say what it takes to tell of the initial pool that is nearest to a verdict."""
    if "change" not in parts or "trend" not in parts:
        return "two embedders of different quality"
    have = min(int(rows["dataset"].nunique()) for rows in compared.values())
    if have == 1:
        return "more than one dataset"
    wanted = {}
    for pool in verdicts.index[verdicts == "cannot tell"]:
        # All that is open must be told before the initial pool has a verdict.
        counts = [
            datasets_needed(compared[part], "initial_pool", pool)
            for part in PARTS
            if effect_of(parts[part], pool)["verdict"] == "cannot tell"
        ]
        if counts:
            wanted[str(pool)] = max(counts)
    if not wanted:
        return "two measures of growth that agree"
    nearest = min(wanted, key=lambda pool: wanted[pool])
    return f"{needed_words(wanted[nearest], have)} (for {plain(nearest)}, if means stay)"


def _test(parts: dict[str, pd.DataFrame], pools: list[str], n_datasets: int) -> str:
    if n_datasets == 1:
        return (
            "Differences are paired by seed, and the intervals draw seeds again within the one "
            "dataset. No test with the dataset as its unit is possible."
        )
    return (
        "Differences are paired by seed. The first interval of each number draws datasets again, "
        "the second seeds within these datasets. Wilcoxon's signed-rank test (two-sided), unit: "
        f"dataset (n = {n_datasets}), corrected by Holm over {names(pools)}: "
        + "; ".join(_tested(parts, pool) for pool in pools)
        + "."
    )


def _tested(parts: dict[str, pd.DataFrame], pool: str) -> str:
    words = [
        f"{word} p = {effect_of(parts[part], pool)['p_holm']:.3f}"
        for part, word in PARTS.items()
        if part in parts
    ]
    return f"{plain(pool)} {', '.join(words) or 'not tested'}"


def _numbers(
    parts: dict[str, pd.DataFrame], worst: str, best: str, curve: str
) -> dict[str, Number]:
    labels = {
        "gain": f"minus Random, {curve} under {best}, mean over datasets",
        "change": f"minus Random, {curve}, change from {worst} to {best}, mean over datasets",
        "trend": f"minus Random, {curve}, rise over measured quality, mean over datasets",
    }
    return {
        f"{pool}_{part}{end}": number(row, f"{plain(str(pool))} {labels[part]}", unit)
        for part, rows in parts.items()
        for pool, row in rows.iterrows()
        for end, unit in (("", "datasets"), ("_here", "seeds"))
    }
