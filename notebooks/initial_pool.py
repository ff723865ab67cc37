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
from scipy import stats

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import names, plain, points, table
from alutils.study import Grid, open_problems, run_study

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
Markdown(
    f"Embedders are ordered by mean probe accuracy on the pools, the worst first: {names(order)}."
    + (
        ""
        if seeds > 1
        else " **One seed gives no interval: on this page nothing can be told apart.**"
    )
)

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
verdict = statistics.verdicts(summary)
surviving = int((statistics.holm(summary["p"]) < 0.05).sum())


def gained(pool: str, embedder: str) -> str:
    return points(*overall.loc[(pool, embedder), ["mean", "low", "high"]])


figures.gains(
    summary,
    "initial_pool",
    "initial-pool-gains",
    xlabel=f"accuracy after the first {initial_size} labels, minus Random's (points, 95 % interval)",
    alt=f"""Dot plot of the gain of {names(others)} over a random initial pool, a panel for each of {len(datasets)}
    datasets, a dot for each of {len(order)} embedders. On average over the datasets under {plain(best)}:
    {"; ".join(f"{plain(p)} {gained(p, best)}" for p in others)}.""",
    caption=f"""Of {len(summary)} comparisons with a random initial pool, {(verdict == "better").sum()} are better,
    {(verdict == "worse").sum()} worse, {(verdict == "tie").sum()} undecided; {surviving} differences remain after Holm's
    correction for their number.""",
)

# %% [markdown]
# ## Do diverse initial pools and good embeddings work together?
#
# C1 asks for more than a gain: a gain that *grows* with the quality of the embedding. That is a difference of two
# differences, the gain under the best embedder minus the gain under the worst, paired by seed. It counts as support
# only where there is a gain under the best embedder at all.

# %% tags=["hide-input"]
change = statistics.interaction(gain, "initial_pool", "embedder", low=worst, high=best)
change = change.set_index("initial_pool")
apart = statistics.interaction(
    gain, "initial_pool", "embedder", low=worst, high=best, by=["dataset"]
)
apart = apart.set_index(["initial_pool", "dataset"])
helped = [
    p for p in others if change.loc[p, "verdict"] == "better" and overall.loc[(p, best), "low"] > 0
]
contrary = [p for p in others if change.loc[p, "verdict"] == "worse"]
single = [
    f"{plain(p)} on {plain(d)}" for p, d in apart.index if apart.loc[(p, d), "verdict"] == "better"
]
if best == worst:
    display(Markdown("With one embedder there is no better one to compare with."))
else:
    display(
        table(
            pd.DataFrame(
                {
                    "initial pool": plain(p),
                    f"gain under {plain(worst)}": gained(p, worst),
                    f"gain under {plain(best)}": gained(p, best),
                    "change": points(*change.loc[p, ["mean", "low", "high"]]),
                    **{
                        f"change on {plain(d)}": points(*apart.loc[(p, d), ["mean", "low", "high"]])
                        for d in datasets
                    },
                }
                for p in others
            )
        ),
        Markdown(
            f"**On the average of the datasets** the claim is supported for: {names(helped)}; contradicted for: "
            f"{names(contrary)}; neither for: {names(p for p in others if p not in helped + contrary)}. **On single datasets** the change is above zero for: "
            f"{', '.join(single) or 'none'}."
        ),
    )

# %% [markdown]
# ## Is it the classes that are missed?
#
# A head cannot predict a class of which it has no example, so a natural explanation of a better start is that fewer
# classes are missed. How many of the classes that are in the pool does each initial pool miss? Mean over the seeds.

# %% tags=["hide-input"]
problems = open_problems(grid.cells()).values()
present = {p.dataset: np.bincount(p.pool_labels, minlength=p.n_classes) > 0 for p in problems}
lacking = [
    int((np.asarray(counts)[present[dataset]] == 0).sum())
    for dataset, counts in zip(first["dataset"], first["class_counts"])
]
missed = statistics.intervals(
    first.assign(missed=lacking), "missed", ["dataset", "embedder", "initial_pool"]
)
missed = missed.set_index(["dataset", "embedder", "initial_pool"])["mean"]
table(
    pd.DataFrame(
        {
            "dataset": plain(dataset),
            "classes in the pool": present[dataset].sum(),
            "embedder": plain(embedder),
            **{
                plain(name): f"{missed[dataset, embedder, name]:.1f}" for name in grid.initial_pools
            },
        }
        for dataset in datasets
        for embedder in order
    )
)

# %% tags=["hide-input"]
pairs = [
    (
        missed[r.dataset, r.embedder, r.initial_pool] - missed[r.dataset, r.embedder, "random"],
        r.mean,
    )
    for r in summary.itertuples()
    if missed[r.dataset, r.embedder].max() > 0
]
if len({x for x, _ in pairs}) > 1:
    rho = stats.spearmanr(*zip(*pairs)).statistic
    text = (
        f"Over the {len(pairs)} combinations where any class is missed, the rank correlation of classes missed and accuracy "
        f"gained, both against Random, is {rho:+.2f}: "
        + (
            "initial pools that miss fewer classes start better."
            if rho < -0.3
            else "missing fewer classes does not explain the gain."
        )
        + " The combinations share datasets and embedders, so this describes them and tests nothing."
    )
else:
    text = "No initial pool misses a class that Random has, or the other way round."
Markdown(text)

# %% [markdown]
# ## Does the head start last?
#
# The gain over a random initial pool as more labels come in, a figure for each query strategy that goes on from there.
# Bands are the 95 % intervals of the worst and the best embedder; the others are dashed.

# %% tags=["hide-input"]
curves = statistics.paired_differences(records, "accuracy", "initial_pool", "random")
for strategy in strategies:
    here = curves[curves["strategy"] == strategy]
    along = statistics.arrange(
        statistics.intervals(
            here, "difference", ["dataset", "initial_pool", "embedder", "n_labelled"]
        ),
        dataset=datasets,
        initial_pool=others,
        embedder=order,
    )
    final = here[here["cycle"] == here["cycle"].max()]
    final = statistics.intervals(final, "difference", ["initial_pool", "embedder"])
    final = final.set_index(["initial_pool", "embedder"])
    left = "; ".join(
        f"{plain(p)} {points(*final.loc[(p, best), ['mean', 'low', 'high']])}" for p in others
    )
    display(
        figures.difference_curves(
            along,
            "initial_pool",
            f"initial-pool-then-{strategy.replace('_', '-')}",
            alt=f"""Differences from a random initial pool over the number of labels, later labels by {plain(strategy)};
            rows are initial pools, columns datasets, lines embedders. At the end under {plain(best)}: {left}.""",
            caption=f"""Later labels by {plain(strategy)}. What is left of the start after {records["n_labelled"].max()}
            labels under {plain(best)}, on average over the datasets: {left}.""",
        )
    )
