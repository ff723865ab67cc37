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
# # Does quality itself decide? Turning it like a knob
#
# The paper compares different models and concludes that the quality of their embeddings decides which strategy wins (C2, C3). But
# models differ in more than their quality. Here there is one model on the same texts, and its embeddings are made worse step by step,
# each *ladder* in its own way: earlier layers, noise, fewer dimensions, fewer bits. What changes along a ladder has no other cause
# than its steps. Two things can then be asked that several models cannot answer (Q1, Q4). Does the best strategy change when quality
# does? And do ladders agree where their embeddings are equally good, or is quality more than one number?

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = [
    "minilm",
    "minilm+noise(1)",
    "minilm+noise(4)",
    "minilm+pca(16)",
]  # one backbone and its rungs: its layers, or steps as in minilm+noise(1)
initial_pools: list[str] = [
    "random"
]  # ways to choose the first points; results are averaged over them
strategies: list[str] = ["random", "margin", "badge", "typiclust"]  # query strategies to compare
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import names, percent, plain, points, signed, table
from alutils.findings import crossings, equal_quality, judging, rungs
from alutils.findings import quality_ladders as found_here
from alutils.findings import quality_ladders_words as ladder_words
from alutils.findings.all_strategies import ALL, strategies_of
from alutils.findings.contaminated import without_contaminated
from alutils.findings.ladders import dose_words, ladders_of
from alutils.findings.words import several
from alutils.study import Grid, run_study

ladders = ladders_of(embedders)
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
if set(grid.strategies) == {"random"}:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
measured = quality.measure_quality(grid)
records = run_study(grid)
found_here.finding(records, measured)

# %% tags=["hide-input"]
top = ladders[0].top
gain = rungs.gains(records, ladders)
others = strategies_of(gain)
doses = rungs.doses(gain, measured)
counted = rungs.turned(doses)
words = ladder_words.WORDS
bottoms = "; ".join(
    f"{words[ladder.name]} {', '.join(map(dose_words, ladder.bottom))}" for ladder in ladders
)
not_counted = [ladder.name for ladder in ladders if ladder.name not in counted]
sentences = [
    f"**How to read this.** {plain(top)} as it is stands on the top rung of every ladder; the bottom is the mean of the lower half of "
    f"the other rungs ({bottoms}). The gain is AULC minus Random's, paired by seed; Random itself is one of the strategies that may "
    "be best. The best strategy of each end is chosen on the other datasets, since whoever is best on the data at hand is so partly by luck. "
    "It *changes* along a ladder where each end's choice beats the other's at its own end. It *does not* where one strategy, the keeper, "
    "is behind nobody by half a point at either end, whole intervals.",
    f"Judged are the ladders with a rung at least {100 * rungs.LEAST_FALL:.0f} points of probe accuracy below the top"
    + (
        f"; {ladder_words.ladder_names(not_counted)} does less and is shown only."
        if len(not_counted) == 1
        else f"; {ladder_words.ladder_names(not_counted)} do less and are shown only."
        if not_counted
        else "."
    ),
]
if {"movie_sentiment", "sst2"} <= set(datasets):
    sentences.append(
        f"{plain('movie_sentiment').capitalize()} and {plain('sst2')} come from the same source of reviews, so that "
        f"{len(datasets)} datasets are a little fewer than they seem."
    )
if seeds == 1:
    sentences.append("**One seed gives no interval: on this page nothing can be told apart.**")
Markdown(" ".join(sentences))

# %% [markdown]
# ## Gains along each ladder
#
# If quality decided which strategy is best, lines would cross. If it decided only how much there is to gain, they would come
# together. Beside each ladder's name stands how many points of probe accuracy it takes in the end: every panel has its own scale.

# %% tags=["hide-input"]
several_datasets = len(datasets) > 1


# An interval over two datasets is wider than any picture.
no_bands = {"low": np.nan, "high": np.nan} if len(datasets) == judging.TOO_FEW else {}
bands = (
    "without bands, which two datasets would make wider than the picture"
    if no_bands
    else f"95 % bands ({'datasets' if several_datasets else 'seeds'} drawn again)"
)
response = rungs.responses(gain, measured).assign(**no_bands)
change = judging.both_intervals(rungs.changes(gain, ladders), ["ladder", "strategy"])
change = change.set_index(["ladder", "strategy"])
shown = counted or [ladder.name for ladder in ladders]


