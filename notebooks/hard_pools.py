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
# # Do the findings hold in pools with rare classes and with copies?
#
# The pools of this book are cleaner than what people have: exact copies of a text are taken out, and most classes are common. Active learning is often wanted
# just where they are not. Here the pools are made harder on purpose, one thing at a time: classes are thinned until the smallest is many
# times smaller than the largest, or a share of the texts is replaced by copies of others. A strategy that ranks texts by its doubt alone
# may then ask for all copies of one text at once; a strategy that spreads its choices will not. The test side stays as it is. It is a
# question of our own, beside those of the paper's reviewers.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on, without steps
embedders: list[str] = ["lsa"]  # embedders to compare
imbalance: list[float] = [10]  # how many times larger the largest class is than the smallest
imbalance_datasets: list[str] | None = None  # those whose classes are thinned; null for all
copies: list[float] = [0.5]  # shares of the pool that are replaced by copies
initial_pools: list[str] = [
    "random"
]  # ways to choose the first points; results are averaged over them
strategies: list[str] = [
    "random",
    "margin",
    "badge",
    "typiclust",
]  # query strategies to compare; random is needed
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
from IPython.display import Markdown

from alutils import figures, quality
from alutils.errors import UserError
from alutils.figures import table
from alutils.findings import hard_pools as found_here
from alutils.findings import judging, robustness_words
from alutils.study import run_study

if "random" not in strategies or len(set(strategies)) < 2:
    raise UserError(
        "strategies needs 'random', which others are compared with, and one or more besides"
    )
grids = found_here.grids(
    {
        "datasets": datasets,
        "embedders": embedders,
        "imbalance": imbalance,
        "imbalance_datasets": imbalance_datasets,
        "copies": copies,
        "initial_pools": initial_pools,
        "strategies": strategies,
        "initial_size": initial_size,
        "query_size": query_size,
        "cycles": cycles,
        "seeds": seeds,
        "pool_size": pool_size,
        "test_size": test_size,
    }
)
records = [run_study(grid) for grid in grids]
compared = found_here.compare(records)
robustness_words.finding(compared, found_here.QUESTION)

# %% tags=["hide-input"]
Markdown(
    robustness_words.how_to_read(len(datasets), seeds)
    + " Each world is judged twice, by accuracy and by **balanced accuracy**, which gives every class the same weight: the test side keeps "
    "its own shares of classes, and accuracy alone would hardly see a class that is rare there."
)

# %% [markdown]
# ## The comparisons beside the base
#
# Were a finding of the base alone, the coloured dot would leave the grey one for zero.

# %% tags=["hide-input"]
figures.beside_base(
    judging.to_draw(compared.effects, "base_", "", seeds=True),
    "hard-pools-comparisons",
    **robustness_words.picture_words(compared),
)

# %% [markdown]
# ## The order of the strategies
#
# If luck alone told the two orders apart, the dot would be at the grey mark.

# %% tags=["hide-input"]
figures.order_and_luck(
    judging.to_draw(compared.orders, "tau_", "luck_"),
    "hard-pools-order",
    **robustness_words.order_picture_words(compared),
)

# %% [markdown]
# ## World by world
#
# Means of findings are taken in the direction that each has in the base. There they were chosen for being clear, so their mean is
# a little too large in the base, and a small fall is to be expected.

# %% tags=["hide-input"]
table(robustness_words.world_table(compared))

# %% [markdown]
# ## Every comparison
#
# In points of {term}`AULC`, with the interval over datasets (over seeds, where there are one or two). The change is paired by dataset and seed. With copies, runs
# start from the same rows of the pool; thinned classes leave another pool, so that there a seed shares no more than its number.

# %% tags=["hide-input"]
table(
    robustness_words.effect_table(compared).rename(
        columns={"here": "in this world", "finding": "the finding of the base"}
    )
)

# %% [markdown]
# ## Without contaminated pairs
#
# An embedder that is known to have been trained on a dataset may owe its quality to it.

# %% tags=["hide-input"]
measured = quality.measure_quality(grids[0])
Markdown(
    robustness_words.without_pairs(
        measured,
        lambda pairs: robustness_words.finding(
            found_here.compare(records, pairs), found_here.QUESTION
        ),
    )
)

# %% [markdown]
# ## What this page does not say
#
# Equal vectors have equal margins, so a query that ranks by margin takes copies of a text together and pays for each: what copies do
# here is an effect of the batch, which taking them out before the first query would avoid. Copies here are exact. Near-copies, such as
# templates or quotations, are harder to see for a strategy and for whoever cleans the pool.
# Thinning changes how many texts a pool has too, and the test side does not become rarer with it: what is asked is how well a head
# learned from such a pool does on texts as they come in the dataset.
