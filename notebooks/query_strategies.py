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
# # Which strategy wins?
#
# Strategies are compared from the same initial pool, seed by seed, and ask for the same number of labels. The paper's
# abstract states that Margin spikes on single datasets while BADGE is more robust (C2), and its title says that there is
# no free lunch: which strategy is best depends on the context (C4). One of its reviewers found that Margin looked
# strongest in the curves. So: what do the numbers say, with their uncertainty?

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
from alutils.figures import names, plain, points, table
from alutils.study import Grid, open_problems, run_study

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
if not others:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
order = quality.embedder_order(quality.measure_quality(grid))
best, worst = order[-1], order[0]
records = run_study(grid)
two_classes = sorted({p.dataset for p in open_problems(grid.cells()).values() if p.n_classes == 2})
Markdown(
    f"Embedders are ordered by mean probe accuracy on the pools, the worst first: {names(order)}."
    + (
        ""
        if seeds > 1
        else " **One seed gives no interval: on this page nothing can be told apart.**"
    )
)

# %% [markdown]
# ## The whole curve in one number
#
# The area under the learning curve, divided by its span (AULC), is the mean accuracy over the budget. Each dot is a
# strategy's AULC minus Random's, paired by seed, with its 95 % interval. All strategies of a panel and colour are
# compared with the same random runs, so their dots move together.

# %% tags=["hide-input"]
areas = statistics.aulc(records)
gain = statistics.paired_differences(areas, "aulc", "strategy", "random")
summary = statistics.arrange(
    statistics.intervals(gain, "difference", ["dataset", "strategy", "embedder"]),
    dataset=datasets,
    strategy=others,
    embedder=order,
)
verdict = statistics.verdicts(summary)
counted = {word: int((verdict == word).sum()) for word in ("better", "tie", "worse")}
surviving = int((statistics.holm(summary["p"]) < 0.05).sum())
top = summary.loc[summary[summary["embedder"] == best].groupby("dataset")["mean"].idxmax()]
figures.gains(
    summary,
    "strategy",
    "strategy-gains",
    xlabel="AULC minus Random's (points of accuracy, 95 % interval)",
    alt=f"""Dot plot of the gain of {len(others)} strategies over Random, a panel for each of {len(datasets)} datasets, a dot
    for each of {len(order)} embedders: {counted["better"]} intervals above zero, {counted["worse"]} below,
    {counted["tie"]} across it. Highest means under {plain(best)}:
    {"; ".join(f"{plain(r.strategy)} on {plain(r.dataset)}, {points(r.mean)}" for r in top.itertuples())}.""",
    caption=f"""Of {len(summary)} comparisons with Random, {counted["better"]} are better, {counted["worse"]} worse,
    {counted["tie"]} undecided; {surviving} differences remain after Holm's correction for their number.""",
)

# %% tags=["hide-input"]
Markdown(
    f"With two classes, as in {names(two_classes)}, least confidence, margin and entropy rank points alike up to rounding: "
    "their results are one result, not three."
    if two_classes
    else "All datasets of this run have more than two classes, so the three uncertainty strategies differ."
)

# %% [markdown]
# ## Who leads, and who cannot be told from the leader
#
# For each dataset and embedder: the strategy with the highest mean AULC, how far it is ahead of Random, and every
# strategy whose paired difference from it has an interval that includes zero. A leader with company has not won. The
# leader is chosen on the same seeds that its lead is measured on, so expect a smaller lead on others.

# %% tags=["hide-input"]
found = statistics.arrange(statistics.leaders(areas), dataset=datasets, embedder=order)
ahead = summary.set_index(["dataset", "embedder", "strategy"])
table(
    pd.DataFrame(
        {
            "dataset": plain(row.dataset),
            "embedder": plain(row.embedder),
            "leader": names(row.leaders),
            "ahead of Random": ""
            if "random" in row.leaders
            else points(
                *ahead.loc[(row.dataset, row.embedder, row.leaders[0]), ["mean", "low", "high"]]
            ),
            "cannot be told from the leader": names(row.company),
        }
        for row in found.itertuples()
    )
)

# %% tags=["hide-input"]
leads = {name: sum(name in row for row in found["leaders"]) for name in grid.strategies}
ties = {name: sum(name in row for row in found["company"]) for name in grid.strategies}
near = {name: leads[name] + ties[name] for name in grid.strategies}
ranked = sorted(grid.strategies, key=lambda name: (near[name], leads[name]), reverse=True)
everywhere = [name for name in ranked if near[name] == len(found)]
somewhere = [name for name in ranked if leads[name]]
display(
    Markdown(
        f"**Is one strategy best everywhere (C4)?** Over {len(found)} combinations of dataset and embedder, the lead is held "
        f"or shared by {names(somewhere)}. "
        + (
            f"Never behind the leader by more than these seeds can tell: {names(everywhere)}."
            if everywhere
            else "Every strategy is clearly behind the leader somewhere: no free lunch here."
        )
        if seeds > 1
        else "One seed gives no interval: nothing can be told apart."
    ),
    table(
        pd.DataFrame(
            {
                "strategy": plain(name),
                "leads, alone or shared": leads[name],
                "cannot be told from the leader": ties[name],
                "clearly behind": len(found) - near[name],
            }
            for name in ranked
        )
    ),
)

