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
# # Which texts should you label next?
#
# You have thousands of texts, a budget for a few hundred labels, and an embedder that turns each text into a vector. A
# linear head on those vectors is your classifier. **Active learning** promises to choose the texts whose labels help
# most. There are dozens of strategies for choosing. Which one wins, and does the answer depend on how good the
# embeddings are?
#
# Rauch et al. asked this in *No Free Lunch in Active Learning: LLM Embedding Quality Dictates Query Strategy Success*
# ([arXiv 2506.01992](https://arxiv.org/abs/2506.01992)). This book asks again, on texts and models that anyone can have,
# with code that anyone can run, and with an interval on every comparison.

# %% tags=["parameters"]
profile: str = "quick"  # the study whose findings are told

# %% tags=["hide-input"]
from pathlib import Path

from IPython.display import Markdown

from alutils import archive, claims, figures, quality, reproduction, statistics
from alutils.figures import count, names, plain
from alutils.findings import judging
from alutils.page_needs import needs_of_page, page_parameters
from alutils.study import run_study

root = Path()
known = {c.id: c for c in claims.read_claims(root)}
found = claims.find_all(root, profile)
parameters = page_parameters(root, profile)
(grid,) = needs_of_page("query_strategies", parameters["query_strategies"]).grids
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
best, worst = order[-1], order[0]
areas = statistics.aulc(run_study(grid))
archived = archive.in_force()
changed = reproduction.changed_code(archived) if archived else []
state = []
if archived:
    made = archived.run
    state.append(
        f"The results on these pages come from an archive of {count(made['runs'])} runs of {count(made['cells'])} cells, "
        f"gathered at commit `{(made['git'] or {}).get('commit', 'unknown')[:8]}`; every number and figure is "
        "worked out from it anew."
    )
if changed:
    state.append(
        "```{warning}\nThe code that computes numbers has changed since these results were archived "
        f"({', '.join(f'`{name}`' for name in changed)}), and nobody has verified yet that it still gives the same: "
        "`alutils verify` does.\n```"
    )
if not archived:
    state.append(
        f"This book was made from the profile *{profile}*: its verdicts rest on {len(grid.datasets)} datasets and "
        f"{grid.seeds} seeds, computed where it was made. The study, with more of both, is archived: `make book "
        "PROFILE=offline` builds the book from it."
    )
Markdown("\n\n".join(state))

# %% [markdown]
# ## What was found

# %% tags=["hide-input"]
means = areas.groupby(["dataset", "embedder", "strategy"])["aulc"].mean().reset_index()
means = statistics.arrange(means, dataset=grid.datasets, embedder=order, strategy=grid.strategies)
gain = statistics.paired_differences(areas, "aulc", "strategy", "random")
per_strategy = judging.both_intervals(gain, ["strategy"]).set_index("strategy")
top = per_strategy["mean"].idxmax()
of_strategy = per_strategy.loc[top]
if best != worst:
    ahead = statistics.paired_differences(
        areas[areas["strategy"] == "random"], "aulc", "embedder", worst
    )
    of_embedder = judging.both_intervals(ahead[ahead["embedder"] == best]).iloc[0]
    lead = (
        f"With labels drawn at random, {plain(best)} instead of {plain(worst)} brings "
        f"{judging.interval_words(of_embedder)}. {plain(top)}, the best strategy on average, instead of Random brings "
        f"{judging.interval_words(of_strategy)} (chosen on the same seeds, so expect less on others)."
    )
else:
    lead = f"{plain(top)}, the best strategy on average, brings {judging.interval_words(of_strategy)} over Random."


def told(name: str, *keys: str) -> str:
    claim, finding = known[name], found[name]
    # A key that begins with a line stands for that number of every initial pool.
    chosen = [
        k
        for key in keys
        for k in finding.numbers
        if k == key or (key.startswith("_") and k.endswith(key))
    ]
    said = "; ".join(
        f"{finding.numbers[k].label}: {finding.numbers[k]}" for k in dict.fromkeys(chosen)
    )
    numbers = f" {said[0].upper()}{said[1:]}." if said else ""
    return f"**{claim.says}** *{finding.verdict.capitalize()}.*{numbers} [More]({claim.page}.ipynb)"


