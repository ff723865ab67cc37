"""Pools with rare classes, and pools full of copies: whether the findings hold there.

A rare class hardly counts in accuracy on a test side that keeps its own shares of classes, and
not at all where it is rare there too; balanced accuracy gives every class the same weight. So both
are judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from alutils.errors import UserError
from alutils.findings import robustness, robustness_words
from alutils.findings.finding import Finding
from alutils.study import Grid, grids_of

QUESTION = "Do the findings hold in pools with rare classes and with copies?"

METRICS = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy"}


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grid of the pools as they are, then one for each way to make them harder.

    Parameters
    ----------
    parameters : mapping
        Of the page: those of a grid; ``imbalance``, a list of ratios between the largest and the
        smallest class; ``imbalance_datasets``, those whose classes can be thinned (None for all);
        ``copies``, a list of shares of the pool.

    Returns
    -------
    list of Grid

    Raises
    ------
    UserError
        If both lists are empty, or a value or a dataset is not one that can be.
    """
    (base,) = grids_of([parameters])
    ratios, shares = (list(dict.fromkeys(parameters[name])) for name in ("imbalance", "copies"))
    if not ratios and not shares:
        raise UserError("imbalance needs a ratio, such as 10, or copies a share, such as 0.5")
    datasets = parameters["imbalance_datasets"]
    return [
        base,
        *(robustness.with_step(base, "imbalance", ratio, datasets) for ratio in ratios),
        *(robustness.with_step(base, "copies", share) for share in shares),
    ]


def measured_grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grids whose embeddings are measured: that of the base."""
    return grids(parameters)[:1]


def compare(
    tables: Sequence[pd.DataFrame], pairs: pd.DataFrame | None = None
) -> robustness.Compared:
    """Compare the hard pools with the base, by each of `METRICS`.

    Parameters
    ----------
    tables : sequence of pandas.DataFrame
        Records of each of `grids`.
    pairs : pandas.DataFrame, optional
        ``dataset`` and ``embedder`` of those to compare; by default all.
    """
    parts = {}
    for metric, words in METRICS.items():
        runs = robustness.areas(tables, metric)
        runs = runs if pairs is None else robustness_words.only(runs, pairs)
        parts[words] = robustness.compare(runs)
    return robustness.joined(parts)


def finding(*records: pd.DataFrame) -> Finding:
    """Judge whether findings hold in hard pools, by accuracy and by balanced accuracy.

    Parameters
    ----------
    *records : pandas.DataFrame
        Of each of `grids`.

    Returns
    -------
    Finding
        See `alutils.findings.robustness.compare` for the rule, which asks it of each way to make
        a pool harder and of each metric.
    """
    return robustness_words.finding(compare(records), QUESTION)
