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
# # Do a diverse initial pool and good embeddings work together?
#
# Before there is a head there is nothing to be uncertain about: the first points must be chosen from the embeddings
# alone. Random is one way; the paper also names CoreSet, which takes the points that lie farthest from each other, and
# TypiClust, which takes a typical point of every cluster. Its abstract states that a diverse initial pool *works
# together with* good embeddings and lifts the early cycles (claim C1). So two things are asked here: is there a **gain**
# over a random initial pool under good embeddings, and does it **grow** with the quality of the embedding? A reviewer asked
# why TypiClust would help at all (Q2); the share of classes that the first labels show is a first hint.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_pools: list[str] = [
    "random",
    "kmeans",
    "typiclust",
    "coreset",
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
from alutils.errors import UserError
from alutils.figures import names, percent, plain, points, signed, table
from alutils.findings import initial_pool as found
from alutils.findings import pool_course, pool_effects
from alutils.findings.contaminated import without_contaminated
from alutils.findings.judging import both_intervals, interval_words, to_draw
from alutils.findings.words import several
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
claimed = [pool for pool in found.CLAIMED if pool in grid.initial_pools]
others = [pool for pool in grid.initial_pools if pool not in ["random", *claimed]]
pools = [*claimed, *others]
if not claimed:
    raise UserError(
        f"initial_pools needs {' or '.join(repr(p) for p in found.CLAIMED)}, which the claim is about"
    )
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
best, worst = order[-1], order[0]
early = min(early_cycles, cycles)
records = run_study(grid)
found.finding(records, measured, early=early)

