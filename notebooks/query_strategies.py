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
# # Is one strategy best everywhere?
#
# The title of the paper says that there is no free lunch, and its abstract states that no strategy is best everywhere:
# which one is depends on the context (C4). That is a statement about every strategy, so this page looks for a pair of dataset and embedder where
# each of them is clearly behind, asks whether their order moves from one embedder or dataset to another by more than luck
# moves it, and says what it would cost to use one strategy always.

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
from alutils.findings import query_strategies
from alutils.findings.words import several
from alutils.study import Grid, run_study

grid = Grid(
    datasets=list(dict.fromkeys(datasets)),
    embedders=list(dict.fromkeys(embedders)),
    initial_pools=initial_pools,
    strategies=list(dict.fromkeys(["random", *strategies])),
    initial_size=initial_size,
    query_size=query_size,
    cycles=cycles,
    seeds=seeds,
    pool_size=pool_size,
    test_size=test_size,
)
if len(grid.strategies) < 3:
    raise UserError("strategies needs at least two besides 'random', because they are ranked")
if len(grid.datasets) * len(grid.embedders) < 2:
    raise UserError("embedders needs at least two where there is one dataset, to compare pairs")
if cycles < 2:
    raise UserError("cycles needs at least two, because with one no strategy is asked")
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
records = run_study(grid)
found = query_strategies.finding(records, measured)
found

# %% tags=["hide-input"]
areas = query_strategies.compared(records)
pairs = ["dataset", "embedder"]
n_places = len(areas[pairs].drop_duplicates())
own = (
    query_strategies.distinct(areas, measured)
    .groupby("strategy")[pairs]
    .apply(lambda rows: len(rows.drop_duplicates()))
)
spare = [
    f"{plain(name)} in {n_places - own.get(name, 0)}"
    for name in grid.strategies
    if own.get(name, 0) < n_places
]
notes = [
    f"Compared are {len(grid.strategies)} strategies on {several(len(grid.datasets), 'dataset')} under {several(len(order), 'embedder')}, "
    f"ordered by mean probe accuracy on the pools, the worst first: {names(order)}."
]
if seeds == 1:
    notes.append("**One seed gives no interval: on this page nothing can be told apart.**")
if spare:
    notes.append(
        f"Of {several(n_places, 'pair')} of dataset and embedder, these make the same choices as another strategy, at least up to "
        f"rounding: {'; '.join(spare)}. With two classes, least confidence, Margin and entropy always do. Such results are one "
        "result, not several: they lead or follow together, and where orders are compared they count once."
    )
if {"movie_sentiment", "sst2"} <= set(grid.datasets):
    notes.append(
        f"The texts of {plain('movie_sentiment')} and {plain('sst2')} are reviews from one source, so that these two datasets "
        "are less than two independent ones."
    )
Markdown(" ".join(notes))

# %% [markdown]
# ## All pairs at a glance
#
# Each tile is a strategy's {term}`AULC` minus Random's in points, mean over seeds. A frame marks the leader of a column;
# strategies that cannot be told from it are in bold.

# %% tags=["hide-input"]
ranks = statistics.friedman_test(areas)
summary = statistics.arrange(
    query_strategies.gains(areas),
    embedder=order,
    dataset=grid.datasets,
    strategy=list(ranks.ranks.index),
)
placed = query_strategies.counted(areas)
safest = placed.iloc[0]
never = placed.loc[placed["behind"] == 0, "strategy"]
leading = placed[placed["leads"] > 0].sort_values("leads", ascending=False, kind="stable")
counts_of = "; ".join(f"{plain(r.strategy)} in {r.leads}" for r in leading.itertuples())
figures.gain_tiles(
    summary,
    "strategy-places",
    alt=f"""Tiles of the gain over Random of {len(grid.strategies)} strategies on {several(len(grid.datasets), "dataset")}, a panel
    for each of {len(order)} embedders. The lead, alone or shared, is held by {counts_of} of {several(n_places, "pair")}.""",
    caption=f"Of {several(n_places, 'pair')} of dataset and embedder, the lead is held, alone or shared, by {counts_of}."
    + (
        f" Never clearly behind the leader: {names(never)}."
        if len(never)
        else f" By uncorrected intervals every strategy is behind the leader somewhere; least often {plain(safest['strategy'])}, in {safest['behind']}."
    )
    * (seeds > 1)
    + " Tiles: gain over Random in points of AULC; strategies from the best average rank to the worst.",
)

