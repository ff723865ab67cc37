"""A plan in words: tables and sentences for people."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from alutils import speed
from alutils.figures.amounts import data_size, duration
from alutils.home import home
from alutils.planning.model import CostModel, beyond
from alutils.planning.plan import COUNTS, GPU_FLOPS, Plan
from alutils.spending import PARTS

Rows = list[dict[str, object]]

GPUS = (1, 8, 64)

RECORD_BYTES = 30 * 8  # of one seed and cycle: some thirty numbers, beside lists of rows


def blocks(
    plan: Plan, model: CostModel | None, *, workers: int, cores: int, root: Path
) -> list[Rows | str]:
    """Write a plan.

    Parameters
    ----------
    plan : Plan
        What there is to do.
    model : CostModel or None
        What its times were predicted by.
    workers : int
        Processes at once.
    cores : int
        Processor cores that this process may use: embedding uses them all.
    root : pathlib.Path
        Folder of the project, for its benchmark.

    Returns
    -------
    list
        In the order to print them: a table as a list of rows, or a paragraph.
    """
    if plan.cells.empty:
        return [_notebooks(plan), "No notebook of this profile computes cells."]
    parts: list[Rows | str] = [_notebooks(plan), _kept(plan), _embeddings(plan, model)]
    if model is not None:
        parts.append(_strategies(plan))
    parts.append(resources(plan, model, workers=workers, cores=cores))
    return [*parts, "\n".join(f"- {line}" for line in _assumptions(plan, model, root))]


def _notebooks(plan: Plan) -> Rows:
    table = plan.notebooks
    rows: Rows = [
        {
            "notebook": row["notebook"],
            **({name: row[name] for name in COUNTS} if row["cells"] else dict.fromkeys(COUNTS)),
            "what": row["what"] or "computes no cells",
        }
        for row in table.to_dict("records")
    ]
    total = {name: int(table[f"new_{name}"].sum()) for name in ("cells", "runs")}
    new = {f"new_{name}": number for name, number in total.items()}
    return [*rows, {"notebook": "all, each cell once", **total, **new, "what": ""}]


def _kept(plan: Plan) -> str:
    repeated = int(plan.notebooks["cells"].sum()) - len(plan.cells)
    archived, stored = int(plan.cells["archived"].sum()), int(plan.cells["stored"].sum())
    text = f"{repeated:,} times a notebook asks for a cell that an earlier one has. "
    if archived:
        text += f"{archived:,} cells have their results in the archive in force. "
    return text + (
        f"{stored:,} cells have a result in {home()}; whether text and code are still the same is "
        "found out when they are run. Below, everything is counted as if nothing were there."
    )


def _embeddings(plan: Plan, model: CostModel | None) -> Rows:
    rows: Rows = []
    for name, passes in plan.passes.groupby("embedder", sort=False):
        first = passes.iloc[0]
        rows.append(
            {
                "embedder": name,
                "datasets": passes["dataset"].nunique(),
                "texts": int(passes["texts"].sum()),
                "embeddings": data_size(passes["bytes"].sum()),
                "weights": data_size(first["weight_bytes"]),
                "core_time": duration(passes["core_seconds"].sum(min_count=len(passes))),
                "measured": model is not None and str(name) in model.embedding,
                **_gpu(plan, passes["gpu_seconds"].sum(min_count=len(passes))),
            }
        )
    all_of = plan.passes
    rows.append(
        {
            "embedder": "all",
            "datasets": all_of["dataset"].nunique(),
            "texts": int(all_of["texts"].sum()),
            "embeddings": data_size(all_of["bytes"].sum()),
            "weights": data_size(all_of.drop_duplicates("embedder")["weight_bytes"].sum()),
            "core_time": duration(all_of["core_seconds"].sum(min_count=len(all_of))),
            "measured": None,
            **_gpu(plan, all_of["gpu_seconds"].sum()),
        }
    )
    return rows


def _gpu(plan: Plan, seconds: float) -> dict[str, object]:
    """Make a column for GPUs, where the profile has an embedder that is meant for one."""
    return {"GPU_time_at_most": duration(seconds)} if plan.passes["hub"].any() else {}


def _strategies(plan: Plan) -> Rows:
    def row(name: object, cells: pd.DataFrame) -> dict[str, object]:
        seconds = cells[PARTS].sum()
        return {
            "query_strategy": name,
            "cells": len(cells),
            "runs": int(cells["seeds"].sum()),
            "fit": duration(seconds["fit"]),
            "initial_pool": duration(seconds["initial"]),
            "query": duration(seconds["query"]),
            "all_core_time": duration(seconds.sum()),
            "per_run": duration(seconds.sum() / cells["seeds"].sum()),
        }

    order = plan.seconds.groupby(plan.cells["strategy"]).sum().sort_values(ascending=False)
    groups = dict(list(plan.cells.groupby("strategy")))
    return [*(row(name, groups[str(name)]) for name in order.index), row("all", plan.cells)]


def resources(plan: Plan, model: CostModel | None, *, workers: int, cores: int) -> Rows:
    """Say what a plan takes with one worker and with several, and on `GPUS`.

    Parameters
    ----------
    plan, model, workers, cores
        As of `blocks`.

    Returns
    -------
    list of dict
        A row for each way to run it: ``with``, ``embedding``, ``cells`` and ``all`` (time),
        ``memory`` and ``disk``, in words. GPUs are left out where nothing comes from the hub.
    """
    needed = (model.memory if model else 0.0) + plan.cells["bytes"].max()
    budget = plan.cells["initial_size"] + (plan.cells["cycles"] - 1) * plan.cells["query_size"]
    numbers = 4 * budget + plan.cells["cycles"] * (RECORD_BYTES + 4 * plan.cells["n_classes"])
    disk = plan.passes["bytes"].sum() + (plan.cells["seeds"] * numbers).sum()
    weights = plan.passes.drop_duplicates("embedder")["weight_bytes"]
    embedding_memory = [
        model.embedding_memory.get(str(row.embedder), 0.0) if model else 0.0
        for row in plan.passes.itertuples()
    ]
    rows: Rows = []
    for number in sorted({1, workers}):
        embedding = plan.passes["core_seconds"].sum(min_count=len(plan.passes)) / cores
        cells = at_once(plan.seconds, number)
        rows.append(
            {
                "with": f"{number} worker{'s' * (number > 1)}, {cores} cores to embed",
                "embedding": duration(embedding),
                "cells": duration(cells),
                "all": duration(embedding + cells),
                "memory": data_size(max(number * needed, *embedding_memory, weights.max())),
                "disk": data_size(disk + weights.sum()),
            }
        )
    if plan.passes["hub"].any():
        for number in GPUS:
            embedding = at_once(plan.passes["gpu_seconds"].fillna(0.0), number)
            cells = at_once(plan.seconds, number)
            rows.append(
                {
                    "with": f"{number} GPU{'s' * (number > 1)}, a worker each",
                    "embedding": duration(embedding),
                    "cells": duration(cells),
                    "all": duration(embedding + cells),
                    "memory": f"{data_size(needed)} and {data_size(weights.max())} on each GPU",
                    "disk": data_size(disk + weights.sum()),
                }
            )
    return rows


def _assumptions(plan: Plan, model: CostModel | None, root: Path) -> list[str]:
    lines = []
    if model is None:
        lines.append(
            "No times: there is no archive of results in data/results, so nothing is known of what "
            "cells take. Memory is that of the numbers alone, without Python and its libraries."
        )
    else:
        lines.append(
            f"Times are core seconds predicted from {model.origin} ({model.processor}), as if "
            "nobody else used the cores; faster or slower cores shorten or stretch all of them."
        )
        lines += _errors(model, root)
        lines += _beyond(plan, model)
        known = model.query.keys() | model.initial.keys()
        if new := sorted(set(plan.cells["strategy"].map(_base)) - known):
            lines.append(f"Never measured, and taken as the slowest that was: {', '.join(new)}.")
        if new := sorted(set(plan.cells["initial_pool"].map(_base)) - set(model.initial)):
            lines.append(f"The same for the initial pool: {', '.join(new)}.")
        if new := _unmeasured(plan, model):
            lines.append(
                f"Core time of {', '.join(new)} is that of the measured transformers times the "
                "ratio of their numbers of weights."
            )
    if plan.passes["hub"].any():
        lines.append(
            f"GPU time is 2 x weights x tokens at {GPU_FLOPS / 1e12:,.0f} TFLOP/s sustained, about "
            "a third of the half-precision peak of an A100, with as many tokens in every text as "
            "the model reads: the most it can be, since short texts take a fraction."
        )
        lines.append(
            "No cell was timed on a GPU: a worker with one is taken to be no faster than a core. "
            "A machine gives each of its GPUs a worker; more machines are a Dask cluster, whose "
            "scheduler alutils run --scheduler names. Weights are counted in the number format "
            "they are run in."
        )
    lines.append(
        "Memory is the peak of the largest cell, in every worker at once, or that of embedding; "
        "disk is embeddings (rows x dimensions x 4 bytes), weights, and results before compression."
        " Measuring the quality of each embedding comes on top and is not predicted."
    )
    if plan.assumed:
        lines.append(
            "Sizes that the catalogue does not know are taken as the most there can be, or as what "
            f"is asked for: {', '.join(plan.assumed)}."
        )
    return lines


def _errors(model: CostModel, root: Path) -> Iterable[str]:
    error = model.error
    if error is None:
        yield "How far they can be trusted is not known: only one dataset was measured."
    else:
        texts = "" if error.texts is None else f", embeddings within {factor(error.texts)}"
        yield (
            f"Of cells measured here, with each of {error.datasets} datasets predicted from the "
            f"others, nine of ten are within a factor of {factor(error.cells)}; the sum of a "
            f"dataset's cells within {factor(error.total)}{texts}."
        )
    path = (root / speed.FOLDER / "full.json").resolve()
    if path.exists():
        measured = speed.read(str(path))
        asked = measured.rows[measured.rows["task"] == "strategy"]
        largest = asked.sort_values("rows").iloc[-1]
        yield (
            f"Of the benchmark at {largest['rows']:,} texts, {largest['dim']:,} dimensions and "
            f"{largest['classes']} classes, nine of ten queries and fits are within a factor of "
            f"{factor(beyond(model, measured))}."
        )


def _beyond(plan: Plan, model: CostModel) -> Iterable[str]:
    words = {"n_pool": "texts in the pool", "dim": "dimensions", "n_classes": "classes"}
    beyond_it = [
        f"{plan.cells[name].max():,.0f} {word} ({model.largest[name]:,.0f})"
        for name, word in words.items()
        if plan.cells[name].max() > model.largest[name]
    ]
    if beyond_it:
        yield f"Larger than any cell measured (in brackets): {', '.join(beyond_it)}."


def _unmeasured(plan: Plan, model: CostModel) -> list[str]:
    passes = plan.passes[plan.passes["core_seconds"].notna()]
    return [name for name in dict.fromkeys(passes["embedder"]) if name not in model.embedding]


def _base(name: str) -> str:
    return name.partition("(")[0]


def at_once(seconds: pd.Series, number: int) -> float:
    """Return how long pieces of work take with so many at once; no piece is divided.

    Examples
    --------
    >>> at_once(pd.Series([4.0, 1.0, 1.0]), 2), at_once(pd.Series([2.0, 2.0, 2.0]), 1)
    (4.0, 6.0)
    """
    return float(max(seconds.sum(skipna=False) / number, seconds.max(skipna=False)))


def factor(value: float) -> str:
    """Write a factor of error to two digits.

    Examples
    --------
    >>> factor(1.234), factor(12.7)
    ('1.2', '13')
    """
    return f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"
