"""Records and qualities with known effects of the initial pool."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from alutils.cell import Cell
from alutils.findings import judging
from alutils.statistics import bootstrap_interval

DATASETS = [f"d{i}" for i in range(8)]
PROBES = {"poor": 0.5, "middle": 0.7, "good": 0.9}

Effect = tuple[float, float]
"""Gain under an embedder of probe accuracy 0.9, and its rise per unit of probe accuracy."""


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make intervals in a tenth of the time; effects here are far from where it would matter."""
    quick = functools.partial(bootstrap_interval, n=1000)
    monkeypatch.setattr(judging, "bootstrap_interval", quick)


def qualities(datasets: list[str] = DATASETS, **more: object) -> pd.DataFrame:
    rows = itertools.product(datasets, PROBES)
    table = pd.DataFrame(rows, columns=["dataset", "embedder"])
    # Datasets differ in level; the spread between embedders is that of PROBES.
    level = {name: 0.01 * place for place, name in enumerate(datasets)}
    probe = table["embedder"].map(PROBES) - table["dataset"].map(level)
    table = table.assign(probe_accuracy=probe, n_classes=10, contaminated=False)
    return table.assign(**more)


def records(
    effects: Mapping[str, Effect],
    *,
    datasets: list[str] = DATASETS,
    seeds: int = 4,
    cycles: int = 6,
    noise: float = 0.002,
    spread: float = 0.002,
    lasts: int = 99,
    seed: int = 0,
) -> pd.DataFrame:
    """Accuracies of runs; gains end at cycle `lasts`, and differ by `spread` between datasets."""
    rng = np.random.default_rng(seed)
    tables = []
    for dataset, (pool, (gain, rise)) in itertools.product(
        datasets, {"random": (0.0, 0.0), **effects}.items()
    ):
        own = rng.normal(0, spread) if pool != "random" else 0
        for embedder, probe in PROBES.items():
            cell = Cell(dataset, embedder, pool, "margin", 10, 5, cycles)
            here = gain + own + rise * (probe - PROBES["good"])
            for replicate in range(seeds):
                cycle = np.arange(cycles)
                accuracy = 0.4 + 0.03 * cycle + here * (cycle < lasts)
                accuracy = accuracy + rng.normal(0, noise, cycles)
                run = pd.DataFrame({"cycle": cycle, "n_labelled": 10 + 5 * cycle})
                run = run.assign(accuracy=accuracy, classes_seen=10, seed=replicate)
                tables.append(run.assign(**cell.fields()))
    return pd.concat(tables, ignore_index=True)
