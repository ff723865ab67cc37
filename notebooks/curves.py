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
# # Does a strategy's advantage over Random last along the budget?
#
# One of the paper's reviewers asked for readable curves: small multiples, and differences from Random with bands instead of
# bundles of lines (Q14). Another found that Margin looked strongest in the curves (Q13), which depends on where along the curve
# one looks. So this page shows the curves, one small panel for each, and asks whether what they show early is still so at the
# end: a strategy that overtakes Random late, or falls behind it, has no place of its own in an order of strategies.

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
from alutils.figures import names, percent, plain, points, signed, table
from alutils.findings import along_curves, curves
from alutils.findings.contaminated import without_contaminated
from alutils.findings.judging import interval_words
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
if cycles < 3:
    raise UserError("cycles must be at least 3, because an early query is compared with a late one")
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
ends = list(dict.fromkeys([order[0], order[-1]]))
records = run_study(grid)
whole = along_curves.whole(records)
# From the best on average to the worst, the same order in every figure and table of this page.
others = list(whole.groupby("strategy")["mean"].mean().sort_values(ascending=False).index)
two_classes = list(dict.fromkeys(measured.loc[measured["n_classes"] == 2, "dataset"]))
alike = [name for name in ("least_confidence", "margin", "entropy") if name in others]
Markdown(
    f"Embedders are ordered by mean probe accuracy on the pools, the worst first: {names(order)}; strategies by mean gain in "
    f"AULC over Random, the best first: {names(others)}."
    + (
        f" With two classes, as in {names(two_classes)}, {names(alike)} make the same choices: there they are one result."
        if two_classes and len(alike) > 1
        else ""
    )
    + (
        " Movie sentiment and SST-2 are reviews from one source, so these datasets are not wholly independent."
        if {"movie_sentiment", "sst2"} <= set(datasets)
        else ""
    )
    + (
        ""
        if seeds > 1
        else " **One seed gives no interval over seeds: on this page nothing can be told apart.**"
    )
)

# %% tags=["hide-input"]
curves.finding(records, measured)

# %% [markdown]
# ## At a glance
#
# Accuracy minus Random's with the same number of labels, averaged over the datasets, under the worst and the best embedder. The
# dark band is the 95 % interval with seeds drawn again on these datasets, the light one with datasets drawn again. All curves
# start at zero, since the initial pool is shared. Panels of one row share their scale; scales differ between rows. Where a light
# band leaves its panel, it is wider than the scale shows, as it is with few datasets; its ends are in the data.

# %% tags=["hide-input"]
found = curves.differences(records)
cut = curves.stretches(records)
judged = curves.by_strategy(found).set_index(["strategy", "stretch"])
crossed = curves.crossings(found).set_index("strategy")
since = along_curves.ahead_from(records)
bands = statistics.arrange(along_curves.bands(records, ends), strategy=others, embedder=ends)
overtake = [name for name in others if crossed.loc[name, "overtakes"]]
fall = [name for name in others if crossed.loc[name, "falls behind"]]
always = since.eq(records["n_labelled"].min() + query_size).fillna(False)
throughout = [name for name in others if always[name]]
said = "; ".join(
    f"{plain(name)} {points(judged.loc[(name, 'early'), 'mean'])} in the first third of the queries, "
    f"{points(judged.loc[(name, 'late'), 'mean'])} in the last"
    for name in others
)
figures.around_random(
    bands,
    "curves-around-random",
    ylabel="accuracy minus Random, percentage points",
    alt=f"""Small multiples, one for each of {len(others)} strategies: accuracy minus Random's over the number of labels, one
    line with two bands for each of {names(ends)}, averaged over {several(len(datasets), "dataset")}. Averaged over all embedders: {said}.""",
    caption=f"""Averaged over all datasets and embedders, the mean is above Random's from the first query to the last for
    {names(throughout)}. Early behind and late ahead, with both shown by their intervals over seeds on some dataset and embedder:
    {names(overtake)}; the reverse: {names(fall)}.""",
)

# %% [markdown]
# ## In numbers
#
# The first third of the queries against the last, paired by seed, averaged over all datasets and embedders. The first interval of
# each cell is with datasets drawn again, the second with seeds drawn again on these datasets. *Ahead from* is the number of
# labels from which the mean stays above Random's to the end; it is a mean and carries no interval.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "strategy": plain(name),
            f"first third ({cut.early[0]:,} to {cut.early[-1]:,} labels)": interval_words(
                judged.loc[(name, "early")]
            ),
            f"last third ({cut.late[0]:,} to {cut.late[-1]:,})": interval_words(
                judged.loc[(name, "late")]
            ),
            "change": interval_words(judged.loc[(name, "change")]),
            "ahead at the end": judged.loc[(name, "late"), "verdict"],
            "ahead from": "never" if pd.isna(since[name]) else f"{since[name]:,} labels",
        }
        for name in others
    )
)