each = "; ".join(
    f"{words[name]}, "
    + ", ".join(f"{plain(s)} {judging.brief_words(change.loc[(name, s)])}" for s in others)
    for name in shown
)
said = ladder_words.change_sentence(change.loc[shown].loc[lambda t: t.index.isin(others, level=1)])
figures.dose_response(
    response,
    {name: words[name] for name in dict.fromkeys(response["ladder"])},
    "quality-ladders",
    xlabel=f"probe accuracy minus that of {plain(top)} as it is, points",
    alt=f"""Small multiples, a panel for each of {several(len(ladders), "ladder")}: gain over Random against probe accuracy, a line for each of
    {names(others)}. {said} Gain at the top minus gain at the bottom: {each}.""",
    caption=f"""{said} Means over {several(len(datasets), "dataset")}, {bands}; {plain(top)} as it is stands at the right end of every panel.""",
)

# %% [markdown]
# ## The dose
#
# What each rung does to the embeddings: the accuracy of a linear probe that sees all labels of the pool, that of ten nearest
# neighbours, the directions that are really used (effective rank), and what Random reaches with the few labels of a run. Random's
# column is no matter of strategy: it shows what the embedding itself gives to a head with few labels.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "ladder": words[row["ladder"]],
            "dose": dose_words(row["embedder"]),
            "probe accuracy": percent(row["quality"]),
            "below the top": ""
            if row["place"] == 0
            else judging.brief_words(row.rename({"fall": "mean"})),
            "above the largest class": points(row["constant"]),
            "neighbours": percent(row["neighbours"]),
            "effective rank": f"{row['rank']:.0f}",
            "AULC of Random": percent(row["random"]),
        }
        for _, row in doses.iterrows()
        if row["place"] > 0 or row["ladder"] == ladders[0].name
    )
)

# %% [markdown]
# ## Is another strategy best at the bottom?
#
# Each row is one ladder. *Choice* is the strategy with the highest mean gain on the other datasets, with the share of times it is chosen; the two
# differences are measured on the dataset that was left out. Both above zero would be a change of the best. The same with choices
# made on the other seeds of the same dataset, so that every dataset may have a best of its own, is below. *Keeper* is the
# strategy least behind at both ends.

# %% tags=["hide-input"]
ends = rungs.at_ends(gain, ladders)
lines = []
for leave, title in (("dataset", "other datasets"), ("seed", "other seeds")):
    crossed = crossings.crossed(crossings.crossings(ends, leave))
    if leave == "dataset":
        verdicts = found_here.judged(ends, crossed, counted)
    if crossed.empty:
        continue
    crossed = crossed.set_index(["ladder", "end"])
    for ladder in ladders:
        rows = {end: crossed.loc[(ladder.name, end)] for end in ("top", "bottom")}
        same = ladder_words.same_choice(rows.values())
        lines.append(
            {
                "chosen on": title,
                "ladder": words[ladder.name],
                **{
                    f"choice at the {end}": f"{plain(row['choice'])} ({100 * row['share']:.0f} %)"
                    for end, row in rows.items()
                },
                "at the top, minus the bottom's choice": same
                or judging.interval_words(rows["top"]),
                "at the bottom, minus the top's choice": same
                or judging.interval_words(rows["bottom"]),
            }
        )
kept = [
    {
        "ladder": words[str(name)],
        "keeper": plain(row["keeper"]),
        "closest to beating it": f"{plain(row['rival'])}, at the {row['end']}",
        "that minus the keeper": ", ".join(
            filter(None, (points(row["behind"]), ladder_words.most_words(row)))
        ),
        "the best changes": row["verdict"],
    }
    for name, row in verdicts.iterrows()
]
display(
    table(pd.DataFrame(lines))
    if lines
    else Markdown("One dataset and one seed: there is nothing else to choose on."),
    table(pd.DataFrame(kept)) if kept else Markdown("No ladder here turns quality."),
)

