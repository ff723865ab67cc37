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
# # Are good frozen spaces unfair in favour of clustering?
#
# An embedder that was trained to pull similar texts together leaves a space with clusters in it. A strategy that looks for
# clusters then finds them ready made, and a benchmark on such spaces would flatter it: one of the paper's reviewers asked for the
# same comparison in a space that was degraded on purpose (Q9). Here the vectors of one embedder are **whitened**, so that all
# directions are equally long and clusters dissolve, or drowned in **noise**; texts, labels, seeds and initial pools stay what they
# are. A worse space hurts every strategy, so the question is whether clustering strategies lose *more* than Margin, which
# looks at no neighbour. [Turning quality like a knob](quality_ladders.ipynb) makes embeddings worse rung by rung.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = [
    "minilm",
    "minilm+whiten(1)",
    "minilm+noise(4)",
]  # one embedder, then spaces made of it by steps
strategies: list[str] = [
    "random",
    "margin",
    "badge",
    "typiclust",
    "kmeans",
]  # query strategies; this page needs random, margin and a clustering one
initial_pools: list[str] = [
    "random",
    "typiclust",
    "kmeans",
]  # ways to choose the first points, compared in the early cycles
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
pool_cycles: int = 5  # the same, where initial pools are compared
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils.catalogue.steps import base_name
from alutils.errors import UserError
from alutils.figures import names, percent, plain, points, table
from alutils.findings import fair_to_clustering as found
from alutils.findings.family import judge_family
from alutils.findings.judging import both_intervals, brief_words, interval_words, to_draw
from alutils.findings.pool_effects import early_gains
from alutils.findings.words import several
from alutils.study import run_study

if {base_name(name) for name in embedders} != {embedders[0]} or len(set(embedders)) < 2:
    raise UserError(
        "embedders must be one embedder and spaces made of it, such as minilm and minilm+whiten(1)"
    )
clustering = [name for name in found.CLUSTERING if name in strategies]
if missing := {"random", found.CONTROL} - set(strategies):
    raise UserError(f"strategies lacks {sorted(missing)[0]!r}, which the others are compared with")
if not clustering:
    raise UserError(f"strategies needs one of {', '.join(found.CLUSTERING)} or more")
grids = found.grids(
    {
        "datasets": datasets,
        "embedders": embedders,
        "strategies": strategies,
        "initial_pools": list(dict.fromkeys(["random", *initial_pools])),
        "initial_size": initial_size,
        "query_size": query_size,
        "cycles": cycles,
        "pool_cycles": pool_cycles,
        "seeds": seeds,
        "pool_size": pool_size,
        "test_size": test_size,
    }
)
queries, pools = (run_study(grid) for grid in grids)
measured = quality.measure_quality(grids)
good, degraded = found.spaces(queries)
found.finding(queries, pools)

# %% tags=["hide-input"]
Markdown(
    "**How to read this.** Clustering strategies look for dense places of the pool; those here: "
    f"{names(clustering)}. The gain of a "
    f"strategy is its AULC minus that of Random, paired by seed; its loss is the gain in {plain(good)} minus the gain in the "
    f"degraded space. The verdict is about the mean loss of the clustering strategies minus the loss of {plain(found.CONTROL)}: above zero, clusters "
    "were an advantage that the others did not have. Whitening with a power below one goes part of the way."
    + (" With one dataset the only intervals are those over seeds." if len(datasets) == 1 else "")
)

# %% [markdown]
# ## What the degraded spaces are like
#
# All measured on the pools, means over datasets.

# %% tags=["hide-input"]
shown = {
    "probe_accuracy": "linear probe",
    "neighbour_accuracy": "ten nearest neighbours",
    "cluster_agreement": "agreement of clusters and classes",
    "effective_rank": "effective rank",
    "hubness": "hubness",
}
shown = {name: words for name, words in shown.items() if name in measured}
means = measured.groupby("embedder", sort=False)[list(shown)].mean().loc[[good, *degraded]]
table(
    pd.DataFrame(
        {
            "space": plain(space),
            **{
                words: percent(row[name])
                if "accuracy" in name
                else f"{row[name]:.0f}"
                if name == "effective_rank"
                else f"{row[name]:.2f}"
                for name, words in shown.items()
            },
        }
        for space, row in means.iterrows()
    )
)

