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
# # Can a rule choose the strategy for a new dataset?
#
# If which strategy is best depends on the context, somebody with a new dataset and no labels wants to know which to take. A reviewer
# asked for a rule that is checked on datasets it was not made from (Q5). A rule may look at what is known before any label: the number of
# classes, the budget, and diagnostics of the embeddings that need no label. It is worth having if it chooses better than somebody who
# always takes the strategy that was best on other datasets. `alutils.advise` gives the advice that comes out of this page.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to learn from; each is set aside in turn
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to learn from
initial_pools: list[str] = ["random"]  # where the strategies start from
strategies: list[str] = [
    "random",
    "margin",
    "badge",
    "typiclust",
]  # query strategies to choose from, random among them
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle
cycles: int = 8  # heads fitted and evaluated per run; budgets are all of it, and halves of that
seeds: int = 5  # replicates of every run
pools: list[str] = [
    "random",
    "kmeans",
    "typiclust",
    "coreset",
]  # ways to choose the initial pool to choose from, random among them
pool_strategy: str = "margin"  # query strategy that goes on from these
pool_embedders: list[str] = []  # embedders to learn the initial pool from; none takes embedders
pool_cycles: int = 8  # heads fitted and evaluated per run with these initial pools
wide_embedders: list[str] = []  # embeddings of many qualities to learn from once more; may be none
wide_strategies: list[str] = ["random", "margin", "badge"]  # query strategies on these
held_out: list[str] = []  # datasets that no rule is made from, to ask it about; may be none
wide_cycles: int = 8  # heads fitted and evaluated per run on wide_embedders and held_out
wide_seeds: int = 5  # replicates of runs on wide_embedders and held_out
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all
example: str = "icd10_chapters"  # dataset of the worked example
example_embedder: str = "lsa"  # its embedder
example_budget: int = 400  # labels that can be paid for in the example

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown

import alutils
from alutils import figures, quality
from alutils.advice.advising import WORDS as FEATURES
from alutils.advice.contexts import contexts_of
from alutils.advice.evaluation import BOLD, FIXED, RULE, grown
from alutils.advice.tree import DEPTHS, LEAST, best_fixed
from alutils.advice.tree import leaves as leaves_of
from alutils.errors import UserError
from alutils.figures import names, percent, plain, table
from alutils.findings import held_out_rule
from alutils.findings import rule as found
from alutils.findings.contaminated import without_contaminated
from alutils.findings.judging import brief_words, interval_words
from alutils.findings.words import several
from alutils.study import Grid, open_problems, run_study

if shared := set(datasets) & set(held_out):
    raise UserError(
        f"held_out has {sorted(shared)[0]!r}, which is in datasets too: a dataset is learnt from or "
        "held out"
    )
for name, given in (
    ("strategies", strategies),
    ("pools", pools),
    ("wide_strategies", wide_strategies),
):
    if "random" not in given or len(set(given)) < 2:
        raise UserError(
            f"{name} needs 'random', which gains are measured from, and another to choose from"
        )
for name, end in (("cycles", cycles), ("pool_cycles", pool_cycles), ("wide_cycles", wide_cycles)):
    if (end - 1) * query_size < initial_size:
        raise UserError(
            f"{name} {end} ends before the initial pool of {initial_size} is doubled, where the "
            "smallest budget is: give more cycles"
        )
grids = held_out_rule.grids(globals())
measured = quality.measure_quality(grids)
records = [run_study(grid) for grid in grids]
tables = held_out_rule.sort_out(*records)
finding = found.finding(*records, measured=measured)
finding