# %% [markdown]
# And the whole order of strategies, by Kendall's tau. An order made from few seeds does not even agree with itself; so tau between top
# and bottom is compared with what it would be if both had the same order. The shortfall is what the ladder moved; where strategies are
# tied, an order is mostly luck and there is little to fall short of.

# %% tags=["hide-input"]
order = crossings.orders(ends)


def number(value: float) -> str:
    return "not defined" if pd.isna(value) else signed([value, float("nan"), float("nan")], 2)


table(
    pd.DataFrame(
        {
            "ladder": words[row["ladder"]],
            "top with itself": number(row["own_top"]),
            "bottom with itself": number(row["own_bottom"]),
            "top with bottom": number(row["tau"]),
            "expected of one order": number(row["expected"]),
            "shortfall (95 %)": number(row["shortfall"])
            if pd.isna(row["shortfall"]) or len(datasets) == judging.TOO_FEW
            else signed([row["shortfall"], row["low"], row["high"]], 2),
        }
        for _, row in order.iterrows()
    )
)

# %% [markdown]
# Rung by rung: who has the highest mean gain, and who cannot be told from it, or is behind by less than half a point. These are
# chosen on the data shown, so each lead is flattered; what counts is how long the last column is.

# %% tags=["hide-input"]
best = crossings.best_by_rung(gain)
top_rows = best["embedder"] == top
best = best[~top_rows | (best["ladder"] == ladders[0].name)]
table(
    pd.DataFrame(
        {
            "ladder": words[row["ladder"]],
            "dose": dose_words(row["embedder"]),
            "highest mean": plain(row["best"]),
            "gain over Random": judging.brief_words(row) if row["best"] != "random" else "",
            "not told from it": names(row["company"]),
        }
        for _, row in best.iterrows()
    )
)

# %% [markdown]
# ## How much does the gain change?
#
# Two measures for each ladder and strategy: the gain at the top minus the gain at the bottom, and the rise of a straight line over
# the {term}`probe accuracy` of all rungs, from the worst of a dataset to the best. Intervals: datasets drawn again, then seeds alone (of two datasets, seeds
# alone). None is corrected for their number.

# %% tags=["hide-input"]
line = judging.both_intervals(rungs.rises(gain, measured), ["ladder", "strategy"])
line = line.set_index(["ladder", "strategy"])
table(
    pd.DataFrame(
        {
            "ladder": words[ladder.name],
            "strategy": plain(s),
            "top minus bottom": judging.interval_words(change.loc[(ladder.name, s)]),
            "rise along the line": judging.interval_words(line.loc[(ladder.name, s)])
            if (ladder.name, s) in line.index
            else "no line",
        }
        for ladder in ladders
        for s in [*others, *([ALL] if len(others) > 1 else [])]
    )
)

# %% [markdown]
# ## Do ladders agree at equal quality?
#
# Along each ladder results are read between rungs at the same levels of probe accuracy, every two points below the top of the same
# dataset, only as deep as both ladders of a comparison go. If quality were one number, lines of one panel would lie on
# each other. All lines of the picture are means of the same datasets, those on which every ladder goes deep, and a line ends where one
# of these does not go on. The differences in words are means over all datasets and levels that both ladders reach.

# %% tags=["hide-input"]
levels = equal_quality.at_levels(gain, measured)
levels = levels[levels["ladder"].isin(shown)]
apart = equal_quality.apart(levels)
said = ladder_words.agreement_sentence(apart, shown)
alike = equal_quality.on_same_datasets(levels[levels["strategy"] != ALL])
drawn = equal_quality.level_means(alike) if len(alike) else alike
drawn = drawn.assign(x=-drawn["fall"], **no_bands)
figures.at_equal_quality(
    drawn,
    {name: words[name] for name in shown},
    "quality-ladders-equal",
    xlabel=f"probe accuracy minus that of {plain(top)} as it is, points",
    alt=f"""Small multiples, a panel for each of {names(others)} and one for Random's own AULC: results against probe accuracy, a line
    for each of {ladder_words.ladder_names(shown)}. {said}""",
    caption=f"{said} Drawn are {names(dict.fromkeys(alike['dataset']))}, {bands if no_bands else f'with {bands}'}.",
) if len(drawn) else Markdown(said)

