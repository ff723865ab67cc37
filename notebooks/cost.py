# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What did it cost?
#
# A study that nobody can afford to repeat has to be believed. So every cell and every embedding of this one says what it
# took: seconds by the clock, seconds of the processor, and memory. This page adds them up. Where results come from an
# archive, the costs are those of the whole study that the archive holds; else they are those of the cells below.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_pools: list[str] = ["random"]  # ways to choose the first points
strategies: list[str] = [
    "random",
    "least_confidence",
    "margin",
    "entropy",
    "badge",
    "coreset",
    "typiclust",
    "kmeans",
]  # query strategies to compare
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import archive, archiving, figures, quality
from alutils.figures import (
    count,
    data_size,
    duration,
    milliseconds,
    percent,
    plain,
    short_seconds,
    table,
)
from alutils.findings import cost
from alutils.planning import calibrate
from alutils.planning.words import factor
from alutils.study import Grid

grid = Grid(
    datasets=datasets,
    embedders=embedders,
    initial_pools=initial_pools,
    strategies=strategies,
    initial_size=initial_size,
    query_size=query_size,
    cycles=cycles,
    seeds=seeds,
    pool_size=pool_size,
    test_size=test_size,
)
costs, machine = archiving.costs_of(grid)
archived = archive.in_force()
measured = archived.quality if archived else quality.measure_quality(grid)
cost.finding(costs, int(machine["cores"]), whole=archived is not None)

# %% tags=["hide-input"]
Markdown(
    f"Measured on: {machine['processor']}, {machine['cores']} cores, {machine['platform']}. Cells run on one thread each, "
    "one process for each core; embedding uses all cores. "
    + (
        f"The costs are those of the archived study `{archived.run['profile']}`."
        if archived
        else "There is no archive in force: the costs are those of this page's own cells."
    )
)

# %% [markdown]
# ## Where the time went
#
# All seconds on this page are those of one processor core, so they do not depend on how many cores there were, or on
# what else these did. Memory is the peak of one process.

# %% tags=["hide-input"]
stages = cost.stages(costs)
table(
    pd.DataFrame(
        {
            "stage": cost.STAGES[row.stage],
            "core time": duration(row.seconds),
            "share": percent(row.share),
            "peak memory": data_size(row.peak_memory_bytes),
        }
        for row in stages.itertuples()
    )
)

# %% [markdown]
# ## What a run takes
#
# One run is one seed of one cell: all its heads, queries and evaluations. Shown is the setting that compares most
# strategies, from random initial pools; each number is the median over embedders, and datasets with more classes stand
# further right. What a strategy computes once per pool and keeps, such as clusters, is counted where it was computed: cells that
# find it there already are cheaper.

# %% tags=["hide-input"]
cells = cost.main_cells(costs)
runs = cost.by_dataset(cells, measured)
top, last = runs.loc[runs["run"].idxmax()], runs.loc[runs["run"].idxmin()]
first = cells.iloc[0]
setting = (
    f"{count(int(first['initial_size']))} labels at first, {int(first['cycles']) - 1} queries of "
    f"{count(int(first['query_size']))}"
)
figures.run_costs(
    runs,
    "cost-of-a-run",
    alt=f"""Heat map of core seconds of a run, {runs["strategy"].nunique()} strategies down and {runs["dataset"].nunique()} datasets
    across: from {short_seconds(last["run"])} ({plain(last["strategy"])} on {plain(last["dataset"])}) to {short_seconds(top["run"])}
    ({plain(top["strategy"])} on {plain(top["dataset"])}).""",
    caption=f"""The dearest run, {plain(top["strategy"])} on {plain(top["dataset"])}, takes {short_seconds(top["run"])} core seconds;
    the cheapest, {plain(last["strategy"])} on {plain(last["dataset"])}, {short_seconds(last["run"])}. A run has {setting}; medians over embedders.""",
)

# %% tags=["hide-input"]
parts = cost.by_strategy(cells)
head = parts["fit"] / parts["run"]
mostly_heads = [s for s, share in zip(parts["strategy"], head, strict=True) if share > 0.5]
dear, cheap = parts.iloc[0], parts.iloc[-1]
figures.run_parts(
    parts,
    "parts-of-a-run",
    alt=f"""Stacked bars of core seconds of a run by part, for {len(parts)} strategies, from {plain(dear["strategy"])}
    ({short_seconds(dear["run"])} s, of which {short_seconds(dear["query"])} s queries) to {plain(cheap["strategy"])}
    ({short_seconds(cheap["run"])} s, of which {short_seconds(cheap["query"])} s queries).""",
    caption=f"""For {len(mostly_heads)} of {len(parts)} strategies most of a run is fitting heads, which any strategy pays for,
    Random too. The same runs by part, mean over datasets and embedders.""",
)

