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
# # Why would BADGE gain more from better embeddings?
#
# If BADGE gains more from better embeddings than Margin does, its reviewers asked the paper (Q3), then why? The usual
# answer is redundancy: Margin takes the texts closest to the decision boundary, however alike they are; BADGE spreads its choices,
# and spreading makes sense where distances do. Here every query of both is looked at: what do the texts of a batch have in
# common, how does that change along a ladder of embedders and with the size of the batch, and does accuracy follow? Who is
# ahead in the first place is the subject of [another page](margin_and_badge), small queries that of [a third](small_queries).

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # the ladder of embedders
initial_pools: list[str] = [
    "random"
]  # ways to choose the first points; results are averaged over them
strategies: list[str] = ["random", "margin", "badge"]  # query strategies; this page needs all three
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle, along the ladder
cycles: int = 8  # heads fitted and evaluated per run, along the ladder
size_embedders: list[str] = ["minilm"]  # embedders under which sizes of query are compared
query_sizes: list[int] = [10, 150]  # sizes of query to compare; at least two
labels: int = 200  # labels at which they are compared
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.evidence import evidence
from alutils.figures import names, percent, plain, table
from alutils.findings import judging, rival_batches
from alutils.findings import why_badge as found_here
from alutils.findings.quality_correlation import both_words
from alutils.findings.words import several
from alutils.study import run_study

three = ["random", "margin", "badge"]
if missing := set(three) - set(strategies):
    raise UserError(
        f"strategies lacks {sorted(missing)[0]!r}: this page compares margin and badge, and random "
        "shows what a blind choice has"
    )
if len(set(embedders)) < 2:
    raise UserError("embedders needs at least two, because this page compares embedders")
if len(set(query_sizes)) < 2:
    raise UserError("query_sizes needs at least two, because this page compares them")
ladder_grid, *size_grids = found_here.grids(
    {
        "datasets": datasets,
        "embedders": embedders,
        "initial_pools": initial_pools,
        "strategies": three,
        "initial_size": initial_size,
        "query_size": query_size,
        "cycles": cycles,
        "size_embedders": size_embedders,
        "query_sizes": query_sizes,
        "labels": labels,
        "seeds": seeds,
        "pool_size": pool_size,
        "test_size": test_size,
    }
)
measured = quality.measure_quality([ladder_grid, *size_grids])
ladder, *sizes = (run_study(grid) for grid in (ladder_grid, *size_grids))
queries = evidence("queries", [ladder_grid, *size_grids])
finding = found_here.finding(ladder, *sizes, measured=measured, queries=queries)
finding

# %% [markdown]
# The claim holds when all three parts hold, and does not hold when one of them does not. *Gains more*: BADGE minus Margin, in
# {term}`AULC`, rises from the worst to the best embedding of a dataset by a straight line over {term}`probe accuracy`; less than half a point does
# not matter. *Less redundant*: the texts of a batch of BADGE lie farther from each other than those of Margin, in units of what a
# {term}`blind batch` has; less than 2 points of it does not matter. *Follows*: over the embedders of a dataset, the two
# differences have a rank correlation above zero.

# %% tags=["hide-input"]
run = rival_batches.runs(ladder, queries)
differs = rival_batches.differences(run)
found = rival_batches.along_ladder(differs, measured)
at = found.set_index(["measure", "what"])
ends = measured[measured["embedder"].isin(embedders)]
order = quality.embedder_order(ends)
place = 100 * ends.groupby("embedder")["probe_accuracy"].mean()
TITLES = {
    name: rival_batches.PROPERTIES.get(name, "AULC")
    for name in ("spread", "boundary", "wrong", "class_entropy", "aulc")
}
BLIND = {"spread": 1.0, "boundary": 0.1}


