"""Effects of an initial pool: on the first head, on the early cycles, and with quality."""

from __future__ import annotations

import pandas as pd

from alutils.statistics import aulc, paired_differences

EARLY = 5
"""Cycles that count as early."""

QUALITY = "probe_accuracy"
"""Measure of the quality of an embedding, a share (`alutils.diagnostics`)."""


def first_gains(records: pd.DataFrame) -> pd.DataFrame:
    """Accuracy of the first head minus the same with a random initial pool, seed by seed.

    Returns
    -------
    pandas.DataFrame
        One row per run with another initial pool; ``difference`` is a share.
    """
    return paired_differences(records[records["cycle"] == 0], "accuracy", "initial_pool", "random")


def early_gains(records: pd.DataFrame, early: int = EARLY) -> pd.DataFrame:
    """AULC of the early cycles minus the same with a random initial pool, seed by seed.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    early : int
        First cycles that count as early.

    Returns
    -------
    pandas.DataFrame
        One row per run with another initial pool; ``difference`` is a share.
    """
    areas = aulc(records[records["cycle"] < early])
    return paired_differences(areas, "aulc", "initial_pool", "random")


def changes(gains: pd.DataFrame, worst: str, best: str) -> pd.DataFrame:
    """Gain under the best embedder minus the gain under the worst: a difference of differences.

    Parameters
    ----------
    gains : pandas.DataFrame
        As returned by `early_gains` or `first_gains`.
    worst, best : str
        Embedders. Datasets that lack one of them, as far as it is contaminated, are left out.

    Returns
    -------
    pandas.DataFrame
        One row per dataset, initial pool and seed, with the change as ``difference``; none where
        worst and best are the same.
    """
    both = gains[gains["embedder"].isin([worst, best])]
    there = both.groupby("dataset")["embedder"].transform("nunique")
    return paired_differences(both[there == 2], "difference", "embedder", worst)


def trends(gains: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """How much the gain rises along a straight line over the quality of all embedders.

    Within a dataset, and for each seed, a line is fitted to the gain over the probe accuracy of
    the embedders (least squares). Its rise from the lowest probe accuracy of that dataset to the
    highest has the unit of the gain, so that datasets of other spread can be averaged, and would
    equal the change from the worst embedder to the best if there were only these two.

    Parameters
    ----------
    gains : pandas.DataFrame
        As returned by `early_gains` or `first_gains`.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        One row per initial pool, dataset and seed: ``difference``, the rise, and ``slope``, the
        same per unit of probe accuracy. A dataset whose embedders are all of one quality has none.
    """
    table = gains.merge(
        measured[["dataset", "embedder", QUALITY]],
        on=["dataset", "embedder"],
        how="left",
        validate="many_to_one",
    )
    # Runs of one seed with several query strategies count as one.
    keys = ["initial_pool", "dataset", "seed"]
    table = table.groupby([*keys, "embedder"], sort=False)[["difference", QUALITY]].mean()
    quality = table[QUALITY].groupby(keys, sort=False)
    x = table[QUALITY] - quality.transform("mean")
    sums = pd.DataFrame({"xy": x * table["difference"], "xx": x**2})
    sums = sums.groupby(keys, sort=False).sum()
    sums["spread"] = quality.max() - quality.min()
    sums = sums[sums["spread"] > 0]
    slope = sums["xy"] / sums["xx"]
    return pd.DataFrame({"difference": slope * sums["spread"], "slope": slope}).reset_index()
