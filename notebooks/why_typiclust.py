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
# # Why would TypiClust help as an initial pool?
#
# TypiClust clusters the pool and takes the most typical text of every cluster. A reviewer of the paper asked why this should help
# as an initial pool, and what it changes: coverage, class balance, label noise, typicality (Q2). An initial pool can help in two
# ways: by the classes that its texts come from, and by which texts of these classes they are. Here the two are told apart. Random
# texts are drawn that have exactly the classes of TypiClust's pool, so many of each; what they gain over Random is gained *through
# the classes*, and what TypiClust's own texts gain over them, through *which texts* it takes. [The page on initial pools](initial_pool)
# asks whether there is a gain at all, and whether it lasts; this page looks at the first head alone.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["lsa", "minilm"]  # embedders to compare
initial_pools: list[str] = [
    "random",
    "typiclust",
    "coreset",
    "kmeans",
    "prob_cover",
]  # ways to choose the first points; Random and TypiClust are always there
initial_size: list[int] = [20, 100]  # labels in the initial pool, one or several sizes
seeds: int = 5  # replicates of every initial pool
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils.evidence import evidence
from alutils.figures import names, plain, points, table
from alutils.findings import judging
from alutils.findings import why_typiclust as found
from alutils.findings.contaminated import without_contaminated
from alutils.findings.judging import both_intervals, interval_words
from alutils.findings.words import several

given = {
    "datasets": datasets,
    "embedders": embedders,
    "initial_pools": initial_pools,
    "initial_size": initial_size,
    "seeds": seeds,
    "pool_size": pool_size,
    "test_size": test_size,
}
grid = found.grid_of(given)
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
best = order[-1]
pools = evidence(found.KIND, grid)
found.finding(pools, measured)

