"""Question Q9: is a frozen space, clustered already, fair to all strategies alike.

The same texts and vectors are compared in spaces that were degraded on purpose: whitened, so that
all directions are equal and clusters dissolve, or with noise. What a strategy loses there that
another loses too is not due to clusters; so what a clustering strategy loses is compared with what
Margin, which looks at no neighbour, loses in the same space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from alutils.catalogue.steps import base_name
from alutils.figures.style import names, plain
from alutils.findings.family import at_least_one, datasets_needed, judge_family, needed_words
from alutils.findings.finding import Finding, Number
from alutils.findings.judging import both_intervals, brief_words, number
from alutils.findings.pool_effects import early_gains
from alutils.statistics import aulc, paired_differences
from alutils.study import Grid

CLUSTERING = ("typiclust", "kmeans", "prob_cover")
"""Strategies that look for dense places of the pool."""

CONTROL = "margin"
"""Looks at the head alone."""


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grid of the query strategies and that of the initial pools.

    Parameters
    ----------
    parameters : mapping
        Of the page: those of a grid, and ``pool_cycles``, cycles of the runs whose initial pools
        are compared.

    Returns
    -------
    list of Grid
    """
    shared = {
        name: parameters[name]
        for name in (
            *("datasets", "embedders", "initial_size", "query_size", "seeds"),
            *("pool_size", "test_size"),
        )
    }
    queries = Grid(
        **shared,
        initial_pools=["random"],
        strategies=parameters["strategies"],
        cycles=parameters["cycles"],
    )
    pools = Grid(
        **shared,
        initial_pools=parameters["initial_pools"],
        strategies=[CONTROL],
        cycles=parameters["pool_cycles"],
    )
    return [queries, pools]


def gains(queries: pd.DataFrame) -> pd.DataFrame:
    """AULC minus that of Random, paired by seed, for every other strategy and space.

    Parameters
    ----------
    queries : pandas.DataFrame
        Records of `alutils.study.run_study`.

    Returns
    -------
    pandas.DataFrame
        One row per run with ``difference``, a share.
    """
    return paired_differences(aulc(queries), "aulc", "strategy", "random")


def losses(gained: pd.DataFrame, good: str, factor: str = "strategy") -> pd.DataFrame:
    """How much of its gain a method loses in a degraded space, paired by dataset and seed.

    Parameters
    ----------
    gained : pandas.DataFrame
        As returned by `gains`, or by `alutils.findings.pool_effects.early_gains`.
    good : str
        Embedder that is not degraded.
    factor : str
        ``"strategy"`` or ``"initial_pool"``.

    Returns
    -------
    pandas.DataFrame
        One row per dataset, method, degraded ``embedder`` and seed: ``difference``, the gain in
        the good space minus that in the degraded one.
    """
    lost = paired_differences(gained, "difference", "embedder", good)
    keys = ["dataset", factor, "embedder", "seed"]
    return lost[keys].assign(difference=-lost["difference"])


def beyond_control(lost: pd.DataFrame) -> pd.DataFrame:
    """Subtract what Margin loses from what clustering strategies lose on average.

    Parameters
    ----------
    lost : pandas.DataFrame
        As returned by `losses`, of strategies.

    Returns
    -------
    pandas.DataFrame
        One row per dataset, degraded ``embedder`` and seed with ``difference``.
    """
    keys = ["dataset", "embedder", "seed"]
    clustering = lost[lost["strategy"].isin(CLUSTERING)].groupby(keys)["difference"].mean()
    control = lost[lost["strategy"] == CONTROL].set_index(keys)["difference"]
    return (clustering - control).rename("difference").reset_index()


