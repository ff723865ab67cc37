"""Whether an order moves between two contexts by more than luck moves it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from alutils.statistics.student import LEVEL, ROUNDING
from alutils.streams import stream

SPLITS = 50


@dataclass(frozen=True)
class Reordering:
    """How far orders agree with themselves and with each other, as Kendall's tau-b.

    Parameters
    ----------
    pairs : pandas.DataFrame
        One row per group and pair of levels ``one`` and ``other``: ``own_one``, ``own_other``
        (tau of the order of one level between halves of the seeds), ``tau`` (between the two
        levels, each from other seeds), ``expected`` (what `tau` would be if the two had the same
        order) and ``shortfall`` (expected minus tau).
    own, tau, expected, shortfall : float
        Means over the pairs.
    low_fixed, high_fixed : float
        95 % interval of the shortfall, with the seed as its unit: on these datasets.
    low, high : float
        The same with the dataset as its unit: on others like these.
    p : float
        Two-sided, of a shortfall of zero; unit seed.
    n_seeds, n_datasets : int
        Units.
    """

    pairs: pd.DataFrame
    own: float
    tau: float
    expected: float
    shortfall: float
    low_fixed: float
    high_fixed: float
    low: float
    high: float
    p: float
    n_seeds: int
    n_datasets: int


def reordering(
    areas: pd.DataFrame,
    factor: str = "embedder",
    within: str = "dataset",
    *,
    value: str = "aulc",
    item: str = "strategy",
    splits: int = SPLITS,
) -> Reordering:
    """Test whether the order of strategies differs between levels of a factor.

    Orders made from few seeds differ by luck alone. So each order is made from one half of the
    seeds and compared with those of all levels from the other half, its own among them, in random
    halves, over and over. An order that does not agree with itself cannot agree with another one;
    if two levels had the same order, tau between them would be about the geometric mean of their
    own two. What it falls short of that is what the factor moved.

    Parameters
    ----------
    areas : pandas.DataFrame
        As returned by `aulc`; columns not named here are averaged.
    factor : str
        Column whose levels may reorder: ``"embedder"`` or ``"dataset"``.
    within : str
        Column that is kept the same in each comparison: the other of the two. Items that a level
        of the group lacks are left out of the group.
    value : str
        Column to order by.
    item : str
        Column that is ordered.
    splits : int
        Random halves.

    Returns
    -------
    Reordering
        Without an interval over seeds for fewer than three, and without one over datasets for
        fewer than two (three, where datasets are compared). NaN for one seed, or one level.

    Notes
    -----
    The geometric mean is Spearman's correction for attenuation [1]_, taken on correlations:
    sin(pi tau / 2) turns tau into one [2]_. A permutation of the levels within seeds, the obvious
    test, would take a level under which all strategies are close, and whose order is noisy, for
    one that has another order.

    Intervals and p come from the jackknife [3]_, which leaves out one unit at a time and takes
    Student's quantile. It suits halves, where resampling would put one seed into both, and pairs
    that share a dataset [4]_. For tau it is cautious: the interval is rather too wide.

    References
    ----------
    .. [1] Spearman, The proof and measurement of association between two things, American
       Journal of Psychology 15, 1904.
    .. [2] Kendall and Gibbons, Rank Correlation Methods, 5th edition, 1990, section 9.
    .. [3] Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 11.
    .. [4] Arvesen, Jackknifing U-statistics, Annals of Mathematical Statistics 40, 1969.
    """
    groups = _groups(areas, factor, within, value, item)
    n_seeds = min((table.shape[2] for _, _, table in groups), default=0)
    pairs = _pairs(groups, factor, within, range(n_seeds), splits)
    datasets = sorted(set(areas["dataset"]))

    def shortfall(rows: pd.DataFrame) -> float:
        return float(rows["shortfall"].mean())

    def without_seed(seed: int) -> float:
        others = [s for s in range(n_seeds) if s != seed]
        return shortfall(_pairs(groups, factor, within, others, splits))

    def without_dataset(place: int) -> float:
        name = datasets[place]
        columns = [within] if within == "dataset" else ["one", "other"]
        return shortfall(pairs[(pairs[columns] != name).all(axis=1)])

    estimate = shortfall(pairs)
    low_fixed, high_fixed, p = _jackknife(estimate, without_seed, n_seeds, least=3)
    low, high, _ = _jackknife(estimate, without_dataset, len(datasets), least=2)
    return Reordering(
        pairs=pairs,
        own=float(pairs[["own_one", "own_other"]].to_numpy().mean()) if len(pairs) else np.nan,
        tau=float(pairs["tau"].mean()),
        expected=float(pairs["expected"].mean()),
        shortfall=estimate,
        low_fixed=low_fixed,
        high_fixed=high_fixed,
        low=low,
        high=high,
        p=p,
        n_seeds=n_seeds,
        n_datasets=len(datasets),
    )


Group = tuple[str, list[str], np.ndarray]


def _groups(areas: pd.DataFrame, factor: str, within: str, value: str, item: str) -> list[Group]:
    """Name, levels and values (levels, items, seeds) of every group, in the order of the rows."""
    found = []
    for name, rows in areas.groupby(within, sort=False):
        wide = rows.pivot_table(value, [factor, "seed"], item)
        # An item without a value somewhere cannot be ordered there.
        wide = wide.dropna(axis="columns").sort_index()
        levels = list(dict.fromkeys(rows[factor]))
        seeds = sorted(set.intersection(*(set(wide.loc[level].index) for level in levels)))
        values = [wide.loc[level].loc[seeds].to_numpy().T for level in levels]
        found.append((str(name), levels, np.array(values)))
    return found


def _pairs(
    groups: Sequence[Group], factor: str, within: str, seeds: Sequence[int], splits: int
) -> pd.DataFrame:
    """Compare every pair of levels in every group, from the seeds at these places."""
    half = len(seeds) // 2
    rows = []
    for name, levels, values in groups:
        if half:
            # Each call draws the same halves, so that leaving one seed out changes no more.
            rng = stream("halves", "reordering", 0)
            drawn = [rng.permutation(np.array(seeds))[: 2 * half] for _ in range(splits)]
            taus = np.mean([_taus(values, d[:half], d[half:]) for d in drawn], axis=0)
        else:
            taus = np.full((len(levels), len(levels)), np.nan)
        for i, j in itertools.combinations(range(len(levels)), 2):
            own = taus[i, i], taus[j, j]
            true = np.sin(np.pi / 2 * np.clip(own, 0, 1))
            expected = 2 / np.pi * np.arcsin(np.sqrt(true[0] * true[1]))
            rows.append(
                [name, levels[i], levels[j], *own, taus[i, j], expected, expected - taus[i, j]]
            )
    columns = [within, "one", "other", "own_one", "own_other", "tau", "expected", "shortfall"]
    return pd.DataFrame(rows, columns=columns)


def _taus(values: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Kendall's tau-b between all levels (levels, levels), each time from other seeds."""
    first, second = (_signs(values[:, :, seeds].mean(axis=2)) for seeds in (one, other))
    taus = first @ second.T
    both: np.ndarray = (taus + taus.T) / 2
    return both


def _signs(means: np.ndarray) -> np.ndarray:
    """Who is ahead in every pair of items (levels, pairs), scaled so that products are tau-b."""
    i, j = np.triu_indices(means.shape[1], 1)
    gaps = means[:, i] - means[:, j]
    signs = np.where(np.abs(gaps) <= ROUNDING, 0, np.sign(gaps))
    scale = np.sqrt((signs**2).sum(axis=1, keepdims=True))
    scaled: np.ndarray = signs / np.where(scale > 0, scale, np.inf)
    return scaled


def _jackknife(
    estimate: float, without: Callable[[int], float], n: int, least: int
) -> tuple[float, float, float]:
    """Interval and two-sided p of zero; NaN for fewer units than the least, or without spread."""
    if n < least:
        return np.nan, np.nan, np.nan
    left = np.array([without(unit) for unit in range(n)])
    error = np.sqrt((n - 1) / n * ((left - left.mean()) ** 2).sum())
    half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * error
    with np.errstate(divide="ignore", invalid="ignore"):
        p = float(2 * stats.t.sf(np.abs(estimate) / error, n - 1))
    return float(estimate - half), float(estimate + half), p
