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
# # Is there a better initial pool than the three of the paper?
#
# The paper compares three ways to choose the first points: Random, CoreSet and TypiClust. A reviewer asked for more (Q6):
# k-means, k-means++, k-medoids, ProbCover, herding, and others can all choose points without a head. Here they start from
# the same embeddings, have the same number of labels, and go on with the same query strategy. The question is whether one of
# them is better than the best of the three, and whether the order of them all can be told at all.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_pools: list[str] = [
    "random",
    "kmeans",
    "kmeans_plus_plus",
    "typiclust",
    "coreset",
    "prob_cover",
]  # ways to choose the first points
strategies: list[str] = [
    "margin"
]  # query strategies that go on from there; results are averaged over them
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
early_cycles: int = 5  # first cycles that count as early
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils import strategies as registry
from alutils.errors import UserError
from alutils.figures import names, percent, plain, points, table
from alutils.findings import initial_pool_methods as found
from alutils.findings import pool_course, pool_effects
from alutils.findings.contaminated import without_contaminated
from alutils.findings.judging import both_intervals, interval_words, to_draw
from alutils.findings.words import p_words, several
from alutils.strategies.cards import card
from alutils.study import Grid, run_study

if early_cycles < 1:
    raise UserError(f"early_cycles must be 1 or more, not {early_cycles}")
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
further = [pool for pool in grid.initial_pools if pool not in found.NAMED]
others = [pool for pool in grid.initial_pools if pool != "random"]
if not further or len(others) < 2:
    raise UserError(
        "initial_pools needs two or more besides 'random', one of them another than 'coreset' and 'typiclust', because they are ranked"
    )
measured = quality.measure_quality(grid)
best = quality.embedder_order(measured)[-1]
early = min(early_cycles, cycles)
records = run_study(grid)
found.finding(records, measured, early=early)

# %% tags=["hide-input"]
curve = "the first head" if early == 1 else f"the first {early} cycles"
averaged = (
    f"Runs of {names(strategies)} are averaged."
    if len(strategies) > 1
    else f"All later labels are chosen by {plain(strategies[0])}."
)
same = found.twins(records)
Markdown(
    f"**How to read this.** {len(grid.initial_pools)} initial pools of {initial_size} points are compared under {several(len(embedders), 'embedder')} on "
    f"{several(len(datasets), 'dataset')}, by the AULC of {curve}. {averaged} "
    + (
        f"The same accuracies in all runs, and so one result each: {'; '.join(names(pair) for pair in same)}. "
        if same
        else "No two of them gave the same accuracies in all runs. "
    )
    + "A further method is better when, averaged over embedders, the whole interval of its difference over datasets is above zero and the corrected test "
    "agrees; it is not better when the interval stays below half a point."
    + (
        " Movie sentiment and SST-2 take their texts from the same collection of reviews, so as datasets they are not two full units."
        if {"movie_sentiment", "sst2"} <= set(datasets)
        else ""
    )
    + (
        ""
        if len(datasets) > 1
        else " With one dataset the only intervals are those over seeds, and nothing is known of other datasets."
    )
    + ("" if seeds > 1 else " **One seed: no interval over seeds.**")
)

# %% [markdown]
# ## Gains over a random initial pool
#
# Averaged over the embedders and datasets, the best on top. The first panel is the head that has seen the initial pool and
# nothing else; the second is the early part of the learning curve.

