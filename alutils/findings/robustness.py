"""Whether findings stay when one thing is changed: the same comparisons in two worlds.

The *base* is the study as it is; a *world* is the study with one thing changed: the head, the
labels, the pool. What the book finds are paired differences of AULC, so a finding stays when its
difference keeps its **sign**; and it is orders of strategies, so the **order** must not move by
more than luck moves it. Both are judged by rules that data can break, and that little data
cannot meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from alutils.catalogue.steps import DATASET_STEPS, Step, base_name, split_steps
from alutils.errors import UserError
from alutils.figures.style import plain, step_words
from alutils.findings.family import each_one
from alutils.findings.finding import Verdict
from alutils.findings.judging import DRAWS, MARGIN, both_intervals, judge, needs
from alutils.statistics import arrange, aulc, bootstrap_interval, reordering
from alutils.study import Grid

BASE = "base"

EFFECT = ["one", "other"]
"""Columns that name a comparison: AULC of the one strategy minus that of the other."""

ROW = ["world", *EFFECT, "embedder"]

ORDER_MARGIN = 0.2
"""Kendall's tau falls by this when one pair of strategies in ten changes places."""

Outcome = Literal["kept", "same", "gone", "flipped", "open", "not in base"]

OUTCOMES = {
    "kept": "keeps its sign",
    "same": "changes by less than half a point",
    "gone": "is gone: below half a point",
    "flipped": "has the other sign",
    "open": "cannot tell",
    "not in base": "not clearly beyond zero in the base",
}
"""What can become of a comparison in another world, in words."""


@dataclass(frozen=True)
class Compared:
    """The base beside other worlds.

    Parameters
    ----------
    effects : pandas.DataFrame
        One row for each world, comparison and embedder: ``world``, ``one``, ``other``,
        ``embedder``; mean and both intervals, as of `both_intervals`, in the base
        (``base_mean``, ...), in the world (``mean``, ...) and of what changes
        (``change_mean``, ...); ``sign`` of the finding in the base, 0 where there is none; and
        ``outcome``.
    orders : pandas.DataFrame
        One row per world: ``n_datasets``; ``tau``, ``luck`` and ``shortfall``, each with ``_low``
        and ``_high``.
    worlds : pandas.DataFrame
        One row per world: how many comparisons had each outcome; the mean of all findings of the
        base, each in its own direction, in the base and in the world; ``sign_verdict``,
        ``order_verdict``, ``verdict``; and what it takes to tell.
    n_datasets : int
        Of the base.
    """

    effects: pd.DataFrame
    orders: pd.DataFrame
    worlds: pd.DataFrame
    n_datasets: int


# --- worlds ------------------------------------------------------------------------------------


def with_step(grid: Grid, step: str, value: float, datasets: Sequence[str] | None = None) -> Grid:
    """Return a grid whose datasets are changed by one step.

    Parameters
    ----------
    grid : Grid
        Of the base.
    step : str
        Of `alutils.catalogue.steps.DATASET_STEPS`.
    value : float
        How much of it.
    datasets : sequence of str, optional
        Those of the grid's datasets that can be changed so; by default all.

    Returns
    -------
    Grid

    Raises
    ------
    UserError
        If a dataset has steps already, is not in the grid, or the value is not one of the step's.
    """
    chosen = list(grid.datasets if datasets is None else datasets)
    for name in chosen:
        if name not in grid.datasets:
            raise UserError(f"{name!r} is not among the datasets of this page: add it there")
        if base_name(name) != name:
            raise UserError(
                f"{name!r} is changed already, and this page changes one thing at a time: name it "
                "without its steps"
            )
    changed = [f"{name}+{Step(step, value)}" for name in chosen]
    split_steps(changed[0], DATASET_STEPS)  # refuses a value that the step does not take
    return grid.model_copy(update={"datasets": changed})