levels = rival_batches.levels(run, "embedder").assign(x=lambda t: t["embedder"].map(place))
levels = statistics.arrange(levels, strategy=three)
steps = judging.to_draw(judging.both_intervals(differs, ["measure", "embedder"]), seeds=True)
steps = steps.assign(x=steps["embedder"].map(place))
figures.batch_properties(
    levels,
    steps,
    TITLES,
    BLIND,
    "why-badge-ladder",
    xlabel="mean probe accuracy of the embedder on the pools, %",
    alt=f"""Small multiples, one column for each of {len(TITLES)} measures of the batches of Random, Margin and BADGE, over
    the quality of {len(order)} embedders; below, BADGE minus Margin with intervals. BADGE minus Margin changes from the worst to
    the best embedding by {judging.interval_words(at.loc[("spread", "line")])} in spread, {judging.interval_words(at.loc[("boundary", "line")])} in the
    share near the boundary.""",
    caption=f"""BADGE minus Margin is {judging.brief_words(at.loc[("spread", "level")])} in spread (of a blind batch's),
    {judging.brief_words(at.loc[("boundary", "level")])} in the share near the boundary (a blind batch has 10 %) and
    {judging.brief_words(at.loc[("wrong", "level")])} in the share that the head had wrong. Each dot is one embedder; intervals:
    {judging.resampled_unit(len(datasets))} drawn again.""",
)

# %% tags=["hide-input"]
told = found_here.telling(found)
mean = levels.groupby(["measure", "strategy"])["mean"].mean()
own = judging.both_intervals(rival_batches.beside_blind(run, "margin")).iloc[0]
share = {key: f"{100 * value:.0f} %" for key, value in mean.items()}
Markdown(
    f"**What the batches are like.** A batch of Margin has {percent(mean['spread', 'margin'])} of a blind one's spread, a batch of "
    f"BADGE {percent(mean['spread', 'badge'])}. {found_here.redundancy_words(own)} Of Margin's texts {share['boundary', 'margin']} are "
    f"among the tenth of the unlabelled ones that the head doubts most, of BADGE's {share['boundary', 'badge']}; the head had "
    f"{share['wrong', 'margin']} of Margin's wrong before it saw their labels, {share['wrong', 'badge']} of BADGE's and "
    f"{share['wrong', 'random']} of Random's."
    + (f" BADGE minus Margin has an interval without zero in {', '.join(told)}." if told else "")
    + (
        f" {names(same_source)} come from the same source of reviews, so these datasets are not fully independent."
        if set(same_source := ["movie_sentiment", "sst2"]) <= set(datasets)
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
# All are means over the queries of a run. *Spread*: distance to the nearest other text of the batch, over that of blind batches.
# *Likeness of gradients*: mean cosine between the gradients that BADGE compares. *Near the boundary*: among the tenth of the
# unlabelled texts with the smallest margin. *Neighbours of another class*: share of the 20 nearest texts of the pool. *Evenness of classes*: entropy
# of the true classes of a batch, 1 for the most even one. *Typicality*: share of unlabelled texts that are more remote. *Novelty*:
# distance to the nearest labelled text, over that of all unlabelled ones. Intervals: datasets drawn again, and seeds drawn
# again on these datasets alone; none is corrected for the number of properties.

# %% tags=["hide-input"]
shown = {**rival_batches.PROPERTIES, "aulc": "AULC"}
follows = rival_batches.followed(differs).set_index("measure")


def words(measure: str, what: str) -> str:
    if (measure, what) not in at.index:
        return "not measured"
    return judging.interval_words(at.loc[measure, what])


table(
    pd.DataFrame(
        {
            "of a batch": title,
            **{plain(s): percent(mean[name, s]) for s in three},
            "BADGE minus Margin": words(name, "level"),
            "its change, worst to best embedding": words(name, "line"),
            f"its change, {plain(order[0])} to {plain(order[-1])}": words(name, "ends"),
        }
        for name, title in shown.items()
    )
)

# %% [markdown]
# ## Does accuracy follow redundancy?
#
# Each dot is one embedder on one dataset, with its interval over seeds. If less redundant batches were why BADGE gains, dots
# further to the right would lie higher.

# %% tags=["hide-input"]
unit = ["dataset", "embedder"]
spread = differs[differs["measure"] == "spread"].groupby(unit)["difference"].mean()
dots = statistics.intervals(differs[differs["measure"] == "aulc"], "difference", unit)
dots = dots.merge(spread.rename("spread").reset_index(), on=unit)
dots = statistics.arrange(dots, dataset=datasets, embedder=order)
figures.difference_along_quality(
    dots,
    "why-badge-spread",
    along="spread",
    xlabel="spread of a batch, BADGE minus Margin, % of a blind batch's",
    ylabel="BADGE minus Margin, points of AULC",
    alt=f"""Small multiples, one for each of {several(len(datasets), "dataset")}: BADGE minus Margin in AULC against BADGE minus Margin in the
    spread of a batch, a dot for each of {len(order)} embedders, with a straight line. Rank correlation within datasets:
    {both_words(follows.loc["spread"])}.""",
    caption=f"""Over the embedders of a dataset, the difference in AULC and that in spread have a rank correlation of
    {both_words(follows.loc["spread"])}.""",
)

# %% [markdown]
# The same for the other properties: with which of them does the difference in AULC go along?

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "BADGE minus Margin in": rival_batches.PROPERTIES[name],
            "rank correlation with BADGE minus Margin in AULC": both_words(row),
        }
        for name, row in follows.iterrows()
    )
)

