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
# The paper's abstract states that they do (C3). Two questions hide in that sentence. Does a strategy reach a higher
# accuracy on a better embedding? Of course: so does Random. The question with content is whether its *advantage over
# Random* grows. Here the quality of each embedding is measured on the pool (probe accuracy, see the page on
# embeddings) and set against the advantage.

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

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import plain, points, table
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
gain = statistics.paired_differences(statistics.aulc(records), "aulc", "strategy", "random")
summary = statistics.intervals(gain, "difference", ["dataset", "strategy", "embedder"])
summary = statistics.arrange(summary, dataset=datasets, strategy=others, embedder=order)
summary = summary.merge(measured, on=["dataset", "embedder"]).rename(
    columns={"probe_accuracy": "quality"}
)

# %% [markdown]
# ## Advantage against quality

# %% tags=["hide-input"]
trend = statistics.rank_trend(gain, measured, "probe_accuracy", "strategy")
change = statistics.interaction(gain, "strategy", "embedder", low=worst, high=best)
change = statistics.arrange(change, strategy=others)
words = {"better": "grows", "worse": "shrinks", "tie": "cannot tell"}
said = {
    row.strategy: f"{words[row.verdict]} {points(row.mean, row.low, row.high)}"
    for row in change.itertuples()
}
figures.gain_against_quality(
    summary,
    "gain-against-quality",
    xlabel="probe accuracy of the embedding on the pool, %",
    alt=f"""Small multiples, one for each strategy: gain in AULC over Random against the measured quality of the embedding,
    one line for each of {len(datasets)} datasets. From {plain(worst)} to {plain(best)}, averaged over the datasets:
    {"; ".join(f"{plain(s)} {text}" for s, text in said.items())}.""",
    caption=f"""From {plain(worst)} to {plain(best)} the advantage over Random grows for
    {int((change["verdict"] == "better").sum())} of {len(change)} strategies, shrinks for
    {int((change["verdict"] == "worse").sum())}, and cannot be told for {int((change["verdict"] == "tie").sum())}.""",
)

# %% [markdown]
# ## In numbers
#
# The change of the advantage from the worst embedder to the best is a difference of two differences, paired by seed and
# averaged over the datasets. The rank correlation of advantage and measured quality is taken within datasets, over all
# embedders, seed by seed: it asks whether the order agrees, not how large the change is. Every interval is a 95 %
# interval over seeds, none is corrected for the number of strategies looked at.

# %% tags=["hide-input"]
both = change.merge(trend, on="strategy", suffixes=("", "_rank"))
table(
    pd.DataFrame(
        {
            "strategy": both["strategy"].map(plain),
            f"advantage from {plain(worst)} to {plain(best)}": [
                points(r.mean, r.low, r.high) for r in both[["mean", "low", "high"]].itertuples()
            ],
            "verdict": both["verdict"].map(words),
            "rank correlation with quality": [
                f"{r.mean_rank:+.2f} ({r.low_rank:+.2f} to {r.high_rank:+.2f})"
                for r in both.itertuples()
            ],
        }
    )
)

# %% [markdown]
# ## The order of the strategies
#
# "No free lunch" is about order: would you choose another strategy under another embedder? Kendall's tau between the
# orders of the strategies by mean AULC: 1 is the same order, 0 is no relation, -1 the reverse.

# %% tags=["hide-input"]
means = (
    statistics.aulc(records).groupby(["dataset", "embedder", "strategy"])["aulc"].mean().unstack()
)
taus = []
for dataset in datasets:
    here = means.loc[dataset].loc[order]
    tau = here.T.corr(method="kendall")
    taus.append(
        {
            "dataset": plain(dataset),
            "best under " + plain(worst): plain(here.loc[worst].idxmax()),
            "best under " + plain(best): plain(here.loc[best].idxmax()),
            f"tau, {plain(worst)} to {plain(best)}": f"{tau.loc[worst, best]:+.2f}",
            "lowest tau of any two embedders": f"{tau.min().min():+.2f}",
        }
    )
table(pd.DataFrame(taus))

# %% tags=["hide-input"]
lift = statistics.aulc(records).groupby(["embedder", "strategy"])["aulc"].mean().unstack()
from_embedder = (lift.loc[best] - lift.loc[worst]).mean()
from_strategy = (lift.max(axis=1) - lift["random"]).mean()
Markdown(
    f"**For scale.** Going from {plain(worst)} to {plain(best)} moves AULC by {points(from_embedder)} on average over "
    f"datasets and strategies; going from Random to the best strategy under the same embedder moves it by "
    f"{points(from_strategy)}."
)
