"""What it costs to use one strategy always, instead of the best in hindsight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.bootstrap import bootstrap_interval
from alutils.statistics.student import LEVEL
from alutils.streams import stream


def regret(areas: pd.DataFrame, *, n: int = 4_000) -> pd.DataFrame:
    """How far each strategy is behind the best of its place, on average and at worst.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `aulc`, the same strategies and seeds for each embedder of a dataset;
        columns other than ``dataset``, ``embedder``, ``strategy`` and ``seed`` are averaged.
    n : int
        Resamples.

    Returns
    -------
    pandas.DataFrame
        Two rows per strategy: ``measure`` (``"mean"`` over combinations of dataset and embedder,
        datasets with the same weight, or ``"worst"`` of them); ``mean``, the AULC behind;
        ``low_fixed``, ``high_fixed``, 95 % with seeds drawn again within these datasets; ``low``,
        ``high`` with datasets drawn again (of the mean alone: the worst of datasets not seen has
        no bound); ``raw`` as seen, not corrected; ``dataset`` and ``embedder`` of the worst. NaN
        where there is no interval: for one seed, or one dataset.

    Raises
    ------
    ValueError
        If a strategy lacks a dataset, an embedder or a seed.

    Notes
    -----
    The highest of several means owes a part of its height to luck, so that everything seems
    farther behind than it is. In each resample of seeds the best is chosen anew; how much farther
    behind strategies are there than in the data shows how large that part is, and it is taken
    off: from the value, and by basic bootstrap limits [1]_ from both ends, none below zero. Seeds
    are drawn once for all strategies and embedders of a dataset, which share them, and the
    spread is widened as in `bootstrap_interval`. Where strategies hardly differ, the correction
    of the worst is too small.

    References
    ----------
    .. [1] Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 5.2.1.
    """
    keys = ["dataset", "embedder", "seed"]
    wide = areas.pivot_table("aulc", keys, "strategy", aggfunc="mean").sort_index()
    if wide.isna().any(axis=None):
        raise ValueError("some strategies lack a dataset, an embedder or a seed")
    means = wide.groupby(["dataset", "embedder"]).mean()
    behind = means.rsub(means.max(axis=1), axis=0)
    worst = behind.idxmax()
    resampled = _resampled(wide, n)
    others = _other_datasets(wide, means)
    tail = (1 + LEVEL) / 2
    rows = []
    for measure, summary in (("mean", _mean), ("worst", _worst)):
        raw = summary([rows.to_numpy() for _, rows in behind.groupby("dataset")])
        drawn = summary(resampled)
        # How much farther behind strategies are in resamples than in the data.
        shift = drawn.mean(axis=0) - raw
        ends = 2 * raw - np.quantile(drawn, [tail, 1 - tail], axis=0)
        table = pd.DataFrame({"strategy": wide.columns, "measure": measure, "raw": raw})
        table["mean"] = np.where(np.isnan(shift), raw, np.maximum(raw - shift, 0))
        table["low_fixed"], table["high_fixed"] = np.maximum(ends, 0)
        for end in ("low", "high"):
            values = np.maximum(others[end].to_numpy() - shift, 0)
            table[end] = values if measure == "mean" else np.nan
        place = [worst[name] if measure == "worst" else ("", "") for name in wide.columns]
        table["dataset"], table["embedder"] = zip(*place, strict=True)
        rows.append(table)
    return pd.concat(rows, ignore_index=True)


def _mean(blocks: Sequence[np.ndarray]) -> np.ndarray:
    """Mean over embedders, then datasets, of (..., embedders, strategies)."""
    return np.asarray(np.mean([block.mean(axis=-2) for block in blocks], axis=0))


def _worst(blocks: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(np.max([block.max(axis=-2) for block in blocks], axis=0))


def _resampled(wide: pd.DataFrame, n: int) -> list[np.ndarray]:
    """How far behind in resamples of seeds: (n, embedders, strategies) of each dataset."""
    rng = stream("bootstrap", "regret", 0)
    datasets = [rows for _, rows in wide.groupby("dataset")]
    values = [np.array([r.to_numpy() for _, r in d.groupby("embedder")]) for d in datasets]
    freedom = sum(each.shape[1] - 1 for each in values)
    tail = (1 + LEVEL) / 2
    found = []
    for each in values:
        m = each.shape[1]
        if m == 1:
            found.append(np.full((n, each.shape[0], each.shape[2]), np.nan))
            continue
        weights = rng.multinomial(m, np.full(m, 1 / m), size=n) / m
        centre = each.mean(axis=1, keepdims=True)
        moves = np.einsum("nr,ers->nes", weights, each - centre)
        # Widened as in `bootstrap_interval`.
        moves *= np.sqrt(m / (m - 1)) * stats.t.ppf(tail, freedom) / stats.norm.ppf(tail)
        drawn = centre[:, 0] + moves
        found.append(drawn.max(axis=-1, keepdims=True) - drawn)
    return found


def _other_datasets(wide: pd.DataFrame, means: pd.DataFrame) -> pd.DataFrame:
    """Limits of the mean with datasets drawn again, the best of each as it is in the data."""
    keys = ["dataset", "embedder"]
    leader = means.idxmax(axis=1).rename("leader")
    long = wide.reset_index().melt([*keys, "seed"], var_name="strategy", value_name="aulc")
    long = long.merge(leader.reset_index(), on=keys)
    best = long[long["strategy"] == long["leader"]].set_index([*keys, "seed"])["aulc"]
    ahead = best.reindex(pd.MultiIndex.from_frame(long[[*keys, "seed"]])).to_numpy()
    long["difference"] = ahead - long["aulc"]
    limits = bootstrap_interval(long, ["strategy"], datasets="resampled")
    return limits.set_index("strategy").loc[list(wide.columns)]