# %% tags=["hide-input"]
first = pool_effects.first_gains(records)
gains = pool_effects.early_gains(records, early)
panels = {"first head": first, f"AULC of {curve}": gains}
summaries = {name: both_intervals(rows, ["initial_pool"]) for name, rows in panels.items()}
average = summaries[f"AULC of {curve}"].set_index("initial_pool")
start = summaries["first head"].set_index("initial_pool")
by_gain = list(average["mean"].sort_values(ascending=False, kind="stable").index)
summary = pd.concat([rows.assign(panel=name) for name, rows in summaries.items()])
single = pd.concat(
    [
        rows.groupby(["initial_pool", "dataset"], sort=False)["difference"]
        .mean()
        .reset_index(name="mean")
        .assign(panel=name)
        for name, rows in panels.items()
    ]
)
summary = statistics.arrange(summary, panel=list(panels), initial_pool=by_gain)
figures.forest(
    to_draw(summary).assign(row=summary["initial_pool"]),
    single.assign(row=single["initial_pool"]),
    {pool: plain(pool) for pool in by_gain},
    {pool: figures.style(pool)[0] for pool in by_gain},
    "initial-pool-methods-gains",
    xlabel="accuracy minus a random initial pool's (points)",
    alt=f"""Dots with intervals for {len(by_gain)} initial pools, the first head on the left, the AULC of {curve} on the right. AULC:
    {"; ".join(f"{plain(p)} {points(average.loc[p, 'mean'])}" for p in by_gain)}.""",
    caption=f"""Over {curve}, {plain(by_gain[0])} gains most over a random initial pool: {interval_words(average.loc[by_gain[0]])};
    {plain(by_gain[-1])} gains least: {interval_words(average.loc[by_gain[-1]])}. Means over {several(len(embedders), "embedder")},
    {several(len(datasets), "dataset")} and {several(seeds, "seed")}.""",
)

# %% [markdown]
# ## Can the order be told?
#
# In each pair of dataset and embedder the initial pools are ranked by their {term}`AULC`; rank 1 is the best. Those that a bar
# joins cannot be told apart by Nemenyi's test. Embedders of one dataset resemble each other, and the layers of one
# transformer more so: their ranks are not so many independent units. The cautious unit is the dataset, on which the embedders are averaged.

# %% tags=["hide-input"]
areas = found.early_areas(records, early)
fine = found.ranks(areas, ["dataset", "embedder"])
coarse = found.ranks(areas, ["dataset"])


def listed(ranked: statistics.AverageRanks) -> str:
    return "; ".join(f"{plain(pool)} {rank:.1f}" for pool, rank in ranked.ranks.items())


def told(ranked: statistics.AverageRanks) -> str:
    first = ranked.ranks.index[0]
    company = [p for group in ranked.groups if first in group for p in group if p != first]
    if ranked.p >= ranked.alpha:
        return "ranks cannot be told apart"
    return (
        f"{plain(first)} is first, not told from {names(company)}"
        if company
        else f"{plain(first)} is first, apart from all others"
    )


figures.critical_difference(
    fine,
    "initial-pool-methods-ranks",
    alt=f"""Critical-difference diagram over {several(fine.n_units, "pair")} of dataset and embedder. Average ranks: {listed(fine)}. Critical
    difference {fine.critical_difference:.2f}.""",
    caption=f"""Over {several(fine.n_units, "pair")} of dataset and embedder {told(fine)} (Friedman's test: {p_words(fine.p)}, critical difference
    {fine.critical_difference:.2f} ranks). """
    + (
        f"With datasets as units (n = {coarse.n_units}): {told(coarse)} ({p_words(coarse.p)}, critical difference {coarse.critical_difference:.2f})."
        if len(datasets) > 1
        else "One dataset makes one cautious unit, with which nothing can be told."
    ),
)

# %% [markdown]
# ## In numbers
#
# Gains in points, each with the interval that draws datasets again and the one that draws seeds again within these datasets. Then wins,
# losses and ties over the pairs of dataset and embedder, whose intervals are over seeds: a **tie** is a whole interval
# within half a point of zero, **undecided** is what these seeds cannot tell. Win rates that drop ties
# flatter, so the last column counts all that is neither as half a win.