# %% [markdown]
# The same in numbers, and what all runs of a strategy took together on each dataset.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "strategy": plain(row.strategy),
            "fit, s": short_seconds(row.fit),
            "queries, s": short_seconds(row.query),
            "evaluation and rest, s": short_seconds(row.rest + row.initial),
            "run, s": short_seconds(row.run),
            "all runs": duration(runs.loc[runs["strategy"] == row.strategy, "total"].sum()),
        }
        for row in parts.itertuples()
    )
)

# %% [markdown]
# ## One query
#
# Milliseconds of one query, median over embedders, by dataset. The number of classes stands behind each name: what needs the
# head's probabilities grows with it.

# %% tags=["hide-input"]
order = runs.drop_duplicates("dataset")[["dataset", "n_classes"]].itertuples(index=False)
columns = {d: f"{plain(d)} ({int(n)})" for d, n in order}
ms = runs.pivot(index="strategy", columns="dataset", values="query_ms")
table(
    pd.DataFrame(
        {
            "strategy": plain(s),
            **{columns[d]: milliseconds(ms.loc[s, d] / 1000) for d in columns},
        }
        for s in dict.fromkeys(runs["strategy"])
    )
)

# %% [markdown]
# And choosing the initial pool, once per run:

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "initial pool": plain(row.initial_pool),
            "cells": count(row.cells),
            "median, ms": milliseconds(row.median / 1000),
            "least": milliseconds(row.least / 1000),
            "most": milliseconds(row.most / 1000),
        }
        for row in cost.by_initial_pool(costs).itertuples()
    )
)

# %% [markdown]
# ## How cost grows
#
# Cells that differ in one size alone, a small one against a large one: how many times as long each part takes, at the
# median. Pools all have about the same number of texts here; how queries grow with the pool is measured on
# [the page about speed](speed.ipynb).

# %% tags=["hide-input"]
grown = cost.growth(costs, measured)
if len(grown):
    shown = table(
        pd.DataFrame(
            {
                "size": row.what,
                "from": count(int(row.low)),
                "to": count(int(row.high)),
                "fits": figures.times(row.fit),
                "one query": figures.times(row.query),
                "run": figures.times(row.run),
                "pairs": count(row.pairs),
            }
            for row in grown.itertuples()
        )
    )
else:
    shown = Markdown("The cells of this page are all of one size, so growth cannot be seen.")
shown

# %% [markdown]
# ## The dearest cells
#
# A cell is one task of one process, all its seeds together: however many processes there are, the study takes no less than
# its dearest cell.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "dataset": plain(row.dataset),
            "embedder": plain(row.embedder),
            "initial pool": plain(row.initial_pool),
            "strategy": plain(row.strategy),
            "labels": count(int(row.initial_size + (row.cycles - 1) * row.query_size)),
            "cell": duration(row.cell),
            "run, s": short_seconds(row.run),
            "peak memory": data_size(row.peak_memory_bytes),
        }
        for row in cost.dearest(costs).itertuples()
    )
)

# %% [markdown]
# ## Embedding
#
# Each text is embedded once, whatever is done with it afterwards. Texts per second are those of a whole pass on one core;
# long texts take longer, hence the span over datasets. Layers of one backbone share a pass, and each bears its share of it.

# %% tags=["hide-input"]
embedded = cost.embeddings(costs)
if len(embedded):
    shown = table(
        pd.DataFrame(
            {
                "embedder": plain(row.embedder),
                "datasets": row.datasets,
                "texts": count(int(row.texts)),
                "core time": duration(row.seconds),
                "layers in a pass": int(row.shared_by),
                "texts per second": f"{row.texts_per_second:,.0f} ({row.slowest:,.0f} to {row.fastest:,.0f})",
                "peak memory": data_size(row.peak_memory_bytes),
            }
            for row in embedded.itertuples()
        )
    )
else:
    shown = Markdown("The embeddings were made by a version that did not note what they took.")
shown

# %% [markdown]
# ## Before you run another
#
# `alutils plan PROFILE` says what a study will take before anything is computed, downloaded or read. It predicts
# from costs such as those on this page.

# %% tags=["hide-input"]
trust = calibrate(costs, "", "").error if archived else None
Markdown(
    f"How good are such predictions? With each of {trust.datasets} datasets predicted from the others, nine of ten "
    f"cells are within a factor of {factor(trust.cells)} of what they took, and the sum of a dataset's cells within "
    f"{factor(trust.total)}."
    if trust
    else "How good such predictions are can be told from an archive of several datasets, which is not in force here."
)
