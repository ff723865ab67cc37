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
# An embedder turns a text into a vector, once, without ever having seen a label of ours. Everything that follows in this
# book happens on top of such vectors: a linear head is fitted to the few that have a label. So before asking which
# active-learning strategy wins, ask what it has to work with. This page takes the same texts through several
# embedders and measures what changes.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_size: int = 50  # labels drawn at random before the first cycle
query_size: int = 50  # labels added at random by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
seeds: int = 5  # replicates of every run
map_datasets: list[str] = ["icd10_chapters"]  # datasets drawn as maps, for which texts are embedded
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown
from scipy.spatial import cKDTree

from alutils import figures, quality, statistics
from alutils.figures import count, names, percent, plain, table
from alutils.findings import judging
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
best, worst = order[-1], order[0]
facts = measured.drop_duplicates("dataset").set_index("dataset")
floor = facts["largest_class"]
Markdown(
    f"Embedders are ordered by mean probe accuracy on the pools, the worst first: {names(order)}."
    + (
        ""
        if seeds > 1
        else " **One seed gives no interval: on this page nothing can be told apart.**"
    )
)

# %% [markdown]
# ## The texts
#
# One class for each text. Texts that occur twice, in the pool or on both sides, are counted once, so that no test text
# has been seen before. The last column is what a constant answer would reach: a head below it has learned nothing of
# use yet. What the texts are, and where they come from, stands in [the catalogue](catalogue.ipynb).

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "dataset": plain(d),
            "classes": count(int(facts.loc[d, "n_classes"])),
            "pool": count(int(facts.loc[d, "n_pool"])),
            "test": count(int(facts.loc[d, "n_test"])),
            "largest class of the test side": percent(floor[d]),
        }
        for d in datasets
    )
)

# %% [markdown]
# ## What the vectors are worth
#
# Three measures, all on the pool and none of them looking at the test side:
#
# - **{term}`probe accuracy`**: the head of this book, five times trained on four fifths of the pool and tested on the rest. What
#   the embedding would give if the whole pool were labelled. The order of the embedders follows it, averaged over the
#   datasets.
# - **neighbour accuracy**: how often the ten nearest texts vote for the right class. What the *geometry* knows without
#   any training; clustering and diversity strategies live on it.
# - **effective rank**: how many directions the pool really uses.

# %% tags=["hide-input"]
means = measured.groupby("embedder")["probe_accuracy"].mean()
spread = {
    d: measured.loc[measured["dataset"] == d, "probe_accuracy"].agg(["min", "max"])
    for d in datasets
}
widest = max(datasets, key=lambda d: spread[d]["max"] - spread[d]["min"])
said = "; ".join(f"{plain(e)} {percent(means[e])}" for e in order)
figures.quality_map(
    measured,
    {"probe_accuracy": "probe accuracy, %", "neighbour_accuracy": "neighbour accuracy, %"},
    "quality-map",
    alt=f"""Two heat maps, {len(datasets)} datasets by {len(order)} embedders, with probe accuracy and neighbour accuracy in
    per cent. Mean probe accuracy: {said}.""",
    caption=f"""From {plain(worst)} to {plain(best)} mean probe accuracy goes from {percent(means[worst])} to
    {percent(means[best])}. The embedders differ most on {plain(widest)}: {percent(spread[widest]["min"])} to
    {percent(spread[widest]["max"])}.""",
)

# %% tags=["hide-input"]
ranks = measured.pivot(index="dataset", columns="embedder", values="effective_rank")
probes = measured.pivot(index="dataset", columns="embedder", values="probe_accuracy")
(used, on), (right, well) = (
    next(iter(values.idxmax(axis="columns").value_counts().items())) for values in (ranks, probes)
)
Markdown(
    f"Most often {plain(used)} uses the most directions (on {on} of {len(datasets)} datasets), and {plain(right)} has the highest "
    f"probe accuracy (on {well})."
)

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "effective rank": plain(d),
            **{plain(e): f"{ranks.loc[d, e]:.0f}" for e in order},
        }
        for d in datasets
    )
)

