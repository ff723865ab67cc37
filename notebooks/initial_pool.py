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
# # Does it matter where you start?
#
# Before there is a head there is nothing to be uncertain about: the first points must be chosen from the embeddings
# alone. Random is one way. TypiClust takes typical points of every cluster, k-means the points nearest to cluster
# centres, CoreSet the points that lie farthest from each other. The paper's abstract states that a diverse initial pool
# *works together with* good embeddings and lifts the early cycles (claim C1). Here each initial pool is paired,
# seed by seed, with a random one.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_pools: list[str] = [
    "random",
    "kmeans",
    "typiclust",
    "coreset",
]  # ways to choose the first points
strategies: list[str] = ["random", "margin"]  # query strategies that go on from there
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import plain, points, table
from alutils.study import Grid, run_study

grid = Grid(
    datasets=datasets,
    embedders=embedders,
    initial_pools=list(dict.fromkeys(["random", *initial_pools])),
    strategies=strategies,
    initial_size=initial_size,
    query_size=query_size,
    cycles=cycles,
    seeds=seeds,
    pool_size=pool_size,
    test_size=test_size,
)
others = [name for name in grid.initial_pools if name != "random"]
if not others:
    raise UserError(
        "initial_pools needs at least one besides 'random', which all are compared with"
    )
order = quality.embedder_order(quality.measure_quality(grid))
best, worst = order[-1], order[0]
records = run_study(grid)

# %% [markdown]
# ## The first head
#
# Accuracy of the head that has seen the initial pool and nothing else, minus the same with a random initial pool of
# the same size.

# %% tags=["hide-input"]
first = records[(records["cycle"] == 0) & (records["strategy"] == strategies[0])]
gain = statistics.paired_differences(first, "accuracy", "initial_pool", "random")
summary = statistics.arrange(
    statistics.intervals(gain, "difference", ["dataset", "initial_pool", "embedder"]),
    dataset=datasets,
    initial_pool=others,
    embedder=order,
)
overall = statistics.intervals(gain, "difference", ["initial_pool", "embedder"])
overall = overall.set_index(["initial_pool", "embedder"])
top = max(others, key=lambda name: overall.loc[(name, best), "mean"])


def gained(pool: str, embedder: str) -> str:
    row = overall.loc[(pool, embedder)]
    return points(row["mean"], row["low"], row["high"])


figures.gains(
    summary,
    "initial_pool",
    "initial-pool-gains",
    xlabel=f"accuracy after the first {initial_size} labels, minus Random (points, 95 % interval)",
    alt=f"""Dot plot of the gain of {len(others)} initial pools over a random one, for {len(datasets)} datasets and
    {len(order)} embedders. On average over the datasets under {plain(best)}:
    {"; ".join(f"{plain(p)} {gained(p, best)}" for p in others)}.""",
    caption=f"""With {plain(best)}, the best embedder, {plain(top)} starts {gained(top, best)} relative to Random on
    average over the datasets; with {plain(worst)}, the worst, {gained(top, worst)}.""",
)

# %% tags=["hide-input"]
interaction = statistics.interaction(gain, "initial_pool", "embedder", low=worst, high=best)
interaction = statistics.arrange(interaction, initial_pool=others)
words = {
    "better": "better embeddings help it",
    "worse": "better embeddings hurt it",
    "tie": "cannot tell",
}
lines = [
    f"- **{plain(row.initial_pool)}** gains {points(row.mean, row.low, row.high)} more under {plain(best)} than under "
    f"{plain(worst)}: {words[row.verdict]}."
    for row in interaction.itertuples()
]
found = {
    word: ", ".join(plain(r.initial_pool) for r in interaction.itertuples() if r.verdict == word)
    for word in words
}
Markdown(
    "With one embedder there is no better one to compare with."
    if best == worst
    else "**Does a diverse initial pool work together with good embeddings?** "
    "The difference of two differences, paired by seed, averaged over the datasets; unit: the seed.\n\n"
    + "\n".join(lines)
    + "\n\nIn these data the claim "
    + (
        f"holds for {found['better']}"
        if found["better"]
        else "can be confirmed for no initial pool"
    )
    + (f"; the contrary holds for {found['worse']}" if found["worse"] else "")
    + (f"; the intervals of {found['tie']} include zero" if found["tie"] else "")
    + "."
)

# %% [markdown]
# ## Why: classes that are missed
#
# A head cannot predict a class of which it has no example. How many classes does each initial pool miss? Mean over the
# seeds.

# %% tags=["hide-input"]
counts = first.assign(missed=[int((np.asarray(c) == 0).sum()) for c in first["class_counts"]])
missed = statistics.intervals(counts, "missed", ["dataset", "embedder", "initial_pool"])
missed = statistics.arrange(missed, dataset=datasets, embedder=order)
missed = missed.set_index(["dataset", "embedder", "initial_pool"])["mean"]
table(
    pd.DataFrame(
        {
            "dataset": plain(dataset),
            "embedder": plain(embedder),
            **{
                plain(name): f"{missed[dataset, embedder, name]:.1f}" for name in grid.initial_pools
            },
        }
        for dataset in datasets
        for embedder in order
    )
)

# %% [markdown]
# ## Does the head start last?
#
# The gain over a random initial pool as more labels come in: once when the later labels are drawn at random, once when
# a query strategy may repair a bad start. Bands are the 95 % intervals of the worst and the best embedder; the others are
# dashed.

# %% tags=["hide-input"]
curves = statistics.paired_differences(records, "accuracy", "initial_pool", "random")
shown = []
for strategy in strategies:
    here = curves[curves["strategy"] == strategy]
    summary = statistics.arrange(
        statistics.intervals(
            here, "difference", ["dataset", "initial_pool", "embedder", "n_labelled"]
        ),
        dataset=datasets,
        initial_pool=others,
        embedder=order,
    )
    last = statistics.intervals(
        here[here["cycle"] == here["cycle"].max()], "difference", ["initial_pool", "embedder"]
    ).set_index(["initial_pool", "embedder"])
    end = {p: points(*last.loc[(p, best), ["mean", "low", "high"]]) for p in others}
    shown.append(
        figures.difference_curves(
            summary,
            "initial_pool",
            f"initial-pool-then-{strategy.replace('_', '-')}",
            alt=f"""Differences from a random initial pool over the number of labels, later labels by {plain(strategy)};
            rows are initial pools, columns datasets, lines embedders. At the end under {plain(best)}:
            {"; ".join(f"{plain(p)} {text}" for p, text in end.items())}.""",
            caption=f"""Later labels by {plain(strategy)}: after {records["n_labelled"].max()} labels, what is left of
            {plain(top)}'s start under {plain(best)} is {end[top]}.""",
        )
    )
for figure in shown:
    display(figure)
