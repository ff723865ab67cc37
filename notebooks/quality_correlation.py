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
# # How well does an embedder's quality foretell active learning?
#
# A reviewer of the paper asked for the correlation between an embedder's quality (its MTEB rank) and the performance of active
# learning, for several sizes k0 of the initial pool, with intervals (Q1). Here quality is what is measured on the pool, and the
# published MTEB average where there is one. Performance is three things: the {term}`AULC`, the accuracy of the first head (the initial
# pool alone), and what a strategy adds to Random (AULC minus Random's).

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_pools: list[str] = [
    "random"
]  # ways to choose the first points; results are averaged over them
strategies: list[str] = ["random", "margin", "badge"]  # query strategies to compare
initial_size: list[int] = [20, 50]  # labels in the initial pool (k0), each in turn
query_size: int = 50  # labels added by each later cycle
cycles: int = 3  # heads fitted and evaluated per run
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality
from alutils.errors import UserError
from alutils.figures import names, plain, table
from alutils.findings import correlations
from alutils.findings import quality_correlation as findings
from alutils.findings.all_strategies import ALL
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
if len(set(embedders)) < 2:
    raise UserError("embedders needs at least two, because this page correlates over embedders")
if set(grid.strategies) == {"random"}:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
measured = correlations.qualities(quality.measure_quality(grid))
records = run_study(grid)
findings.finding(records, measured)

# %% tags=["hide-input"]
results = correlations.performance(records)
order = quality.embedder_order(measured)
sizes = sorted(set(initial_size))
others = [s for s in grid.strategies if s != "random"]
sentences = [
    f"Embedders by mean probe accuracy on the pools, the worst first: {names(order)}.",
    f"Sizes of the initial pool: {', '.join(map(str, sizes))} labels, then {cycles - 1} queries of {query_size}. The AULC of "
    "each size is taken over its own span.",
    findings.mteb_words(order),
]
if len(order) < findings.FEWEST:
    sentences.append(
        f"**Over {len(order)} embedders a rank correlation takes few values"
        + (", plus one or minus one with two" if len(order) == 2 else "")
        + ": read these numbers as a first look.**"
    )
if {"movie_sentiment", "sst2"} <= set(datasets):
    sentences.append(
        f"{plain('movie_sentiment').capitalize()} and {plain('sst2')} come from the same source of reviews, so that "
        f"{len(datasets)} datasets are a little fewer than they seem."
    )
if seeds == 1:
    sentences.append(
        "**With one seed nobody can tell luck from effect: on this page nothing is judged.**"
    )
Markdown(" ".join(sentences))

# %% [markdown]
# ## At a glance
#
# Spearman's correlation with {term}`probe accuracy`. *Within datasets*: over the embedders of one dataset, averaged over datasets; what you
# want to know when you choose an embedder for your texts. *Across datasets*: all pairs of dataset and embedder in one ranking, where an easy
# dataset counts as a good embedding. Above the dashed line a correlation is called strong. Bars are 95 % intervals for other datasets
# like these (over seeds, within a single dataset).

# %% tags=["hide-input"]
drawn = correlations.picture(results, measured)
inside = drawn[drawn["kind"] == "within datasets"]
spans = {
    o: inside.loc[inside["outcome"] == o, "mean"].agg(["min", "max"])
    for o in dict.fromkeys(inside["outcome"])
}
said = "; ".join(
    f"{o} {s['min']:+.2f} to {s['max']:+.2f}".replace("-", "−")
    if s.notna().all()
    else f"{o} not defined"
    for o, s in spans.items()
)
figures.correlation_by_size(
    drawn,
    "correlation-by-size",
    strong=findings.STRONG,
    alt=f"""Six panels: rank correlation of probe accuracy with AULC, with the accuracy of the first head and with the gain
    over Random, within and across datasets, over {len(sizes)} sizes of the initial pool, one line for each of {names(grid.strategies)}.
    Within datasets, lowest to highest over sizes and strategies: {said}.""",
    caption=f"""Correlation with probe accuracy within {len(datasets)} dataset{"s" if len(datasets) > 1 else ""}, lowest to highest
    over sizes and strategies: {said}.""",
)

# %% tags=["hide-input"]
close, pairs = correlations.close_pairs(measured)
Markdown(
    "A high correlation with AULC would be no surprise: probe accuracy is the accuracy of the same head on the same dataset, with "
    "more labels. What a strategy adds to Random asks more. Quality is measured with error, too: of "
    f"{pairs} pairs of embedders within datasets, {close} differ in probe accuracy by less than two standard errors."
    + (
        " Their order may be luck, which weakens every correlation within datasets."
        if close
        else ""
    )
)

# %% [markdown]
# ## In numbers
#
# For the mean of the strategies but Random. Within datasets, both intervals are given: datasets drawn again, and seeds drawn again within
# these datasets. Across datasets, datasets are drawn again with all their embedders.

