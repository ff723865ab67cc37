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
# # What becomes of ties?
#
# A comparison of two strategies often ends in nothing: the interval of their difference includes zero. A win rate that drops
# such ties looks at the rest alone, and can call one win among many ties a rate of 100 %. The reviewers of the paper asked
# which test was used, on what unit, how many ties there are, and what happens when they count (Q11). Here every comparison is
# shown as what it is, and the same data are counted and tested in several ways.

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

from alutils import figures, quality
from alutils.errors import UserError
from alutils.figures import names, plain, points, table
from alutils.findings import query_strategies, ties, win_rates
from alutils.findings.words import several, small_p
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
others = [name for name in grid.strategies if name != "random"]
if not others:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
if cycles < 2:
    raise UserError("cycles needs at least two, because with one no strategy is asked")
measured = quality.measure_quality(grid)
records = run_study(grid)
ties.finding(records, measured)

# %% tags=["hide-input"]
two_classes = list(dict.fromkeys(measured.loc[measured["n_classes"] == 2, "dataset"]))
uncertain = [name for name in query_strategies.UNCERTAINTY if name in grid.strategies]
notes = []
if seeds == 1:
    notes.append("**One seed gives no interval: on this page everything is undecided.**")
if two_classes and len(uncertain) > 1:
    notes.append(
        f"With two classes, as in {names(two_classes)}, {names(uncertain)} rank points alike up to rounding: they are one result, "
        "not a tie of several. In counts of comparisons with Random that result comes once, as that of "
        f"{plain(next(name for name in ('margin', *uncertain) if name in uncertain))}; the others then have fewer comparisons."
    )
if {"movie_sentiment", "sst2"} <= set(grid.datasets):
    notes.append(
        f"The texts of {plain('movie_sentiment')} and {plain('sst2')} are reviews from one source, so that these two datasets "
        "are less than two independent ones."
    )
notes.append(
    "The half point that makes two results equivalent is the one of all verdicts in this book."
)
Markdown(" ".join(notes))

# %% [markdown]
# ## Every strategy against Random
#
# One comparison for each dataset and embedder: the paired difference in {term}`AULC` with its 95 % interval over seeds. A *win* has an
# interval above zero, a *loss* one below; *equivalent* is an interval within half a point of zero to both sides, so that a tie is
# shown; all else is *undecided*. The second panel is what two win rates make of the same bar.

# %% tags=["hide-input"]
areas = query_strategies.compared(records)
counts = win_rates.against_random(areas, measured)
most = counts.sort_values("inflation", kind="stable").iloc[-1]


def rate(share: float) -> str:
    return "none" if pd.isna(share) else f"{100 * share:.0f} %"


figures.tally_bars(
    counts,
    "ties-random",
    alt=f"""Bars of wins, equivalent and undecided comparisons and losses of {len(counts)} strategies against Random, and two win
    rates each: {"; ".join(f"{plain(r.strategy)} {r.win} wins, {r.equivalent} equivalent, {r.undecided} undecided, {r.loss} losses, win rate {rate(r.rate_ties_half)}, without ties {rate(r.rate_ties_dropped)}" for r in counts.itertuples())}.""",
    caption=f"""Dropping ties moves the win rate of {plain(most["strategy"])} most: from {rate(most["rate_ties_half"])} to
    {rate(most["rate_ties_dropped"])}, with {several(most["win"], "win")} and {several(most["loss"], "loss", "losses")} in
    {several(most["n"], "comparison")}."""
    if most["inflation"] > 0
    else "Dropping ties changes no win rate here.",
)

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "strategy": plain(row.strategy),
            "wins": row.win,
            "losses": row.loss,
            "equivalent": row.equivalent,
            "undecided": row.undecided,
            "win rate, ties as halves": rate(row.rate_ties_half),
            "win rate, ties dropped": rate(row.rate_ties_dropped),
            "moved by": f"{100 * row.inflation:.0f} points",
        }
        for row in counts.itertuples()
    )
)

# %% [markdown]
# ## Every strategy against every other
#
# The row against the column, over all datasets and embedders, with the same four outcomes; numbers are wins and losses of the
# row. Strategies that made the same choices for every seed are one result and are left out of the count; where that is so
# everywhere, the cell says *same*.

# %% tags=["hide-input"]
every = win_rates.duel_tally(win_rates.duels(areas, measured))
won = every.groupby("strategy")[["win", "loss"]].sum()
order = list((won["win"] - won["loss"]).sort_values(ascending=False, kind="stable").index)
# Each pair comes twice, once from either side.
total = every[["win", "loss", "equivalent", "undecided", "same"]].sum() // 2
wins, equivalent, undecided = (
    int(total["win"] + total["loss"]),
    int(total["equivalent"]),
    int(total["undecided"]),
)
decided = wins / max(1, wins + equivalent + undecided)
figures.duel_matrix(
    every,
    order,
    "ties-duels",
    alt=f"""Matrix of {len(order)} strategies against each other. From the most wins over losses to the fewest:
    {"; ".join(f"{plain(s)} {won.loc[s, 'win']} wins and {won.loc[s, 'loss']} losses" for s in order)}.""",
    caption=f"""Of {wins + equivalent + undecided:,} comparisons of two strategies, {wins:,} are decided, {equivalent:,} equivalent and
    {undecided:,} undecided: {100 * (1 - decided):.0f} % would be dropped.""",
)