# %% [markdown]
# Where do strategies cross Random? Each pair of dataset and embedder counts once; early and late are decided by the 95 % interval
# over seeds. Where one of them includes zero, the pair is undecided, and no crossing is claimed.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "strategy": plain(name),
            **{fate: int(crossed.loc[name, fate]) for fate in curves.FATES},
            "pairs": int(crossed.loc[name, "n_units"]),
        }
        for name in others
    )
)

# %% tags=["hide-input"]
agreement = curves.order_agreement(found)
clean = without_contaminated(records, measured)
dropped = int(measured["contaminated"].sum())
if len(agreement):
    across, itself = (signed(agreement.loc[name].tolist(), 2) for name in ("across", "itself"))
    told = (
        f"**The order of the strategies.** Kendall's tau of the order early and the order late, from different seeds: {across}; of "
        f"the order early with itself, from different seeds: {itself} (intervals: datasets drawn again). A first number below the "
        "second says that who looks best depends on where along the curve one looks."
    )
else:
    told = "With one seed, the order of the strategies early and late cannot be compared between seeds."
if not dropped:
    told += "\n\nNo embedder of this page is known to have been trained on one of its datasets, so nothing has to be left out."
elif not len(clean):
    told += "\n\nEvery pair of dataset and embedder of this page is contaminated: no result is free of that."
else:
    again = curves.finding(clean, measured[~measured["contaminated"].astype(bool)])
    told += (
        f"\n\n**Without the {dropped} pairs of dataset and embedder that are contaminated** the verdict is: {again.verdict}. "
        f"{again.sentence}"
    )
Markdown(told)

# %% [markdown]
# ## Every curve
#
# One figure for each embedder, the best first: a row for each strategy, a column for each dataset. Each small curve is accuracy
# minus Random's, with its 95 % band over seeds; its zero line is grey, and the scale of a row (highest and lowest point of its
# bands, in percentage points) stands at its left. The number in a panel is the mean over the curve, {term}`AULC` minus
# Random's: bold where its interval excludes zero, grey where it does not.

# %% tags=["hide-input"]
along = statistics.arrange(along_curves.apart(records), dataset=datasets, strategy=others)
for embedder in reversed(order):
    here, numbers = (t[t["embedder"] == embedder] for t in (along, whole))
    word = numbers["verdict"].value_counts()
    peak, dip = here.loc[here["mean"].idxmax()], here.loc[here["mean"].idxmin()]
    high, low = (
        f"{points(row['mean'], row['low'], row['high'])} ({plain(row['strategy'])}, {plain(row['dataset'])}, "
        f"{row['n_labelled']:,} labels)"
        for row in (peak, dip)
    )
    display(
        figures.sparklines(
            here,
            numbers,
            f"curves-{embedder}",
            alt=f"""Small curves of accuracy minus Random's under {plain(embedder)}, {len(others)} strategies in rows,
            {several(len(datasets), "dataset")} in columns. Highest point: {high}; lowest: {low}. Over the whole curve,
            {word.get("better", 0)} of {len(numbers)} are above Random, {word.get("worse", 0)} below,
            {word.get("undecided", 0)} undecided.""",
            caption=f"""Under {plain(embedder)}, over the whole curve, {word.get("better", 0)} of {len(numbers)} strategies and
            datasets are above Random, {word.get("worse", 0)} below, {word.get("undecided", 0)} undecided;
            {int((statistics.holm(numbers["p"]) < 0.05).sum())} differences remain after Holm's correction. The highest point
            is {high}, the lowest {low}, both chosen among {len(here):,}.""",
        )
    )

# %% [markdown]
# ## Random itself, and the room it leaves
#
# A difference can be no larger than what Random leaves open. Random's curves, with 95 % bands over seeds; right of them, the
# way from Random's last accuracy to the ceiling: the {term}`probe accuracy` of the embedding, measured on the pool with four fifths of
# all its labels. The dotted line is always answering the largest class. Panels of one row share their scale.