# %% [markdown]
# ## Does redundancy cost Margin anything?
#
# If it does, the cost is largest where batches are large. Here the same number of labels is asked for in small and in large
# queries, from the same initial pools.

# %% tags=["hide-input"]
sized = pd.concat([rival_batches.runs(each, queries) for each in sizes])
size_differs = rival_batches.differences(sized)
size_levels = statistics.arrange(
    rival_batches.levels(sized, "query_size").assign(x=lambda t: t["query_size"]), strategy=three
)
size_steps = judging.to_draw(
    judging.both_intervals(size_differs, ["measure", "query_size"]), seeds=True
)
change = rival_batches.small_minus_large(sized)
by_strategy = judging.both_intervals(change, ["strategy"]).set_index("strategy")
small, large = min(query_sizes), max(query_sizes)
figures.batch_properties(
    size_levels,
    size_steps.assign(x=size_steps["query_size"]),
    {
        **{k: v for k, v in TITLES.items() if k != "aulc"},
        "accuracy": f"accuracy at {labels} labels",
    },
    BLIND,
    "why-badge-sizes",
    xlabel="texts in a query",
    log=True,
    alt=f"""Small multiples, one column for each measure of the batches of Random, Margin and BADGE, over the size of a query, from
    {small} to {large}; below, BADGE minus Margin with intervals. Last column: accuracy at {labels} labels. Queries of {small} instead
    of {large} change it by {judging.interval_words(by_strategy.loc["margin"])} for Margin.""",
    caption=f"""At {labels} labels, queries of {small} instead of {large} change accuracy by
    {judging.brief_words(by_strategy.loc["margin"])} for Margin, {judging.brief_words(by_strategy.loc["badge"])} for BADGE and
    {judging.brief_words(by_strategy.loc["random"])} for Random, the control. Embedded by {names(size_embedders)}{"; means over them" if len(size_embedders) > 1 else ""}.""",
)

# %% tags=["hide-input"]
size_at = judging.both_intervals(size_differs, ["measure", "query_size"])
size_at = size_at.set_index(["measure", "query_size"])
size_mean = size_levels.set_index(["measure", "strategy", "query_size"])["mean"]
size_change = rival_batches.along_sizes(size_differs).set_index("measure")
rows = [
    {
        "texts in a query": f"{size:,}",
        "spread, Margin": percent(size_mean["spread", "margin", size]),
        "spread, BADGE": percent(size_mean["spread", "badge", size]),
        "spread, BADGE minus Margin": judging.interval_words(size_at.loc["spread", size]),
        "near the boundary, BADGE minus Margin": judging.interval_words(
            size_at.loc["boundary", size]
        ),
        f"accuracy at {labels} labels, BADGE minus Margin": judging.interval_words(
            size_at.loc["accuracy", size]
        ),
    }
    for size in sorted(set(query_sizes))
]
rows.append(
    {
        "texts in a query": f"change, {small} to {large}",
        "spread, Margin": "",
        "spread, BADGE": "",
        "spread, BADGE minus Margin": judging.interval_words(size_change.loc["spread"]),
        "near the boundary, BADGE minus Margin": judging.interval_words(
            size_change.loc["boundary"]
        ),
        f"accuracy at {labels} labels, BADGE minus Margin": judging.interval_words(
            size_change.loc["accuracy"]
        ),
    }
)
table(pd.DataFrame(rows))

# %% [markdown]
# ## Limits
#
# Properties are those of the batches that each strategy chose in its own run, with its own heads: the two see the same initial
# pool, and drift apart from the first query on. That two differences go along over embedders does not make one the cause of
# the other. Embedders of one backbone, and the same one made worse by noise, are no sample of all embedders.
