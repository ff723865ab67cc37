"""Whether one strategy is best everywhere (C4)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from alutils.figures.style import names, plain, points, signed
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.judging import MARGIN
from alutils.findings.words import p_words, several
from alutils.statistics import (
    ROUNDING,
    Reordering,
    aulc,
    intervals,
    leaders,
    paired_differences,
    regret,
    reordering,
)

ALPHA = 0.05

UNCERTAINTY = ["least_confidence", "margin", "entropy"]
"""Strategies that rank points alike, up to rounding, where there are two classes."""


def compared(records: pd.DataFrame) -> pd.DataFrame:
    """Make one AULC of every run, averaged over initial pools.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedder``, ``strategy``, ``seed``, ``aulc``.
    """
    keys = ["dataset", "embedder", "strategy", "seed"]
    return aulc(records).groupby(keys, sort=False)["aulc"].mean().reset_index()


def distinct(areas: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is no strategy of its own on a dataset and embedder.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `compared`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        Without strategies whose AULC equals that of another one for every seed, since they made
        the same choices, and with one of the uncertainty three where there are two classes.
        Random and Margin stay, of others the first by name.
    """
    two = set(measured.loc[measured["n_classes"] == 2, "dataset"])
    strategies = sorted(set(areas["strategy"]), key=lambda s: (s != "random", s != "margin", s))
    wide = areas.pivot_table("aulc", ["dataset", "embedder", "seed"], "strategy")
    kept = []
    for place, cell in wide.groupby(["dataset", "embedder"]):
        dataset, embedder = map(str, place)
        own: list[str] = []
        for name in strategies:
            gaps = cell[own].sub(cell[name], axis=0).abs().max()
            alike = dataset in two and name in UNCERTAINTY and bool(set(own) & set(UNCERTAINTY))
            if not alike and not (gaps <= ROUNDING).any():
                own.append(name)
        kept += [(dataset, embedder, name) for name in own]
    return areas.merge(pd.DataFrame(kept, columns=["dataset", "embedder", "strategy"]))


def gains(areas: pd.DataFrame) -> pd.DataFrame:
    """Gain over Random, for every strategy, dataset and embedder.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `compared`.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedder``, ``strategy``, ``mean``, ``low``, ``high`` (unit: seeds; for
        Random itself zero, without an interval), and ``place`` as in `places`.
    """
    unit = ["dataset", "embedder", "strategy"]
    gain = paired_differences(areas, "aulc", "strategy", "random")
    summary = intervals(gain, "difference", unit)
    return places(areas).merge(summary, on=unit, how="left").fillna({"mean": 0.0})


def places(areas: pd.DataFrame) -> pd.DataFrame:
    """Say of every strategy, dataset and embedder whether it leads, is close, or is behind.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `compared`.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedder``, ``strategy`` and ``place``: ``"leads"`` (alone or shared),
        ``"close"`` (cannot be told from the leader) or ``"behind"``, as of
        `alutils.statistics.leaders`.
    """
    unit = ["dataset", "embedder"]
    found = leaders(areas).rename(columns={"leaders": "leads", "company": "close"})
    named = found.melt(unit, var_name="place", value_name="strategy").explode("strategy")
    cells = areas[[*unit, "strategy"]].drop_duplicates()
    placed = cells.merge(named, on=[*unit, "strategy"], how="left")
    return placed.assign(place=placed["place"].fillna("behind"))


def counted(areas: pd.DataFrame) -> pd.DataFrame:
    """Count for every strategy how often it leads, is close to the leader, or is behind.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `compared`.

    Returns
    -------
    pandas.DataFrame
        One row per strategy: ``leads``, ``close``, ``behind``, the one least often behind first.
    """
    table = places(areas).groupby(["strategy", "place"]).size().unstack(fill_value=0)
    table = table.reindex(columns=["leads", "close", "behind"], fill_value=0).reset_index()
    return table.rename_axis(columns=None).sort_values(
        ["behind", "leads"], ascending=[True, False], kind="stable", ignore_index=True
    )