# %% [markdown]
# ## Who leads, who is close, who is behind
#
# A *pair* is one dataset under one embedder. *Close* means that the paired difference from the leader has a 95 % interval
# (unit: seed) that includes zero: a leader with company has not won. These intervals are not corrected for their number,
# and the leader is chosen on the same seeds, so a few of those behind may be there by luck. The last two columns are
# stricter: the clearest case against a strategy, tested against half a point with all rivals and pairs counted.

# %% tags=["hide-input"]
case = query_strategies.everywhere(areas).set_index("strategy")
table(
    pd.DataFrame(
        {
            "strategy": plain(row.strategy),
            "leads": row.leads,
            "close": row.close,
            "clearly behind": row.behind,
            "clearest case against it": f"{points(*-case.loc[row.strategy, ['mean', 'high', 'low']])}, {plain(case.loc[row.strategy, 'rival'])} "
            f"on {plain(case.loc[row.strategy, 'dataset'])}, {plain(case.loc[row.strategy, 'embedder'])}",
            "corrected p": query_strategies.p_words(case.loc[row.strategy, "p"])
            .removeprefix("p = ")
            .removeprefix("p "),
        }
        for row in placed.itertuples()
    )
)

# %% tags=["hide-input"]
Markdown(
    (
        f"**Is any strategy never clearly behind?** {names(never)} of {len(placed)}, over {n_places} pairs."
        if len(never)
        else f"**Is any strategy never clearly behind?** None of {len(placed)}: the least often, {plain(safest['strategy'])}, is behind "
        f"in {safest['behind']} of {n_places} pairs. These intervals are not corrected: the verdict above asks for more."
    )
    if seeds > 1
    else "One seed gives no interval: nothing can be told apart."
)

# %% [markdown]
# ## What a free lunch would cost
#
# Use one strategy always, and compare with the best in hindsight of each pair. The first panel is the mean over pairs
# (datasets with the same weight), the second the pair where it costs most. The best in hindsight owes part of its lead to
# luck; intervals are from seeds drawn again with the best chosen anew each time, and that part is taken off. Other datasets
# could move the mean as far as the second interval of the table says; the worst pair among datasets not seen has no bound.

# %% tags=["hide-input"]
costs = statistics.regret(areas).rename(columns={"low": "low_moved", "high": "high_moved"})
by_mean = list(costs[costs["measure"] == "mean"].sort_values("mean", kind="stable")["strategy"])
costs = statistics.arrange(costs, strategy=by_mean)
shares = ["mean", "low_fixed", "high_fixed", "low_moved", "high_moved", "raw"]
drawn = costs.assign(**{name: 100 * costs[name] for name in shares}).rename(
    columns={"low_fixed": "low", "high_fixed": "high"}
)
price = costs.set_index(["measure", "strategy"])


def behind(row: pd.Series, end: str) -> str:
    return points(row["mean"], row[f"low_{end}"], row[f"high_{end}"]).replace("+", "")


cheapest = by_mean[0]
surest = price.loc["worst"]["mean"].idxmin()
figures.traits(
    drawn,
    {"mean": "mean AULC behind the best, points", "worst": "in its worst pair, points"},
    "strategy-prices",
    alt=f"""Two dot plots of the AULC by which {len(by_mean)} strategies are behind the best in hindsight. On average:
    {"; ".join(f"{plain(s)} {behind(price.loc[('mean', s)], 'fixed')}" for s in by_mean)}. At worst:
    {"; ".join(f"{plain(s)} {behind(price.loc[('worst', s)], 'fixed')}" for s in by_mean)}.""",
    caption=f"""Always {plain(cheapest)} costs {behind(price.loc[("mean", cheapest)], "fixed")} on average, the least of all;
    always {plain(surest)} costs {behind(price.loc[("worst", surest)], "fixed")} at worst, the least of all. The dashed line
    is Random."""
    + " Lines are 95 % intervals over seeds, on these datasets." * (seeds > 1),
)

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "always": plain(s),
            "behind on average (seeds)": behind(price.loc[("mean", s)], "fixed"),
            "(datasets)": behind(price.loc[("mean", s)], "moved"),
            "at worst (seeds)": behind(price.loc[("worst", s)], "fixed"),
            "where": f"{plain(price.loc[('worst', s), 'dataset'])}, {plain(price.loc[('worst', s), 'embedder'])}",
        }
        for s in by_mean
    )
)

