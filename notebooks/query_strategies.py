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
# All strategies start from the same random initial pool, seed by seed, and ask for the same number of labels. The
# paper's abstract states that Margin spikes on single datasets while BADGE is more robust (C2), and that no strategy
# is best everywhere (C4). A reviewer objected that Margin looked strongest in the curves (Q13). So: what do the numbers
# say, with their uncertainty?

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
from alutils.figures import percent, plain, points, table
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
if not others:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
order = quality.embedder_order(quality.measure_quality(grid))
best, worst = order[-1], order[0]
records = run_study(grid)

# %% [markdown]
# ## The whole curve in one number
#
# The area under the learning curve, divided by its span (AULC), is the mean accuracy over the budget. Each dot is a
# strategy's AULC minus Random's, paired by seed, with its 95 % interval. The intervals are not corrected for their
# number: of twenty true ties, expect one to look like a difference.

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
leaders = summary.loc[summary.groupby(["dataset", "embedder"])["mean"].idxmax()]
figures.gains(
    summary,
    "strategy",
    "strategy-gains",
    xlabel="AULC minus Random's (points of accuracy, 95 % interval)",
    alt=f"""Dot plot of the gain of {len(others)} strategies over Random for {len(datasets)} datasets and {len(order)}
    embedders: {counted["better"]} intervals above zero, {counted["worse"]} below, {counted["tie"]} across it.
    Highest means under {plain(best)}:
    {"; ".join(f"{plain(r.strategy)} on {plain(r.dataset)}" for r in leaders[leaders["embedder"] == best].itertuples())}.""",
    caption=f"""Against Random, of {len(summary)} comparisons {counted["better"]} are better, {counted["worse"]} worse and
    {counted["tie"]} cannot be told apart.""",
)

# %% [markdown]
# ## Who leads, and who cannot be told from the leader
#
# For each dataset and embedder: the strategy with the highest mean AULC, how far it is ahead of Random, and every
# strategy whose paired difference from it has an interval that includes zero. A leader with company has not won.

# %% tags=["hide-input"]
rows, wins, ties = [], dict.fromkeys(grid.strategies, 0), dict.fromkeys(grid.strategies, 0)
for dataset in datasets:
    for embedder in order:
        here = areas[(areas["dataset"] == dataset) & (areas["embedder"] == embedder)]
        leader = here.groupby("strategy")["aulc"].mean().idxmax()
        behind = statistics.intervals(
            statistics.paired_differences(here, "aulc", "strategy", leader),
            "difference",
            ["strategy"],
        )
        company = list(behind.loc[statistics.verdicts(behind) == "tie", "strategy"])
        wins[leader] += 1
        for name in company:
            ties[name] += 1
        ahead = statistics.paired_differences(here, "aulc", "strategy", "random")
        ahead = statistics.intervals(ahead, "difference", ["strategy"]).set_index("strategy")
        rows.append(
            {
                "dataset": plain(dataset),
                "embedder": plain(embedder),
                "leader": plain(leader),
                "ahead of Random": points(*ahead.loc[leader, ["mean", "low", "high"]])
                if leader != "random"
                else "",
                "not told from the leader": ", ".join(map(plain, company)) or "none",
            }
        )
table(pd.DataFrame(rows))

# %% tags=["hide-input"]
tally = pd.DataFrame(
    {"strategy": map(plain, wins), "leads": wins.values(), "ties with the leader": ties.values()}
)
tally["leads or ties"] = tally["leads"] + tally["ties with the leader"]
tally = tally.sort_values(["leads or ties", "leads"], ascending=False, kind="stable")
everywhere = list(tally.loc[tally["leads or ties"] == len(rows), "strategy"])
display(
    Markdown(
        f"**Is one strategy best everywhere (C4)?** {sum(1 for v in wins.values() if v)} strategies lead somewhere among "
        f"{len(rows)} combinations of dataset and embedder. "
        + (
            f"Never behind the leader by more than these seeds can tell: {', '.join(everywhere)}."
            if everywhere
            else "Every strategy is clearly behind the leader somewhere: no free lunch here."
        )
    )
)
table(tally)