# %% tags=["hide-input"]
twins = every[(every["same"] > 0) & (every["strategy"] < every["rival"])]
Markdown(
    "One result, and not a tie: "
    + "; ".join(
        f"{plain(r.strategy)} and {plain(r.rival)} in {r.same} of {r.same + r.n} pairs"
        for r in twins.itertuples()
    )
    + "."
    if len(twins)
    else "No two strategies made the same choices everywhere on a dataset, so all pairs are counted."
)

# %% [markdown]
# ## Another margin, another unit
#
# All comparisons with Random once more. A *run* is one seed on one dataset under one embedder: it has no interval, so that those who
# count runs take each difference for the truth, and nothing is undecided. With the dataset as unit, embedders are averaged first.
# The margin is what makes two results equivalent.

# %% tags=["hide-input"]
units = win_rates.by_unit(areas, measured)
middle = units[units["margin"] == 0.5].set_index("unit")
said = "; ".join(
    f"{unit}: {row.win} wins, {row.loss} losses, {row.equivalent} equivalent, {row.undecided} undecided of {row.n}"
    for unit, row in zip(middle.index, middle.itertuples())
)
figures.unit_bars(
    units,
    "ties-units",
    alt=f"""Bars of outcomes against Random for three units and {units["margin"].nunique()} margins. With half a point: {said}.""",
    caption=f"""With a margin of half a point, neither win nor loss are
    {", ".join(f"{100 * (row.equivalent + row.undecided) / row.n:.0f} % ({unit})" for unit, row in zip(middle.index, middle.itertuples()))}.
    The same data, counted by three units and {units["margin"].nunique()} margins.""",
)

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "unit": row.unit,
            "margin": f"{row.margin:g} point{'s' * (row.margin != 1)}",
            "wins": f"{row.win:,}",
            "losses": f"{row.loss:,}",
            "equivalent": f"{row.equivalent:,}",
            "undecided": f"{row.undecided:,}",
            "win rate, ties as halves": rate(row.rate_ties_half),
            "win rate, ties dropped": rate(row.rate_ties_dropped),
        }
        for row in units.itertuples()
    )
)

# %% [markdown]
# ## One set of data, three p-values
#
# Wilcoxon's signed-rank test {cite:p}`wilcoxon1945` of each strategy against Random. With runs as units, the seeds of one pair count as if each were new
# evidence, though all of them speak of the same texts; the p-value then says what more seeds would show, not what other datasets
# would. With datasets as units few units are left, and no p can be smaller than their number allows.

# %% tags=["hide-input"]
tested = ties.tests(areas)
counted = ties.significant(tested)
smallest = {row.unit: 2 * 0.5**row.n_units for row in counted.itertuples()}
figures.p_by_unit(
    tested,
    "ties-p",
    alt=f"""Dots of p-values on a logarithmic axis, three for each of {len(others)} strategies: with runs as units, with pairs
    (dataset x embedder), and with datasets. {"; ".join(f"{row.significant} of {row.strategies} below 0.05 after correction with {row.unit}" for row in counted.itertuples())}.""",
    caption=f"""Told from Random at 0.05 after Holm's correction:
    {"; ".join(f"{row.significant} of {row.strategies} with {several(row.n_units, 'unit')} ({row.unit})" for row in counted.itertuples())}.
    With {several(counted.iloc[-1]["n_units"], "dataset")} no p can be below {min(1.0, smallest["dataset"]):.2g}.""",
)

# %% tags=["hide-input"]
wide = tested.set_index(["strategy", "unit"])
table(
    pd.DataFrame(
        {"strategy": plain(s), "median gain over runs": points(wide.loc[(s, "run"), "median"])}
        | {f"p, unit: {unit}": small_p(wide.loc[(s, unit), "p"]) for unit in win_rates.UNITS}
        for s in dict.fromkeys(tested["strategy"])
    )
)

# %% [markdown]
# ## Without contaminated pairs

# %% tags=["hide-input"]
clean = measured.loc[~measured["contaminated"].astype(bool), ["dataset", "embedder"]]
kept = records.merge(clean, on=["dataset", "embedder"])
if len(clean) == len(measured):
    answer = Markdown(
        "No embedder of this run is known to have been trained on a dataset of it, so there is nothing to leave out."
    )
elif len(clean) == 0:
    answer = Markdown("Every pair of this run is contaminated, so nothing would be left.")
else:
    answer = ties.finding(kept, measured)
answer
