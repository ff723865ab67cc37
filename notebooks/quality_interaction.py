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
# # Do strategies gain from better embeddings?
#
# The paper's abstract states that strategies are often more effective with better embeddings (C3). Two questions hide in
# that sentence. Does a strategy reach a higher accuracy on a better embedding? One expects so, and of Random too. The question
# with content is whether the *lead over Random* grows. Here the quality of each embedding is measured on the pool (probe
# accuracy, see the page on embeddings) and set against that lead.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
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
from alutils.figures import names, percent, plain, points, table
from alutils.findings import judging, leads_over_random
from alutils.findings import quality_interaction as findings
from alutils.findings.all_strategies import ALL, strategies_of
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
if len(set(embedders)) < 2:
    raise UserError("embedders needs at least two, because this page compares embedders")
if set(grid.strategies) == {"random"}:
    raise UserError("strategies needs at least one besides 'random', which all are compared with")
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
best, worst = order[-1], order[0]
records = run_study(grid)
findings.finding(records, measured)

# %% tags=["hide-input"]
lead = leads_over_random.leads(records)
others = strategies_of(lead)
alike = {"least_confidence", "margin", "entropy"} & set(others)
two_classes = sorted(set(measured.loc[measured["n_classes"] == 2, "dataset"]))
sentences = [
    f"Embedders by mean probe accuracy on the pools, the worst first: {names(order)}.",
    "The lead is a strategy's AULC minus Random's, paired by seed. All strategies are compared with the same runs of Random, "
    "so they share its luck.",
]
if len(alike) > 1 and two_classes:
    sentences.append(
        f"With two classes, as in {names(two_classes)}, {names(sorted(alike))} make the same choices: in the mean of all "
        "strategies that one result counts several times."
    )
if {"movie_sentiment", "sst2"} <= set(datasets):
    sentences.append(
        f"{plain('movie_sentiment').capitalize()} and {plain('sst2')} come from the same source of reviews, so that "
        f"{len(datasets)} datasets are a little fewer than they seem."
    )
if seeds == 1:
    sentences.append("**One seed gives no interval: on this page nothing can be told apart.**")
Markdown(" ".join(sentences))

# %% [markdown]
# ## At a glance
#
# First the trivial part: {term}`AULC` itself over the quality of the embedding, Random's too. Then the part with
# content: what is left when Random's AULC is subtracted.

# %% tags=["hide-input"]
each, means = leads_over_random.by_quality(lead, measured)
rise = leads_over_random.rises(lead, worst, best)
judged = leads_over_random.by_strategy(rise)
fates = {
    "holds": "grows for",
    "does not hold": "does not grow for",
    "cannot tell": "cannot be told for",
}
said = "; ".join(f"{plain(s)} {judging.brief_words(judged.loc[s])}" for s in others)
way = f"from {plain(worst)} to {plain(best)}"
told = {
    word: ", ".join(
        f"{plain(s)} ({points(judged.loc[s, 'mean'])})"
        for s in others
        if judged.loc[s, "verdict"] == word
    )
    for word in fates
}
figures.lead_by_quality(
    each,
    means,
    "lead-by-quality",
    alt=f"""Small multiples, one column for each strategy, Random first. Upper row: AULC against the probe accuracy of the
    embedding. Lower row: AULC minus Random's. Each thin grey line is one dataset ({len(datasets)} in all), the thick line their mean at
    {len(order)} embedders. Change of the lead {way}: {said}.""",
    caption=f"""From {plain(worst)} to {plain(best)}, the lead over Random {"; it ".join(f"{fates[word]} {those}" for word, those in told.items() if those)}.
    Each dot of a thick line is one embedder.""",
)

# %% [markdown]
# ## In numbers
#
# The change from the worst embedder to the best is a difference of two differences, paired by seed. A rise is not
# always a gain: a strategy that loses less than before rises too, so both ends are shown. Each number has two 95 % intervals:
# with datasets drawn again (other datasets like these), and with seeds drawn again (these datasets alone). None is corrected
# for the number of strategies looked at, and none speaks of other embedders. Two embedders are a thin basis, and the worst may be far
# from the others: the last column starts from the second worst.

# %% tags=["hide-input"]
ends = judging.both_intervals(lead, ["strategy", "embedder"]).set_index(["strategy", "embedder"])
rows = [*others, ALL] if len(others) > 1 else others
words = judging.interval_words
if len(order) > 2:
    second = leads_over_random.by_strategy(leads_over_random.rises(lead, order[1], best))
table(
    pd.DataFrame(
        {
            "strategy": plain(s),
            f"lead under {plain(worst)}": words(ends.loc[(s, worst)]),
            f"lead under {plain(best)}": words(ends.loc[(s, best)]),
            "change": words(judged.loc[s]),
            "gains from better embeddings": judged.loc[s, "verdict"],
            **({f"change from {plain(order[1])}": words(second.loc[s])} if len(order) > 2 else {}),
        }
        for s in rows
    )
)

# %% [markdown]
# The trivial part in numbers: the same change of AULC itself.