takeaways = [f"**What matters more, the embedder or the strategy?** {lead}"]
takeaways += [
    told(name, *keys)
    for name, keys in {
        "C2": ["difference", "quality"],
        "C1": ["_gain", "_change"],
        "C3": ["rise", "rise_share"],
        "C4": ["mean", "worst"],
    }.items()
    if name in found
]
Markdown("\n".join(f"{i}. {text}" for i, text in enumerate(takeaways, start=1)))

# %% tags=["hide-input"]
spans = means.groupby(["dataset", "embedder"])["aulc"].agg(lambda v: v.max() - v.min())
figures.landscape(
    means,
    "landscape",
    alt=f"""Dots for {len(grid.strategies)} strategies under {len(order)} embedders, a line for each of {len(grid.datasets)}
    datasets, over mean accuracy. Dots of one embedder lie within {100 * spans.median():.1f} points of each other (median).""",
    caption=f"""Every dot is a strategy, every colour an embedder, every black bar labels drawn at random. Strategies of one
    embedder on one dataset lie {100 * spans.median():.1f} points apart (median from worst to best).""",
)

# %% [markdown]
# ## Why, and when
#
# These pages turn one thing at a time (the quality of one embedding, the first texts, the head, the labels, the pool), so that what follows
# can be called an effect.

# %% tags=["hide-input"]
causes = [
    told(name, *keys)
    for name, keys in {
        "L": ["noise_change_margin", "layers_change_margin"],
        "Q4": ["isotropy", "neighbour_purity"],
        "Q2": ["gain", "classes"],
        "Q3": ["accuracy_10", "accuracy_500"],
        "Q9": ["minilm+whiten(1)_queries"],
        "Q7": ["mlp_base", "mlp_here"],
        "Q8": ["label_noise_margin_typiclust"],
        "H": [
            "50_copies_accuracy_margin_random_lsa",
            "50_copies_accuracy_badge_margin_minilm",
        ],
        "Q5": ["bold_minus_fixed"],
    }.items()
    if name in found
]
Markdown("\n".join(f"- {text}" for text in causes))

# %% [markdown]
# Intervals are 95 %. They say how far a mean would move on other datasets like these (for the last finding: on these datasets, with
# other random draws). A claim *holds* or *does not* by [one rule](../book/method.md), and where nobody can tell, the page
# says what it would take.
#
# ## All claims and questions

# %% tags=["hide-input"]
Markdown(
    "\n".join(
        [
            "| name | claim or question | verdict | page |",
            "|---|---|---|---|",
            *(
                f"| {name} | {known[name].says} | {finding.verdict} | [{finding.question}]({known[name].page}.ipynb) |"
                for name, finding in found.items()
            ),
        ]
    )
)

# %% [markdown]
# C: a claim of the paper's abstract, in our words. Q: a question of its public reviews. [The table of claims](claims.ipynb)
# has every number that a verdict rests on. A result that contradicts a claim is printed as plainly as one that supports it.

# %% tags=["hide-input"]
pairs = measured[measured["contaminated"]]
Markdown(
    "**Contamination.** An embedder that was trained on a dataset knows more than it should. "
    + (
        f"Known here: {names(f'{plain(r.embedder)} on {plain(r.dataset)}' for r in pairs.itertuples())}; each page shows "
        "results with and without such pairs."
        if len(pairs)
        else f"None of the {len(measured)} pairs of embedder and dataset in this study is known to be such a pair."
    )
)

# %% [markdown]
# ## Three ways to use this book
#
# - **Read.** Start with [the embeddings](embedding_quality.ipynb), then follow the pages in order. What the words
#   mean and what is assumed stands in [the method](../book/method.md).
# - **Run it again.** `make book` computes a small version of every page on a laptop; one command runs a single page with
#   other parameters. See [how to reproduce](../book/reproduce.md).
# - **Extend it.** A dataset or an embedder is one YAML file, a strategy is one short module and three lines elsewhere. See
#   [how to extend](../book/extend.md).
#
# [What does each strategy choose?](strategies.ipynb) shows all of them at work, one by one, with what they cost and when they
# fail. [How fast is it?](speed.ipynb) puts every strategy, the head and a whole run beside other packages. [What did it
# cost?](cost.ipynb) counts the seconds and the memory of this study.
