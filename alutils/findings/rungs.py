"""What becomes of embeddings, of Random and of gains along the rungs of ladders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.findings.all_strategies import ALL, with_all
from alutils.findings.ladders import Ladder, on_ladders
from alutils.statistics import aulc, bootstrap_interval

MEASURE = "probe_accuracy"

LEAST_FALL = 0.05
"""A ladder without a rung that is five points worse does not turn quality."""


def gains(records: pd.DataFrame, ladders: Sequence[Ladder]) -> pd.DataFrame:
    """AULC and its lead over Random of every run, on every ladder that it belongs to.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, Random among the strategies.
    ladders : sequence of Ladder
        As returned by `ladders_of`.

    Returns
    -------
    pandas.DataFrame
        ``ladder``, ``place``, ``embedder``, ``dataset``, ``strategy``, ``seed``, ``aulc`` and
        ``gain`` (zero for Random), averaged over initial pools; rows whose strategy is `ALL` are
        means over the strategies but Random.
    """
    keys = ["dataset", "embedder", "seed"]
    wide = aulc(records).pivot_table("aulc", keys, "strategy")
    areas = wide.reset_index().melt(keys, var_name="strategy", value_name="aulc")
    areas = with_all(areas, keys, ["aulc"])
    areas = areas.merge(wide["random"].reset_index(), on=keys)
    areas = areas.assign(gain=areas["aulc"] - areas.pop("random"))
    return on_ladders(areas, ladders)


def with_fall(table: pd.DataFrame, measured: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Add to rows on ladders their ``quality`` and its ``fall`` from the top of the same dataset.

    Parameters
    ----------
    table : pandas.DataFrame
        As returned by `on_ladders` or `gains`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.
    measure : str
        Column of `measured`.
    """
    known = measured[["dataset", "embedder", measure]].rename(columns={measure: "quality"})
    joined = table.merge(known, on=["dataset", "embedder"], validate="many_to_one")
    top = joined[joined["place"] == 0].groupby("dataset")["quality"].first()
    return joined.assign(fall=joined["dataset"].map(top) - joined["quality"])


