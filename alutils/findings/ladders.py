"""Ladders: one backbone whose embeddings are made worse step by step, each ladder in its own way.

The embeddings as they are stand on the top rung of every ladder. What changes along a ladder
cannot come from another model or from other texts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alutils.catalogue.steps import EMBEDDER_STEPS, split_steps
from alutils.embedders import entry_of
from alutils.errors import UserError
from alutils.statistics import aulc, bootstrap_interval

LAYERS = "layers"

ALL = "all strategies"
"""Stands where the name of a strategy would: the mean over all strategies but Random."""

MEASURE = "probe_accuracy"

LEAST_FALL = 0.05
"""A ladder without a rung that is five points worse does not turn quality."""

_MORE_IS_WORSE = {"noise", "whiten"}


@dataclass(frozen=True)
class Ladder:
    """One way to make embeddings worse.

    Parameters
    ----------
    name : str
        ``"layers"``, or the name of a step of `alutils.catalogue.steps`.
    rungs : tuple of str
        Embedders from the top, which is not made worse, to the most severe dose.
    """

    name: str
    rungs: tuple[str, ...]

    @property
    def top(self) -> str:
        """The embedder as it is."""
        return self.rungs[0]

    @property
    def bottom(self) -> tuple[str, ...]:
        """The lower half of the rungs below the top: more than the last, where little is left."""
        return self.rungs[-math.ceil((len(self.rungs) - 1) / 2) :]


def dose(embedder: str) -> tuple[str, float]:
    """Return the ladder of an embedder and how far down it stands, in the unit of its ladder.

    Examples
    --------
    >>> dose("minilm+noise(0.5)"), dose("minilm_layer2"), dose("minilm")
    (('noise', 0.5), ('layers', 2.0), ('', 0.0))
    """
    _, steps = split_steps(embedder, EMBEDDER_STEPS)
    layer = entry_of(embedder).layer
    if steps and (layer is not None or len(steps) > 1):
        raise UserError(
            f"{embedder} is made worse in several ways, so it stands on no ladder: leave it out"
        )
    if steps:
        return steps[0].name, steps[0].value
    return ("", 0.0) if layer is None else (LAYERS, float(layer))


def dose_words(embedder: str) -> str:
    """Write how strong the dose of an embedder is.

    Examples
    --------
    >>> dose_words("minilm+noise(0.5)"), dose_words("minilm+pca(64)"), dose_words("minilm")
    ('signal to noise +6 dB', '64 dimensions', 'as it is')
    """
    kind, value = dose(embedder)
    words = {
        "": "as it is",
        LAYERS: f"hidden state {value:.0f}",
        "bits": f"{value:.0f} bit{'' if value == 1 else 's'} an entry",
        "whiten": f"spread to the power {1 - value:g}",
    }
    if kind == "noise":  # noise has this many times the spread of the signal
        return f"signal to noise {0 - 20 * math.log10(value):+.0f} dB".replace("-", "−")
    return words.get(kind, f"{value:.0f} dimensions")


def ladders_of(embedders: Iterable[str]) -> list[Ladder]:
    """Find the ladders among some embedders of one backbone.

    Parameters
    ----------
    embedders : iterable of str
        Names, in any order.

    Returns
    -------
    list of Ladder
        Layers first, then as steps are listed in the catalogue.

    Raises
    ------
    UserError
        If there is more than one backbone, if it is not among the embedders itself, if none is
        made worse, or one in several ways.

    Examples
    --------
    >>> for ladder in ladders_of(["minilm+pca(8)", "minilm", "minilm_layer1", "minilm+pca(64)"]):
    ...     print(ladder.name, ladder.rungs[1:], ladder.bottom)
    layers ('minilm_layer1',) ('minilm_layer1',)
    pca ('minilm+pca(64)', 'minilm+pca(8)') ('minilm+pca(8)',)
    """
    found: dict[str, list[tuple[float, str]]] = {}
    tops = set()
    for name in dict.fromkeys(embedders):
        kind, value = dose(name)
        base, _ = split_steps(name, EMBEDDER_STEPS)
        tops.add(entry_of(name).backbone or base)
        found.setdefault(kind, []).append((value if kind in _MORE_IS_WORSE else -value, name))
    if len(tops) > 1:
        raise UserError(
            f"embedders come from several backbones ({', '.join(sorted(tops))}): keep those of "
            "one, because a ladder changes nothing else"
        )
    (top,) = tops
    if "" not in found:
        raise UserError(f"embedders lacks {top!r}, the top rung of every ladder: add it")
    kinds = [kind for kind in (LAYERS, *EMBEDDER_STEPS) if kind in found]
    if not kinds:
        raise UserError(
            f"embedders has {top!r} alone: add some that are made worse, such as '{top}+noise(1)'"
        )
    return [Ladder(kind, (top, *(name for _, name in sorted(found[kind])))) for kind in kinds]


def on_ladders(table: pd.DataFrame, ladders: Sequence[Ladder]) -> pd.DataFrame:
    """Add to rows the ``ladder`` of their embedder; rows of the top come once for each.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``embedder``.
    ladders : sequence of Ladder
        As returned by `ladders_of`.

    Returns
    -------
    pandas.DataFrame
        With ``ladder`` and ``place``, 0 on the top rung, in the order of ladders and rungs.
    """
    rungs = pd.DataFrame(
        (ladder.name, place, name) for ladder in ladders for place, name in enumerate(ladder.rungs)
    )
    rungs.columns = pd.Index(["ladder", "place", "embedder"])
    return rungs.merge(table, on="embedder")


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
    wide[ALL] = wide.drop(columns="random").mean(axis=1)
    areas = wide.reset_index().melt(keys, var_name="strategy", value_name="aulc")
    areas = areas.merge(wide["random"].reset_index(), on=keys)
    areas = areas.assign(gain=areas["aulc"] - areas.pop("random"))
    return on_ladders(areas, ladders)


def strategies_of(gain: pd.DataFrame) -> list[str]:
    """Return the strategies of a table, without Random and `ALL`, in the order of their names."""
    return sorted(set(gain["strategy"]) - {"random", ALL})


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
        the top rung, datasets drawn again; NaN for one dataset).
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
    falls = falls.rename(columns={"mean": "fall"})[["ladder", "embedder", "fall", "low", "high"]]
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