# %% tags=["hide-input"]
families = {
    "gain": apart[~apart["strategy"].isin(["random", ALL])],
    "AULC": apart[apart["strategy"] == "random"],
}
agreement = pd.concat(
    [equal_quality.judged(family).assign(what=what) for what, family in families.items()]
)
deepest = apart.groupby(["one", "other"])["deepest"].max() if len(apart) else {}
verdict_words = {"differ": "differ", "alike": "alike to half a point", "undecided": "cannot tell"}
table(
    pd.DataFrame(
        {
            "ladders": f"{words[row['one']]} minus {words[row['other']]}",
            "of": "Random's AULC" if row["what"] == "AULC" else f"gain of {plain(row['strategy'])}",
            "difference at equal probe accuracy": judging.interval_words(row),
            "datasets": int(row["n_datasets"]),
            "down to": points(-deepest[row["one"], row["other"]]),
            "p, corrected": f"{row['p_family']:.3f}",
            "they": verdict_words[row["outcome"]],
        }
        for _, row in agreement.iterrows()
    )
) if len(agreement) else Markdown("There is no pair of ladders to compare.")

# %% [markdown]
# ## Is probe accuracy the right measure?
#
# The probe sees every label of the pool; a run of active learning sees few. Ten nearest neighbours measure quality without a head and
# without fitting. The choices at top and bottom do not depend on the measure; the rises and the comparison at equal quality do.

# %% tags=["hide-input"]
second = "neighbour_accuracy"
by_neighbours = equal_quality.at_levels(gain, measured, second)
by_neighbours = by_neighbours[by_neighbours["ladder"].isin(shown)]
other_apart = equal_quality.apart(by_neighbours)
other_line = judging.both_intervals(rungs.rises(gain, measured, second), ["ladder", "strategy"])
other_line = other_line.set_index(["ladder", "strategy"])
linked = statistics.rank_correlations(
    measured.assign(seed=0), rungs.MEASURE, second, ["dataset"], n=10
)
linked = linked[linked["method"] == "spearman"]["correlation"]
display(
    Markdown(
        f"Over the rungs of a dataset the two measures have a rank correlation of {number(linked.min())} to {number(linked.max())}. "
        f"{ladder_words.agreement_sentence(other_apart, shown, 'neighbour accuracy')}"
    ),
    table(
        pd.DataFrame(
            {
                "ladder": words[name],
                "strategy": plain(s),
                "rise along probe accuracy": judging.interval_words(line.loc[(name, s)]),
                "rise along neighbour accuracy": judging.interval_words(other_line.loc[(name, s)]),
            }
            for name in shown
            for s in others
            if (name, s) in line.index and (name, s) in other_line.index
        )
    ),
)

# %% [markdown]
# ## Limits
#
# One backbone, and a small one: what holds along its ladders need not hold between models. Degradations are artificial, and the
# lowest rungs leave little to learn (see *above the largest class*), so that all strategies must come together there. Noise of a larger size
# is the same noise, larger; another draw of it, or of the random directions, was not tried. A straight line between two rungs is
# an assumption about what lies between. Whether some steps favour one kind of strategy over another (whitening changes the shape of the
# space and hardly its quality) is a question of its own.

# %% tags=["hide-input"]
marked = measured.loc[measured["contaminated"], "dataset"].unique()
clean = without_contaminated(records, measured)
if not len(marked):
    text = f"{plain(top)} is not known to have been trained on any of these datasets: there is nothing to leave out."
elif clean.empty:
    text = f"{plain(top)} is known to have been trained on all of these datasets."
else:
    known = measured[~measured["contaminated"]]
    without = found_here.finding(clean, known)
    text = (
        f"{plain(top)} is known to have been trained on {names(marked)}. Without: {without.verdict}. "
        f"{without.sentence}"
    )
Markdown(f"**Contaminated pairs.** {text}")
