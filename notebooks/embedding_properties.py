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
# # Which properties of an embedding decide what active learning gains?
#
# *Quality* on the other pages is the accuracy of a linear probe. That is a result, not a cause: it does not say what it is about a space
# of embeddings that lets a strategy gain. A reviewer of the paper named candidates (Q4): cluster tightness, inter-class margin, neighbour
# purity, intrinsic dimension, isotropy and hubness. Here they are measured on many embeddings of the same texts, most of them made
# from one backbone by turning a single knob ([Turning quality like a knob](quality_ladders)); then it is asked which of them go along
# with what Random reaches, which with what other strategies gain over it, and which still do once {term}`probe accuracy` is held constant.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = [
    "hashing",
    "lsa",
    "wordllama",
    "minilm",
    "minilm+noise(1)",
    "minilm+noise(4)",
    "minilm+pca(16)",
]  # embedders to compare, three or more; steps as in minilm+noise(1)
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
import pandas as pd
from IPython.display import Markdown

from alutils import diagnostics, figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import names, plain, signed, table
from alutils.findings import embedding_properties as found_here
from alutils.findings import properties
from alutils.findings.all_strategies import ALL
from alutils.findings.contaminated import without_contaminated
from alutils.findings.judging import MARGIN, both_intervals, brief_words, interval_words, to_draw
from alutils.findings.properties import PROBE, TITLES
from alutils.findings.quality_ladders import WORDS
from alutils.findings.words import several
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
if len(set(embedders)) < 3:
    raise UserError("embedders needs at least three, because this page ranks embedders")
if set(grid.strategies) == {"random"}:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
measured = quality.measure_quality(grid)
records = run_study(grid)
found_here.finding(records, measured)

# %% tags=["hide-input"]
results = properties.outcomes(records)
measures = properties.usable(measured)
asked = [name for name in found_here.ASKED if name in measures]
others = [name for name in grid.strategies if name != "random"]
ladders = properties.ladders_among(embedders)
n_single = len(set(datasets))
sentences = [
    "**How to read this.** All correlations are Spearman's, over the embedders of one dataset, averaged over datasets, unless it says "
    f"otherwise. The gain of a strategy is its AULC minus that of Random, paired by seed; the *median gain* is, run by run, the median over {names(others)}. "
    "*Given the probe* means the partial correlation: of what a straight line over the ranks of probe accuracy leaves of both ranks. "
    f"Of the {len(measures)} measures, {len(asked)} stand for the properties that the reviewer named: "
    + "; ".join(f"{found_here.ASKED[m]} is the measure *{TITLES[m]}*" for m in asked)
    + ". They alone are judged."
]
if missing := [name for name in TITLES if name not in measures]:
    sentences.append(
        f"Not measured on all datasets here: {', '.join(TITLES[name] for name in missing)}."
    )
if len(set(embedders)) < properties.FEWEST:
    sentences.append(
        f"**Over {len(set(embedders))} embedders a rank correlation takes few values.**"
    )
if {"movie_sentiment", "sst2"} <= set(datasets):
    sentences.append(
        "Movie sentiment and SST-2 take their texts from the same collection of reviews, so as datasets they are not two full units."
    )
if n_single == 1:
    sentences.append(
        "With one dataset the only intervals are those over seeds, and nothing is known of other datasets."
    )
if seeds == 1:
    sentences.append("**With one seed nobody can tell luck from effect: here nothing is judged.**")
Markdown(" ".join(sentences))

# %% [markdown]
# ## The measures
#
# All are taken on the pool; the test side plays no part. Costs are for N texts, D dimensions and C classes.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "measure": each.title,
            "definition": each.definition,
            "range": each.between,
            "needs": "labels of the pool"
            if each.needs_labels
            else "the number of classes"
            if each.needs_n_classes
            else "no label",
            "cost": each.cost,
            "source": each.source,
        }
        for each in diagnostics.MEASURES
    )
)

# %% [markdown]
# ## Do they say the same thing?
#
# Rank correlation of every two measures. Measures that move together, or against each other, stand side by side. What no embedding
# here pulls apart, no result on this page can tell apart either.