# %% [markdown]
# ## Does the order move?
#
# Kendall's tau between two orders of the strategies by mean AULC: 1 is the same order, 0 no relation, −1 the reverse. Few
# seeds shuffle an order by luck alone, so orders are made from one half of the seeds and compared with orders from the other
# half, over many halves: *with itself* is the order of one pair, *with another* that of another pair. If two pairs had the
# same order, tau between them would be about the geometric mean of their two taus with themselves (Spearman's correction for
# attenuation). The shortfall from that is what the pair moves. Intervals are jackknifed, first over seeds, then over datasets;
# the test is whether the first excludes zero.

# %% tags=["hide-input"]
moved = query_strategies.moves(areas, measured)
kinds = {
    "embedder": "between embedders, same dataset",
    "dataset": "between datasets, same embedder",
}


def moved_word(result: statistics.Reordering) -> str:
    if result.low_fixed > 0:
        return "moves more than luck"
    return "cannot tell"


display(
    table(
        pd.DataFrame(
            {
                "orders": kinds[factor],
                "with itself": f"{r.own:.2f}",
                "with another": f"{r.tau:.2f}",
                "by luck alone": f"{r.expected:.2f}",
                "shortfall (seeds)": signed([r.shortfall, r.low_fixed, r.high_fixed], 2),
                "(datasets)": signed([r.shortfall, r.low, r.high], 2),
                "p": query_strategies.p_words(r.p).removeprefix("p = ").removeprefix("p "),
                "the order": moved_word(r),
            }
            for factor, r in moved.items()
        )
    )
    if moved
    else Markdown("One seed cannot show how far luck moves an order.")
)

# %% tags=["hide-input"]
if "embedder" in moved:
    pairs = moved["embedder"].pairs
    back = pairs.rename(
        columns={"one": "other", "other": "one", "own_one": "own_other", "own_other": "own_one"}
    )
    both = pd.concat([pairs, back])
    tau = both.groupby(["one", "other"])["tau"].mean()
    own = both.groupby("one")["own_one"].mean()
    display(
        Markdown("Between embedders, mean over datasets; on the diagonal, each with itself:"),
        table(
            pd.DataFrame(
                {"tau": plain(a)}
                | {
                    plain(b): f"{own[a] if a == b else tau.get((a, b), float('nan')):.2f}"
                    for b in order
                }
                for a in order
            )
        ),
    )

# %% [markdown]
# ## Average ranks
#
# Within each unit strategies are ranked by mean AULC. Friedman's test asks whether their average ranks differ at all, and
# Nemenyi's critical difference which of them do (Demsar 2006). Places that share a dataset resemble each other, which the test
# does not know; with the dataset as its unit it is cautious, and says less.

# %% tags=["hide-input"]


def ranked(result: statistics.AverageRanks, name: str) -> figures.Figure:
    first = result.ranks.index[0]
    company = next((g for g in result.groups if first in g), [first])
    apart = [s for s in result.ranks.index if s not in company]
    said = (
        f"Best average rank: {plain(first)}, {result.ranks.iloc[0]:.1f}; told apart from it: {names(apart)}. "
        if result.p < result.alpha
        else "No strategies can be told apart. "
    ) + (
        f"Friedman's test over {several(result.n_units, 'unit')} ({result.unit}): chi-square {result.statistic:.1f}, "
        f"{query_strategies.p_words(result.p)}."
    )
    return figures.critical_difference(
        result,
        name,
        alt=f"""Average ranks, the best first: {"; ".join(f"{plain(s)} {r:.1f}" for s, r in result.ranks.items())}.
        Critical difference {result.critical_difference:.1f}. {said}""",
        caption=f"{said} Bars join strategies that cannot be told apart.",
    )


ranked(ranks, "strategy-ranks")

# %% tags=["hide-input"]
ranked(statistics.friedman_test(areas, unit=["dataset"]), "strategy-ranks-datasets") if len(
    grid.datasets
) > 1 else Markdown("With one dataset there is no test that has the dataset as its unit.")

# %% [markdown]
# ## Without contaminated pairs
#
# Some embedders were trained on some of the datasets, which may flatter both their quality and the strategies that rest on it.

# %% tags=["hide-input"]
clean = measured.loc[~measured["contaminated"].astype(bool), ["dataset", "embedder"]]
kept = records.merge(clean, on=["dataset", "embedder"])
if len(clean) == len(measured):
    answer = Markdown(
        "No embedder of this run is known to have been trained on a dataset of it, so there is nothing to leave out."
    )
elif len(clean) < 2:
    answer = Markdown("Too few pairs of this run are free of contamination to compare.")
else:
    answer = query_strategies.finding(kept, measured)
answer