# %% tags=["hide-input"]
test = held_out_rule.left_out(tables.strategies, measured)
pool_test = held_out_rule.left_out(tables.pools, measured, "initial_pool")
learnt = contexts_of(tables.strategies, measured, "strategy")
learnt_pools = contexts_of(tables.pools, measured, "initial_pool")
fixed, fixed_pool = best_fixed(learnt.gains), best_fixed(learnt_pools.gains)
budgets = sorted(set(learnt.features.index.get_level_values("budget")))
enough = len(datasets) > LEAST
Markdown(
    f"**How it is tested.** A context is a dataset, an embedder and a budget ({names(f'{b:,}' for b in budgets)} labels): "
    f"{several(len(learnt.features), 'context')} of {several(len(datasets), 'dataset')}. What counts is the area under the learning curve up to the "
    f"budget (AULC), mean over {several(seeds, 'seed')}. The rule is a tree of at most {several(DEPTHS[-1], 'question')}; each answer must rest on "
    f"{several(LEAST, 'dataset')} or more, and it departs from the best fixed choice only for what is ahead of it with an interval over datasets above "
    "zero. All contexts of one dataset are set aside together; the rule, the number of its questions and the best fixed choice are found on "
    f"the others. It may ask for {names([FEATURES[f] for f in learnt.features])}; no label plays a part. "
    "The **bold tree** asks all questions it may and takes whatever was best."
    + (
        ""
        if enough
        else f" **With {several(len(datasets), 'dataset')} no rule can be tested: one is set aside, and too few are left for an answer. The rule is "
        "then the best fixed choice of the others. Trees made from all datasets are drawn below, and nothing is known of their worth.**"
    )
)

# %% [markdown]
# ## The rule
#
# What trees say that are made from all datasets and ask as many questions as they may. A leaf names the best choice there, how far it is
# ahead of the best fixed one (points of {term}`AULC`, interval over datasets), and whether that is clear. The intervals do not know that the questions
# were chosen on the same data: only datasets set aside can tell what a tree is worth.

# %% tags=["hide-input"]
trees = {
    "The strategy": (grown(learnt.features, learnt.gains), fixed),
    "The initial pool": (grown(learnt_pools.features, learnt_pools.gains), fixed_pool),
}
nodes = pd.concat(found.nodes(tree, title, best) for title, (tree, best) in trees.items())
leaves = nodes[nodes["choice"] != ""]
clear = {title: sum(leaf.clear for leaf in leaves_of(tree)) for title, (tree, _) in trees.items()}
said = "; ".join(
    f"{title}: {' / '.join(' '.join(w.split()) for w in here['words'])}"
    for title, here in leaves.groupby("panel", sort=False)
)
figures.decision_trees(
    nodes,
    "rule-trees",
    alt=f"Two trees of questions with yes to the left and no to the right. {said}.",
    caption="Leaves that are clearly ahead of the best fixed choice: "
    + "; ".join(
        f"{title.lower()}: {clear[title]} of {int((leaves['panel'] == title).sum())} (else always {plain(best)})"
        for title, (_, best) in trees.items()
    )
    + ". Dashed: no clear winner, so that the best fixed choice is used.",
)

# %% tags=["hide-input"]
text = []
if test is not None and enough:
    for what, each in (("strategy", test), ("initial pool", pool_test)):
        share = each.held.clear.mean()
        text.append(
            f"**{what.capitalize()}.** Made without each dataset in turn, {found.tree_words(each)}. On the datasets set aside the rule has a clear "
            f"winner in {percent(share)} of the contexts; in the others it answers "
            f"'no clear winner: use {names(dict.fromkeys(each.held.chosen[FIXED]))}'."
        )
Markdown(
    "\n\n".join(text) or f"Always {plain(fixed)}, and {plain(fixed_pool)} for the initial pool."
)

# %% [markdown]
# ## How far behind the best in hindsight?
#
# {term}`Regret <regret>` is the AULC of the best choice of each context, known only afterwards, minus that of what was chosen. The best of many noisy means
# is partly luck, which is taken off by drawing seeds again (`alutils.statistics.regret`).

# %% tags=["hide-input"]
shown = [
    (what, each)
    for what, each in (("strategy", test), ("initial pool", pool_test))
    if each is not None
]
if not shown:
    display(Markdown("One dataset: none can be set aside."))