# %% tags=["hide-input"]
square = properties.together(measured, measures)
pairs = [
    (one, other, float(square.loc[one, other]))
    for place, one in enumerate(square.index)
    for other in square.index[place + 1 :]
]
close = max(pairs, key=lambda pair: abs(pair[2]))
to_probe = square[PROBE].drop(PROBE)
strong = to_probe.index[to_probe.abs() > 0.7]
figures.number_map(
    pd.DataFrame(
        {"row": TITLES[one], "column": TITLES[other], "mean": square.loc[one, other]}
        for one in square.index
        for other in square.index
    ),
    "properties-together",
    reach=1.0,
    digits=1,
    key=f"rank correlation over {len(set(embedders))} embedders, mean of {several(n_single, 'dataset')}",
    alt=f"""Square heat map of the rank correlations between {len(measures)} measures. The strongest is {close[2]:+.2f}, of {TITLES[close[0]]} and
    {TITLES[close[1]]}. With probe accuracy: {"; ".join(f"{TITLES[m]} {to_probe[m]:+.2f}" for m in to_probe.index)}.""",
    caption=f"""{len(strong)} of {len(to_probe)} measures have a rank correlation of more than 0.7, or less than −0.7, with probe
    accuracy{": " + ", ".join(TITLES[m] for m in strong) if len(strong) else ""}. The closest pair is {TITLES[close[0]]} and {TITLES[close[1]]} ({signed([close[2], float("nan"), float("nan")], 2)}).""",
)

# %% [markdown]
# ## Which knob turns which property?
#
# What a ladder does to every measure: the mean of the lower half of its rungs minus the top, in standard deviations over the
# embedders of the dataset. Bold: the interval for other datasets excludes zero.

# %% tags=["hide-input"]
if ladders:
    moved = properties.moves(measured, measures, ladders)
    row_of = moved.set_index(["measure", "ladder"])["mean"]
    knobs = [ladder.name for ladder in ladders]
    largest = {knob: max(measures, key=lambda m: abs(row_of.get((m, knob), 0.0))) for knob in knobs}
    said = "; ".join(
        f"{WORDS[k]}: {TITLES[m]} {signed([row_of[m, k], float('nan'), float('nan')], 1)}"
        for k, m in largest.items()
    )
    shown = statistics.arrange(moved, measure=list(square.index), ladder=knobs)
    display(
        figures.number_map(
            shown.assign(row=shown["measure"].map(TITLES), column=shown["ladder"].map(WORDS)),
            "properties-by-ladder",
            reach=3.0,
            digits=1,
            key="lower half of the ladder minus its top, standard deviations",
            alt=f"Heat map, a row for each of {len(measures)} measures, a column for each of {len(ladders)} ladders. What each ladder moves most: {said}.",
            caption=f"""What each knob moves most, in standard deviations: {said}. Means of {several(n_single, "dataset")}; bold: the
            interval for other datasets excludes zero.""",
        )
    )
else:
    display(Markdown("No embedder here is made worse by steps or layers, so there is no ladder."))

# %% [markdown]
# ## What goes along with the gain?
#
# Left: with what Random reaches, a check that a measure says anything about accuracy at all. Then with the gains over Random. A hollow dot
# that stays where the filled one is: the property says something that the probe does not. One that falls to zero: it says
# the same as the probe. Properties that the reviewer named stand above the dashed line.

# %% tags=["hide-input"]
raw = properties.along(results, measured, measures)
held = properties.along(results, measured, measures, PROBE)
both = pd.concat([raw.assign(kind="as it is"), held.assign(kind="given the probe")])
order = [*asked, *(name for name in measures if name not in asked)]
outcome_words = {
    "random": "Random's AULC",
    ALL: "median gain",
    **{name: f"{plain(name)}'s gain" for name in others},
}
outcome_words = {k: w for k, w in outcome_words.items() if k != ALL or len(others) > 1}
dots = statistics.arrange(
    to_draw(both[both["strategy"].isin(outcome_words)], seeds=True),
    strategy=list(outcome_words),
    measure=order,
    kind=["as it is", "given the probe"],
)
dots = dots.assign(panel=dots["strategy"].map(outcome_words), row=dots["measure"])
raw_of = raw.set_index(["strategy", "measure"])
held_of = held.set_index(["strategy", "measure"])


def strongest(rows: pd.DataFrame, strategy: str) -> str:
    here = rows[(rows["strategy"] == strategy) & rows["measure"].isin(order)].dropna(
        subset=["mean"]
    )
    if here.empty:
        return "none is defined"
    best = here.loc[here["mean"].abs().idxmax()]
    return f"{TITLES[best['measure']]} {found_here.correlation_words(best)}"