def everywhere(areas: pd.DataFrame, margin: float = MARGIN) -> pd.DataFrame:
    """Test for every strategy whether there is a place where it is clearly not the best.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `compared`.
    margin : float
        Behind by no more than this is as good as the best.

    Returns
    -------
    pandas.DataFrame
        One row per strategy, the one hardest to show behind last: ``p`` of its being behind no
        rival by more than the margin on any dataset and embedder; ``dataset``, ``embedder``,
        ``rival`` of the clearest case against it, with ``mean``, ``low``, ``high`` (how far it is
        behind, plain 95 % interval over seeds); ``near``, whether all intervals, against every
        rival everywhere, lie below the margin; ``seeds``, how many it would take to show the
        clearest case (infinite where it is not behind by the margin anywhere), NaN for one seed.

    Notes
    -----
    Student's one-sided test of each paired difference, doubled as two-sided tests are, and
    multiplied by the number of rivals and places looked at (Bonferroni). All rivals are looked
    at, not the leader alone, so that nothing was chosen beforehand.
    """
    wide = areas.pivot_table("aulc", ["dataset", "embedder", "seed"], "strategy").sort_index()
    strategies = np.array(wide.columns)
    cells = wide.groupby(["dataset", "embedder"])
    tests = (len(strategies) - 1) * len(cells)
    one, rival = np.nonzero(~np.eye(len(strategies), dtype=bool))
    cases = []
    for place, cell in cells:
        dataset, embedder = map(str, place)
        values = cell.to_numpy()
        behind = values[:, rival] - values[:, one]
        n = len(behind)
        with np.errstate(invalid="ignore"):
            spread = behind.std(axis=0, ddof=1) if n > 1 else np.full(len(one), np.nan)
        case = {"strategy": strategies[one], "rival": strategies[rival], "n": n}
        # Equal choices leave a spread of rounding, or none.
        case |= {"mean": behind.mean(axis=0), "spread": np.maximum(spread, ROUNDING)}
        cases.append(pd.DataFrame(case).assign(dataset=dataset, embedder=embedder))
    table = pd.concat(cases, ignore_index=True)
    error, freedom = table["spread"] / np.sqrt(table["n"]), table["n"] - 1
    table["t"] = (table["mean"] - margin) / error
    table["p"] = np.minimum(2 * tests * stats.t.sf(table["t"], freedom), 1)
    half = stats.t.ppf(1 - ALPHA / 2, freedom) * error
    table["low"], table["high"] = table["mean"] - half, table["mean"] + half
    near = (table["high"] < margin).groupby(table["strategy"]).all()
    # With one seed there is no test: the largest difference is the clearest case.
    ranked = table.assign(t=table["t"].fillna(table["mean"])).sort_values("t", kind="stable")
    clearest = ranked.groupby("strategy").tail(1).set_index("strategy")
    clearest = clearest.sort_values(["p", "t"], ascending=[True, False], kind="stable")
    clearest["near"] = near
    clearest["seeds"] = _seeds(clearest, margin, tests)
    columns = ["p", "dataset", "embedder", "rival", "mean", "low", "high", "near", "seeds"]
    return clearest[columns].reset_index()


def _seeds(cases: pd.DataFrame, margin: float, tests: int) -> np.ndarray:
    """Seeds with which cases as clear as these would pass their tests."""
    n = np.arange(2, 1000)
    reach = np.sqrt(n) / stats.t.ppf(1 - ALPHA / (2 * tests), n - 1)
    beyond = (cases["mean"] - margin).to_numpy()
    spread = cases["spread"].to_numpy()
    ratio = spread / np.where(beyond > 0, beyond, np.nan)
    needed = np.append(n, np.inf)[np.searchsorted(reach, ratio)]  # NaN is sorted last
    return np.where(np.isnan(spread), np.nan, needed)