for what, each in shown:
    overall = held_out_rule.regret_table(each)
    single = held_out_rule.regret_by_dataset(each)
    rows = list(overall["policy"])
    behind = overall.set_index("policy")
    over = held_out_rule.comparisons(each).set_index(["policy", "other"])
    label = {name: found.policy_words(name) for name in rows}
    display(
        figures.forest(
            overall.rename(columns={"policy": "row"}).assign(panel=f"the {what}")[
                ["panel", "row", "mean", "low", "high", "low_fixed", "high_fixed"]
            ],
            single.rename(columns={"policy": "row"}).assign(panel=f"the {what}")[
                ["panel", "row", "dataset", "mean"]
            ],
            label,
            {name: found.policy_colour(name) for name in rows},
            f"rule-regret-{what.replace(' ', '-')}",
            xlabel="AULC behind the best in hindsight, points",
            alt=f"""Dots with intervals: regret of {len(rows)} ways to decide on the {what}, on datasets set aside: {"; ".join(f"{label[r['policy']]} {found.behind_words(r)}" for _, r in overall.iterrows())}.""",
            caption=f"""For the {what} the rule gains {brief_words(over.loc[(RULE, FIXED)])} over the best fixed choice. Behind the best in
            hindsight: {"; ".join(f"{label[name]} {found.behind_words(behind.loc[name])}" for name in (RULE, BOLD, FIXED, "random") if name in behind.index)}.""",
        )
    )

# %% [markdown]
# In the difference of two ways to decide, hindsight cancels out. Paired by dataset and seed; first interval with datasets drawn again. The bold
# trees show what following every leaf would cost or gain.

# %% tags=["hide-input"]
compared = [(what, held_out_rule.comparisons(each)) for what, each in shown]
table(
    pd.DataFrame(
        [
            {
                "choosing": what,
                "difference in AULC": f"{found.policy_words(row['policy'])} minus {found.policy_words(row['other'])}",
                "gain": interval_words(row),
                "chose differently": percent(row["departs"]),
            }
            for what, rows in compared
            for _, row in rows.iterrows()
        ],
        columns=["choosing", "difference in AULC", "gain", "chose differently"],
    )
)

# %% [markdown]
# ## Dataset by dataset
#
# What was chosen for each dataset by a rule that had not seen it, and its regret beside that of fixed choices; 95 % intervals over seeds.

# %% tags=["hide-input"]
classes = measured.groupby("dataset")["n_classes"].first()


def by_dataset(each: held_out_rule.Test) -> object:
    single = held_out_rule.regret_by_dataset(each).set_index(["dataset", "policy"])
    return table(
        pd.DataFrame(
            {
                "dataset": plain(d),
                "classes": classes[d],
                "the rule": found.chosen_words(each.held.chosen[RULE].xs(d, level="dataset")),
                "behind": found.behind_words(single.loc[(d, RULE)], fixed=True),
                "bold tree": found.chosen_words(each.held.chosen[BOLD].xs(d, level="dataset")),
                "behind ": found.behind_words(single.loc[(d, BOLD)], fixed=True),
                **{
                    f"always {plain(name)}": found.behind_words(single.loc[(d, name)], fixed=True)
                    for name in held_out_rule.OTHERS
                    if name in each.contexts.areas
                },
            }
            for d in each.contexts.datasets
        )
    )


by_dataset(test) if test is not None else Markdown("One dataset: none can be set aside.")

# %% [markdown]
# ## What would a rule need?
#
# The same test under other conditions, to see what there is to decide. Without the best fixed choice; among strategies that follow one idea,
# uncertainty alone or the embeddings alone, so that none has a rule of its own inside; and, where they are given, on embeddings
# of many qualities, where diagnostics differ more. These were looked at after the test above, so they explain and do not judge.