# %% [markdown]
# ## Spikes and robustness
#
# A strategy that *spikes* has a high best case; a *robust* one has a high worst case. For each strategy, its gain in AULC
# over Random: on average over all combinations of dataset and embedder (with the interval over seeds), in its worst
# combination and in its best. The last two are extremes of means, and carry no interval.

# %% tags=["hide-input"]
average = statistics.intervals(gain, "difference", ["strategy"]).set_index("strategy")
means = summary.groupby("strategy")["mean"]
low, high = means.min(), means.max()
table(
    pd.DataFrame(
        {
            "strategy": plain(name),
            "mean gain": points(*average.loc[name, ["mean", "low", "high"]]),
            "worst combination": points(low[name]),
            "best combination": points(high[name]),
        }
        for name in sorted(others, key=lambda name: -average.loc[name, "mean"])
    )
)

# %% tags=["hide-input"]
if {"margin", "badge"} <= set(others):
    duel = statistics.paired_differences(
        areas[areas["strategy"].isin(["margin", "badge"])], "aulc", "strategy", "margin"
    )
    overall = statistics.intervals(duel, "difference", ["strategy"]).iloc[0]
    robust = "BADGE" if low["badge"] > low["margin"] else "Margin"
    spiky = "BADGE" if high["badge"] > high["margin"] else "Margin"
    as_said = (robust, spiky) == ("BADGE", "Margin")
    duel = statistics.intervals(duel, "difference", ["dataset", "embedder"])
    duel = statistics.arrange(duel, dataset=datasets, embedder=order)
    word = statistics.verdicts(duel).map(
        {"better": "BADGE", "worse": "Margin", "tie": "cannot tell"}
    )
    tallied = [f"{name} {int((word == name).sum())}" for name in ("BADGE", "Margin", "cannot tell")]
    display(
        Markdown(
            "**Margin against BADGE (C2).** "
            + (
                f"The worst case is higher for {robust}, the best case for {spiky}: "
                f"{'as' if as_said else 'contrary to what'} the abstract says. "
                if len(duel) > 1
                else ""
            )
            + f"Head to head, BADGE minus Margin is "
            f"{points(overall['mean'], overall['low'], overall['high'])} on average; over the {len(duel)} combinations, ahead "
            f"are: {', '.join(tallied)}."
        ),
        table(
            pd.DataFrame(
                {
                    "dataset": duel["dataset"].map(plain),
                    "embedder": duel["embedder"].map(plain),
                    "BADGE minus Margin": [
                        points(r.mean, r.low, r.high) for r in duel.itertuples()
                    ],
                    "ahead": word,
                }
            )
        ),
    )
else:
    display(Markdown("Margin or BADGE is not among the strategies of this run."))

# %% [markdown]
# ## Along the curve
#
# One row for each strategy, one column for each dataset. Above zero is better than Random with the same number of labels.
# The worst and the best embedder are drawn with their 95 % intervals as bands, the others as dashed lines (their
# intervals are in the data).

# %% tags=["hide-input"]
curves = statistics.paired_differences(records, "accuracy", "strategy", "random")
along = statistics.arrange(
    statistics.intervals(curves, "difference", ["dataset", "strategy", "embedder", "n_labelled"]),
    dataset=datasets,
    strategy=others,
    embedder=order,
)
peak = along.loc[along["mean"].idxmax()]
dip = along.loc[along["mean"].idxmin()]


def described(row: pd.Series) -> str:
    where = f"{plain(row['strategy'])}, {plain(row['dataset'])}, {plain(row['embedder'])}, {row['n_labelled']} labels"
    return f"{points(row['mean'])} ({where})"


figures.difference_curves(
    along,
    "strategy",
    "strategy-curves",
    alt=f"""Small multiples of accuracy minus Random's over the number of labels: {len(others)} strategies in rows,
    {len(datasets)} datasets in columns, {len(order)} embedders as lines. Highest point: {described(peak)}; lowest point:
    {described(dip)}.""",
    caption=f"""The highest of {len(along)} points is {described(peak)}, the lowest {described(dip)}.""",
)

# %% [markdown]
# ## What a query costs
#
# Wall time of one query for one seed, in milliseconds, on the machine that computed the cells: one thread, all seeds of a
# cell advancing together. Clusterings are counted where they were first needed.

# %% tags=["hide-input"]
later = records[records["cycle"] > 0]
sizes = sorted({len(p.pool_labels) for p in open_problems(grid.cells()).values()})
cost = later.groupby("strategy")["query_seconds"].median().reindex(grid.strategies).dropna()
display(
    table(
        pd.DataFrame(
            {
                "strategy": map(plain, cost.index),
                "median ms per query": [f"{1000 * v:.1f}" for v in cost],
            }
        )
    )
    if len(cost)
    else Markdown("Runs of one cycle make no query."),
    Markdown(
        f"Pools of {names(f'{n:,}' for n in sizes)} texts. Fitting one head takes "
        f"{1000 * records['fit_seconds'].median():.1f} ms (median)."
    ),
)
