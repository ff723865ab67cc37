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
# # Are gains larger on harder tasks?
#
# One of the paper's reviewers asked for harder tasks, that do not saturate at once (Q15): where Random reaches the ceiling with a
# few hundred labels, no strategy can be told from another. So: how hard are the tasks of this study, measured and not by name,
# and do strategies gain more over Random where more is left to gain?

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
import numpy as np
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import names, percent, plain, points, signed, table
from alutils.findings import harder_tasks, hardness
from alutils.findings.contaminated import without_contaminated
from alutils.findings.harder_tasks import ALL
from alutils.findings.hardness import MEASURES
from alutils.findings.words import several
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
if len(grid.strategies) < 2:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
if cycles < 2:
    raise UserError("cycles must be at least 2, because without a query no strategy can gain")
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
records = run_study(grid)
units = harder_tasks.units(records, measured)
# Hardness for tables and maps comes from all seeds; only what is set against gains is halved.
hard = hardness.hardness(records, measured)
by_room = hard.groupby("dataset")["open_share"].mean().sort_values(ascending=False)
hardest = [*by_room.index]
two_classes = [
    d for d in hardest if (measured.loc[measured["dataset"] == d, "n_classes"] == 2).all()
]
alike = harder_tasks.alike(grid.strategies)
Markdown(
    f"Datasets by the share of their room that Random leaves open, the largest first: {names(hardest)}. Embedders by mean probe "
    f"accuracy, the worst first: {names(order)}."
    + (
        f" With two classes, as in {names(two_classes)}, {names(alike)} make the same choices; in the mean over the strategies only "
        f"{plain(alike[0])} counts of them."
        if two_classes and len(alike) > 1
        else ""
    )
    + (
        " Movie sentiment and SST-2 are reviews from one source, so these datasets are not wholly independent."
        if {"movie_sentiment", "sst2"} <= set(datasets)
        else ""
    )
    + ("" if seeds > 1 else " **One seed has no halves: on this page nothing can be told.**")
)

# %% tags=["hide-input"]
harder_tasks.finding(records, measured)

# %% [markdown]
# ## What is hard?
#
# The *room* of a dataset under an embedder goes from the accuracy of always answering the largest class to the ceiling, which is
# the {term}`probe accuracy`: what the head reaches with four fifths of all labels of the pool. Each number is the share of the room, in
# percent, that Random has filled with so many labels. It can pass a hundred, because the ceiling is measured on the pool
# and the accuracy on the test side. Datasets stand in the order of the room they leave open, embedders in that of their quality.