def areas(tables: Sequence[pd.DataFrame], metric: str = "accuracy") -> pd.DataFrame:
    """Put the AULC of all runs of several worlds into one table.

    Parameters
    ----------
    tables : sequence of pandas.DataFrame
        Records of `alutils.study.run_study`, one table per world, the base first. The others
        differ from it in the head, or in the last step of every dataset.
    metric : str
        As in `alutils.statistics.aulc`.

    Returns
    -------
    pandas.DataFrame
        One row per run: ``world`` (`BASE`, or what was changed, in words), ``dataset`` without
        the step, ``embedder``, ``initial_pool``, ``strategy``, ``seed``, ``aulc``.
    """
    head = tables[0]["head"].iloc[0]
    found = []
    for place, records in enumerate(tables):
        runs, world = aulc(records, metric), BASE
        if place and (own := str(runs["head"].iloc[0])) != head:
            world = plain(own)
        elif place:
            parts = runs["dataset"].str.rpartition("+")
            world = step_words(f"any+{parts[2].iloc[0]}")
            runs = runs.assign(dataset=parts[0])
        found.append(runs.assign(world=world))
    columns = ["world", "dataset", "embedder", "initial_pool", "strategy", "seed", "aulc"]
    return pd.concat(found, ignore_index=True)[columns]


# --- comparisons -------------------------------------------------------------------------------


def comparisons(strategies: Sequence[str]) -> list[tuple[str, str]]:
    """List what the book compares: every strategy with Random, and BADGE with Margin.

    Examples
    --------
    >>> comparisons(["random", "margin", "badge"])
    [('margin', 'random'), ('badge', 'random'), ('badge', 'margin')]
    """
    pairs = [(name, "random") for name in strategies if name != "random"]
    return pairs + [("badge", "margin")] * ({"badge", "margin"} <= set(strategies))


def differences(runs: pd.DataFrame) -> pd.DataFrame:
    """Subtract AULC from AULC within every world, seed by seed.

    Parameters
    ----------
    runs : pandas.DataFrame
        As returned by `areas`, with ``"random"``.

    Returns
    -------
    pandas.DataFrame
        ``world``, ``one``, ``other``, ``embedder``, ``dataset``, ``seed``, ``difference``.

    Raises
    ------
    ValueError
        If a run has no partner.
    """
    keys = ["world", "embedder", "dataset", "seed"]
    wide = runs.pivot_table("aulc", keys, "strategy", sort=False)
    if wide.isna().any(axis=None):
        raise ValueError(f"{int(wide.isna().any(axis=1).sum())} runs have no partner")
    parts = [
        (wide[one] - wide[other]).rename("difference").reset_index().assign(one=one, other=other)
        for one, other in comparisons(list(dict.fromkeys(runs["strategy"])))
    ]
    return pd.concat(parts, ignore_index=True)[[*ROW, "dataset", "seed", "difference"]]


def beside_base(compared: pd.DataFrame) -> pd.DataFrame:
    """Put the difference of the base beside that of every other world.

    Parameters
    ----------
    compared : pandas.DataFrame
        As returned by `differences`.

    Returns
    -------
    pandas.DataFrame
        One row per run of the other worlds: ``difference``, ``base`` and ``change``.

    Raises
    ------
    ValueError
        If the base lacks a run that another world has.
    """
    keys = [*EFFECT, "embedder", "dataset", "seed"]
    inside = compared["world"] == BASE
    base = compared[inside].drop(columns="world").rename(columns={"difference": "base"})
    both = compared[~inside].merge(base, on=keys, how="left", validate="many_to_one")
    if missing := int(both["base"].isna().sum()):
        raise ValueError(f"{missing} runs have no partner in the base")
    return both.assign(change=both["difference"] - both["base"])


def outcome(sign: int, base: float, here: pd.Series, change: pd.Series) -> Outcome:
    """Say what has become of a finding of the base in another world.

    Parameters
    ----------
    sign : int
        Of the finding in the base; 0 where there is none.
    base : float
        Its mean there.
    here, change : pandas.Series
        ``low`` and ``high`` of the comparison in the world, and of its change.

    Returns
    -------
    Outcome
        ``"kept"`` and ``"flipped"`` where the whole interval is on the side of the base, or on the
        other; else ``"same"`` where the change of a finding of half a point or more is less than
        half a point for sure, ``"gone"``
        where what is left is, and ``"open"`` where neither is known.
    """
    if not sign:
        return "not in base"
    low, high = sorted((sign * here["low"], sign * here["high"]))
    if low > DRAWS:
        return "kept"
    if high < -DRAWS:
        return "flipped"
    if abs(base) > MARGIN and change["low"] > -MARGIN and change["high"] < MARGIN:
        return "same"
    return "gone" if high < MARGIN else "open"