# %% [markdown]
# ## Gains in every space
#
# A panel for each strategy, from the space as it came down to the degraded ones. If clusters were the whole advantage, the dots of
# clustering strategies would fall to zero in the degraded spaces while Margin's stayed where they are.

# %% tags=["hide-input"]
gained = found.gains(queries)
others = [name for name in dict.fromkeys(strategies) if name != "random"]
means = both_intervals(gained, ["strategy", "embedder"])
means = statistics.arrange(means, strategy=others, embedder=[good, *degraded])
single = gained.groupby(["strategy", "embedder", "dataset"], sort=False)["difference"].mean()
single = statistics.arrange(
    single.reset_index(name="mean"), strategy=others, embedder=[good, *degraded]
)
row_of = means.set_index(["strategy", "embedder"])
lost = found.losses(gained, good)
losses = both_intervals(lost, ["strategy", "embedder"]).set_index(["strategy", "embedder"])
beyond = both_intervals(found.beyond_control(lost), ["embedder"]).set_index("embedder")
sure = int((judge_family(found.beyond_control(lost), "embedder")["verdict"] == "holds").sum())
loser, where = losses["mean"].idxmax()
figures.forest(
    to_draw(means).assign(panel=means["strategy"].map(plain), row=means["embedder"]),
    single.assign(panel=single["strategy"].map(plain), row=single["embedder"]),
    {space: plain(space) for space in [good, *degraded]},
    {plain(name): figures.style(name)[0] for name in others},
    "gains-in-degraded-spaces",
    xlabel="AULC minus Random's (points)",
    alt=f"""Dots with intervals, a panel for each of {len(others)} strategies, a row for each of {len(degraded) + 1} spaces. Mean gain over Random in {plain(good)}
    and in {plain(degraded[-1])}: {"; ".join(f"{plain(s)} {points(row_of.loc[(s, good), 'mean'])} and {points(row_of.loc[(s, degraded[-1]), 'mean'])}" for s in others)}.""",
    caption=f"""Clustering strategies lose more than {plain(found.CONTROL)} for sure in {sure or "none"} of {several(len(degraded), "degraded space")}.
    Most is lost by {plain(loser)} in {plain(where)}: {brief_words(losses.loc[(loser, where)])}. Means over
    {several(len(datasets), "dataset")} and {several(seeds, "seed")}; each panel has its own scale.""",
)

# %% [markdown]
# ## Who loses what
#
# In points of {term}`AULC`: the gain in the space as it came minus the gain in the degraded one. Negative numbers are gains that grew.

# %% tags=["hide-input"]
rows = [
    {
        "strategy": plain(name),
        **{plain(space): interval_words(losses.loc[(name, space)]) for space in degraded},
    }
    for name in others
]
rows.append(
    {
        "strategy": f"clustering minus {plain(found.CONTROL)}",
        **{plain(space): interval_words(beyond.loc[space]) for space in degraded},
    }
)
table(pd.DataFrame(rows))

# %% [markdown]
# ## Initial pools
#
# The same for the choice of the first points, where clustering has no rival that looks at a head: AULC of the early cycles minus
# that of a random initial pool; Margin goes on from there.

# %% tags=["hide-input"]
started = early_gains(pools, pool_cycles)
methods = [name for name in dict.fromkeys(initial_pools) if name != "random"]
early = both_intervals(started, ["initial_pool", "embedder"])
early = early.set_index(["initial_pool", "embedder"])
table(
    pd.DataFrame(
        {
            "initial pool": plain(name),
            **{
                plain(space): interval_words(early.loc[(name, space)])
                for space in [good, *degraded]
            },
        }
        for name in methods
    )
)

# %% [markdown]
# Spaces are made by steps after the name of an embedder (`noise`, `pca`, `projection`, `bits`, `whiten`); [the catalogue](catalogue.ipynb#steps)
# says what each does.