# %% tags=["hide-input"]
filled = statistics.arrange(hardness.filled(records, measured), embedder=order, dataset=hardest)
sizes = np.array(sorted(filled["n_labelled"].unique()))
# A reader compares six columns at most: the first cycles, where tasks saturate, and the last.
shown = sizes if len(sizes) <= 6 else sizes[[0, 1, 2, len(sizes) // 3, 2 * len(sizes) // 3, -1]]
fast = statistics.arrange(hardness.at_once(records, measured), dataset=hardest, embedder=order)
early = int(fast["n_labelled"].iloc[0])
word = fast["saturated"].value_counts()
figures.room_filled(
    filled[filled["n_labelled"].isin(shown)],
    "harder-tasks-room-filled",
    alt=f"""Numbers on shades, a map for each of {len(order)} embedders, {several(len(hardest), "dataset")} in rows, numbers of labels in
    columns: the share of the room that Random has filled. With {early:,} labels it is between {percent(fast["mean"].min())} and
    {percent(fast["mean"].max())}.""",
    caption=f"""With {early:,} labels Random has filled nine tenths of the room for {word.get("yes", 0)} of {len(fast)} pairs of
    dataset and embedder; for {word.get("no", 0)} it has not, for {word.get("cannot tell", 0)} it cannot be told.
    {f"Shown are {len(shown)} of {len(sizes)} cycles; the data have all." if len(shown) < len(sizes) else ""}""",
)

# %% [markdown]
# Which saturate at once? Nine tenths of the room filled within a fifth of the budget, with the whole 95 % interval over seeds. The
# last column is another measure: the labels with which Random has made nine tenths of its way to its own last accuracy.

# %% tags=["hide-input"]
rows = []
for dataset in hardest:
    here = fast[fast["dataset"] == dataset].set_index("embedder")
    measures = hard[hard["dataset"] == dataset]
    rows.append(
        {
            "dataset": plain(dataset),
            "classes": int(measures["n_classes"].iloc[0]),
            **{
                f"filled at {early:,}, {plain(e)}": f"{percent(here.loc[e, 'mean'])}"
                + (
                    ""
                    if pd.isna(here.loc[e, "low"])
                    else f" ({percent(here.loc[e, 'low']).removesuffix(' %')} to {percent(here.loc[e, 'high']).removesuffix(' %')})"
                )
                for e in order
            },
            "saturates at once under": names(e for e in order if here.loc[e, "saturated"] == "yes"),
            "labels to 90 % of its way, over embedders": f"{measures['labels_to_90'].min():,.0f} to {measures['labels_to_90'].max():,.0f}",
        }
    )
table(pd.DataFrame(rows))

# %% [markdown]
# ## Gain against hardness
#
# Each mark is one dataset under one embedder: the gain in {term}`AULC` over Random, averaged over the strategies, against the room that
# Random leaves open on average over the budget, as a share of the whole room and in points. **Hardness comes from the even seeds,
# the gain from the odd ones**: from the same runs, luck that makes Random bad would make the task look hard and the gain large
# at once. Whiskers are 95 % intervals over the odd seeds. Correlations are averaged over this way to halve the seeds and the
# reverse.

# %% tags=["hide-input"]
if len(units):
    mean = statistics.arrange(units[units["strategy"] == ALL], embedder=order, dataset=hardest)
    top, low = mean.loc[mean["mean"].idxmax()], mean.loc[mean["mean"].idxmin()]
    every = harder_tasks.crossed(records, measured)
    found = every[every["strategy"] == ALL].set_index("measure")
    span = ["correlation", "low", "high"]
    display(
        figures.gain_against_hardness(
            mean,
            {
                "open_share": "room open, % of the whole room",
                "open_points": "room open, points of accuracy",
            },
            "harder-tasks-gain",
            alt=f"""Scatter plot of the mean gain over Random against the room that Random leaves open, {len(mean)} pairs of dataset
            and embedder. Rank correlation {signed(found.loc["open_share", span].tolist(), 2)} with the share,
            {signed(found.loc["open_points", span].tolist(), 2)} with the points. Largest gain {points(top["mean"])}
            ({plain(top["dataset"])}, {plain(top["embedder"])}), smallest {points(low["mean"])} ({plain(low["dataset"])},
            {plain(low["embedder"])}).""",
            caption=f"""The mean gain has a rank correlation of {signed(found.loc["open_share", span].tolist(), 2)} with the share of
            the room that is open, and of {signed(found.loc["open_points", span].tolist(), 2)} with the room in points.""",
        )
    )
else:
    display(
        Markdown(
            "One seed has no halves, so gain and hardness cannot be taken from different runs."
        )
    )

# %% [markdown]
# ## Strategy by strategy, and other meanings of hard
#
# The rank correlation of the gain of each strategy with five measures of hardness, over the same pairs: the room that is open on
# average, as a share and in points; the labels with which Random has made nine tenths of its way from a constant answer to its
# last accuracy; the number of classes; and what is out of reach, the share that a probe with most labels still gets wrong. Right
# of zero, the strategy gains more on harder tasks. Intervals: datasets drawn again, widened for their small number. None is
# corrected for how many there are.

# %% tags=["hide-input"]
if len(units):
    gain = units.groupby("strategy")["mean"].mean().drop(ALL).sort_values(ascending=False)
    ranked = [ALL, *gain.index]
    every = statistics.arrange(every, strategy=ranked, measure=list(MEASURES))
    label = {name: harder_tasks.label(name) for name in ranked}
    firm = every[(every["strategy"] != ALL) & ((every["low"] > 0) | (every["high"] < 0))]
    said = "; ".join(
        f"{label[row.strategy]}, {MEASURES[row.measure]}: {signed([row.correlation, row.low, row.high], 2)}"
        for row in firm.itertuples()
    )
    few = every["n_clusters"].max() < harder_tasks.FEWEST
    display(
        figures.correlation_dots(
            every,
            {name: title.replace(", ", ",\n") for name, title in MEASURES.items()},
            label,
            "harder-tasks-correlations",
            alt=f"""Dots with intervals: rank correlation of the gain over Random with {len(MEASURES)} measures of hardness, for the
            mean of the strategies and each of {len(gain)} strategies. Intervals that exclude zero: {said or "none"}.""",
            caption=f"""Fewer than {harder_tasks.FEWEST} datasets leave no interval: none of these correlations can be told from zero."""
            if few
            else f"""{len(firm)} of {len(every) - len(MEASURES)} correlations of single strategies have an interval that excludes
            zero: {(firm["correlation"] > 0).sum()} above, {(firm["correlation"] < 0).sum()} below.""",
        ),
        table(
            pd.DataFrame(
                {
                    "strategy": label[name],
                    **{
                        MEASURES[row.measure]: ""
                        if pd.isna(row.correlation)
                        else signed([row.correlation, row.low, row.high], 2)
                        for row in every[every["strategy"] == name].itertuples()
                    },
                }
                for name in ranked
            )
        ),
    )

# %% [markdown]
# Three checks. Both a hard dataset and a weak embedder leave room open: is it between datasets or between embedders that the gain goes
# with the room? What would the correlation be if gain and hardness came from the same seeds, so that luck counts on both sides? And
# without the pairs whose embedder is known to have been trained on the dataset?

# %% tags=["hide-input"]
if len(units):
    naive = statistics.intervals(
        harder_tasks.gains(records), "difference", ["strategy", "dataset", "embedder"]
    ).merge(hard, on=["dataset", "embedder"])
    same = harder_tasks.correlations(naive[naive["strategy"] == ALL], ["open_share"]).iloc[0]
    between, within = (
        signed(rows.loc[rows["strategy"] == ALL, span].iloc[0].tolist(), 2)
        if rows.loc[rows["strategy"] == ALL, "correlation"].notna().all()
        else "none, since there are too few to rank"
        for rows in (
            harder_tasks.crossed(records, measured, ["open_share"], level=level)
            for level in ("between", "within")
        )
    )
    told = (
        f"**Datasets or embedders.** The rank correlation of the mean gain with the share of the room that is open is, between datasets "
        f"(averaged over their embedders): {between}; between the embedders of a dataset: {within}."
        f"\n\n**From the same seeds**, the correlation with the share of the room would be {signed(same[span].tolist(), 2)}, from "
        f"different ones it is {signed(found.loc['open_share', span].tolist(), 2)}."
    )
    dropped = int(measured["contaminated"].sum())
    clean = without_contaminated(records, measured)
    left = len(clean[["dataset", "embedder"]].drop_duplicates())
    if not dropped:
        told += "\n\nNo embedder of this page is known to have been trained on one of its datasets, so nothing has to be left out."
    elif left > 2:
        again = harder_tasks.crossed(clean, measured, ["open_share"]).set_index("strategy").loc[ALL]
        told += (
            f"\n\n**Without the {several(dropped, 'pair')} that are contaminated** it is {signed(again[span].tolist(), 2)}, over "
            f"{several(left, 'pair')}."
        )
    else:
        told += "\n\nWithout contaminated pairs, too few are left for a correlation."
else:
    told = "With one seed, there is nothing to check."
Markdown(told)