def effects(compared: pd.DataFrame) -> pd.DataFrame:
    """Say of every comparison what it is in the base and in every other world.

    Parameters
    ----------
    compared : pandas.DataFrame
        As returned by `differences`.

    Returns
    -------
    pandas.DataFrame
        As in `Compared`. With one dataset there is no interval over datasets, and the outcome is
        that of seeds on this dataset.
    """
    both = beside_base(compared)
    tables = {
        name: both_intervals(
            both.assign(difference=both[column]).drop(columns=["base", "change"]), ROW
        )
        for name, column in (("base", "base"), ("", "difference"), ("change", "change"))
    }
    signs, outcomes = [], []
    for place in range(len(tables[""])):
        base, here, change = (_ends(tables[name].iloc[place]) for name in ("base", "", "change"))
        size = float(tables["base"].iloc[place]["mean"])
        towards = {1: base, -1: pd.Series({"low": -base["high"], "high": -base["low"]})}
        sign = next((s for s, effect in towards.items() if judge(effect) == "holds"), 0)
        signs.append(sign)
        outcomes.append(outcome(sign, size, here, change))
    ends = ["mean", "low", "high", "low_fixed", "high_fixed"]
    columns = [
        tables[name][ends].add_prefix(f"{name}_" if name else "") for name in ("base", "", "change")
    ]
    sizes = tables[""][["n_datasets", "n_seeds"]]
    table = pd.concat([tables[""][ROW], *columns, sizes], axis=1)
    table = table.assign(sign=signs, outcome=outcomes)
    order = {name: list(dict.fromkeys(table[name])) for name in ("world", "embedder")}
    return arrange(table, **order)


def orders(runs: pd.DataFrame) -> pd.DataFrame:
    """Compare the order of strategies in the base with that in every other world.

    Parameters
    ----------
    runs : pandas.DataFrame
        As returned by `areas`.

    Returns
    -------
    pandas.DataFrame
        One row per world: ``n_datasets``; ``tau`` between its order and that of the base, each
        from one half of the seeds; ``luck``, which is what `tau` would be if both had the same
        order; and ``shortfall``, luck minus tau. Means over embedders and datasets, with intervals
        that draw datasets again (NaN for one). See `alutils.statistics.reordering`.
    """
    pairs = pd.concat(
        reordering(here, "world").pairs.assign(embedder=name)
        for name, here in runs.groupby("embedder", sort=False)
    )
    # The base comes first in the table, and so in every pair that it is one of.
    pairs = pairs[pairs["one"] == BASE].assign(seed=0)
    pairs = pairs.rename(columns={"other": "world", "expected": "luck"})
    rows = [name for name in dict.fromkeys(runs["world"]) if name != BASE]
    table = pd.DataFrame({"world": rows}).set_index("world")
    table["n_datasets"] = pairs.groupby("world")["dataset"].nunique()
    for value in ("tau", "luck", "shortfall"):
        found = bootstrap_interval(pairs, ["world"], value=value, datasets="resampled")
        found = found.set_index("world")[["mean", "low", "high"]]
        # No tau is beyond one, whatever Student's quantile of few units.
        bound = 2 if value == "shortfall" else 1
        found = found.clip(-bound, bound)
        table[[value, f"{value}_low", f"{value}_high"]] = found
    return table.reset_index()