# %% tags=["hide-input"]
room = statistics.arrange(along_curves.room(records, measured), dataset=datasets, embedder=order)
last = room[room["n_labelled"] == room["n_labelled"].max()]
last = last.assign(left=last["ceiling"] - last["mean"])
most, least = last.loc[last["left"].idxmax()], last.loc[last["left"].idxmin()]
figures.room(
    room,
    "curves-random-room",
    alt=f"""Random's test accuracy over the number of labels, a panel for each of {several(len(datasets), "dataset")}, a line for each of
    {len(order)} embedders, and the distance of the last point from the probe accuracy: from {points(least["left"])}
    ({plain(least["dataset"])}, {plain(least["embedder"])}) to {points(most["left"])} ({plain(most["dataset"])},
    {plain(most["embedder"])}).""",
    caption=f"""With {last["n_labelled"].iloc[0]:,} random labels, the room left to the ceiling is {points(last["left"].median())}
    (median of {len(last)} pairs of dataset and embedder). Most is left on {plain(most["dataset"])} under
    {plain(most["embedder"])}: {points(most["left"])}, from {percent(most["mean"])} to {percent(most["ceiling"])}.""",
)

# %% [markdown]
# ## The same in labels
#
# How many labels does a strategy save? At B labels, the one behind needs N - B more to catch up. Where it never does within the
# budget, the run is *censored*: all that is known is that the saving is larger than what is left of the budget. Nothing is
# dropped: a filled dot is a median that is known, a hollow triangle a median that is only a bound, since more than half of the
# runs are censored in that direction; the truth lies where it points. In the grey area nothing can be seen: a saving has to be smaller
# than the labels that are left. Bands are 95 % intervals of the median with datasets drawn again, cut at the edge of what can be seen.


# %% tags=["hide-input"]
def labels(value: float) -> str:
    return f"{value:+,.0f}".replace("-", "−").replace("inf", "∞")


def spread(low: float, high: float) -> str:
    return "" if pd.isna(low) else f" ({labels(low)} to {labels(high)})"


budget = int(records["n_labelled"].max())
middle = sorted(records["n_labelled"].unique())[cycles // 2]
if cycles > 3:
    pairs = statistics.arrange(
        along_curves.saved(records[records["embedder"].isin(ends)], ["strategy", "embedder"]),
        strategy=others,
        embedder=ends,
    )
    bound = pairs[pairs["lowest"] < pairs["highest"]]
    overall = along_curves.saved(records, ["strategy"])
    half = overall[overall["n_labelled"] == middle].set_index("strategy")
    unseen = [name for name in others if half.loc[name, "highest"] == float("inf")]
    seen = half.drop(unseen)
    told = f"For {names(unseen)}, more is saved than the budget can show. " if unseen else ""
    if len(seen):
        top = seen["median"].idxmax()
        told += f"""{"Of the others, most" if unseen else "Most"} is saved by {plain(top)}: a median of
        {labels(seen.loc[top, "median"])} labels, with {percent(seen.loc[top, "censored"])} of its runs censored."""
    display(
        figures.saved_along(
            pairs,
            {int(n): budget - int(n) for n in sorted(pairs["n_labelled"].unique())},
            "curves-labels-saved",
            alt=f"""Small multiples, one for each of {len(others)} strategies: median of the labels saved over Random against the
            number of labels, one line for each of {names(ends)}. At {middle:,} labels, over all embedders:
            {"; ".join(f"{plain(s)} {labels(half.loc[s, 'median'])}, {percent(half.loc[s, 'censored'])} censored" for s in others)}.""",
            caption=f"""{told} This is at {middle:,} of {budget:,} labels, over all runs; {len(bound)} of {len(pairs)} medians are only bounds.""",
        )
    )
else:
    display(
        Markdown("Labels saved need four cycles or more: with fewer, nobody has room to catch up.")
    )

# %% [markdown]
# At the middle of the budget, over all datasets, embedders and seeds. An interval (datasets drawn again) with an infinite end is
# one that the budget is too small to close.

# %% tags=["hide-input"]

if cycles > 3:
    display(
        table(
            pd.DataFrame(
                {
                    "strategy": plain(name),
                    f"labels saved at {middle:,}, median": (
                        labels(half.loc[name, "median"])
                        if half.loc[name, "lowest"] == half.loc[name, "highest"]
                        else f"beyond {labels(half.loc[name, 'median'])}"
                    )
                    + spread(half.loc[name, "low"], half.loc[name, "high"]),
                    "censored": percent(half.loc[name, "censored"]),
                    "runs": int(half.loc[name, "n_runs"]),
                }
                for name in others
            )
        )
    )