# %% tags=["hide-input"]
absolute = leads_over_random.absolute_rises(records, worst, best)
absolute = judging.both_intervals(absolute, ["strategy"]).set_index("strategy")
table(
    pd.DataFrame(
        {"strategy": plain(s), f"change of AULC {way}": words(absolute.loc[s])}
        for s in ["random", *others]
    )
)

# %% tags=["hide-input"]
pooled = judging.both_intervals(lead, ["strategy"]).set_index("strategy").loc[others]
choice = pooled["mean"].idxmax()
Markdown(
    f"**For scale.** Going {way} moves Random's AULC by {words(absolute.loc['random'])}. Going from Random to {plain(choice)}, "
    f"the strategy with the largest mean lead, moves AULC by {words(pooled.loc[choice])}, averaged over all embedders (chosen "
    "on the same seeds, so expect less on others)."
)

# %% [markdown]
# ## Dataset by dataset
#
# An average can hide that a strategy gains on one dataset and loses on another. Thin grey: one dataset, interval over seeds.
# In colour: the mean, with the thick interval for these datasets and the thin one for others like them.

# %% tags=["hide-input"]
apart = statistics.intervals(rise, "difference", ["strategy", "dataset"])
apart = statistics.arrange(apart, strategy=rows, dataset=datasets)
apart = apart[apart["strategy"].isin(rows)]
verdicts = statistics.verdicts(apart)
counted = {
    s: {
        w: int((verdicts[apart["strategy"] == s] == w).sum())
        for w in ("better", "worse", "undecided")
    }
    for s in rows
}
tallied = "; ".join(
    f"{plain(s)} {c['better']} up, {c['worse']} down, {c['undecided']} undecided"
    for s, c in counted.items()
)
figures.rise_by_dataset(
    apart,
    statistics.arrange(judged.loc[rows].reset_index(), strategy=rows),
    "rise-by-dataset",
    xlabel=f"change of the lead over Random {way}, points of AULC",
    alt=f"""Dots with 95 % intervals: the change of the lead over Random {way}, on each dataset
    ({len(datasets)} in all) and on average, one panel for each of {len(rows)} rows of the table above. Datasets whose interval is above or below zero: {tallied}.""",
    caption=f"""Datasets whose interval over seeds is above zero, below it, or across it: {tallied}.""",
)

# %% [markdown]
# ## Over all embedders, by rank
#
# The change above uses two embedders. Rank correlations of lead and measured quality use all. *Within datasets*: one
# Spearman correlation over the embedders of each dataset, averaged, with its interval for other datasets (for these, where there is
# one dataset). *In single runs*: the same for each seed, whose luck weakens it; interval over seeds. *Across datasets*: all pairs
# of dataset and embedder in one ranking, datasets drawn again; here an easy dataset counts as a good embedding. It
# asks whether the order agrees, not how large the change is.

# %% tags=["hide-input"]
measures = {
    "probe_accuracy": "probe accuracy",
    "neighbour_accuracy": "neighbour accuracy",
    "effective_rank": "effective rank",
}
found = {m: leads_over_random.correlations(lead, measured, m) for m in measures}
table(
    pd.DataFrame(
        {
            "strategy": plain(s),
            "measure": measures[m],
            "within datasets": findings.correlation_words(found[m].loc[s], "within"),
            "in single runs": findings.correlation_words(found[m].loc[s], "run"),
            "across datasets": findings.correlation_words(found[m].loc[s], "across"),
        }
        for s in rows
        for m in measures
    )
)

# %% [markdown]
# ## Does quality matter more to some strategies than to others?
#
# "No free lunch" asserts an interaction: which strategy is best depends on the quality. A mixed model describes the lead by
# strategy, {term}`probe accuracy` and their product, with a random intercept for each dataset; the likelihood-ratio test asks whether the
# product is needed. Slopes are points of lead for ten points of probe accuracy, minus that of the reference. The model lets no slope
# differ between datasets, so it is surer of itself than it should be; the last column makes the same comparison with no model: the change
# from the worst embedder to the best, minus that of the reference.

# %% tags=["hide-input"]
model = leads_over_random.slopes_differ(lead, measured)
complaints = [f"*{each.rstrip('.')}*" for each in model.problems] if model else []
display(
    Markdown(
        findings.model_words(model)
        + (f" What they complained of: {'; '.join(complaints)}." if complaints else "")
    )
)
if len(others) > 1:
    reference = leads_over_random.reference_of(others)
    besides = leads_over_random.rises_apart(rise, reference)
    slopes = model.slopes.set_index("strategy") / 10 if model else None
    minus = f"minus that of {plain(reference)}"
    display(
        table(
            pd.DataFrame(
                {
                    "strategy": plain(s),
                    f"slope {minus}": "not fitted"
                    if slopes is None or slopes.loc[s].isna().any()
                    else points(*slopes.loc[s, ["slope", "low", "high"]]),
                    f"change {minus}": words(besides.loc[s]),
                }
                for s in besides.index
            )
        )
    )

