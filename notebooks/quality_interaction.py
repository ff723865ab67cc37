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
# # Do strategies gain from better embeddings?
#
# The paper's abstract states that strategies are often more effective with better embeddings (C3). Two questions hide in
# that sentence. Does a strategy reach a higher accuracy on a better embedding? On average it will, and so will Random. The
# question with content is whether the *difference from Random* grows. Here the quality of each embedding is measured
# on the pool (probe accuracy, see the page on embeddings) and set against that difference.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_pools: list[str] = [
    "random"
]  # ways to choose the first points; results are averaged over them
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

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import names, plain, points, signed, table
from alutils.study import Grid, run_study

grid = Grid(
    datasets=datasets,
    embedders=embedders,
    initial_pools=initial_pools,
    strategies=list(dict.fromkeys(["random", *strategies])),
    initial_size=initial_size,
    query_size=query_size,
    cycles=cycles,
    seeds=seeds,
    pool_size=pool_size,
    test_size=test_size,
)
others = [name for name in grid.strategies if name != "random"]
if len(set(embedders)) < 2:
    raise UserError("embedders needs at least two, because this page compares embedders")
if not others:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
best, worst = order[-1], order[0]
records = run_study(grid)
areas = statistics.aulc(records)
gain = statistics.paired_differences(areas, "aulc", "strategy", "random")
summary = statistics.intervals(gain, "difference", ["dataset", "strategy", "embedder"])
summary = statistics.arrange(summary, dataset=datasets, strategy=others, embedder=order)
summary = summary.merge(measured, on=["dataset", "embedder"]).rename(
    columns={"probe_accuracy": "quality"}
)
Markdown(
    f"Embedders are ordered by mean probe accuracy on the pools, the worst first: {names(order)}."
    + (
        ""
        if seeds > 1
        else " **One seed gives no interval: on this page nothing can be told apart.**"
    )
)

# %% [markdown]
# ## The difference from Random against quality

# %% tags=["hide-input"]
change = statistics.interaction(gain, "strategy", "embedder", low=worst, high=best).set_index(
    "strategy"
)
under = statistics.intervals(gain, "difference", ["strategy", "embedder"]).set_index(
    ["strategy", "embedder"]
)
rises = [s for s in others if change.loc[s, "verdict"] == "better"]
falls = [s for s in others if change.loc[s, "verdict"] == "worse"]
above = [s for s in others if under.loc[(s, best), "low"] > 0]
said = "; ".join(f"{plain(s)} {points(*change.loc[s, ['mean', 'low', 'high']])}" for s in others)
figures.gain_against_quality(
    summary,
    "gain-against-quality",
    xlabel="probe accuracy of the embedding on the pool, %",
    alt=f"""Small multiples, one for each strategy: AULC minus Random's against the measured quality of the embedding, one
    line for each of {len(datasets)} datasets. Change from {plain(worst)} to {plain(best)}, averaged over the datasets:
    {said}.""",
    caption=f"""From {plain(worst)} to {plain(best)}, averaged over the datasets, the difference from Random rises for
    {names(rises)}, falls for {names(falls)}, and cannot be told for {len(others) - len(rises) - len(falls)} of {len(others)}
    strategies. Under {plain(best)} it is above zero for {names(above)}.""",
)

# %% [markdown]
# ## In numbers
#
# The change from the worst embedder to the best is a difference of two differences, paired by seed. A rise is not
# always a gain: a strategy that loses less than before rises too, so both ends are shown. The rank correlation of
# difference and measured quality is taken within datasets, over all embedders, seed by seed: it asks whether the order
# agrees, not how large the change is. Every interval is a 95 % interval over seeds; none is corrected for the number of
# strategies looked at, and none speaks of other embedders or datasets.

# %% tags=["hide-input"]
trend = statistics.rank_trend(gain, measured, "probe_accuracy", "strategy").set_index("strategy")
span = ["mean", "low", "high"]
words = {"better": "rises", "worse": "falls", "tie": "cannot tell"}
table(
    pd.DataFrame(
        {
            "strategy": plain(s),
            f"minus Random under {plain(worst)}": points(*under.loc[(s, worst), span]),
            f"under {plain(best)}": points(*under.loc[(s, best), span]),
            "change": points(*change.loc[s, span]),
            "verdict": words[change.loc[s, "verdict"]],
            "rank correlation": signed(trend.loc[s, span].tolist(), 2),
        }
        for s in others
    )
)

# %% [markdown]
# The same change, dataset by dataset: an average can hide that a strategy gains on one and loses on another.

# %% tags=["hide-input"]
apart = statistics.interaction(gain, "strategy", "embedder", low=worst, high=best, by=["dataset"])
apart = apart.set_index(["strategy", "dataset"])
table(
    pd.DataFrame(
        {
            "strategy": plain(s),
            **{
                plain(
                    d
                ): f"{points(*apart.loc[(s, d), span])}, {words[apart.loc[(s, d), 'verdict']]}"
                for d in datasets
            },
        }
        for s in others
    )
)

# %% [markdown]
# ## The order of the strategies
#
# "No free lunch" is about order: would you choose another strategy under another embedder? Kendall's tau between the
# orders of the strategies by mean AULC: 1 is the same order, 0 is no relation, −1 the reverse. Part of any disorder is
# luck, so the last column says how well the order under *one* embedder agrees with itself between two halves of the seeds:
# a tau between embedders means something only where it is clearly below that.

# %% tags=["hide-input"]


def orders(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby(["dataset", "embedder", "strategy"])["aulc"].mean().unstack()


def best_of(row: pd.Series) -> str:
    return names(row.index[row > row.max() - 1e-9])


means = orders(areas)
halves = [orders(areas[areas["seed"] % 2 == parity]) for parity in (0, 1)]
rows = []
for dataset in datasets:
    tau = means.loc[dataset].T.corr(method="kendall")
    itself = [
        half.loc[(dataset, e)].corr(halves[1].loc[(dataset, e)], method="kendall")
        if seeds > 1
        else float("nan")
        for half in halves[:1]
        for e in order
    ]
    rows.append(
        {
            "dataset": plain(dataset),
            f"best under {plain(worst)}": best_of(means.loc[(dataset, worst)]),
            f"best under {plain(best)}": best_of(means.loc[(dataset, best)]),
            f"tau, {plain(worst)} to {plain(best)}": signed(
                [tau.loc[worst, best], float("nan"), 0], 2
            ),
            "lowest tau of two embedders": signed([tau.min().min(), float("nan"), 0], 2),
            "tau of an order with itself": f"{min(itself):+.2f} to {max(itself):+.2f}"
            if seeds > 1
            else "",
        }
    )
table(pd.DataFrame(rows))

# %% tags=["hide-input"]
step = statistics.paired_differences(areas, "aulc", "embedder", worst)
step = statistics.intervals(
    step[step["embedder"] == best].assign(all=""), "difference", ["all"]
).iloc[0]
pooled = statistics.intervals(gain, "difference", ["strategy"])
choice = pooled.loc[pooled["mean"].idxmax()]
Markdown(
    f"**For scale.** Going from {plain(worst)} to {plain(best)} moves AULC by "
    f"{points(step['mean'], step['low'], step['high'])}, averaged over datasets and strategies. Going from Random to "
    f"{plain(choice['strategy'])}, the best strategy on average, moves it by "
    f"{points(choice['mean'], choice['low'], choice['high'])}, averaged over datasets and embedders (the strategy is chosen on "
    "the same seeds, so expect less on others)."
)