said = "; ".join(f"{word}: {strongest(raw, key)}" for key, word in outcome_words.items())
left = "; ".join(f"{word}: {strongest(held, key)}" for key, word in outcome_words.items())
main = ALL if ALL in outcome_words else others[0]
verdicts = found_here.judged(results, measured)
passing = int((verdicts["verdict"] == "holds").sum())
figures.correlation_rows(
    dots[["panel", "row", "kind", "mean", "low", "high"]],
    TITLES,
    {word: figures.style(key)[0] for key, word in outcome_words.items()},
    "properties-and-gains",
    apart=len(asked),
    xlabel="rank correlation with the measure, 95 % interval",
    alt=f"Dots with intervals, a row for each of {len(order)} measures, a panel for each of {len(outcome_words)} outcomes. The strongest in each panel: {said}. Given probe accuracy: {left}.",
    caption=f"""{passing or "None"} of {several(len(verdicts), "property", "properties")} that {"was" if len(verdicts) == 1 else "were"} asked about
    {"goes" if passing < 2 else "go"} along with the {outcome_words[main]} whatever the probe says. Of all measures {strongest(raw, main)}
    goes along with it most, given the probe {strongest(held, main)}.""",
)

# %% [markdown]
# ## The properties that were asked about
#
# For the median gain of the strategies but Random. *p* is the larger one of two signed-rank tests over datasets (as it is, and
# given the probe), corrected for the number of properties by Holm; it is 1 where the two correlations point in opposite directions.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "property": found_here.ASKED[str(m)],
            "measure": TITLES[str(m)],
            "with Random's AULC": found_here.correlation_words(raw_of.loc[("random", m)]),
            "with the gain": found_here.correlation_words(raw_of.loc[(ALL, m)]),
            "with the gain, given the probe": found_here.correlation_words(held_of.loc[(ALL, m)]),
            "p": "" if pd.isna(row["p_holm"]) else f"{row['p_holm']:.3f}",
            "decides": row["verdict"],
        }
        for m, row in verdicts.iterrows()
        if (ALL, m) in raw_of.index and (ALL, m) in held_of.index
    )
)

# %% [markdown]
# Strategy by strategy, given the probe. The same rule, corrected within each strategy. If a property helped one strategy and hurt another,
# their median would hide it.

# %% tags=["hide-input"]
by_strategy = {name: found_here.judged(results, measured, name) for name in others}
rows = []
for m in asked:
    cells = {}
    for name in others:
        row = by_strategy[name].loc[m]
        words = found_here.correlation_words(row, "_given")
        cells[plain(name)] = (
            words if row["verdict"] == "cannot tell" else f"{words}, {row['verdict']}"
        )
    rows.append({"property": found_here.ASKED[m], **cells})
table(pd.DataFrame(rows))

# %% [markdown]
# ## Properties that moved while quality stayed
#
# A correlation over embeddings may be due to anything else that differs between them. Some rungs of the ladders are better evidence: one
# property has moved, and probe accuracy is that of the top to two points (the whole interval for other datasets). If the property
# decided, the gain would move with it.

# %% tags=["hide-input"]
kept = properties.equally_good(measured, ladders) if ladders else pd.DataFrame()
if len(kept):
    rungs = list(kept["embedder"])
    change = properties.against_top(results, ladders, rungs)
    effects = both_intervals(change, ["strategy", "embedder"])
    shown = statistics.arrange(
        effects[effects["strategy"].isin(outcome_words)],
        strategy=list(outcome_words),
        embedder=rungs,
    )
    single = change.groupby(["strategy", "embedder", "dataset"], sort=False)["difference"].mean()
    single = single.reset_index(name="mean")
    single = single[single["strategy"].isin(outcome_words)]
    gain_of = effects.set_index(["strategy", "embedder"])
    key = ALL if len(others) > 1 else others[0]
    outermost = max(rungs, key=lambda e: abs(gain_of.loc[(key, e), "mean"]))
    display(
        figures.forest(
            to_draw(shown).assign(
                panel=shown["strategy"].map(outcome_words), row=shown["embedder"]
            ),
            single.assign(panel=single["strategy"].map(outcome_words), row=single["embedder"]),
            {e: plain(e) for e in rungs},
            {word: figures.style(key)[0] for key, word in outcome_words.items()},
            "gains-while-quality-stayed",
            xlabel=f"change from {plain(ladders[0].top)} (points of AULC)",
            alt=f"""Dots with intervals, a row for each of {several(len(rungs), "rung")} that {"is" if len(rungs) == 1 else "are"} as good as the top, a panel for Random's AULC and for gains over Random.
            The median gain changes most for {plain(outermost)}: {interval_words(gain_of.loc[(key, outermost)])}.""",
            caption=f"Of {several(len(rungs), 'rung')} as good as the top, the median gain changes most for {plain(outermost)}: {interval_words(gain_of.loc[(key, outermost)])}.",
        )
    )
    far = properties.shifts(measured, [m for m in measures if m != PROBE], ladders)
    says = statistics.outcomes(effects, MARGIN)
    says = says.set_axis(pd.MultiIndex.from_frame(effects[["strategy", "embedder"]]))
    says_words = {
        "win": "larger",
        "loss": "smaller",
        "equivalent": "alike to half a point",
        "undecided": "cannot tell",
    }
    rows = []
    for _, rung in kept.iterrows():
        e = rung["embedder"]
        turned = far.loc[e, asked].sort_values(key=abs, ascending=False)
        rows.append(
            {
                "embedding": plain(e),
                "probe accuracy": brief_words(rung),
                "moved most (standard deviations)": ", ".join(
                    f"{found_here.ASKED[m]} {signed([v, float('nan'), float('nan')], 1)}"
                    for m, v in turned.iloc[:2].items()
                ),
                "Random's AULC": interval_words(gain_of.loc[("random", e)]),
                "median gain": interval_words(gain_of.loc[(ALL, e)]),
                "the gain is": says_words[says[(ALL, e)]],
            }
        )
    display(table(pd.DataFrame(rows)))
