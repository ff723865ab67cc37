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
# # Do the findings hold when labels are noisy?
#
# People who label make mistakes, and a strategy that looks for doubtful texts may look for just those. A reviewer asked whether the
# findings hold with noisy labels, and whether noise hits strategies that cluster and strategies that are uncertain alike (Q8). Here a share of the
# pool's labels is wrong: either any other class, or the class that is most like the true one by its words, which is the mistake that
# people make. Strategies and heads get the wrong label; the test side is clean.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on, without steps
embedders: list[str] = ["minilm"]  # embedders to compare
label_noise: list[float] = [0.1]  # shares of the pool's labels that name any other class
label_confusion: list[float] = [0.1]  # shares that name the class most like the true one
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
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality
from alutils.errors import UserError
from alutils.figures import table
from alutils.findings import judging, robustness, robustness_words
from alutils.findings import noisy_labels as found_here
from alutils.findings.judging import interval_words
from alutils.study import run_study

if "random" not in strategies or len(set(strategies)) < 2:
    raise UserError(
        "strategies needs 'random', which others are compared with, and one or more besides"
    )
grids = found_here.grids(
    {
        "datasets": datasets,
        "embedders": embedders,
        "label_noise": label_noise,
        "label_confusion": label_confusion,
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
runs = robustness.areas(records)
compared = robustness.compare(runs)
lost = found_here.losses(records)
found_here.judged(compared, lost)

# %% tags=["hide-input"]
Markdown(robustness_words.how_to_read(len(datasets), seeds))

# %% [markdown]
# ## The comparisons beside the base
#
# Were a finding of the base alone, the coloured dot would leave the grey one for zero.

# %% tags=["hide-input"]
figures.beside_base(
    judging.to_draw(compared.effects, "base_", "", seeds=True),
    "noisy-labels-comparisons",
    **robustness_words.picture_words(compared),
)

# %% [markdown]
# ## The order of the strategies
#
# If luck alone told the two orders apart, the dot would be at the grey mark.

# %% tags=["hide-input"]
figures.order_and_luck(
    judging.to_draw(compared.orders, "tau_", "luck_"),
    "noisy-labels-order",
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
# ## Does noise hit clustering and uncertainty alike?
#
# For every run a straight line is fitted through its {term}`AULC` at all shares of wrong labels, none among them. The table has its fall for ten
# per cent of wrong labels: of the strategy itself, and of its lead over Random. A strategy that needs no head makes the same choices
# whatever the labels say.

# %% tags=["hide-input"]
cost = found_here.strategy_losses(lost).set_index(["kind", "strategy", "what"])
table(
    pd.DataFrame(
        {
            "a wrong label names": found_here.KINDS[kind],
            "strategy": robustness_words.title(s),
            "its AULC, per 10 %": interval_words(cost.loc[(kind, s, "own")]),
            "its lead over Random, per 10 %": ""
            if s == "random"
            else interval_words(cost.loc[(kind, s, "gain")]),
        }
        for kind in dict.fromkeys(lost["kind"])
        for s in dict.fromkeys(strategies)
    )
)

# %% tags=["hide-input"]
duels = found_here.hit_alike(lost)
Markdown(
    "\n\n".join(found_here.duel_words(row) for _, row in duels.iterrows())
    or "There is no pair of a strategy that asks the head and one that clusters here."
)

# %% [markdown]
# ## Every comparison
#
# In points of AULC, with the interval over datasets (over seeds, where there are one or two). The change is paired by dataset and seed: with and without
# noise, runs start from the same initial pools.

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
            robustness.compare(robustness_words.only(runs, pairs)), found_here.QUESTION
        ),
    )
)

# %% [markdown]
# ## What this page does not say
#
# Wrong labels here depend on the class alone. People err more on texts that are hard, which are those that an uncertain strategy asks for:
# that kind of noise could hit it harder than this page shows. No strategy here is told that labels are noisy, and none asks twice.
