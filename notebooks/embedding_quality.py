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
# # How different are the embeddings?
#
# An embedder turns a text into a vector, once, and is never trained again. Everything that follows in this book happens
# on top of such vectors: a linear head is fitted to the few that have a label. So before asking which active-learning
# strategy wins, ask what it has to work with. This page takes the same texts through embedders from a bag of words to a
# contrastively trained transformer and measures what changes.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_size: int = 50  # labels drawn at random before the first cycle
query_size: int = 50  # labels added at random by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown

from alutils import datasets as data
from alutils import figures, quality, statistics
from alutils.figures import percent, plain, table
from alutils.study import Grid, open_problems, run_study

grid = Grid(
    datasets=datasets,
    embedders=embedders,
    initial_pools=["random"],
    strategies=["random"],
    initial_size=initial_size,
    query_size=query_size,
    cycles=cycles,
    seeds=seeds,
    pool_size=pool_size,
    test_size=test_size,
)
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)

# %% [markdown]
# ## The texts
#
# One class for each text. Texts that occur twice, in the pool or on both sides, are counted once, so that no test text
# has been seen before.

# %% tags=["hide-input"]
rows = []
for name in datasets:
    whole = data.load(name)
    sample = whole.sample(pool_size, test_size)
    share = np.bincount(sample.pool_labels, minlength=len(sample.classes)) / len(sample.pool_labels)
    rows.append(
        {
            "dataset": plain(name),
            "classes": len(sample.classes),
            "pool": f"{len(sample.pool_labels):,} of {len(whole.pool_labels):,}",
            "test": f"{len(sample.test_labels):,} of {len(whole.test_labels):,}",
            "largest class": percent(share.max()),
            "smallest class": percent(share.min()),
            "repeated texts left out": f"{whole.duplicates_removed:,}",
            "an example": sample.pool_texts[0][:90],
        }
    )
table(pd.DataFrame(rows))

# %% [markdown]
# ## What the vectors look like
#
# The two directions of largest variance of each embedding, up to 500 texts of each pool, coloured by class. Where
# colours separate already here, a linear head has an easy task.

# %% tags=["hide-input"]
views = []
for problem in open_problems(grid.cells()).values():
    pool = np.load(problem.path, mmap_mode="r", allow_pickle=False)[: len(problem.pool_labels)]
    centred = np.asarray(pool, dtype=np.float64) - pool.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    view = (centred @ directions.T)[:500]
    views.append(
        pd.DataFrame(
            {
                "dataset": problem.dataset,
                "embedder": problem.embedder,
                "x": view[:, 0],
                "y": view[:, 1],
                "class": problem.pool_labels[:500],
            }
        )
    )
view = pd.concat(views)
view = view.sort_values("embedder", key=lambda c: c.map(order.index), kind="stable")
best, worst = order[-1], order[0]
figures.maps(
    view.sort_values("dataset", key=lambda c: c.map(datasets.index), kind="stable"),
    "embedding-maps",
    alt=f"""Scatter plots of {len(datasets)} datasets (rows) under {len(order)} embedders (columns, from
    {plain(worst)}, the worst, to {plain(best)}, the best), one dot per text, coloured by class.""",
    caption=f"""The same texts, seen by {len(order)} embedders, the worst on the left. The first two principal
    components of the pool; one colour per class.""",
)

# %% [markdown]
# ## What the vectors are worth
#
# Three measures, all on the pool and none of them looking at the test side:
#
# - **probe accuracy**: the head of this book, trained on four fifths of the pool's labels and tested on the last fifth.
#   What the embedding would give if labels cost nothing.
# - **neighbour accuracy**: how often the ten nearest texts vote for the right class. What the *geometry* knows without
#   any training; clustering and diversity strategies live on it.
# - **effective rank**: how many directions the pool really uses.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "dataset": plain(row.dataset),
            "embedder": plain(row.embedder),
            "probe accuracy": percent(row.probe_accuracy),
            "neighbour accuracy": percent(row.neighbour_accuracy),
            "effective rank": f"{row.effective_rank:.0f}",
        }
        for row in measured.itertuples()
    )
)

# %% [markdown]
# ## What that means with few labels
#
# Labels drawn at random, no strategy at work yet. The lines are means over the seeds; the bands are 95 % intervals of
# the mean (Student's t, the unit is the seed).

# %% tags=["hide-input"]
records = run_study(grid)
curves = statistics.intervals(records, "accuracy", ["dataset", "embedder", "n_labelled"])
curves = statistics.arrange(
    curves,
    dataset=datasets,
    embedder=order,
)
last = curves["n_labelled"].max()
end = curves[curves["n_labelled"] == last].pivot(index="dataset", columns="embedder", values="mean")
spread = (end[best] - end[worst]).mean()
figures.learning_curves(
    curves,
    "random-curves",
    alt=f"""Learning curves of {len(order)} embedders on {len(datasets)} datasets. After {last} labels
    {plain(best)} reaches {", ".join(f"{percent(v)} on {plain(d)}" for d, v in end[best].items())};
    {plain(worst)} {", ".join(f"{percent(v)}" for v in end[worst])}.""",
    caption=f"""The embedder decides more than any strategy will: with {last} random labels {plain(best)} is
    {100 * spread:.0f} points ahead of {plain(worst)}, averaged over the datasets.""",
)

# %% tags=["hide-input"]
first = curves[curves["embedder"] == best].groupby("dataset")["mean"].first()
ahead = [plain(d) for d in end.index if first[d] > end.loc[d, worst]]
Markdown(
    f"With **{initial_size}** labels {plain(best)} is already better than {plain(worst)} with **{last}** on "
    f"{len(ahead)} of {len(end)} datasets{': ' + ', '.join(ahead) if ahead else ''}. "
    "Keep this scale in mind on the pages that follow, where strategies compete for a few points."
)