else:
    display(
        Markdown(
            "No rung here has the probe accuracy of the top to two points"
            + (", so nothing can be seen of this." if ladders else ": there are no ladders.")
        )
    )

# %% [markdown]
# ## Without a single label
#
# On a new task there are no labels for a probe. How well do the measures that need none stand in for it? *Within*: do they order the
# embedders of one dataset? *Across*: do they order all pairs of dataset and embedder, so that one number could be read without others to
# compare it with?

# %% tags=["hide-input"]
free = [name for name in properties.LABEL_FREE if name in measures]
stand = properties.stand_ins(measured, free)
stand = stand.sort_values("within", key=abs, ascending=False, ignore_index=True)
dots = pd.concat(
    pd.DataFrame(
        {
            "panel": title,
            "row": stand["measure"],
            "kind": "probe accuracy",
            "mean": stand[side],
            "low": stand[f"{side}_low"],
            "high": stand[f"{side}_high"],
        }
    )
    for side, title in (("within", "within datasets"), ("across", "across datasets"))
)
ends = {
    side: "; ".join(
        f"{TITLES[r['measure']]} {signed([r[side], r[f'{side}_low'], r[f'{side}_high']], 2)}"
        for _, r in stand.dropna(subset=[side]).iterrows()
    )
    for side in ("within", "across")
}
first = stand.iloc[0]
figures.correlation_rows(
    dots,
    TITLES,
    {},
    "properties-without-labels",
    xlabel="rank correlation with probe accuracy, 95 % interval for other datasets",
    alt=f"Dots with intervals for {len(free)} measures that need no label, in two panels. Within datasets: {ends['within']}. Across datasets: {ends['across']}.",
    caption=f"""The closest stand-in for the probe within datasets is {TITLES[first["measure"]]}, the {"less" if first["within"] < 0 else "more"} the better:
    {signed([first["within"], first["within_low"], first["within_high"]], 2)}; across datasets it has
    {signed([first["across"], first["across_low"], first["across_high"]], 2)}.""",
)

# %% [markdown]
# ## Limits
#
# Most of these embeddings come from one backbone, and its rungs are no random sample of embeddings: a correlation over them is about the
# knobs that were turned. Along one ladder what follows is caused by its knob, but the knob turns several properties at once, and which of
# them does it cannot be told. Measures have errors of their own; the partial correlation holds constant the measured probe, not
# the true one, so a little of its influence stays. Ranks do not see how far apart embeddings are. With few datasets an interval that
# reaches zero is no proof that there is nothing.

# %% tags=["hide-input"]
marked = measured[measured["contaminated"]]
clean = without_contaminated(records, measured)
if marked.empty:
    text = "No embedder here is known to have been trained on one of these datasets: there is nothing to leave out."
elif clean.empty or clean.groupby("dataset")["embedder"].nunique().min() < 3:
    text = "Without the pairs that are known to be contaminated, too few are left."
else:
    without = found_here.finding(clean, measured[~measured["contaminated"]])
    text = f"{several(len(marked), 'pair')} known to be contaminated. Without: {without.verdict}. {without.sentence}"
Markdown(f"**Contaminated pairs.** {text}")