# %% tags=["hide-input"]
counted = found.outcomes_table(gains).set_index("initial_pool")
seen = pool_course.shares_seen(records, measured)
share = seen.groupby(["initial_pool", "dataset"])["share"].mean().groupby("initial_pool").mean()
table(
    pd.DataFrame(
        {
            "initial pool": plain(p),
            "first head": interval_words(start.loc[p]),
            "early AULC": interval_words(average.loc[p]),
            "average rank": f"{fine.ranks[p]:.1f}",
            "rank, datasets as units": f"{coarse.ranks[p]:.1f}",
            "classes seen": percent(share[p]),
            "win": counted.loc[p, "win"],
            "tie": counted.loc[p, "equivalent"],
            "undecided": counted.loc[p, "undecided"],
            "loss": counted.loc[p, "loss"],
            "win rate": percent(counted.loc[p, "rate_ties_half"]),
        }
        for p in by_gain
    )
)

# %% tags=["hide-input"]
flat = [p for p in by_gain if counted.loc[p, "loss"] == 0]
wins_everywhere = [p for p in by_gain if counted.loc[p, "win"] == counted.loc[p, "n"]]
Markdown(
    f"Random itself shows {percent(share['random'])} of the classes and has average rank {fine.ranks['random']:.1f} ({coarse.ranks['random']:.1f} with datasets "
    f"as units). Better than Random in every pair: {names(wins_everywhere)}. Without a single loss against it: {names(flat)}."
)

# %% [markdown]
# ## Dataset by dataset
#
# Averaged over embedders. A number is bold where its interval over seeds excludes zero, uncorrected.

# %% tags=["hide-input"]
cells = pd.concat(
    [
        statistics.intervals(rows, "difference", ["dataset", "initial_pool"]).assign(panel=name)
        for name, rows in panels.items()
    ]
)
cells = statistics.arrange(cells, panel=list(panels), dataset=datasets, initial_pool=by_gain)
words = statistics.verdicts(cells)
n_sure = int((statistics.holm(cells["p"]) < 0.05).sum())
lead = cells[cells["panel"] != "first head"]
top = lead.loc[lead.groupby("dataset", sort=False)["mean"].idxmax()]
ahead = top["initial_pool"].value_counts(sort=True)
figures.gain_map(
    cells.assign(row=cells["dataset"].map(plain), column=cells["initial_pool"].map(plain)),
    "initial-pool-methods-map",
    key="gain over a random initial pool, points of accuracy",
    alt=f"""Two heat maps of gains, the first head above, the AULC of {curve} below; a row for each of {several(len(datasets), "dataset")}, a column
    for each initial pool. Highest AULC gain: {"; ".join(f"{plain(r.dataset)} {plain(r.initial_pool)} {points(r.mean)}" for r in top.itertuples())}.""",
    caption=f"""Highest gain over {curve}: {"; ".join(f"{plain(p)} on {n} of {len(datasets)}" for p, n in ahead.items())}. Of {len(cells)} differences
    {(words == "better").sum()} are above zero, {(words == "worse").sum()} below; {n_sure} remain after Holm's correction.""",
)

# %% [markdown]
# ## What each does, and what it costs
#
# As their descriptions in the code say it, which call texts rows, and seeds replicates. N texts with embeddings of D dimensions are in
# the pool; R seeds advance together, and each chooses k texts. An initial pool is chosen once per run.

# %% tags=["hide-input"]
cards = {pool: card(registry.get(pool)) for pool in ["random", *by_gain]}
table(
    pd.DataFrame(
        {
            "initial pool": plain(pool),
            "chooses": about.summary.replace("`", ""),
            "cost": about.cost.replace("`", ""),
        }
        for pool, about in cards.items()
    )
)

# %% [markdown]
# ## Without contaminated pairs
#
# An embedder that was trained on a dataset may look better on it than it would on new texts.

# %% tags=["hide-input"]
if measured["contaminated"].any():
    rest = without_contaminated(records, measured)
    marked = measured[measured["contaminated"].astype(bool)]
    pairs = ", ".join(f"{plain(r.embedder)} on {plain(r.dataset)}" for r in marked.itertuples())
    display(
        Markdown(
            f"Left out: {pairs}. With all pairs the verdict is the one at the top of this page."
        ),
        found.finding(rest, measured, early=early),
    )
else:
    display(
        Markdown(
            f"None of the {len(measured)} pairs of dataset and embedder on this page is known to be contaminated, so there is nothing to leave out."
        )
    )
