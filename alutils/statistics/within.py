"""Rank correlations over embedders within each dataset, averaged, with both intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.bootstrap import bootstrap_interval
from alutils.statistics.student import LEVEL
from alutils.streams import stream

Method = Literal["spearman", "kendall"]

RESAMPLES = 1000


def within_correlations(
    table: pd.DataFrame,
    x: str,
    y: str,
    by: Sequence[str],
    *,
    method: Method = "spearman",
    given: str | None = None,
) -> pd.DataFrame:
    """Correlate over the embedders of each dataset, and average the datasets' correlations.

    Parameters
    ----------
    table : pandas.DataFrame
        ``dataset``, ``embedder``, ``seed``, `x` (one value per dataset and embedder) and `y`. Rows
        where one of the two is missing are left out.
    x, y : str
        Columns to correlate: a measured quality and a result, say. Means over seeds of `y` are
        correlated.
    by : sequence of str
        Columns that define the groups.
    method : {"spearman", "kendall"}
        Which rank correlation; of Kendall's, tau-b.
    given : str, optional
        Column to hold constant, one value per dataset and embedder: the correlation is then the
        partial one, of what a straight line over the ranks of this column leaves of both ranks.

    Returns
    -------
    pandas.DataFrame
        One row per group: ``mean``; ``low``, ``high`` with datasets drawn again (NaN for one
        dataset); ``low_fixed``, ``high_fixed`` with seeds drawn again within these datasets (NaN
        for one seed); ``n_datasets``, ``n_seeds``, ``n_embedders``. Datasets where a column is
        constant have no correlation and are left out.

    Notes
    -----
    A seed is drawn with all its embedders, which share its initial pool. Means of resampled
    seeds have the noise of the seeds twice, which weakens every correlation; so the interval is
    made of how they spread around their own mean, widened as in `bootstrap_interval`.

    References
    ----------
    .. [1] Davison and Hinkley, Bootstrap Methods and their Application, 1997.
    """
    found = _groups(table, x, y, by, method, given)
    return pd.DataFrame([{**name, **each.summary(bound=1)} for name, each in found])


def dataset_correlations(
    table: pd.DataFrame,
    x: str,
    y: str,
    by: Sequence[str],
    *,
    method: Method = "spearman",
    given: str | None = None,
) -> pd.DataFrame:
    """Correlate over the embedders of each dataset: what `within_correlations` averages.

    Parameters
    ----------
    table, x, y, by, method, given
        As in `within_correlations`.

    Returns
    -------
    pandas.DataFrame
        One row per group and ``dataset`` with its ``correlation``, where it has one.
    """
    columns = _columns(x, y, given)
    rows = []
    for name, group in table.dropna(subset=columns).groupby([*by, "dataset"], sort=False):
        units = group.groupby("embedder")[columns].mean()
        constant = None if given is None else units[given].to_numpy()
        found = _correlate(units[x].to_numpy(), units[[y]].to_numpy().T, method, constant)
        keys = dict(zip([*by, "dataset"], name, strict=True))
        rows.append({**keys, "correlation": float(found[0])})
    columns = [*by, "dataset", "correlation"]
    return pd.DataFrame(rows, columns=columns).dropna(ignore_index=True)


def correlation_changes(
    table: pd.DataFrame,
    x: str,
    y: str,
    factor: str,
    by: Sequence[str],
    *,
    method: Method = "spearman",
) -> pd.DataFrame:
    """How much a correlation within datasets changes from the lowest level of a factor.

    Parameters
    ----------
    table, x, y, by, method
        As in `within_correlations`.
    factor : str
        Column with the levels, such as ``"initial_size"``.

    Returns
    -------
    pandas.DataFrame
        As of `within_correlations`, one row per group and level above the lowest; ``mean`` is the
        level's correlation minus that of the lowest. Both sides have the same datasets, or the
        same seeds, drawn.
    """
    rows = []
    for name, group in table.groupby(list(by), sort=False):
        keys = dict(zip(by, name, strict=True))
        levels = _groups(group.sort_values(factor), x, y, [factor], method, None)
        for level, found in levels[1:]:
            rows.append({**keys, **level, **found.minus(levels[0][1]).summary(bound=2)})
    return pd.DataFrame(rows)


def _groups(
    table: pd.DataFrame, x: str, y: str, by: Sequence[str], method: Method, given: str | None
) -> list[tuple[dict[str, object], _Correlations]]:
    groups = table.dropna(subset=_columns(x, y, given)).groupby(list(by), sort=False)
    return [
        (dict(zip(by, name, strict=True)), _Correlations.of(group, x, y, method, given))
        for name, group in groups
    ]


def _columns(x: str, y: str, given: str | None) -> list[str]:
    return list(dict.fromkeys([x, y] if given is None else [x, y, given]))


class _Correlations:
    """Each dataset's correlation, and how it moves when seeds are drawn again."""

    def __init__(
        self, found: dict[str, float], moves: dict[str, np.ndarray], embedders: int, seeds: int
    ) -> None:
        self.found, self.moves, self.embedders, self.seeds = found, moves, embedders, seeds

    @classmethod
    def of(
        cls, group: pd.DataFrame, x: str, y: str, method: Method, given: str | None
    ) -> _Correlations:
        found, moves, seeds = {}, {}, 0
        for name, each in group.groupby("dataset"):
            runs = each.groupby(["seed", "embedder"])[y].mean().unstack().to_numpy()
            known = each.groupby("embedder")[_columns(x, y, given)].first()
            quality = known[x].to_numpy()
            constant = None if given is None else known[given].to_numpy()
            seeds = min(seeds, len(runs)) if seeds else len(runs)
            # The same draws in every group, so that what differs between groups is paired.
            times = stream("bootstrap", str(name), 0).multinomial(
                len(runs), np.full(len(runs), 1 / len(runs)), size=RESAMPLES
            )
            means = np.vstack([runs.mean(axis=0), times @ runs / len(runs)])
            drawn = _correlate(quality, means, method, constant)
            if np.isnan(drawn[0]):
                continue
            found[str(name)] = float(drawn[0])
            moved = np.full(RESAMPLES, np.nan)
            if len(runs) > 1:
                moved = np.nan_to_num(drawn[1:] - np.nanmean(drawn[1:]))
                moved *= np.sqrt(len(runs) / (len(runs) - 1))
            moves[str(name)] = moved
        return cls(found, moves, group["embedder"].nunique(), seeds)

    def minus(self, other: _Correlations) -> _Correlations:
        """Subtract dataset by dataset, and draw by draw."""
        both = [name for name in self.found if name in other.found]
        found = {name: self.found[name] - other.found[name] for name in both}
        moves = {name: self.moves[name] - other.moves[name] for name in both}
        return _Correlations(found, moves, self.embedders, min(self.seeds, other.seeds))

    def summary(self, bound: float) -> dict[str, float]:
        """Average over datasets; no interval goes beyond the bound."""
        ends, mean = np.full(4, np.nan), np.nan
        if self.found:
            units = pd.DataFrame({"dataset": self.found.keys(), "value": self.found.values()})
            units = units.assign(seed=0, all="")
            moved = bootstrap_interval(units, ["all"], value="value", datasets="resampled").iloc[0]
            tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
            freedom = (self.seeds - 1) * len(self.found)
            wider = stats.t.ppf(tails[1], freedom) / stats.norm.ppf(tails[1])
            moves = np.mean(list(self.moves.values()), axis=0) * wider
            mean = moved["mean"]
            ends = np.array([moved["low"], moved["high"], *(mean + np.quantile(moves, tails))])
            ends = ends.clip(-bound, bound)
        named = dict(zip(["low", "high", "low_fixed", "high_fixed"], ends, strict=True))
        sizes = {"n_datasets": len(self.found), "n_seeds": self.seeds}
        return {"mean": mean, **named, **sizes, "n_embedders": self.embedders}


