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
# # Do large queries hide differences between strategies?
#
# A task with two classes often needs few labels, and with queries of a hundred it is over after a few of them: all strategies may
# look alike because none had time to differ, and a strategy that ranks points by uncertainty alone may take a hundred that are
# alike. This page repeats the runs with small queries, from the same initial pools, and compares at equal numbers of labels. The
# claim behind it, that Margin and BADGE differ in robustness, is C2 of the paper's abstract; its reviewers asked about the
# two (Q13), and for tasks that do not saturate at once (Q15).

# %% tags=["parameters"]
datasets: list[str] = ["movie_sentiment"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_pools: list[str] = [
    "random"
]  # ways to choose the first points; results are averaged over them
strategies: list[str] = [
    "random",
    "margin",
    "badge",
    "typiclust",
]  # query strategies to compare; this page needs random, margin and badge
initial_size: int = 50  # labels in the initial pool
query_size: int = 10  # labels added by each later cycle, small queries
cycles: int = 16  # heads fitted and evaluated per run, small queries
large_query_size: int = 50  # labels added by each later cycle, large queries
large_cycles: int = 8  # heads fitted and evaluated per run, large queries
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import names, plain, points, table
from alutils.findings import judging
from alutils.findings import small_queries as found_here
from alutils.findings.same_accuracies import same_accuracies
from alutils.findings.words import several
from alutils.study import Grid, run_study

if missing := {"random", "margin", "badge"} - set(strategies):
    raise UserError(
        f"strategies lacks {sorted(missing)[0]!r}: this page compares margin with badge, and all "
        "with random"
    )
if query_size >= large_query_size:
    raise UserError(
        f"query_size {query_size} must be smaller than large_query_size {large_query_size}, which "
        "it is compared with"
    )
labels = sorted(
    {initial_size + query_size * n for n in range(1, cycles)}
    & {initial_size + large_query_size * n for n in range(1, large_cycles)}
)
if not labels:
    raise UserError(
        f"cycles {cycles} and large_cycles {large_cycles} leave no number of labels at which "
        f"queries of {query_size} and of {large_query_size} can be compared: give more cycles, or "
        "sizes of which one divides the other"
    )
shared = {
    "datasets": datasets,
    "embedders": embedders,
    "initial_pools": initial_pools,
    "strategies": strategies,
    "initial_size": initial_size,
    "seeds": seeds,
    "pool_size": pool_size,
    "test_size": test_size,
}
grid = Grid(**shared, query_size=query_size, cycles=cycles)
large_grid = Grid(**shared, query_size=large_query_size, cycles=large_cycles)
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
small, large = run_study(grid), run_study(large_grid)
finding = found_here.finding(small, large)
finding

# %% tags=["hide-input"]
found_here.margin_finding(small, large)

# %% tags=["hide-input"]
runs = found_here.at_shared_labels(small, large)
others = [name for name in dict.fromkeys(strategies) if name != "random"]
gain, change = found_here.gains(runs), found_here.changes(runs)
by_dataset = statistics.arrange(
    statistics.intervals(gain, "difference", ["dataset", "strategy", "queries"]),
    dataset=datasets,
    strategy=others,
)
overall = found_here.summary(runs).set_index(["strategy", "what"])
changed = overall.xs("change", level="what").loc[["random", *others]].reset_index()
changed = changed.assign(low=changed["low_fixed"], high=changed["high_fixed"])
changed = changed[["strategy", "mean", "low", "high", "outcome"]]
alone = statistics.intervals(change, "difference", ["strategy"]).set_index("strategy").loc[others]
surviving = int((statistics.holm(alone["p"]) < 0.05).sum())
better = [r.strategy for r in changed.itertuples() if r.outcome == "win" and r.strategy != "random"]
worse = [r.strategy for r in changed.itertuples() if r.outcome == "loss" and r.strategy != "random"]
control = changed.iloc[0]
said = "; ".join(
    f"{plain(r.strategy)} {points(r.mean, r.low, r.high)}" for r in changed.itertuples()
)
figures.small_and_large(
    by_dataset,
    changed,
    (query_size, large_query_size),
    "small-queries",
    alt=f"""Dot plot of the gain of {len(others)} strategies over Random with queries of {query_size} and of {large_query_size}, a
    panel for each of {several(len(datasets), "dataset")}, and a last panel with the change between the two: {said}.""",
    caption=f"""With queries of {query_size} instead of {large_query_size}, accuracy at equal numbers of labels is higher for
    {names(better)} and lower for {names(worse)}; for {len(others) - len(better) - len(worse)} of {len(others)} the change is
    smaller than half a point or does not differ clearly from zero. After Holm's correction for their number, {surviving} of {len(others)} are left.
    Random, the control, changes by {points(control["mean"], control["low"], control["high"])}.""",
)

# %% tags=["hide-input"]
classes = measured.groupby("dataset")["n_classes"].first()
two = [d for d in datasets if classes[d] == 2]
same = [s for s in ("least_confidence", "margin", "entropy") if s in strategies]
runs_of = [*found_here.UNIT, "initial_pool", "seed", "queries"]
twins = [
    pair for pair in same_accuracies(runs, "strategy", runs_of) if not {*pair} <= {*same} or not two
]
source = ["movie_sentiment", "sst2"]
Markdown(
    "Classes: "
    + ", ".join(f"{plain(d)} has {classes[d]}" for d in datasets)
    + f". Compared at {names(f'{n:,}' for n in labels)} labels, all with the same weight."
    + (
        f" With two classes, {names(same)} make the same choices up to rounding: they are one result, not {len(same)}."
        if two and len(same) > 1
        else ""
    )
    + "".join(
        f" {names(pair)} had the same accuracy in every run: one result, not two." for pair in twins
    )
    + (
        f" {plain(source[0]).capitalize()} and {plain(source[1])} come from the same source of reviews, so these datasets are not fully independent."
        if set(source) <= set(datasets)
        else ""
    )
    + (
        ""
        if seeds > 1
        else " **One seed gives no interval: on this page nothing can be told apart.**"
    )
)

# %% [markdown]
# ## In numbers
#
# The gain over Random is taken from Random with queries of the same size. The change is the strategy's own: accuracy with small
# queries minus accuracy with large ones, paired by seed. Random's choices are equally random in small and in large queries, so
# its true change is zero, and the change of a strategy is that of its gain over Random, without the noise of Random's runs. Two
# intervals: datasets drawn again (other datasets like these), and seeds drawn again on these datasets alone.

# %% tags=["hide-input"]
outcome = {
    "win": "better with small queries",
    "loss": "worse with small queries",
    "equivalent": "the same within half a point",
    "undecided": "cannot tell",
}
table(
    pd.DataFrame(
        {
            "strategy": plain(s),
            **{
                f"gain, queries of {size}": ""
                if s == "random"
                else judging.interval_words(overall.loc[(s, what)])
                for what, size in (("large", large_query_size), ("small", query_size))
            },
            "small minus large": judging.interval_words(overall.loc[(s, "change")]),
            "on these datasets": "control"
            if s == "random"
            else outcome[overall.loc[(s, "change"), "outcome"]],
        }
        for s in ["random", *others]
    )
)

# %% [markdown]
# How far the best and the worst strategy lie apart, averaged over embedders and datasets. A range of noisy means is too wide, so the
# range is found anew in every resample of the seeds, and what resampling adds is taken off.

# %% tags=["hide-input"]
sides = {
    "small": f"queries of {query_size}",
    "large": f"queries of {large_query_size}",
    "change": "small minus large",
}
table(
    pd.DataFrame(
        {
            "range of the strategies": sides[row["queries"]],
            "as seen": points(row["observed"]),
            "without bias": judging.interval_words(row),
        }
        for _, row in found_here.ranges(runs).iterrows()
    )
)

# %% [markdown]
# ## Margin against BADGE
#
# Margin takes the points with the smallest gap between the two top probabilities, however alike they are; BADGE spreads its
# choices. If redundancy is what costs Margin with large queries, Margin minus BADGE rises when queries get smaller. Intervals are
# over seeds.

# %% tags=["hide-input"]
duel = found_here.margin_minus_badge(runs).set_index(["dataset", "embedder", "what"])
table(
    pd.DataFrame(
        {
            "dataset": plain(d),
            "embedder": plain(e),
            **{
                f"Margin minus BADGE, queries of {size}": points(
                    *duel.loc[(d, e, what), ["mean", "low", "high"]]
                )
                for what, size in (("large", large_query_size), ("small", query_size))
            },
            "change": points(*duel.loc[(d, e, "change"), ["mean", "low", "high"]]),
        }
        for d in datasets
        for e in order
    )
)

# %% [markdown]
# ## Without contaminated pairs
#
# An embedder that is known to have been trained on a dataset may owe its quality to it.

# %% tags=["hide-input"]
pairs = measured[measured["contaminated"]]
kept = measured.loc[~measured["contaminated"], ["dataset", "embedder"]]
if pairs.empty:
    display(
        Markdown(
            "No embedder here is known to have been trained on one of these datasets: there is nothing to leave out."
        )
    )
elif kept.empty:
    display(Markdown("Without contaminated pairs nothing is left to compare."))
else:
    left = [records.merge(kept, on=["dataset", "embedder"]) for records in (small, large)]
    both = [
        {**found_here.finding(*sides).numbers, **found_here.margin_finding(*sides).numbers}
        for sides in ((small, large), left)
    ]
    display(
        Markdown(
            f"Contaminated: {names(f'{plain(r.embedder)} on {plain(r.dataset)}' for r in pairs.itertuples())}."
        ),
        table(
            pd.DataFrame(
                {
                    "number": number.label,
                    "all pairs": str(number),
                    "without contaminated pairs": str(both[1][key]),
                }
                for key, number in both[0].items()
            )
        ),
    )
