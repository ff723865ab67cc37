"""Contexts: what is known of a dataset before any label, and what each choice would have gained.

A context is a dataset, an embedder and a budget. Nothing that looks at a label is known in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alutils.diagnostics import MEASURES
from alutils.statistics import aulc

CONTEXT = ["dataset", "embedder", "budget"]

BASELINE = "random"

DIAGNOSTICS = [measure.name for measure in MEASURES if not measure.needs_labels]

TASK = ["n_classes", "labels_per_class"]
"""What a person knows without looking at an embedding: the classes, and the budget for each."""


@dataclass(frozen=True)
class Contexts:
    """Features and results of some contexts.

    Parameters
    ----------
    features : pandas.DataFrame
        One row per context (indexed by `CONTEXT`), one column per feature: `TASK`, and those
        `DIAGNOSTICS` that are known of all embeddings here.
    areas : pandas.DataFrame
        AULC up to the budget, one row per context and seed, one column per choice, `BASELINE`
        among them.
    """

    features: pd.DataFrame
    areas: pd.DataFrame

    @property
    def gains(self) -> pd.DataFrame:
        """AULC minus that of the baseline, mean over seeds: one row per context."""
        ahead = self.areas.sub(self.areas[BASELINE], axis=0)
        return ahead.groupby(level=CONTEXT).mean().loc[self.features.index]

    @property
    def datasets(self) -> list[str]:
        """Names of the datasets, in the order of the contexts."""
        return list(dict.fromkeys(self.features.index.get_level_values("dataset")))

    def of(self, datasets: Sequence[str]) -> Contexts:
        """Return the contexts of some datasets."""
        return Contexts(
            *(t[t.index.isin(datasets, "dataset")] for t in (self.features, self.areas))
        )


def budgets_of(records: pd.DataFrame) -> list[int]:
    """Return the budgets that curves are read at: all of their labels, and halves of these.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, all with the same sizes.

    Returns
    -------
    list of int
        In rising order; rounded down to numbers of labels that the curves have, and each at least
        twice the initial pool.
    """
    labels = sorted(int(n) for n in set(records["n_labelled"]))
    wanted = [labels[-1] / 2**n for n in range(len(labels))]
    found = {max((n for n in labels if n <= w), default=0) for w in wanted}
    return sorted(n for n in found if n >= 2 * labels[0])


def contexts_of(records: pd.DataFrame, measured: pd.DataFrame, factor: str) -> Contexts:
    """Put together what was measured and what came out.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, all with the same sizes.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`, of the same pairs at least.
    factor : {"strategy", "initial_pool"}
        What is chosen. `BASELINE` must be among its levels.

    Returns
    -------
    Contexts
        With the budgets of `budgets_of`; choices in the order of the records, the baseline first.
    """
    choices = [BASELINE, *(c for c in dict.fromkeys(records[factor]) if c != BASELINE)]
    parts = {}
    for budget in budgets_of(records):
        areas = aulc(records[records["n_labelled"] <= budget])
        runs = areas.pivot_table("aulc", ["dataset", "embedder", "seed"], factor, sort=False)
        parts[budget] = runs[choices]
    wide = pd.concat(parts, names=["budget"]).reorder_levels([*CONTEXT, "seed"])
    wide.columns.name = None
    if wide.isna().any(axis=None):
        raise ValueError(f"some levels of {factor} lack a dataset, an embedder or a seed")
    return Contexts(_features(places_of(wide).unique(), measured), wide)


def places_of(areas: pd.DataFrame) -> pd.MultiIndex:
    """Return the context of each row of ``Contexts.areas``."""
    index = areas.index
    return pd.MultiIndex.from_arrays([index.get_level_values(n) for n in CONTEXT], names=CONTEXT)


def _features(places: pd.MultiIndex, measured: pd.DataFrame) -> pd.DataFrame:
    pairs = ["dataset", "embedder"]
    known = measured.drop_duplicates(pairs).set_index(pairs)
    rows = known.loc[places.droplevel("budget")].set_axis(places)
    rows = rows.assign(labels_per_class=labels_per_class(places, rows["n_classes"]))
    have = [name for name in DIAGNOSTICS if name in rows and rows[name].notna().all()]
    return rows[[*TASK, *have]].astype(float)


def labels_per_class(places: pd.MultiIndex, n_classes: pd.Series) -> np.ndarray:
    """Budget divided by the number of classes, for each context."""
    return np.asarray(places.get_level_values("budget").to_numpy(float) / n_classes.to_numpy(float))