def _correlate(
    x: np.ndarray, y: np.ndarray, method: Method, given: np.ndarray | None = None
) -> np.ndarray:
    """Correlate x (embedders,) with each row of y (n, embedders); NaN for what is constant."""
    # Means of the same runs, added in another order, differ by rounding, which has no rank.
    a, b = _scores(x[None], method), _scores(np.round(y, 12), method)
    if given is not None:  # the formulas of both partial correlations are that of residuals
        c = _scores(given[None], method)[0]
        size = c @ c
        if size > 0:
            a, b = (each - np.outer(each @ c / size, c) for each in (a, b))
    spread = np.sqrt((a * a).sum() * (b * b).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: np.ndarray = np.where(spread > 1e-9, (a * b).sum(axis=1) / spread, np.nan)
    return ratio


def _scores(values: np.ndarray, method: Method) -> np.ndarray:
    """Turn rows of values into what a rank correlation is the cosine of."""
    if method == "spearman":
        ranks = stats.rankdata(values, axis=1)
        centred: np.ndarray = ranks - ranks.mean(axis=1, keepdims=True)
        return centred
    # tau-b is the same ratio, of the signs of all pairs
    signs: np.ndarray = np.sign(values[:, :, None] - values[:, None, :])
    return signs.reshape(len(values), -1)