def compare(runs: pd.DataFrame) -> Compared:
    """Compare every world with the base, and judge it.

    Parameters
    ----------
    runs : pandas.DataFrame
        As returned by `areas`.

    Returns
    -------
    Compared
        The sign holds in a world where no finding of the base is flipped or gone, most of them
        are kept or the same one by one (the very same world, run once more, would leave some
        open), and their mean, each in its own direction, is above zero by the rule of
        `judge`. It does not hold where one is flipped or gone. The order holds where the shortfall
        is below `ORDER_MARGIN` for sure, and luck alone would leave more than that; it does not
        where the shortfall is above zero for sure and may be that large. A world holds where both
        do, and does not where one does not. Nobody can tell from one dataset.
    """
    compared = differences(runs)
    table, order = effects(compared), orders(runs)
    both = beside_base(compared).merge(table[[*ROW, "sign", "outcome"]], on=ROW)
    found = []
    for world, here in table.groupby("world", sort=False):
        rows = both[both["world"] == world]
        taus = order[order["world"] == world].iloc[0]
        found.append({"world": world, **_world(here, rows, taus)})
    n_datasets = int(runs.loc[runs["world"] == BASE, "dataset"].nunique())
    return Compared(table, order, pd.DataFrame(found), n_datasets)


def joined(parts: dict[str, Compared]) -> Compared:
    """Put comparisons by several metrics into one, each world once for each of them.

    Parameters
    ----------
    parts : dict of str to Compared
        By the name of the metric, which is added to that of the world.
    """
    tables = {
        kind: pd.concat(
            [
                getattr(part, kind).assign(world=getattr(part, kind)["world"] + f" ({metric})")
                for metric, part in parts.items()
            ],
            ignore_index=True,
        )
        for kind in ("effects", "orders", "worlds")
    }
    return Compared(**tables, n_datasets=max(part.n_datasets for part in parts.values()))


def _world(table: pd.DataFrame, rows: pd.DataFrame, taus: pd.Series) -> dict[str, object]:
    """Judge one world from its effects, its paired differences and its order."""
    counts = {name: int((table["outcome"] == name).sum()) for name in OUTCOMES}
    stands = rows[rows["sign"] != 0]
    together = {
        name: _together(stands, column)
        for name, column in (("base", "base"), ("here", "difference"))
    }
    several_datasets = rows["dataset"].nunique() > 1
    sign = _sign_verdict(counts, together["here"]) if several_datasets else "cannot tell"
    order = _order_verdict(taus) if several_datasets else "cannot tell"
    if not several_datasets:
        wanted = "more than one dataset"
    elif sign == "cannot tell":
        wanted = (
            "findings in the base to begin with"
            if not len(stands)
            else needs(_towards(stands, "difference"))
        )
    else:
        wanted = "more seeds and datasets, for orders that agree with themselves"
    ends = ("mean", "low", "high", "low_fixed", "high_fixed")
    means = {f"{n}_{end}": effect[end] for n, effect in together.items() for end in ends}
    return {
        **counts,
        "findings": len(table) - counts["not in base"],
        "n_datasets": rows["dataset"].nunique(),
        **means,
        "sign_verdict": sign,
        "order_verdict": order,
        "verdict": each_one(pd.Series([sign, order])),
        "needs": wanted,
    }


def _sign_verdict(counts: dict[str, int], mean: pd.Series) -> Verdict:
    if counts["flipped"] or counts["gone"]:
        return "does not hold"
    most = counts["kept"] + counts["same"] > counts["open"]
    return "holds" if most and judge(mean) == "holds" else "cannot tell"


def _order_verdict(taus: pd.Series) -> Verdict:
    effect = pd.Series({"low": taus["shortfall_low"], "high": taus["shortfall_high"]})
    moved = judge(effect, margin=ORDER_MARGIN)
    if moved == "holds":
        return "does not hold"
    # An order that does not agree with itself has nothing that it could lose.
    seen = taus["luck_low"] > ORDER_MARGIN
    return "holds" if moved == "does not hold" and seen else "cannot tell"


def _towards(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Differences in the direction of the base, so that findings of both signs can be averaged."""
    return rows.assign(difference=rows["sign"] * rows[column])


def _together(stands: pd.DataFrame, column: str) -> pd.Series:
    if stands.empty:
        return pd.Series(np.nan, index=["mean", "low", "high", "low_fixed", "high_fixed"])
    return both_intervals(_towards(stands, column)).iloc[0]


def _ends(row: pd.Series) -> pd.Series:
    """Return the ends of the interval over datasets; over seeds, where there is one dataset."""
    if not np.isnan(row["low"]):
        return row[["low", "high"]]
    return pd.Series({"low": row["low_fixed"], "high": row["high_fixed"]})
