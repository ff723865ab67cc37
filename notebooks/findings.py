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
# You have thousands of texts, a budget for a few hundred labels, and an embedder that turns each text into a vector. A linear
# head on those vectors is your classifier. **Active learning** promises to choose the texts whose labels help most. Which strategy
# wins, and does that depend on how good the embeddings are? {cite:t}`rauch2025` asked. This book asks again, on texts and models
# that anyone can have, with an interval on every comparison.

# %% tags=["parameters"]
profile: str = "quick"  # the study whose findings are told

# %% tags=["remove-input"]
from pathlib import Path

import pandas as pd
from IPython.display import Markdown

from alutils import archive, claims, figures, quality, reproduction, statistics, yaml_text
from alutils.figures import count, names, plain
from alutils.findings import Number, query_strategies
from alutils.findings.judging import brief_words
from alutils.findings.larger_choice import larger_choice
from alutils.page_needs import needs_of_page, page_parameters
from alutils.study import run_study

root = Path()
known = {claim.id: claim for claim in claims.read_claims(root)}
found = claims.find_all(root, profile)
parameters = page_parameters(root, profile)
(grid,) = needs_of_page("query_strategies", parameters["query_strategies"]).grids
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
best, worst = order[-1], order[0]
records = run_study(grid)
areas = statistics.aulc(records)
archived = archive.in_force()
changed = reproduction.changed_code(archived) if archived else []
if changed:
    display(
        Markdown(
            "```{warning}\nThe code that computes numbers has changed since these results were archived "
            f"({', '.join(f'`{name}`' for name in changed)}), and nobody has verified yet that it still gives the same: "
            "`alutils verify` does.\n```"
        )
    )
if not archived:
    display(
        Markdown(
            f"*This is a small version of the book: profile {profile}, {len(grid.datasets)} datasets, {grid.seeds} seeds. "
            "`make book PROFILE=offline` builds the one of the whole study.*"
        )
    )

# %% tags=["remove-input"]
choice = larger_choice(areas, worst, best)
places = query_strategies.places(query_strategies.compared(records))
near = (places["place"] != "behind").groupby([places["dataset"], places["embedder"]]).sum()


def tile(effect: pd.Series, what: str) -> str:
    """A number to see at once, its interval, and what it is."""
    mean, _, interval = brief_words(effect).partition(" (")
    span = f" ({interval}" if interval else ""
    return f':::{{grid-item-card}}\n<span class="striking">{mean}</span>{span}\n\n{what}\n:::'


Markdown(
    "\n".join(
        [
            f"**{choice.headline}**\n",
            "::::{grid} 1 2 2 2\n:gutter: 3\n",
            tile(
                choice.of_embedder,
                f"of accuracy by **the embedder**: {plain(best)} instead of {plain(worst)}, labels drawn at random",
            ),
            tile(
                choice.of_strategy,
                f"by **the strategy**: {plain(choice.strategy)} instead of random labels",
            ),
            "::::\n",
            f"Accuracy is averaged along the budget ({{term}}`AULC`), over {len(grid.datasets)} datasets; brackets are 95 % intervals. "
            f"{plain(choice.strategy)} is the best of {len(grid.strategies) - 1} strategies on average, chosen on the same seeds: expect less "
            f"on others. On one dataset under one embedder, {near.median():.0f} of {len(grid.strategies)} strategies are the best or cannot be "
            f"told from it (median). {choice.caution}",
        ]
    )
)

# %% tags=["remove-input"]
means = areas.groupby(["dataset", "embedder", "strategy"])["aulc"].mean().reset_index()
means = statistics.arrange(means, dataset=grid.datasets, embedder=order, strategy=grid.strategies)


def apart(choice: str) -> float:
    """Points from the worst to the best choice, all else equal; the median."""
    others = sorted({"dataset", "embedder", "strategy"} - {choice})
    return 100 * float(means.groupby(others)["aulc"].agg(lambda v: v.max() - v.min()).median())


figures.landscape(
    means,
    "landscape",
    alt=f"""Dots for {len(grid.strategies)} strategies under {len(order)} embedders, a line for each of {len(grid.datasets)}
    datasets, over mean accuracy. From worst to best, strategies lie {apart("strategy"):.1f} points apart and embedders
    {apart("embedder"):.1f} (medians).""",
    caption=f"""All else equal, embedders lie **{apart("embedder"):.1f} points** apart from worst to best, strategies
    **{apart("strategy"):.1f} points** (medians). Every dot is a strategy, every colour an embedder, every upright bar labels drawn at
    random.""",
)