# %% tags=["hide-input"]
methods = [pool for pool in grid.initial_pools if pool != "random"]
ways = sorted(set(initial_size))
labels = names(map(str, ways))
here = pools[pools["embedder"] == best]
runs = found.decomposed(here)
own = runs[runs["initial_pool"] == found.METHOD]
Markdown(
    f"**How to read this.** Everything is about the first head, with {labels} labels; unless said otherwise under {plain(best)}, the "
    "embedder of highest mean probe accuracy here, and paired by seed. The part through the classes and the part through which texts add up to the gain. "
    "The claim holds when there is a gain, a part through the classes, and the second is the larger part of the first; each asks "
    "for an interval over datasets above zero. It does not hold when one of these intervals stays below half a point."
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
# ## What an initial pool changes
#
# Each dot is the mean over datasets of what an initial pool has, minus what Random has. *Typicality* is the rank of a text within
# the pool by the inverse mean distance to its 20 nearest texts (50 % for a blind choice). Distances are in percent of the root mean
# square length of the pool's vectors. *Evenness* is the entropy of the class shares over its maximum.

# %% tags=["hide-input"]
again = judging.resampled_unit(len(datasets))
change = found.changes(here, list(found.PROPERTIES))
by = ["property", "initial_pool", "initial_size"]
changed = both_intervals(change, by)
changed = statistics.arrange(
    changed, property=list(found.PROPERTIES), initial_pool=methods, initial_size=ways
)
at = changed.set_index(by).sort_index()
last = ways[-1]
marks = dict(zip(ways, ["o", "D", "s", "^", "v", "P"] * len(ways), strict=False))
shades = figures.embedder_colours(list(map(str, ways)))


def of_typiclust(name: str, size: int = last) -> str:
    return judging.brief_words(at.loc[(name, found.METHOD, size)])


def clear(sure: bool) -> str:
    sides = judging.to_draw(changed, seeds=True).set_index(by)
    mine = {name: sides.loc[(name, found.METHOD, last)] for name in found.PROPERTIES}
    said = [
        f"{found.PROPERTIES[name].rpartition(',')[0]} {of_typiclust(name)}"
        for name, row in mine.items()
        if (row["low"] > 0 or row["high"] < 0) == sure
    ]
    return ", ".join(said) or "none of these"


figures.paired_dots(
    judging.to_draw(changed, seeds=True).assign(
        panel=changed["property"].map(found.PROPERTIES),
        row=changed["initial_pool"],
        series=[f"{size} labels" for size in changed["initial_size"]],
    ),
    {f"{size} labels": (shades[str(size)], marks[size]) for size in ways},
    "why-typiclust-changes",
    xlabel="initial pool minus Random",
    alt=f"""Dots with intervals, a panel for each of {len(found.PROPERTIES)} properties, a row for each of {names(methods)}. TypiClust
    minus Random with {last} labels: {"; ".join(f"{words} {of_typiclust(name)}" for name, words in found.PROPERTIES.items())}.""",
    caption=f"""With {last} labels, TypiClust's pool differs from Random's for sure in {clear(True)}; not in {clear(False)}.
    Intervals: {again} drawn again; each panel has its own scale.""",
)

# %% tags=["hide-input"]
every = {
    **{name: words.rpartition(",")[0] for name, words in found.PROPERTIES.items()},
    "class_distance": "distance of the class shares from the pool's (total variation)",
    "radius": "largest distance of a pool text to the nearest pick",
}
own_change = found.changes(here[here["initial_pool"].isin(["random", found.METHOD])], list(every))
own_change = both_intervals(own_change, ["property", "initial_size"]).set_index(
    ["property", "initial_size"]
)
chosen = here[here["variant"] == "chosen"]
level = chosen.groupby(["initial_pool", "initial_size", "dataset"])[list(every)].mean()
level = level.groupby(["initial_pool", "initial_size"]).mean()
table(
    pd.DataFrame(
        {
            "property": words,
            **{
                column: text
                for size in ways
                for column, text in (
                    (f"Random, {size}", f"{100 * level.loc[('random', size), name]:.1f}"),
                    (
                        f"TypiClust minus Random, {size}",
                        interval_words(own_change.loc[(name, size)]),
                    ),
                )
            },
        }
        for name, words in every.items()
    )
)

# %% [markdown]
# ## What the gain is made of
#
# Of every initial pool: its gain over Random, and the two parts that add up to it. Random itself is the control in the table: random
# texts with its own classes are just other random texts, so that both its parts must be noise around zero.

# %% tags=["hide-input"]
part_series = {
    found.PARTS["gain"]: ("#222222", "o"),
    found.PARTS["classes"]: ("#8c8c8c", "s"),  # no hue: those belong to strategies
    found.PARTS["texts"]: ("#3b528b", "D"),
}
parts = found.effects(runs, ["initial_size", "initial_pool"])
part_at = parts.set_index(["initial_size", "initial_pool", "part"]).sort_index()
drawn = statistics.arrange(
    parts[parts["initial_pool"] != "random"], initial_size=ways, initial_pool=methods
)


def part_words(size: int, pool: str) -> str:
    return ", ".join(
        f"{words} {judging.brief_words(part_at.loc[(size, pool, part)])}"
        for part, words in found.PARTS.items()
    )


def larger_part(size: int) -> str:
    rows = own[own["initial_size"] == size]
    effect = both_intervals(rows.assign(difference=rows["classes"] - rows["texts"])).iloc[0]
    return f"{interval_words(effect)} with {size} labels"


figures.paired_dots(
    judging.to_draw(drawn, seeds=True).assign(
        panel=[f"{size} labels" for size in drawn["initial_size"]],
        row=drawn["initial_pool"],
        series=drawn["part"].map(found.PARTS),
    ),
    part_series,
    "why-typiclust-parts",
    xlabel="accuracy of the first head, points",
    same_scale=True,
    alt=f"""Dots with intervals, a panel for each of {labels} labels, in each row an initial pool: gain over Random, the part through
    the classes and the part through which texts. TypiClust: {"; ".join(f"{size} labels, {part_words(size, found.METHOD)}" for size in ways)}.""",
    caption=f"""Of TypiClust's gain, the part through the classes minus the part through which texts is {"; ".join(map(larger_part, ways))}.
    Intervals in the picture: {again} drawn again.""",
)

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "labels": str(size),
            "initial pool": "Random (control)" if pool == "random" else plain(pool),
            **{
                words: interval_words(part_at.loc[(size, pool, part)])
                if pool != "random" or part != "gain"
                else ""
                for part, words in found.PARTS.items()
            },
            "share": ""
            if pool == "random"
            else found.share_words(
                statistics.share_of_effect(
                    runs[(runs["initial_pool"] == pool) & (runs["initial_size"] == size)],
                    "classes",
                    "gain",
                )
            ),
        }
        for size in ways
        for pool in [*methods, "random"]
    )
)

