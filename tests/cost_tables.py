"""Tables of costs in which every second is known."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd

from alutils.cell import Cell
from alutils.planning.model import work
from alutils.planning.sizes import sized

RATES = {
    "fit": {"fit_span": 2e-10, "fit_classes": 3e-9},
    "rest": {"cycles": 1e-3, "test_classes": 4e-11},
    "query": {
        "random": {"query_pool": 1e-10},
        "badge": {"query_pool": 2e-9, "query_classes": 5e-11},
        "typiclust": {"query_pool": 4e-8},
    },
    "initial": {"random": {"pool": 1e-10}, "kmeans": {"pool": 5e-8}},
}

DATASETS = ["icd10_chapters", "kjv_genres", "sst2"]

SEEDS = 5


def cells() -> list[Cell]:
    """Three datasets, two dimensions, three strategies, two initial pools, two lengths."""
    crossed = itertools.product(
        DATASETS,
        ["hashing", "minilm"],
        ["random", "kmeans"],
        ["random", "badge", "typiclust"],
        [4, 9],
    )
    return [Cell(d, e, i, s, 50, 50, n, 2000, 1000) for d, e, i, s, n in crossed]


def planted(factor: dict[str, float] | None = None, clock: float = 1.0) -> pd.DataFrame:
    """Costs at exactly the planted rates, times a factor for each dataset.

    The clock runs so many times as long as the processor works.
    """
    table = sized(cells())
    amounts = work(table)
    times = table["dataset"].map(factor or {}).fillna(1.0)

    def seconds(rates: dict[str, float], rows: pd.Series | None = None) -> pd.Series:
        return sum(rate * amounts[name] for name, rate in rates.items()) * times * SEEDS

    fit, rest = seconds(RATES["fit"]), seconds(RATES["rest"])
    query, initial = pd.Series(0.0, table.index), pd.Series(0.0, table.index)
    for name, rates in RATES["query"].items():
        query = query.mask(table["strategy"] == name, seconds(rates))
    for name, rates in RATES["initial"].items():
        initial = initial.mask(table["initial_pool"] == name, seconds(rates))
    whole = fit + rest + query + initial
    cell_rows = table.drop(columns=["n_pool", "n_test", "dim", "n_classes"]).assign(
        stage="cell",
        seeds=SEEDS,
        fit_seconds=clock * fit,
        initial_seconds=clock * initial,
        query_seconds=clock * query,
        wall_seconds=clock * whole,
        cpu_seconds=whole,
        peak_memory_bytes=6e8,
    )
    texts = [("hashing", dataset, 1, 3000 * 1e-4, 7e8) for dataset in DATASETS] + [
        (layer, dataset, 2, 3000 * 4e-3 / 2, 1.5e9)
        for dataset in DATASETS
        for layer in ("minilm", "minilm_layer0")
    ]
    columns = ["embedder", "dataset", "shared_by", "cpu_seconds", "peak_memory_bytes"]
    embedded = pd.DataFrame(texts, columns=columns)
    embedded = embedded.assign(stage="embedding", texts=3000, wall_seconds=embedded["cpu_seconds"])
    return pd.concat([cell_rows, embedded], ignore_index=True)


def measured() -> pd.DataFrame:
    """Of the quality of embeddings, what a page about cost reads."""
    classes = {"icd10_chapters": 22, "kjv_genres": 8, "sst2": 2}
    rows = [(d, e, n) for d, n in classes.items() for e in ("hashing", "minilm")]
    return pd.DataFrame(rows, columns=["dataset", "embedder", "n_classes"])


def write_archive(folder: Path, costs: pd.DataFrame) -> Path:
    """An archive with these costs, and one row of records for each cell and seed."""
    folder.mkdir(parents=True)
    fields = list(Cell.__dataclass_fields__)
    cell_rows = costs.loc[costs["stage"] == "cell", fields]
    records = cell_rows.merge(pd.DataFrame({"seed": np.arange(SEEDS)}), how="cross")
    records.assign(cycle=0, n_labelled=0).to_parquet(folder / "records.parquet")
    measured().assign(pool_size=None, test_size=None).to_parquet(folder / "quality.parquet")
    costs.to_parquet(folder / "costs.parquet")
    run = {
        "profile": "tiny",
        "written": "2026-01-02T03:04:05+00:00",
        "cells": len(cell_rows),
        "runs": SEEDS * len(cell_rows),
        "machine": {"processor": "a processor", "cores": 2, "platform": "a platform"},
        "data": {},
        "embeddings": {},
        "code": {},
    }
    (folder / "run.json").write_text(json.dumps(run))
    return folder