def verdict(table: pd.DataFrame) -> Verdict:
    """Judge "no strategy is best everywhere" by a table of `everywhere`.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `everywhere`.

    Returns
    -------
    {"holds", "does not hold", "cannot tell"}
        It holds when every strategy is shown to be behind some other by more than the margin
        somewhere; it does not hold when one strategy is shown to be within the margin of all
        others everywhere; else nobody can tell.

    Notes
    -----
    The claim says something of every strategy, so each has to pass at the full level and the
    largest p counts: an intersection-union test (Berger, Technometrics 24, 1982). The common rule
    (`judging.judge`) needs one effect with an interval; here the effect would be how far the
    safest strategy is behind at worst, which luck alone keeps above zero.
    """
    if table["near"].any():
        return "does not hold"
    return "holds" if bool((table["p"] < ALPHA).all()) else "cannot tell"


def moves(areas: pd.DataFrame, measured: pd.DataFrame) -> dict[str, Reordering]:
    """Test whether orders move between embedders, and between datasets.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `compared`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    dict of str to Reordering
        ``"embedder"`` (within datasets) and ``"dataset"`` (within embedders), as far as there are
        two levels to compare and two seeds.
    """
    own = distinct(areas, measured)
    found = {}
    for factor, within in (("embedder", "dataset"), ("dataset", "embedder")):
        moved = reordering(own, factor, within)
        if not np.isnan(moved.tau):
            found[factor] = moved
    return found


def finding(records: pd.DataFrame, measured: pd.DataFrame) -> Finding:
    """Say whether no strategy is best everywhere.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    Finding
        The verdict is that of `verdict`. Its unit is the seed: that a strategy is behind on one
        of these datasets is enough, whatever other datasets would show.
    """
    areas = compared(records)
    table, costs, moved = everywhere(areas), regret(areas), moves(areas, measured)
    word = verdict(table)
    ordered = costs.sort_values(["mean", "strategy"], kind="stable")
    safest = ordered[ordered["measure"] == "worst"].iloc[0]
    cheapest = ordered[ordered["measure"] == "mean"].iloc[0]
    n_pairs = len(areas[["dataset", "embedder"]].drop_duplicates())
    shown = int((table["p"] < ALPHA).sum())
    hardest = table.iloc[-1]
    safest_name, cheapest_name, hardest_name = (
        plain(row["strategy"]) for row in (safest, cheapest, hardest)
    )
    worst = ordered[(ordered["measure"] == "worst") & (ordered["mean"] < safest["high"])]
    as_safe = [str(name) for name in worst["strategy"].iloc[1:]]
    others = f"; within that interval: also {names(as_safe)}" if as_safe else ""
    sentence = (
        f"{_sentence(word, table, shown)} The safest to use always is {safest_name}: at worst it "
        f"is behind the best in hindsight by {_behind(safest)} of AULC ({_place(safest)}{others}). "
        f"The cheapest on average is {cheapest_name}: {_behind(cheapest)}. Intervals: other seeds "
        "on these datasets."
    )
    test = (
        "Each strategy against every other on every dataset and embedder: Student's test of the "
        "paired difference in AULC (unit: seed) against half a point, corrected for "
        f"{(len(table) - 1) * n_pairs} comparisons of each strategy; {shown} of "
        f"{len(table)} strategies are shown to be behind somewhere. The largest p counts: "
        f"{hardest_name}, {p_words(hardest['p'])}."
    )
    for factor, order in moved.items():
        test += f" Between {factor}s, {moved_words(order)}."
    if len(moved) == 0:
        test += " One seed cannot show how far luck moves an order."
    best = "AULC (the luck of the best taken off) of the best in hindsight minus that of"
    worst_place = f"in the worst of {n_pairs} pairs for it"
    numbers = {
        "worst": _number(safest, f"{best} {safest_name}, {worst_place}"),
        "mean": _number(cheapest, f"{best} {cheapest_name}, mean over datasets and embedders"),
    }
    for factor, order in moved.items():
        numbers[f"{factor}s"] = Number(
            f"Kendall's tau that the order of strategies loses between {factor}s beyond luck",
            order.shortfall,
            order.low_fixed,
            order.high_fixed,
            "" if np.isnan(order.low_fixed) else "seeds",
            "plain",
        )
    return Finding(
        question="Is it true that no strategy is best everywhere?",
        verdict=word,
        sentence=sentence,
        test=test,
        change=_change(word, table, len(set(areas["seed"]))),
        numbers=numbers,
    )