# %% [markdown]
# A share above 100 % or below zero says that the two parts have opposite signs; a gain that is not clearly different from
# zero has no share: where that is so only with datasets drawn again, the share is one of these datasets alone.
#
# ## Many classes and few
#
# A random pool misses classes only where there are many, or rare ones. Datasets stand in order of their number of classes.

# %% tags=["hide-input"]
n_classes = measured.groupby("dataset")["n_classes"].first()
by_classes = [str(name) for name in n_classes.sort_values(kind="stable").index]
single = own.melt(["dataset", "initial_size", "seed"], list(found.PARTS), "part", "difference")
single = statistics.intervals(single, "difference", ["initial_size", "dataset", "part"])
single = statistics.arrange(single, initial_size=ways, dataset=by_classes)
groups = {
    "two classes": [d for d in by_classes if n_classes[d] == 2],
    "three to ten classes": [d for d in by_classes if 2 < n_classes[d] <= 10],
    "more than ten classes": [d for d in by_classes if n_classes[d] > 10],
}
group_lines = []
for title, members in groups.items():
    if members:
        some = found.effects(own[own["dataset"].isin(members)], ["initial_size"])
        some = some.set_index(["initial_size", "part"])
        group_lines += [
            {
                "datasets": f"{title} ({len(members)})",
                "labels": str(size),
                **{
                    words: interval_words(some.loc[(size, part)])
                    for part, words in found.PARTS.items()
                },
            }
            for size in ways
        ]
top = single[(single["part"] == "classes") & (single["initial_size"] == last)].set_index("dataset")
most, least = top["mean"].idxmax(), top["mean"].idxmin()
figures.paired_dots(
    single.assign(
        panel=[f"{size} labels" for size in single["initial_size"]],
        row=[f"{plain(d)} ({n_classes[d]})" for d in single["dataset"]],
        series=single["part"].map(found.PARTS),
    ),
    part_series,
    "why-typiclust-datasets",
    xlabel="TypiClust, accuracy of the first head, points",
    alt=f"""Dots with intervals over seeds, a panel for each of {labels} labels, a row for each of {several(len(datasets), "dataset")} in
    order of their number of classes: TypiClust's gain over Random and its two parts. With {last} labels, the part through the classes is
    largest on {plain(most)} ({points(*top.loc[most, ["mean", "low", "high"]])}) and smallest on {plain(least)}
    ({points(*top.loc[least, ["mean", "low", "high"]])}).""",
    caption=f"""With {last} labels, the part through the classes is largest on {plain(most)}
    ({points(*top.loc[most, ["mean", "low", "high"]])}) and smallest on {plain(least)}
    ({points(*top.loc[least, ["mean", "low", "high"]])}). Number of classes in brackets; intervals: seeds drawn again.""",
)

# %% tags=["hide-input"]
table(pd.DataFrame(group_lines))

# %% [markdown]
# ## Embedder by embedder
#
# The same parts of TypiClust's gain under every embedder, the worst first; sizes of the initial pool averaged.

# %% tags=["hide-input"]
all_runs = found.decomposed(pools)
all_runs = all_runs[all_runs["initial_pool"] == found.METHOD]
by_embedder = found.effects(all_runs, ["embedder"])
by_embedder = by_embedder.set_index(["embedder", "part"])
table(
    pd.DataFrame(
        {
            "embedder": plain(name),
            **{
                words: interval_words(by_embedder.loc[(name, part)])
                for part, words in found.PARTS.items()
            },
        }
        for name in order
    )
)