# %% tags=["hide-input"]
mean = results[results["strategy"] == ALL]
rows = []
for outcome, title in correlations.OUTCOMES.items():
    by_method = {
        method: correlations.within(
            mean, measured, correlations.MEASURE, outcome, method
        ).set_index("initial_size")
        for method in ("spearman", "kendall")
    }
    overall = correlations.across(mean, measured, correlations.MEASURE, outcome).rename(
        columns={"correlation": "mean"}
    )
    overall = overall.assign(low_fixed=float("nan"), high_fixed=float("nan"))
    overall = overall.set_index(["initial_size", "method"])
    rows += [
        {
            "probe accuracy and": title,
            "k0": k,
            "within, Spearman": findings.both_words(by_method["spearman"].loc[k]),
            "within, Kendall": findings.both_words(by_method["kendall"].loc[k]),
            "across, Spearman": findings.words(overall.loc[(k, "spearman")]),
            "across, Kendall": findings.words(overall.loc[(k, "kendall")]),
        }
        for k in sizes
        if k in by_method["spearman"].index
    ]
table(pd.DataFrame(rows))

# %% [markdown]
# Strategy by strategy, Spearman's within datasets, with the interval for other datasets. The accuracy of the first head is the same for all
# strategies.

# %% tags=["hide-input"]
rows = []
for outcome in ("aulc", "gain"):
    found = correlations.within(results, measured, correlations.MEASURE, outcome, "spearman")
    found = found.set_index(["strategy", "initial_size"])
    rows += [
        {
            "probe accuracy and": correlations.OUTCOMES[outcome],
            "strategy": plain(s),
            **{f"k0 = {k}": findings.words(found.loc[(s, k)]) for k in sizes},
        }
        for s in ["random", *others]
        if (s, sizes[0]) in found.index
    ]
table(pd.DataFrame(rows))

# %% [markdown]
# ## Does it depend on the size of the initial pool?
#
# Spearman's correlation within datasets at each size minus that at the smallest, for the mean of the strategies but Random: the
# same datasets, or the same seeds, are drawn on both sides. *Alike* is said only when the whole interval for other datasets
# is within a tenth of zero; an interval that crosses zero and is wider says *cannot tell*, and so does a single dataset, which has none.

# %% tags=["hide-input"]
if len(sizes) > 1:
    words = {"win": "larger", "loss": "smaller", "equivalent": "alike", "undecided": "cannot tell"}
    rows = []
    for outcome, title in correlations.OUTCOMES.items():
        changes = correlations.change(mean, measured, correlations.MEASURE, outcome)
        rows += [
            {
                "probe accuracy and": title,
                f"k0, minus k0 = {sizes[0]}": int(r["initial_size"]),
                "change": findings.both_words(r),
                "says": words[r["outcome"]],
            }
            for _, r in changes.iterrows()
        ]
    display(table(pd.DataFrame(rows)))
else:
    display(Markdown("With one size there is nothing to compare."))

# %% [markdown]
# ## Other measures of quality
#
# Spearman's within datasets, for the mean of the strategies but Random. *Neighbour accuracy* and *effective rank* are measured on the same
# pool. *Probe accuracy on the other datasets* is what a leaderboard would know: the embedder's mean over all datasets but the one
# where active learning is done. Of all measures it is the nearest to an MTEB rank that can be had for every embedder.

# %% tags=["hide-input"]
rows = []
for outcome in correlations.OUTCOMES:
    for measure in correlations.usable(measured):
        found = correlations.within(mean, measured, measure, outcome, "spearman").set_index(
            "initial_size"
        )
        rows.append(
            {
                "quality": correlations.MEASURES[measure],
                "and": correlations.OUTCOMES[outcome],
                **{f"k0 = {k}": findings.words(found.loc[k]) for k in sizes if k in found.index},
            }
        )
display(table(pd.DataFrame(rows)), Markdown(findings.mteb_words(order)))

# %% [markdown]
# ## Without contaminated pairs
#
# An embedder that was trained on a dataset has seen labels that the others have not.

# %% tags=["hide-input"]
marked = measured[measured["contaminated"]]
if marked.empty:
    display(
        Markdown(
            f"None of the {len(measured)} pairs of dataset and embedder is known to be contaminated, so there is nothing to leave "
            "out."
        )
    )
else:
    pairs = "; ".join(f"{plain(r.embedder)} on {plain(r.dataset)}" for r in marked.itertuples())
    clean = measured[~measured["contaminated"]]
    rows = []
    for outcome, title in correlations.OUTCOMES.items():
        both = [
            correlations.within(mean, m, correlations.MEASURE, outcome, "spearman").set_index(
                "initial_size"
            )
            for m in (measured, clean)
        ]
        rows += [
            {
                "probe accuracy and": title,
                "k0": k,
                "all pairs": findings.words(both[0].loc[k]),
                "without contaminated pairs": findings.words(both[1].loc[k]),
            }
            for k in sizes
            if k in both[1].index
        ]
    display(Markdown(f"Known to be contaminated: {pairs}."), table(pd.DataFrame(rows)))