# %% [markdown]
# ## Labels saved
#
# The same question in labels: how many more labels must Random have to reach the accuracy of the strategy (or, with a minus,
# the strategy to reach that of Random)? It is read early, so that the one behind can catch up within its curve. Where it never
# does, the run is *censored*: the number is a bound. The median over runs keeps such runs; *lies between* says where the median of the
# true numbers lies. There is no interval: the spread over datasets is shown instead.

# %% tags=["hide-input"]
savings = leads_over_random.saved(records, [worst, best]).set_index(["strategy", "embedder"])
places = leads_over_random.saved(records, [worst, best], ["dataset"])
places = places.pivot(index=["strategy", "dataset"], columns="embedder", values="median")


def whole(labels: float) -> str:
    return f"{np.round(labels) + 0.0:+,.0f}".replace("-", "−").replace("inf", "∞")


def bounds(row: pd.Series) -> str:
    low, high = whole(row["lowest"]), whole(row["highest"])
    return low if low == high else f"{low} to {high}"


def spread(strategy: str, embedder: str) -> str:
    values = places.loc[strategy][embedder]
    return f"{whole(values.min())} to {whole(values.max())}"


at = int(savings["n_labelled"].iloc[0])
table(
    pd.DataFrame(
        {
            "strategy": plain(s),
            "embedder": plain(e),
            f"labels saved at {at:,} labels, median": whole(savings.loc[(s, e), "median"]),
            "lies between": bounds(savings.loc[(s, e)]),
            "censored runs": percent(savings.loc[(s, e), "censored"]),
            "medians of datasets": spread(s, e),
        }
        for s in others
        for e in (worst, best)
    )
)

# %% tags=["hide-input"]
more = {s: int((places.loc[s][best] > places.loc[s][worst]).sum()) for s in others}
Markdown(
    f"Under {plain(best)} more labels are saved than under {plain(worst)}: "
    + "; ".join(f"{plain(s)} on {n} of {len(datasets)} datasets" for s, n in more.items())
    + ". Where curves are flatter, the same lead in accuracy is worth more labels."
)

# %% [markdown]
# ## Sensitivity: the ceiling
#
# With a better embedding there is less room to gain: an accuracy near the best that the embedding allows cannot lead by much. As a
# sensitivity analysis, each lead is divided by the room that Random leaves (probe accuracy, which takes every label of the pool,
# minus Random's AULC). The division favours good embeddings as much as points favour bad ones; the truth needs both.

# %% tags=["hide-input"]
share = leads_over_random.shares(lead, measured)
portion = leads_over_random.rises(share, worst, best)
left_out = len(datasets) - portion["dataset"].nunique()
level = judging.both_intervals(share, ["strategy", "embedder"]).set_index(["strategy", "embedder"])
if len(portion):
    portion = judging.both_intervals(portion, ["strategy"]).set_index("strategy")
    display(
        table(
            pd.DataFrame(
                {
                    "strategy": plain(s),
                    **{
                        f"share of the room, {plain(e)}": findings.share_words(level.loc[(s, e)])
                        if (s, e) in level.index
                        else ""
                        for e in (worst, best)
                    },
                    "change": findings.share_words(portion.loc[s]),
                }
                for s in rows
            )
        )
    )
display(
    Markdown(
        f"Datasets left out because Random leaves less than {percent(leads_over_random.LEAST_ROOM)} of room: {left_out} of {len(datasets)}."
    )
)

# %% [markdown]
# ## Without contaminated pairs
#
# An embedder that was trained on a dataset has seen labels that the others have not.

# %% tags=["hide-input"]
marked = measured[measured["contaminated"]]
if marked.empty:
    display(
        Markdown(
            f"None of the {len(measured)} pairs of dataset and embedder is known to be contaminated, so there is nothing to leave "
            "out."
        )
    )
else:
    pairs = "; ".join(f"{plain(r.embedder)} on {plain(r.dataset)}" for r in marked.itertuples())
    clean = lead.merge(marked[["dataset", "embedder"]], how="left", indicator=True)
    clean = clean[clean["_merge"] == "left_only"].drop(columns="_merge")
    kept = leads_over_random.rises(clean, worst, best)
    shown = [Markdown(f"Known to be contaminated: {pairs}.")]
    if len(kept):
        kept_rows = leads_over_random.by_strategy(kept)
        trend = leads_over_random.correlations(clean, measured, leads_over_random.MEASURE)
        shown.append(
            table(
                pd.DataFrame(
                    {
                        "strategy": plain(s),
                        "change with all pairs": words(judged.loc[s]),
                        f"without ({kept['dataset'].nunique()} datasets left)": words(
                            kept_rows.loc[s]
                        ),
                        "verdict without": kept_rows.loc[s, "verdict"],
                        "rank correlation within datasets, without": findings.correlation_words(
                            trend.loc[s], "within"
                        ),
                    }
                    for s in rows
                )
            )
        )
    else:
        shown.append(Markdown(f"No dataset is left with both {plain(worst)} and {plain(best)}."))
    display(*shown)