# %% tags=["hide-input"]
curve = "the first head" if early == 1 else f"the first {early} cycles"
averaged = (
    f" Runs of {names(strategies)} are averaged."
    if len(strategies) > 1
    else f" All later labels are chosen by {plain(strategies[0])}."
)
Markdown(
    "**How to read this.** Embedders are ordered by mean probe accuracy on the pools"
    + (f": {plain(worst)} is the worst, {plain(best)} the best. " if worst != best else ". ")
    + f"The verdict is about {names(claimed)}, which the paper names"
    + (f"; also shown: {names(others)}. " if others else ". ")
    + f"The gain is the AULC of {curve} minus that of a random initial pool of the same size, paired by seed.{averaged} "
    "Growth must be seen twice: as the change of the gain from the worst embedder to the best, and as the rise of a straight line "
    "through the gains under all embedders of a dataset, over their measured quality. An effect holds when its whole interval over datasets is above "
    "zero and the corrected test agrees; it does not hold when the interval stays below half a point."
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
# ## The gain, embedder by embedder
#
# If the claim were right, the dots would move to the right from top to bottom, and the lowest would be right of zero.

# %% tags=["hide-input"]
gains = pool_effects.early_gains(records, early)
shown = gains[gains["initial_pool"].isin(claimed)]
by_embedder = both_intervals(shown, ["initial_pool", "embedder"])
by_embedder = statistics.arrange(by_embedder, initial_pool=claimed, embedder=order)
single = shown.groupby(["initial_pool", "embedder", "dataset"], sort=False)["difference"].mean()
single = statistics.arrange(single.reset_index(name="mean"), initial_pool=claimed, embedder=order)
probe = measured.groupby("embedder")["probe_accuracy"].mean()
compared = found.effects(records, measured, early)
parts = found.judged(compared)
row_of = by_embedder.set_index(["initial_pool", "embedder"])


def grown(pool: str) -> str:
    if "change" not in parts:
        return f"{plain(pool)} gains {interval_words(row_of.loc[(pool, best)])} over a random initial pool"
    return f"the gain of {plain(pool)} changes by {interval_words(parts['change'].loc[pool])}"


several_embedders = f"From {plain(worst)} to {plain(best)} " if worst != best else "Here "


figures.forest(
    to_draw(by_embedder).assign(
        panel=by_embedder["initial_pool"].map(plain), row=by_embedder["embedder"]
    ),
    single.assign(panel=single["initial_pool"].map(plain), row=single["embedder"]),
    {name: f"{plain(name)}, {100 * probe[name]:.0f} %" for name in order},
    figures.embedder_colours(order),
    "initial-pool-gains",
    xlabel=f"accuracy over {curve}, minus a random initial pool's (points)",
    alt=f"""Dots with intervals, a panel for each of {names(claimed)}, a row for each of {len(order)} embedders from the worst to the best.
    Mean gain under {plain(worst)} and under {plain(best)}:
    {"; ".join(f"{plain(p)} {points(row_of.loc[(p, worst), 'mean'])} and {points(row_of.loc[(p, best), 'mean'])}" for p in claimed)}.""",
    caption=several_embedders
    + "; ".join(map(grown, claimed))
    + f". Rows: embedders with their mean probe accuracy. Means over {several(len(datasets), 'dataset')} and {several(seeds, 'seed')}.",
)

# %% [markdown]
# ## The gains in numbers
#
# In points of accuracy. The first interval of each number draws datasets again (other datasets like these), the second
# seeds within these datasets.

# %% tags=["hide-input"]
table(
    found.gain_table(compared, pools).rename(
        columns={
            "first": f"first head, {plain(best)}",
            "gain": f"early AULC, {plain(best)}",
            "worst": f"early AULC, {plain(worst)}",
        }
    )
)

# %% [markdown]
# ## Does the gain grow?
#
# The change is the gain in early {term}`AULC` under the best embedder minus that under the worst; the line is fitted to all embedders. A
# growing gain is not yet a gain: an initial pool that loses less under better embeddings grows too. Verdicts are given for the initial
# pools that the claim is about.

# %% tags=["hide-input"]
table(
    found.growth_table(compared, parts, pools).rename(
        columns={
            "change": f"change from {plain(worst)} to {plain(best)}",
            "trend": "change along the line",
        }
    )
)

# %% tags=["hide-input"]
slopes = compared.get("trend")
text = []
if slopes is not None:
    # A slope of one is a point of gain for each point of probe accuracy.
    per_ten = both_intervals(slopes.assign(difference=slopes["slope"] / 10), ["initial_pool"])
    per_ten = per_ten.set_index("initial_pool")
    text.append(
        "**Per ten points of probe accuracy** the gain changes by "
        + "; ".join(f"{interval_words(per_ten.loc[p])} for {plain(p)}" for p in claimed)
        + ". These are means of lines fitted within datasets."
    )
    if len(datasets) > 2:
        model = statistics.quality_slopes(gains, measured, "probe_accuracy", "initial_pool")
        model = model.set_index("initial_pool")
        fine = [p for p in claimed if model.loc[p, "converged"] and not model.loc[p, "problems"]]
        if fine:
            text.append(
                "**A mixed model** of the gains (one line over probe accuracy for all datasets, which differ by a random "
                "intercept; rows are means over seeds) gives, for the same ten points, "
                + "; ".join(
                    f"{points(*(model.loc[p, ['slope', 'low', 'high']] / 10))} for {plain(p)}"
                    for p in fine
                )
                + ". Its intervals take slopes to be the same on all datasets, and are narrower than that deserves."
            )
        for p in claimed:
            if p not in fine:
                complaint = "; ".join(model.loc[p, "problems"]) or "it did not converge"
                text.append(f"**The mixed model** gives no number for {plain(p)}: {complaint}.")
Markdown("\n\n".join(text) or "One embedder: there is no growth to measure.")

# %% [markdown]
# ## Dataset by dataset
#
# The same gains before they are averaged. A number is bold where its interval over seeds excludes zero, uncorrected.

# %% tags=["hide-input"]
cells = statistics.intervals(shown, "difference", ["initial_pool", "dataset", "embedder"])
cells = statistics.arrange(cells, initial_pool=claimed, dataset=datasets, embedder=order)
words = statistics.verdicts(cells)
n_sure = int((statistics.holm(cells["p"]) < 0.05).sum())
by_pool = {
    p: f"{int((words[cells['initial_pool'] == p] == 'better').sum())} above and "
    f"{int((words[cells['initial_pool'] == p] == 'worse').sum())} below zero"
    for p in claimed
}
extremes = [cells.loc[cells["mean"].idxmax()], cells.loc[cells["mean"].idxmin()]]
figures.gain_map(
    cells.assign(
        panel=cells["initial_pool"].map(plain),
        row=cells["dataset"].map(plain),
        column=cells["embedder"].map(plain),
    ),
    "initial-pool-map",
    key=f"gain over a random initial pool, accuracy over {curve}, points",
    alt=f"""Heat map of gains, one map for each of {names(claimed)}, a row for each of {several(len(datasets), "dataset")}, a column for each
    embedder from worst to best. Highest and lowest: {"; ".join(f"{points(c['mean'])} ({plain(c['initial_pool'])}, {plain(c['dataset'])}, {plain(c['embedder'])})" for c in extremes)}.""",
    caption=f"""Of {len(cells) // len(claimed)} intervals each: {"; ".join(f"{plain(p)} {by_pool[p]}" for p in claimed)}.
    {n_sure} of all {len(cells)} differences remain after Holm's correction.""",
)

# %% [markdown]
# ## How long does the lead last?
#
# The difference from a random initial pool, cycle by cycle. A lead lasts as long as its whole interval stays above
# zero from the first head on.

# %% tags=["hide-input"]
ends = list(dict.fromkeys([worst, best]))
lead = pool_course.leads(records, ends, pools)
lasts = pool_course.lasting(lead).set_index(["initial_pool", "embedder"])


def fate(pool: str) -> str:
    row = lasts.loc[(pool, best)]
    if pd.isna(row["until"]):
        return "clearly behind at the start" if row["behind"] else "not clearly ahead at the start"
    return f"{'still ahead with' if row['open'] else 'ahead up to'} {row['until']:,.0f} labels"


def lasted(some: list[str]) -> str:
    fates: dict[str, list[str]] = {}
    for pool in some:
        row = lasts.loc[(pool, best)]
        ends = f"{plain(pool)} ({points(row['start'])}, {points(row['end'])})"
        fates.setdefault(fate(pool), []).append(ends)
    return "; ".join(f"{word}: {', '.join(pools)}" for word, pools in fates.items())


banded = lead.assign(
    low=lead["low"].fillna(lead["low_fixed"]), high=lead["high"].fillna(lead["high_fixed"])
)
band = "datasets drawn again" if len(datasets) > 1 else "seeds drawn again"
figures.pool_leads(
    banded,
    order,
    "initial-pool-leads",
    alt=f"""Small multiples, one for each of {names(pools)}: accuracy minus that with a random initial pool over the number of labels, a line
    with its band for {names(ends)}. Under {plain(best)}, with the first head and at the end: {lasted(claimed)}.""",
    caption=f"Under {plain(best)} (with the first head, at the end), {lasted(pools)}. Means over datasets, 95 % bands ({band}); each panel has its own scale.",
)

# %% [markdown]
# ## Is it the classes that are missed?
#
# A head cannot predict a class of which it has no example. So a natural hint at why an initial pool starts better or worse is the share of
# the classes of a dataset that its labels show. It is a hint and no proof: whoever shows more classes may also differ in
# other ways.

# %% tags=["hide-input"]
seen = pool_course.shares_seen(records, measured)
share = seen.groupby(["dataset", "embedder", "initial_pool"])["share"].mean()
first = pool_effects.first_gains(records)
start = statistics.intervals(first, "difference", ["dataset", "embedder", "initial_pool"])
start = start.set_index(["dataset", "embedder", "initial_pool"])
n_classes = measured.groupby("dataset")["n_classes"].first()
table(
    pd.DataFrame(
        {
            "dataset": plain(d),
            "classes": n_classes[d],
            "seen by Random": percent(share[d, best, "random"]),
            **{f"by {plain(p)}": percent(share[d, best, p]) for p in claimed},
            **{
                f"first head, {plain(p)}": points(*start.loc[(d, best, p), ["mean", "low", "high"]])
                for p in claimed
            },
        }
        for d in datasets
    )
)

# %% tags=["hide-input"]
both = pool_course.classes_and_gains(records, measured, first)
both = both[both["initial_pool"].isin(claimed)]
linked = statistics.rank_correlations(both, "classes", "difference", ["initial_pool"])
linked = linked[linked["method"] == "spearman"].set_index("initial_pool")
rate = seen[seen["initial_pool"] == "random"].groupby("dataset")["share"].min()
complete = [d for d in datasets if rate[d] == 1]
text = [f"The table is for {plain(best)}; intervals are over seeds."]
if (linked["n_units"] < 5).all():
    text.append("There are too few pairs of dataset and embedder for a correlation.")
for p in claimed:
    rho = linked.loc[p]
    if rho["n_units"] < 5:
        continue  # so few have a correlation by chance
    if pd.isna(rho["correlation"]):
        text.append(
            f"{plain(p)} and Random show the same share of classes, or gain the same, everywhere."
        )
    else:
        text.append(
            f"Over {rho['n_units']:.0f} pairs of dataset and embedder, the rank correlation of what {plain(p)} adds in classes "
            f"and in accuracy of the first head is {signed([rho['correlation'], rho['low'], rho['high']], 2)}"
            + (", with datasets drawn again." if rho["n_clusters"] > 1 else ".")
        )
if complete:
    left = first[
        (first["embedder"] == best)
        & first["dataset"].isin(complete)
        & first["initial_pool"].isin(claimed)
    ]
    left = both_intervals(left, ["initial_pool"]).set_index("initial_pool")

    def left_words(pool: str) -> str:
        if len(complete) > 1:
            return interval_words(left.loc[pool])
        return points(*start.loc[(complete[0], best, pool), ["mean", "low", "high"]])  # as above

    text.append(
        f"On {names(complete)} a random initial pool shows every class with every seed, so classes cannot be what is gained; there the first "
        f"head changes by {'; '.join(f'{left_words(p)} with {plain(p)}' for p in claimed)}."
    )
else:
    text.append("On none of these datasets does a random initial pool always show every class.")
Markdown(" ".join(text))

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