# %% [markdown]
# ## Margin against BADGE
#
# The two that the paper's abstract names, head to head (Q13): AULC of BADGE minus AULC of Margin, paired by seed.

# %% tags=["hide-input"]
if {"margin", "badge"} <= set(grid.strategies):
    duel = statistics.paired_differences(
        areas[areas["strategy"].isin(["margin", "badge"])], "aulc", "strategy", "margin"
    )
    duel = statistics.arrange(
        statistics.intervals(duel, "difference", ["dataset", "embedder"]),
        dataset=datasets,
        embedder=order,
    )
    duel["verdict"] = statistics.verdicts(duel).map(
        {"better": "BADGE", "worse": "Margin", "tie": "cannot tell"}
    )
    tallied = duel["verdict"].value_counts()
    text = ", ".join(
        f"{name} {tallied.get(name, 0)}" for name in ("BADGE", "Margin", "cannot tell")
    )
    spread = gain[gain["strategy"].isin(["margin", "badge"])].groupby(
        ["strategy", "dataset", "embedder"]
    )["difference"]
    lowest = spread.mean().groupby("strategy").min()
    highest = spread.mean().groupby("strategy").max()
    display(
        Markdown(
            f"Over {len(duel)} combinations: **{text}**. Margin's gain over Random runs from "
            f"{points(lowest['margin'])} to {points(highest['margin'])}, BADGE's from {points(lowest['badge'])} to "
            f"{points(highest['badge'])}."
        ),
        table(
            pd.DataFrame(
                {
                    "dataset": duel["dataset"].map(plain),
                    "embedder": duel["embedder"].map(plain),
                    "BADGE minus Margin": [
                        points(r.mean, r.low, r.high)
                        for r in duel[["mean", "low", "high"]].itertuples()
                    ],
                    "ahead": duel["verdict"],
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
# intervals are in the data). With two classes the three uncertainty strategies rank all points alike, and their rows
# agree.

# %% tags=["hide-input"]
curves = statistics.paired_differences(records, "accuracy", "strategy", "random")
summary = statistics.arrange(
    statistics.intervals(curves, "difference", ["dataset", "strategy", "embedder", "n_labelled"]),
    dataset=datasets,
    strategy=others,
    embedder=order,
)
peak = summary.loc[summary["mean"].idxmax()]
dip = summary.loc[summary["mean"].idxmin()]
figures.difference_curves(
    summary,
    "strategy",
    "strategy-curves",
    alt=f"""Small multiples of accuracy minus Random's over the number of labels: {len(others)} strategies in rows,
    {len(datasets)} datasets in columns, {len(order)} embedders as lines. Highest point: {plain(peak["strategy"])} on
    {plain(peak["dataset"])} with {plain(peak["embedder"])}, {points(peak["mean"])}; lowest: {plain(dip["strategy"])} on
    {plain(dip["dataset"])} with {plain(dip["embedder"])}, {points(dip["mean"])}.""",
    caption=f"""The largest gain at any point of any curve is {points(peak["mean"], peak["low"], peak["high"])}
    ({plain(peak["strategy"])}, {plain(peak["dataset"])}, {plain(peak["embedder"])}, {peak["n_labelled"]} labels); the largest
    loss {points(dip["mean"], dip["low"], dip["high"])} ({plain(dip["strategy"])}, {plain(dip["dataset"])},
    {plain(dip["embedder"])}, {dip["n_labelled"]} labels).""",
)

# %% [markdown]
# ## What a query costs
#
# Processor time is no reason to avoid a strategy here: milliseconds per query and seed, on one thread, with all seeds
# of a cell advancing together.

# %% tags=["hide-input"]
cost = records[records["cycle"] > 0].groupby("strategy", sort=False)["query_seconds"].median()
fit = records["fit_seconds"].median()
display(
    table(
        pd.DataFrame(
            {
                "strategy": [plain(s) for s in cost.index],
                "median ms per query": [f"{1000 * v:.1f}" for v in cost],
            }
        )
    ),
    Markdown(
        f"Fitting the head takes {1000 * fit:.1f} ms (median). Accuracy of the best run: "
        f"{percent(records['accuracy'].max())}."
    ),
)