def doses(gain: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Say of every rung how good its embeddings are, and what Random reaches on them.

    Parameters
    ----------
    gain : pandas.DataFrame
        As returned by `gains`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        One row per ``ladder`` and ``embedder``, means over datasets: ``quality`` (probe accuracy),
        ``neighbours``, ``rank`` (effective), ``constant`` (probe accuracy above the share of the
        largest class), ``random`` (AULC), and ``fall``, ``low``, ``high`` (probe accuracy below
        the top rung, datasets drawn again; NaN for one dataset), ``n_datasets``.
    """
    random = gain[gain["strategy"] == "random"]
    random = with_fall(random, measured, MEASURE)
    known = measured.assign(constant=measured[MEASURE] - measured["largest_class"])
    columns = {
        "neighbour_accuracy": "neighbours", "effective_rank": "rank", "constant": "constant"
    }  # fmt: skip
    known = known[["dataset", "embedder", *columns]].rename(columns=columns)
    table = random.merge(known, on=["dataset", "embedder"])
    unit = ["ladder", "place", "embedder"]
    values = ["quality", *columns.values(), "aulc"]
    each = table.groupby([*unit, "dataset"])[values].mean()
    means = each.groupby(unit).mean().rename(columns={"aulc": "random"}).reset_index()
    falls = over_datasets(table.assign(difference=table["fall"]), ["ladder", "embedder"])
    kept = ["ladder", "embedder", "fall", "low", "high", "n_datasets"]
    falls = falls.rename(columns={"mean": "fall"})[kept]
    names = list(dict.fromkeys(gain["ladder"]))
    return means.merge(falls, on=["ladder", "embedder"]).sort_values(
        ["ladder", "place"], key=lambda c: c.map(names.index) if c.name == "ladder" else c,
        ignore_index=True,
    )  # fmt: skip


def turned(rungs: pd.DataFrame) -> list[str]:
    """Return the ladders with a rung that is worse than the top by `LEAST_FALL` or more.

    Parameters
    ----------
    rungs : pandas.DataFrame
        As returned by `doses`.
    """
    deepest = rungs.groupby("ladder", sort=False)["fall"].max()
    return [str(name) for name in deepest.index[deepest >= LEAST_FALL]]


def over_datasets(differences: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Average over datasets, with one interval: of datasets, or of seeds for one dataset.

    Parameters
    ----------
    differences : pandas.DataFrame
        As in `alutils.statistics.bootstrap_interval`.
    by : sequence of str
        Columns that define the groups.
    """
    one = differences["dataset"].nunique() == 1
    found = bootstrap_interval(differences, by, datasets="fixed" if one else "resampled")
    return found.drop(columns="datasets")


def responses(gain: pd.DataFrame, measured: pd.DataFrame, measure: str = MEASURE) -> pd.DataFrame:
    """Make the table behind the picture of gains against quality.

    Parameters
    ----------
    gain, measured : pandas.DataFrame
        As in `doses`.
    measure : str
        Column of `measured`.

    Returns
    -------
    pandas.DataFrame
        One row per ``ladder``, ``strategy`` and ``embedder``: ``x``, quality minus that of the
        top rung, a mean over datasets; ``mean``, ``low``, ``high`` of the gain with datasets drawn
        again (with seeds, where there is one dataset).
    """
    own = with_fall(gain[~gain["strategy"].isin(["random", ALL])], measured, measure)
    unit = ["ladder", "strategy", "embedder"]
    found = over_datasets(own.assign(difference=own["gain"]), unit)
    x = -own.groupby([*unit, "dataset"])["fall"].first().groupby(unit).mean()
    found = found.merge(x.rename("x").reset_index(), on=unit)
    return found[[*unit, "x", "mean", "low", "high"]]


def at_ends(gain: pd.DataFrame, ladders: Sequence[Ladder]) -> pd.DataFrame:
    """Take the top of every ladder, and the mean of its bottom rungs.

    Parameters
    ----------
    gain : pandas.DataFrame
        As returned by `gains`.
    ladders : sequence of Ladder
        As returned by `ladders_of`.

    Returns
    -------
    pandas.DataFrame
        ``ladder``, ``end`` (``"top"``, ``"bottom"``), ``dataset``, ``strategy``, ``seed`` and
        ``gain``.
    """
    kept = pd.DataFrame(
        (ladder.name, name, "top" if name == ladder.top else "bottom")
        for ladder in ladders
        for name in (ladder.top, *ladder.bottom)
    )
    kept.columns = pd.Index(["ladder", "embedder", "end"])
    rows = gain.merge(kept, on=["ladder", "embedder"])
    unit = ["ladder", "end", "dataset", "strategy", "seed"]
    return rows.groupby(unit, sort=False)["gain"].mean().reset_index()


def changes(gain: pd.DataFrame, ladders: Sequence[Ladder]) -> pd.DataFrame:
    """How much the gain changes from the bottom of a ladder to its top, seed by seed.

    Parameters
    ----------
    gain, ladders
        As in `at_ends`.

    Returns
    -------
    pandas.DataFrame
        ``ladder``, ``strategy``, ``dataset``, ``seed``, ``difference``; without Random.
    """
    ends = at_ends(gain[gain["strategy"] != "random"], ladders)
    unit = ["ladder", "strategy", "dataset", "seed"]
    wide = ends.pivot_table("gain", unit, "end", sort=False)
    return (wide["top"] - wide["bottom"]).rename("difference").dropna().reset_index()


def rises(gain: pd.DataFrame, measured: pd.DataFrame, measure: str = MEASURE) -> pd.DataFrame:
    """How much the gain rises along a straight line over the quality of all rungs.

    Parameters
    ----------
    gain, measured, measure
        As in `responses`.

    Returns
    -------
    pandas.DataFrame
        One row per ``ladder``, ``strategy`` (without Random), ``dataset`` and ``seed``:
        ``difference``, the rise of the least-squares line from the worst rung of the dataset to the
        best. A dataset on which all rungs are equally good has no line and no row.
    """
    table = with_fall(gain[gain["strategy"] != "random"], measured, measure)
    keys = ["ladder", "strategy", "dataset", "seed"]
    quality = table.groupby(keys, sort=False)["quality"]
    x = table["quality"] - quality.transform("mean")
    sums = table[keys].assign(xy=x * table["gain"], xx=x * x).groupby(keys, sort=False).sum()
    spread = quality.max() - quality.min()
    slope = sums["xy"] / sums["xx"].where(spread > 0, np.nan)
    return (slope * spread).rename("difference").dropna().reset_index()