# %% [markdown]
# ## What the vectors look like
#
# The two directions of largest variance of each embedding, up to 500 texts of each pool, coloured by class. Where
# colours separate already here, a linear head has an easy task; where they overlap in these two directions of
# hundreds, it may still have.

# %% tags=["hide-input"]
views = []
for problem in open_problems([c for c in grid.cells() if c.dataset in map_datasets]).values():
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


def same_class(view: pd.DataFrame) -> float:
    """How often the nearest dot of the picture is of the same class."""
    rows, classes = np.arange(len(view)), view["class"].to_numpy()
    near = cKDTree(view[["x", "y"]]).query(view[["x", "y"]], 2)[1]
    other = np.where(near[:, 0] == rows, near[:, 1], near[:, 0])
    return float((classes == classes[other]).mean())


agreed = pd.Series(
    [same_class(view) for view in views],
    index=[view["embedder"].iloc[0] for view in views],
    dtype=float,
)
figures.maps(
    statistics.arrange(pd.concat(views), dataset=map_datasets, embedder=order),
    "embedding-maps",
    alt=f"""Scatter plots: one row for each dataset ({names(map_datasets)}), one column for each embedder ({names(order)}),
    one dot per text, coloured by class.""",
    caption="The nearest dot is of the same class for "
    + "; ".join(
        f"{percent(agreed[[e]].mean())} of the texts under {plain(e)}"
        for e in dict.fromkeys([worst, best])
    )
    + ". The same texts under each embedder, the worst on the left; the first two principal components of the pool; one colour per class.",
) if views else Markdown("No dataset is drawn in this run.")

# %% [markdown]
# ## What that means with few labels
#
# Labels drawn at random, no strategy at work yet. The lines are means over the seeds; the bands are 95 % intervals of
# the mean (Student's t, the unit is the seed). The dotted line is the constant answer.

# %% tags=["hide-input"]
records = run_study(grid)
curves = statistics.intervals(records, "accuracy", ["dataset", "embedder", "n_labelled"])
curves = statistics.arrange(curves, dataset=datasets, embedder=order)
first, last = curves["n_labelled"].min(), curves["n_labelled"].max()
end = curves[curves["n_labelled"] == last].set_index(["embedder", "dataset"])["mean"]
lead = "One embedder: nothing to compare."
if best != worst:
    final = records[records["n_labelled"] == last]
    ahead = statistics.paired_differences(final, "accuracy", "embedder", worst)
    ahead = judging.both_intervals(ahead, ["embedder"]).set_index("embedder")
    lead = f"""The accuracy of {plain(best)} minus that of {plain(worst)} with {count(last)} random labels, averaged over the
    datasets: {judging.interval_words(ahead.loc[best])}."""
figures.learning_curves(
    curves,
    floor,
    "random-curves",
    alt=f"""Learning curves with random labels, a panel for each dataset, a line for each embedder. After {count(last)} labels:
    {"; ".join(f"{plain(e)} {', '.join(f'{percent(end[e, d])} on {plain(d)}' for d in datasets)}" for e in order)}.""",
    caption=lead,
)

# %% tags=["hide-input"]
start = curves[curves["n_labelled"] == first].set_index(["embedder", "dataset"])["mean"]
below = {e: [d for d in datasets if end[e, d] < floor[d]] for e in order}
text = [
    f"{plain(e)} is still below the constant answer on {names(where)} with {count(last)} labels."
    for e, where in below.items()
    if where
]
if best != worst:
    won = [d for d in datasets if start[best, d] > end[worst, d]]
    text.append(
        f"With **{count(first)}** labels the mean of {plain(best)} is already above that of {plain(worst)} with **{count(last)}** on "
        f"{len(won)} of {len(datasets)} datasets" + (f" ({names(won)})." if won else ".")
    )
Markdown(" ".join(text))