# %% tags=["hide-input"]
others = held_out_rule.variants(tables, measured) if enough else {}
rows = []
for name, each in others.items():
    for _, row in held_out_rule.comparisons(each).iterrows():
        if row["other"] == FIXED:
            rows.append(
                {
                    "condition": name,
                    "best fixed choice": names(dict.fromkeys(each.held.chosen[FIXED])),
                    "policy": found.policy_words(row["policy"]),
                    "minus best fixed choice": interval_words(row),
                    "chose differently": percent(row["departs"]),
                }
            )
table(pd.DataFrame(rows)) if rows else Markdown("There is too little here for a second test.")

# %% tags=["hide-input"]
text = []
for name, each in others.items():
    asked = found.asked_words(each)
    text.append(f"**{name}.** {found.tree_words(each).capitalize()}{asked}.")
if others and fixed == "tcm":
    text.append(
        "TCM takes typical texts while there are few labels per class, and uncertain ones afterwards: it is a rule of one question itself, the one "
        "about labels per class, with a threshold that nobody fitted here. A tree that asks it once more has little left to decide."
    )
Markdown("\n\n".join(text)) if text else None

# %% [markdown]
# ## Datasets that had no part in it
#
# Leave-one-dataset-out uses every dataset, so whoever designed the test had seen them all. Datasets held out were looked at only when the
# rule was finished.

# %% tags=["hide-input"]
if tables.held_out is None:
    display(Markdown("None are held out here (parameter `held_out`)."))
else:
    new = held_out_rule.held_out(learnt, tables.held_out, measured)
    display(by_dataset(new))
    rows = held_out_rule.comparisons(new)
    display(
        Markdown(
            "Over these datasets: "
            + "; ".join(
                f"{found.policy_words(row['policy'])} minus {found.policy_words(row['other'])} {interval_words(row)}"
                for _, row in rows.iterrows()
            )
            + "."
        )
    )

# %% [markdown]
# ## Advice for your own embeddings
#
# `alutils advise EMBEDDINGS.npy --classes N --budget B`, or from Python as here. The rule in the package was made from the archived study
# (profile `offline`), whatever the parameters of this page. It says what it rests on, and warns where a dataset is unlike those.

# %% tags=["hide-input"]
one = Grid(
    datasets=[example],
    embedders=[example_embedder],
    initial_size=initial_size,
    query_size=query_size,
    cycles=1,
    seeds=1,
    pool_size=pool_size,
    test_size=test_size,
)
(problem,) = open_problems(one.cells()).values()
vectors = np.load(problem.path, mmap_mode="r", allow_pickle=False)[: len(problem.pool_labels)]
advice = alutils.advise(
    vectors, n_classes=problem.n_classes, budget=min(example_budget, len(vectors))
)
Markdown(
    f"{plain(example)} with {plain(example_embedder)}, {len(vectors):,} rows, {min(example_budget, len(vectors)):,} labels:\n\n```text\n{advice}\n```"
)

# %% [markdown]
# ## Limits
#
# - Datasets are the unit: with few, an interval over them is wide, and a rule can only learn what several share.
# - Strategies were compared from a random initial pool and initial pools with one strategy after them. Both advices together were not
#   run here.
# - Differences between strategies are small beside those between embedders: if a better embedder can be had, that is the first thing to
#   change.
#
# ## Without contaminated pairs
#
# An embedder that was trained on a dataset may look better on it than it would on new texts.

# %% tags=["hide-input"]
if measured["contaminated"].any():
    clean = [without_contaminated(each, measured) for each in records]
    display(found.finding(*clean, measured=measured))
else:
    display(
        Markdown(
            f"None of the {len(measured)} pairs of dataset and embedder on this page is known to be contaminated, so there is nothing to leave out."
        )
    )

# %% [markdown]
# `alutils fit-rule offline` makes the rule of `alutils.advise` again from the archive. At least four datasets are needed for a tree.