def moved_words(order: Reordering) -> str:
    """Say in a clause whether orders moved, with tau and what luck alone would leave of it."""
    three = (order.own, order.tau, order.expected)
    own, tau, expected = (signed([value, np.nan, np.nan], 2) for value in three)
    numbers = (
        f"Kendall's tau of the orders is {tau}, where luck alone would leave {expected} "
        f"(an order agrees with itself, from other seeds, with {own})"
    )
    if np.isnan(order.low_fixed):
        return f"{numbers}; these are too few seeds for an interval"
    shortfall = signed([order.shortfall, order.low_fixed, order.high_fixed], 2)
    if order.low_fixed > 0:
        return f"the order moves more than luck: {numbers}; shortfall {shortfall}"
    told = "it cannot be told whether the order moves more than luck"
    return f"{told}: {numbers}; shortfall {shortfall}"


def _sentence(word: Verdict, table: pd.DataFrame, shown: int) -> str:
    hardest = table.iloc[-1]
    if word == "holds":
        return (
            f"Each of the {len(table)} strategies is behind another one by more than half a point "
            f"somewhere. Hardest to show it for is {plain(hardest['strategy'])}: {_case(hardest)}."
        )
    if word == "does not hold":
        near = table.loc[table["near"], "strategy"]
        return f"Nowhere is {names(near)} behind any other strategy by half a point or more."
    if shown == 0:
        return "No strategy is shown to be behind another by more than half a point anywhere."
    rest = table.loc[~(table["p"] < ALPHA), "strategy"]
    return (
        f"{shown} of {len(table)} strategies are shown to be behind another one by more than half "
        f"a point somewhere; not shown for {names(rest)}."
    )


def _case(row: pd.Series) -> str:
    """Write the clearest case against a strategy."""
    return (
        f"on {plain(row['dataset'])} under {plain(row['embedder'])}, {plain(row['rival'])} is "
        f"ahead of it by {points(row['mean'], row['low'], row['high']).replace('+', '')}"
    )


def _change(word: Verdict, table: pd.DataFrame, n_seeds: int) -> str:
    if word == "holds":
        return (
            "A strategy not compared here that is within half a point of the best on all of these "
            "datasets and embedders. More datasets cannot change it: they can only add pairs "
            "where one is behind."
        )
    if word == "does not hold":
        return "A dataset or an embedder on which that strategy is behind; none is among these."
    if n_seeds == 1:
        return "Cannot tell: needs more than one seed."
    rest = table[~(table["p"] < ALPHA)]
    most = rest["seeds"].max()
    if np.isfinite(most):
        more = several(max(1, int(most) - n_seeds), "more seed")
        return (
            f"Cannot tell: needs {more}, if differences stay as they are, or datasets on which "
            "others are clearly ahead."
        )
    never = names(rest.loc[np.isinf(rest["seeds"]), "strategy"])
    return (
        f"Cannot tell: needs more datasets. On these, no other strategy is ahead of {never} by "
        "more than half a point on average, so that more seeds can at most show it to be within "
        "half a point of all others."
    )


def _behind(row: pd.Series) -> str:
    return points(row["mean"], row["low_fixed"], row["high_fixed"]).replace("+", "")


def _place(row: pd.Series) -> str:
    return f"{plain(row['dataset'])}, {plain(row['embedder'])}"


def _number(row: pd.Series, label: str) -> Number:
    unit = "" if np.isnan(row["low_fixed"]) else "seeds"
    return Number(
        label, float(row["mean"]), float(row["low_fixed"]), float(row["high_fixed"]), unit
    )
