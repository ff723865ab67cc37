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
# # Explore the results
#
# Every cell of the study, to look at one by one: choose a dataset, an embedder and what to compare, and see learning curves, differences
# from Random, ranks under every embedder, and the numbers behind them. Where something that you chose was not run, the page says so, and
# shows it again as soon as you are where it was. The address of this page names what is shown: a link or a bookmark brings it back.
# Nothing is sent anywhere: all numbers came with the page.

# %% tags=["parameters"]
profile: str = "quick"  # the study whose results are shown

# %% tags=["hide-input"]
from pathlib import Path

import pandas as pd

from alutils import explorer, quality
from alutils.catalogue.steps import base_name
from alutils.figures import count, plain, table
from alutils.page_needs import needs_of_profile
from alutils.study import run_study

needs = needs_of_profile(Path(), profile)
records = run_study(needs.grids)
measured = quality.measure_quality(needs.measured)
explorer.write(
    records,
    measured,
    instead="Choosing and drawing need JavaScript, which this browser does not run. The other pages of this book show the "
    "same results as pictures and tables.",
)

# %% [markdown]
# ## What is here
#
# Intervals are 95 %, over seeds: they say how far a mean would move with other random draws on the same texts, and nothing about other
# datasets. What leads in one place is chosen among many, so that its lead is likely to be smaller on other seeds; the pages of this book
# test their claims with that in mind. A difference from Random is *better* or *worse* where its whole interval is, else *undecided*: no
# [tie](../book/method.md) has been shown. Not every strategy was run everywhere, so a choice leaves only those that go with it.

# %% tags=["hide-input"]
cells = explorer.cells_of(records)
original = cells["dataset"].map(base_name)
there = cells.groupby(original, sort=False).agg(
    forms=("dataset", "nunique"),
    embedders=("embedder", "nunique"),
    strategies=("strategy", "nunique"),
    pools=("initial_pool", "nunique"),
    cells=("embedder", "size"),
)
table(
    pd.DataFrame(
        {
            "dataset": plain(row.Index),
            "altered forms": row.forms - 1,
            "embedders": row.embedders,
            "query strategies": row.strategies,
            "initial pools": row.pools,
            "cells": count(row.cells),
        }
        for row in there.itertuples()
    )
)