# %% [markdown]
# ## Where to go
#
# :::::{grid} 1 1 3 3
# :gutter: 3
#
# ::::{grid-item-card} Read
# :link: embedding_quality
# :link-type: doc
# Begin with the embeddings and follow the pages in order: the paper's claims, its reviewers' questions, why, and when.
# ::::
#
# ::::{grid-item-card} Run it again
# :link: ../book/reproduce
# :link-type: doc
# `make book` computes a small version on a laptop. One command runs a single page with parameters of your own.
# ::::
#
# ::::{grid-item-card} Extend it
# :link: ../book/extend
# :link-type: doc
# A dataset or an embedder is one YAML file, a strategy one short module. Every page takes it up.
# ::::
# :::::
#
# To look for yourself, [explore the results](explore.ipynb): choose what is compared, and see its curves. With texts of your own,
# follow [the story of a budget](story.ipynb), and make [a page on your file](your_data.ipynb) by one command.
#
# ## What was found
#
# A claim *holds* or *does not hold* by [a fixed rule](../book/method.md#how-a-verdict-is-reached): the interval of its effect has to clear a
# bar, and a claim of several parts, or with several chances, has to pass more than that. Where nobody can tell, its page says what it
# would take. A result that contradicts a claim is printed as plainly as one that supports it. The small print has the number that
# says most about the verdict.

# %% tags=["remove-input"]
# The number that says most, where the finding does not name it; the table of claims has every one.
TELLING = {
    "C3": "rise",
    "C4": "worst",
    "Q1": "aulc_",
    "Q2": "classes",
    "Q3": "accuracy_10",
    "Q4": "neighbour_purity",
    "Q5": "bold_minus_fixed",
    "Q6": "kmedoids_gain",
    "Q7": "mlp_here",
    "Q8": "label_noise_margin_typiclust",
    "Q9": "minilm+whiten(1)_queries",
    "Q11": "inflation",
    "Q12": "differing",
    "Q14": "typiclust_change",
    "Q15": "correlation",
    "B": "range_change",
    "L": "noise_change_margin",
    "H": "50_copies_accuracy_margin_random_lsa",
}


def limits_of(number: Number) -> str:
    """What an interval over seeds speaks of, or why there is none."""
    return {"datasets": "", "seeds": ", on these datasets alone"}.get(
        number.unit, number.unit and f" ({number.unit})"
    )


def told(name: str) -> str:
    claim, finding = known[name], found[name]
    start = finding.decides or TELLING.get(name, name)
    numbers = finding.numbers
    # What is not measured in a small study gives way to what the finding has first.
    key = next((key for key in numbers if key.startswith(start)), next(iter(numbers), None))
    number = numbers.get(key)
    said = (
        f"<br><small>{number.label[0].upper()}{number.label[1:]}: {number}{limits_of(number)}</small>"
        if number
        else ""
    )
    verdict = finding.verdict
    mark = f'<span class="verdict {verdict.replace(" ", "-")}">{verdict.capitalize()}</span>'
    return f"- {mark} [{claim.says}]({claim.page}.ipynb){said}"


tally = pd.Series([found[name].verdict for name in found]).value_counts()
marks = [
    f'<span class="verdict {verdict.replace(" ", "-")}">{verdict.capitalize()}</span> {tally.get(verdict, 0)}'
    for verdict in ("holds", "does not hold", "cannot tell")
]
lines = [f"Of {len(found)} claims: {' · '.join(marks)}.\n"]
for part in yaml_text.parse((root / "_toc.yml").read_text(encoding="utf-8"))["parts"]:
    pages = [Path(chapter["file"]).name for chapter in part["chapters"]]
    here = [name for page in pages for name in found if known[name].page == page]
    if here:
        lines += [f"### {part['caption']}\n", ":::{div} findings", *map(told, here), ":::\n"]
Markdown("\n".join(lines))

# %% [markdown]
# [Every claim, and how to check it](claims.ipynb) has all numbers that a verdict rests on.
#
# ## What the numbers rest on
#
# Intervals are 95 %. They say how far a mean would move on other datasets like these, unless a number is said to be of these
# datasets alone: that says nothing of others, and a claim about others cannot be told from it. Words have their meaning in [the glossary](../book/glossary.md), sources in
# [the bibliography](../book/bibliography.md).

# %% tags=["remove-input"]
pairs = measured[measured["contaminated"]]
Markdown(
    (
        f"Results come from an archive of {count(archived.run['runs'])} runs of {count(archived.run['cells'])} cells, gathered "
        f"at commit `{(archived.run['git'] or {}).get('commit', 'unknown')[:8]}`; every number and figure is worked out from it "
        "anew. "
        if archived
        else "Results were computed where this book was made. "
    )
    + "An embedder that was trained on a dataset knows more than it should. "
    + (
        f"Known here: {names(f'{plain(r.embedder)} on {plain(r.dataset)}' for r in pairs.itertuples())}; pages show "
        "results with and without such pairs."
        if len(pairs)
        else f"None of the {len(measured)} pairs of embedder and dataset in this study is known to be such a pair."
    )
)