# %% [markdown]
# ## What balance alone would give
#
# Random texts with class counts as equal as the pool allows: what a method would gain that did nothing but balance the classes.
# Nobody can draw them without knowing the labels.

# %% tags=["hide-input"]
metrics = {"accuracy": "accuracy", "balanced_accuracy": "balanced accuracy"}
lines = []
for metric, words in metrics.items():
    even = both_intervals(found.balanced_gain(here, metric), ["initial_size"])
    even = even.set_index("initial_size")
    through = found.decomposed(here, metric)
    through = found.effects(through[through["initial_pool"] == found.METHOD], ["initial_size"])
    through = through.set_index(["initial_size", "part"])
    lines += [
        {
            "measure": words,
            "labels": str(size),
            "balanced minus Random": interval_words(even.loc[size]),
            **{
                f"TypiClust, {part_name}": interval_words(through.loc[(size, part)])
                for part, part_name in found.PARTS.items()
            },
        }
        for size in ways
    ]
table(pd.DataFrame(lines))

# %% [markdown]
# ## The labels of what was picked
#
# Are typical texts labelled more reliably? Nobody knows the wrong labels of these datasets. An estimate is the share of picks whose
# label has fewer votes among the ten nearest texts of the pool than another label. It counts texts between two classes as well,
# whose label is right and hard to learn from, and depends on the embedding.

# %% tags=["hide-input"]
doubt = found.changes(here[here["initial_pool"].isin(["random", found.METHOD])], ["disagreement"])
doubt = statistics.intervals(doubt, "difference", ["dataset", "initial_size"]).set_index(
    ["dataset", "initial_size"]
)
share = chosen.groupby(["dataset", "initial_pool"])["disagreement"].mean()
table(
    pd.DataFrame(
        {
            "dataset": plain(d),
            "classes": str(n_classes[d]),
            "Random": figures.percent(share[d, "random"]),
            **{
                f"TypiClust minus Random, {size} labels": points(
                    *doubt.loc[(d, size), ["mean", "low", "high"]]
                )
                for size in ways
            },
        }
        for d in by_classes
    )
)

# %% tags=["hide-input"]
true = own_change.loc[("disagreement", last)]
typical = own_change.loc[("typicality", last)]
text = [
    f"Averaged over datasets, with {last} labels, the share of picks that neighbours disagree with is Random's "
    f"{interval_words(true)}, and the typicality rank Random's {interval_words(typical)}. Both are properties of the texts and not of the "
    "class counts, so what they give belongs to the part through which texts; this page does not tell one from the other."
]
if (wrong := chosen["wrong"].notna()).any():
    steps = chosen[wrong].groupby("initial_pool")["wrong"].mean()
    text.append(
        "On datasets with labels made wrong by a step, the share of wrong labels among the picks is "
        + "; ".join(f"{figures.percent(steps[p])} for {plain(p)}" for p in grid.initial_pools)
        + "."
    )
Markdown(" ".join(text))

# %% [markdown]
# ## Without contaminated pairs
#
# An embedder that was trained on a dataset may look better on it than it would on new texts.

# %% tags=["hide-input"]
if measured["contaminated"].any():
    marked = measured[measured["contaminated"].astype(bool)]
    pairs = ", ".join(f"{plain(r.embedder)} on {plain(r.dataset)}" for r in marked.itertuples())
    rest = without_contaminated(pools, measured)
    kept = measured[~measured["contaminated"].astype(bool)]
    display(
        Markdown(
            f"Left out: {pairs}. With all pairs the verdict is the one at the top of this page."
        ),
        found.finding(rest, kept) if len(rest) else Markdown("Nothing is left without them."),
    )
else:
    display(
        Markdown(
            f"None of the {len(measured)} pairs of dataset and embedder on this page is known to be contaminated, so there is nothing to leave out."
        )
    )

# %% [markdown]
# ## Limits
#
# The two parts say what the first head gains, not what is left of it later. Texts with the same class counts can still differ within
# their classes in more than typicality (in length, in subtopics), and all of that is in the part through which texts. The part through the
# classes takes in how many classes are seen and how even they are; the picture at the top shows the two.