def finding(queries: pd.DataFrame, pools: pd.DataFrame) -> Finding:
    """Judge whether clustering strategies lose more in degraded spaces than Margin does.

    Parameters
    ----------
    queries : pandas.DataFrame
        Records with random initial pools; strategies Random, Margin and one of `CLUSTERING` or
        more; the first embedder is the good space.
    pools : pandas.DataFrame
        Records that differ in their initial pools, Random among them.

    Returns
    -------
    Finding
        It holds when, in one of the degraded spaces or more, what clustering strategies lose on
        average beyond Margin's loss is above zero; the spaces are one family for Holm's
        correction. Initial pools are reported beside it.
    """
    good, degraded = spaces(queries)
    gained = gains(queries)
    lost = beyond_control(losses(gained, good))
    judged = judge_family(lost, "embedder").set_index("embedder").loc[degraded]
    verdict = at_least_one(judged["verdict"])
    used = [name for name in CLUSTERING if name in set(queries["strategy"])]
    here = gained[gained["embedder"] == good]
    theirs, margins = (
        both_intervals(here[here["strategy"].isin(names_)]).iloc[0] for names_ in (used, [CONTROL])
    )
    started = pool_losses(pools, good)
    gain, lose = ("gains", "loses") if len(used) == 1 else ("gain", "lose")
    sentence = [
        f"In {plain(good)}, {names(used)} {gain} {brief_words(theirs)} over Random on average, "
        f"{plain(CONTROL)} {brief_words(margins)}.",
        f"From {plain(good)} to a space that is degraded on purpose, {names(used)} {lose}, "
        f"beyond what {plain(CONTROL)} loses: "
        + "; ".join(
            f"{brief_words(row)} in **{_short(str(space))}** ({row['verdict']})"
            for space, row in judged.iterrows()
        )
        + ".",
    ]
    if len(started):
        sentence.append(
            "The same of initial pools (below zero: they gain more): "
            + "; ".join(
                f"{brief_words(row)} in {_short(str(space))}" for space, row in started.iterrows()
            )
            + "."
        )
    if verdict == "cannot tell":
        sentence.append(f"Cannot tell: needs {_needed(lost, judged)}.")
    n_datasets = queries["dataset"].nunique()
    return Finding(
        question="Do clustering strategies gain because frozen spaces are clustered already?",
        verdict=verdict,
        sentence=" ".join(sentence),
        test=(
            "Gains over Random in AULC, paired by dataset and seed, and their differences between "
            "spaces. Verdicts draw datasets again (seeds, where there is one). "
            f"Wilcoxon's signed-rank test, unit: dataset (n = {n_datasets}), corrected "
            f"by Holm over {len(degraded)} degraded spaces: "
            + ", ".join(f"{_short(str(s))} p = {row['p_holm']:.3f}" for s, row in judged.iterrows())
            + "."
        ),
        change="CoreSet looks for outliers and not for clusters, so it is not counted; whitening "
        "costs it most, and counting it would change the numbers. Whitening and noise also make an "
        "embedding worse for the head. A space with the same accuracy of the head and no clusters "
        "would be a sharper test, if there were one.",
        numbers=_numbers(judged, started),
    )


def spaces(queries: pd.DataFrame) -> tuple[str, list[str]]:
    """Return the embedder without steps, and those that were made of it."""
    embedders = list(dict.fromkeys(queries["embedder"]))
    good = base_name(embedders[0])
    return good, [name for name in embedders if name != good]


def pool_losses(pools: pd.DataFrame, good: str) -> pd.DataFrame:
    """Return what clustering initial pools lose on average in each degraded space.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.findings.judging.both_intervals`, indexed by degraded ``embedder``; empty
        without a clustering initial pool.
    """
    gained = early_gains(pools[pools["initial_pool"].isin(["random", *CLUSTERING])])
    lost = losses(gained, good, "initial_pool")
    if lost.empty:
        return lost
    keys = ["dataset", "embedder", "seed"]
    lost = lost.groupby(keys, sort=False)["difference"].mean().reset_index()
    return both_intervals(lost, ["embedder"]).set_index("embedder")


def _short(space: str) -> str:
    """Write a degraded space without the name of the embedder it was made of."""
    return plain(space).partition(", ")[2]


def _needed(lost: pd.DataFrame, judged: pd.DataFrame) -> str:
    have = lost["dataset"].nunique()
    if have == 1:
        return "more than one dataset"
    open_ = judged.index[judged["verdict"] == "cannot tell"]
    return needed_words(max(datasets_needed(lost, "embedder", s) for s in open_), have)


def _numbers(judged: pd.DataFrame, started: pd.DataFrame) -> dict[str, Number]:
    label = f"loss of clustering strategies beyond {plain(CONTROL)}'s, AULC, mean over datasets"
    found = {
        f"{s}_queries": number(row, f"{plain(str(s))}: {label}") for s, row in judged.iterrows()
    }
    label = "loss of clustering initial pools, early AULC, mean over datasets"
    found |= {
        f"{s}_pools": number(row, f"{plain(str(s))}: {label}") for s, row in started.iterrows()
    }
    return found
