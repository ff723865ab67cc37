"""How long a head start lasts, and how many classes the first labels show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.findings.judging import both_intervals
from alutils.statistics import paired_differences


def leads(records: pd.DataFrame, embedders: Sequence[str], pools: Sequence[str]) -> pd.DataFrame:
    """Accuracy minus that with a random initial pool, cycle by cycle, averaged over datasets.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`.
    embedders, pools : sequence of str
        Embedders and initial pools to look at.

    Returns
    -------
    pandas.DataFrame
        One row per initial pool, embedder and number of labels (``n_labelled``), in that order:
        what `both_intervals` returns, as shares.
    """
    rows = records[records["embedder"].isin(embedders)]
    rows = rows[rows["initial_pool"].isin(["random", *pools])]
    found = paired_differences(rows, "accuracy", "initial_pool", "random")
    table = both_intervals(found, ["initial_pool", "embedder", "n_labelled"])
    return table.sort_values(
        ["initial_pool", "embedder", "n_labelled"],
        key=lambda c: c if c.name == "n_labelled" else c.map(_places([*pools, *embedders])),
        ignore_index=True,
    )


def _places(names: Sequence[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def lasting(lead: pd.DataFrame) -> pd.DataFrame:
    """Say up to how many labels a lead lasts without a break, from the first head on.

    Parameters
    ----------
    lead : pandas.DataFrame
        As returned by `leads`.

    Returns
    -------
    pandas.DataFrame
        One row per initial pool and embedder: ``until``, the labels at the last cycle of those
        from the first on whose whole interval is above zero (datasets drawn again; with a single
        dataset, seeds), NaN where the first is not; ``open``, whether that is the last cycle
        there is; ``behind``, whether the whole interval of the first is below zero; ``start`` and
        ``end``, the lead of the first and the last cycle.
    """
    low, high = (lead[end].fillna(lead[f"{end}_fixed"]) for end in ("low", "high"))
    rows = []
    for (pool, embedder), run in lead.assign(ahead=low > 0, behind=high < 0).groupby(
        ["initial_pool", "embedder"], sort=False
    ):
        run = run.sort_values("n_labelled")
        length = int(run["ahead"].cumprod().sum())
        rows.append(
            {
                "initial_pool": pool,
                "embedder": embedder,
                "until": float(run["n_labelled"].iloc[length - 1]) if length else np.nan,
                "open": length == len(run),
                "behind": bool(run["behind"].iloc[0]),
                "start": run["mean"].iloc[0],
                "end": run["mean"].iloc[-1],
            }
        )
    return pd.DataFrame(rows)


def shares_seen(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Share of the classes of a dataset that the initial pool has a label of.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`: with ``classes_seen`` (from an archive), with
        ``class_counts`` (computed), or with both where a part of the rows came from each.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        One row per run: fields of the cell, ``seed``, ``share``.
    """
    first = records[records["cycle"] == 0]
    seen = first.get("classes_seen", pd.Series(np.nan, first.index)).astype(float)
    if "class_counts" in first:
        counted = [
            float((np.asarray(counts) > 0).sum()) if np.ndim(counts) else np.nan
            for counts in first["class_counts"]
        ]
        seen = seen.fillna(pd.Series(counted, first.index))
    n_classes = measured.groupby("dataset")["n_classes"].first()
    share = seen / first["dataset"].map(n_classes)
    # A run's first cycle alone is meant from here on.
    return first.drop(columns="cycle").assign(share=share)


def classes_and_gains(
    records: pd.DataFrame, measured: pd.DataFrame, first: pd.DataFrame
) -> pd.DataFrame:
    """Put what an initial pool gains in classes beside what its first head gains in accuracy.

    Parameters
    ----------
    records, measured
        As in `shares_seen`.
    first : pandas.DataFrame
        As returned by `alutils.findings.pool_effects.first_gains`.

    Returns
    -------
    pandas.DataFrame
        One row per run: ``initial_pool``, ``dataset``, ``embedder``, ``seed``, ``classes`` (share
        of classes seen minus Random's) and ``difference`` (accuracy minus Random's).
    """
    shares = paired_differences(shares_seen(records, measured), "share", "initial_pool", "random")
    keys = ["initial_pool", "dataset", "embedder", "strategy", "seed"]
    both = shares[[*keys, "difference"]].rename(columns={"difference": "classes"})
    return both.merge(first[[*keys, "difference"]], on=keys, validate="one_to_one")
