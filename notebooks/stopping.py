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
# # When can you stop labelling, and what can be known?
#
# Whoever labels texts of their own has no test set. Three things can be told all the same, and `alutils progress` tells them: how often
# the classifier is right on texts that nobody has labelled, how much its predictions still change, and what the next labels should bring.
# None of them says "stop"; that depends on what a label costs you and what a point of accuracy is worth. This page shows how far each
# can be trusted. Datasets whose labels are all known are labelled batch by batch as a person would; after
# every batch the estimates are made from the labels in hand, and then compared with the truth.
#
# A tenth of each batch is the *audit*: texts drawn at random from the whole pile. The strategy chooses the others, and does not see
# the labels of the audit. [The page on your own texts](../book/your_texts.md) shows how to work in this way. Here it is compared with two others: an
# estimate without an audit (*naive*: cross-validation on all labels), and an audit whose labels the strategy does see.
#
# How many texts are audited? The whole pile has one random order. The audit is its beginning, as far as every text there has a
# label, whoever asked for it. Where the strategy has chosen one of the next texts already, the audit takes it in and goes on
# behind it. So it is often a few texts larger than a tenth of the labels.

# %% tags=["parameters"]
datasets: list[str] = ["movie_sentiment", "icd10_chapters"]  # datasets to label
embedders: list[str] = ["minilm"]  # embedders; figures show the first
strategies: list[str] = ["badge"]  # query strategies; figures show the first
initial_pools: list[str] = ["typiclust"]  # ways to choose the first batch; figures show the first
batches: int = 5  # batches after which estimates are made
k: int = 100  # labels in each batch, a tenth of them for the audit
seeds: int = 5  # replicates, each with choices and an audit of its own
report_dataset: str = "movie_sentiment"  # dataset whose report is printed
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import figures, statistics
from alutils.catalogue import dataset_entry
from alutils.evidence import evidence
from alutils.figures import names, percent, plain, points, table
from alutils.findings import stopping as found
from alutils.findings.judging import both_intervals, interval_words
from alutils.findings.words import several
from alutils.mechanism.trials import APART, STEERS, audited
from alutils.stopping.played import one_report

given = {
    "datasets": datasets,
    "embedders": embedders,
    "strategies": strategies,
    "initial_pools": initial_pools,
    "batches": batches,
    "k": k,
    "seeds": seeds,
    "pool_size": pool_size,
    "test_size": test_size,
}
grid = found.grid_of(given)
dataset_entry(report_dataset)  # a wrong name is told before the trials
trials = statistics.arrange(evidence(found.KIND, grid), dataset=datasets)
audit = found.compared(trials, "audit")
naive = found.compared(trials, "naive")
steered = found.compared(trials, "audit", STEERS)
rest = found.compared(trials, "rest")
ahead = found.compared(trials, "forecast")
changed = found.changes(trials)
seeing = found.seeing(trials)


def mean_of(moments: pd.DataFrame, column: str) -> pd.Series:
    """Mean over the seeds of each dataset."""
    return moments.groupby("dataset", sort=False)[column].mean()


def here(moments: pd.DataFrame) -> str:
    """Mean difference, with an interval for these datasets: seeds drawn again."""
    return points(*both_intervals(moments).iloc[0][["mean", "low_fixed", "high_fixed"]])


def one_by_one(moments: pd.DataFrame) -> str:
    """Write the mean difference of each dataset; of many, of the two farthest apart."""
    each = both_intervals(moments, ["dataset"]).set_index("dataset")
    words = {d: f"{points(row['mean'])} on {plain(d)}" for d, row in each.iterrows()}
    if len(each) <= 3:
        return names(words.values())
    clear = (each["low_fixed"] > 0) | (each["high_fixed"] < 0)
    return (
        f"between {words[each['mean'].idxmin()]} and {words[each['mean'].idxmax()]} (its interval over seeds leaves out zero on "
        f"{clear.sum()} of {several(len(each), 'dataset')})"
    )


def width(moments: pd.DataFrame) -> str:
    return f"{100 * mean_of(moments, 'half_width').mean():.0f}"


early = seeing[seeing["cycle"] == 0]
late = seeing[seeing["cycle"] == batches - 1]
n_batches = "1 batch" if batches == 1 else f"{batches} batches"
last = audit[audit["cycle"] == batches - 1]
n_last = trials.loc[trials["cycle"].eq(batches - 1) & trials["variant"].eq(APART), "n_audit"].mean()
lines = [
    f"**The audit.** Its interval holds the truth in {found.coverage_words(found.coverage(audit).iloc[0])}; on average the estimate "
    f"is off by {here(audit)}. After {n_batches}, with {n_last:.0f} texts audited, the interval is still ±{width(last)} points.",
    f"**Without an audit**, the estimate is off by {one_by_one(naive)}; the interval that its many labels suggest holds the truth in "
    f"{found.coverage_words(found.coverage(naive).iloc[0])}.",
    f"**When the strategy sees the audit**, the estimate moves by {one_by_one(early)} after the first batch"
    + (f", and by {one_by_one(late)} after the last" if batches > 1 else "")
    + f". Its interval holds the truth in {found.coverage_words(found.coverage(steered).iloc[0])}.",
]
if len(ahead):
    worth = found.worth_of_forecast(trials)
    lines.append(
        f"**The next {k} labels:** the interval of the forecast holds what came in {found.coverage_words(found.coverage(ahead).iloc[0])}. The forecast "
        f"itself misses by {100 * mean_of(worth, 'error').mean():.1f} points on average, where to expect nothing misses by "
        f"{100 * mean_of(worth, 'error_of_none').mean():.1f}."
    )
Markdown("**What this shows**\n\n" + "\n".join(f"- {line}" for line in lines))

# %% tags=["hide-input"]
Markdown(
    f"**How to read this.** {names(datasets)}, embedded by {names(embedders)}; {names(strategies)} after a first batch by {names(initial_pools)}; {n_batches} of {k}, "
    f"and one more to see what it brings; {several(seeds, 'seed')} for each. A *moment* is one seed after one batch. Moments of one seed share their audit, so that an unlucky "
    "draw is wrong at all of them: the unit of every interval is a seed, with all its batches"
    + (
        ", or a dataset with all its seeds where it says so."
        if len(datasets) > 1
        else "; with one dataset nothing is known of others."
    )
    + " The truth is the accuracy on the whole pile of a head that has not seen the text it predicts, which takes every label."
    + (
        " Movie sentiment and SST-2 take their texts from the same collection of reviews, so as datasets they are not two full units."
        if {"movie_sentiment", "sst2"} <= set(datasets)
        else ""
    )
    + ("" if seeds > 1 else " **One seed: differences have no interval.**")
)

# %% [markdown]
# ## How right is the classifier?

# %% tags=["hide-input"]
shown = datasets[:3]
first = (
    trials["embedder"].eq(embedders[0])
    & trials["strategy"].eq(strategies[0])
    & trials["initial_pool"].eq(initial_pools[0])
)
drawn = trials[first & trials["dataset"].isin(shown)]
one_seed = drawn[drawn["variant"].eq(APART) & drawn["seed"].eq(0)]
errors = pd.concat(
    [
        statistics.intervals(
            found.compared(drawn, name, variant), "difference", ["dataset", "n_labelled"]
        ).assign(estimate=estimate)
        for estimate, name, variant in (
            ("audit", "audit", APART),
            ("naive", "naive", APART),
            ("steers", "audit", STEERS),
        )
    ]
)
final = errors[errors["n_labelled"] == batches * k].set_index(["dataset", "estimate"])["mean"]


def at_the_end(dataset: str) -> str:
    return (
        f"{plain(dataset)}: audit {points(final[dataset, 'audit'])}, naive {points(final[dataset, 'naive'])}, "
        f"audit that the strategy sees {points(final[dataset, 'steers'])}"
    )


def misses(estimate: str) -> str:
    worst = final.xs(estimate, level="estimate").abs().max()
    return f"{100 * worst:.1f} points"


summary = "; ".join(map(at_the_end, shown))
figures.estimates_beside_truth(
    one_seed[["dataset", "seed", "n_labelled", "n_audit", "audit", "audit_low", "audit_high", "naive", "pile_accuracy"]],
    errors,
    "stopping-accuracy",
    alt=f"""Two rows of panels over the number of labels, a column for each of {names(shown)}. Above, of one seed: the true accuracy, the
    estimate of the audit with its interval, and the naive estimate. Below, over {several(seeds, "seed")}: estimate minus truth for the audit, the
    naive estimate and an audit that the strategy sees. With {batches * k} labels: {summary}.""",
    caption=f"""With {batches * k} labels the audit misses by up to {misses("audit")}, the naive estimate by up to {misses("naive")}, an audit
    that the strategy sees by up to {misses("steers")}: means over seeds, of {names(shown)}. Above: seed 0, intervals of 95 %. Below:
    bands are intervals over seeds.""",
)  # fmt: skip

# %% [markdown]
# The strategy chooses texts that are hard, rare or typical. A head is more often wrong on hard ones, so that cross-validation on them
# says too little; where it chooses typical ones it says too much; and nobody who has only these labels can tell which. A
# random sample knows nothing of what the strategy does. It loses this virtue when the strategy sees its labels: what is chosen
# next, and how heads turn out, then depends on them. The share of moments in which the interval holds the truth says whether the
# interval is honest; the average size of the error, what the estimate is worth.


# %% tags=["hide-input"]
def held(moments: pd.DataFrame) -> str:
    share = found.coverage(moments).iloc[0]
    return f"{percent(share['mean'])} ({100 * share['low']:.0f} to {100 * share['high']:.0f})"


def of(moments: pd.DataFrame, dataset: str) -> pd.DataFrame:
    return moments[moments["dataset"] == dataset]


estimates = {
    "audit": audit,
    "audit, texts without a label": rest,
    "audit that the strategy sees": steered,
    "naive": naive,
}
table(
    pd.DataFrame(
        {
            "estimate": words,
            "interval holds the truth": held(moments),
            "estimate minus truth": interval_words(both_intervals(moments).iloc[0]),
            "average size of the error": f"{100 * mean_of(moments, 'size').mean():.1f} points",
            "half the interval": f"±{width(moments)} points",
        }
        for words, moments in estimates.items()
    )
)

# %% [markdown]
# Dataset by dataset; in the last column the luck of the draw cancels out, because with and without the strategy seeing it the audit of
# a seed begins with the same texts:

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "dataset": plain(d),
            "audit holds the truth": held(of(audit, d)),
            "naive holds it": held(of(naive, d)),
            "audit minus truth": here(of(audit, d)),
            "naive minus truth": here(of(naive, d)),
            "seeing the audit moves it by": here(of(seeing, d)),
        }
        for d in datasets
    )
)

# %% tags=["hide-input"]
size_audit, size_naive = (mean_of(moments, "size") for moments in (audit, naive))
nearer = [d for d in datasets if size_naive[d] < size_audit[d]]
Markdown(
    (
        f"On {names(nearer)} the naive estimate is nearer to the truth on average than the audit is, as it rests on all labels and not on a tenth of them: "
        "a small audit is wrong by chance. But who labels cannot tell whether theirs is such a case; the interval of the audit says how much it does not know."
        if nearer
        else "On every dataset here the audit is nearer to the truth on average than the naive estimate, from a tenth of the labels."
    )
    + " Where the tables say how often an interval holds the truth, a seed counts as one answer, with all its batches."
)

# %% [markdown]
# ## What would the next labels bring?
#
# A curve is fitted to the accuracy so far and read off one batch further on. Its interval has two parts: the curve is uncertain, because
# few texts are audited, and a batch has luck of its own, a tenth of the predictions that it changes.

# %% tags=["hide-input"]
where: list[str | None] = [*datasets, *([None] if len(datasets) > 1 else [])]
if len(ahead):
    gains = drawn[drawn["variant"].eq(APART)].dropna(subset=["forecast"])
    n_inside = int(gains["gain"].between(gains["forecast_low"], gains["forecast_high"]).sum())
    on_all = (
        f"; on all {len(datasets)} datasets of the table {held(ahead)} do"
        if len(datasets) > len(shown)
        else ""
    )
    worth = found.worth_of_forecast(trials)
    better = both_intervals(worth).iloc[0]
    picture = figures.forecasts_beside_gains(
        gains[["dataset", "seed", "n_labelled", "forecast", "forecast_low", "forecast_high", "gain"]],
        "stopping-forecast",
        alt=f"""Panels for {names(shown)}: over the number of labels, the forecast of the gain by the next {k} labels with its interval, seed by
        seed, and the gain that came on the test side. {n_inside} of {len(gains)} intervals hold it.""",
        caption=f"""On {names(shown)}, {n_inside} of {len(gains)} intervals hold what came{on_all}. Each line is a seed; test accuracy
        is that on {"all" if test_size is None else f"{test_size:,}"} test texts.""",
    )  # fmt: skip
    rows = table(
        pd.DataFrame(
            {
                "dataset": "all" if dataset is None else plain(dataset),
                "interval holds what came": held(some),
                "half the interval": f"±{100 * mean_of(some, 'half_width').mean():.1f} points",
                "forecast minus what came": interval_words(both_intervals(some).iloc[0]),
                "forecast misses by": f"{100 * mean_of(both, 'error').mean():.1f} points",
                "nothing expected misses by": f"{100 * mean_of(both, 'error_of_none').mean():.1f} points",
            }
            for dataset in where
            for some, both in [[t if dataset is None else of(t, dataset) for t in (ahead, worth)]]
        )
    )
    verdict = (
        "comes nearer than to expect no gain at all"
        if better["low_fixed"] > 0
        else "does worse than to expect no gain at all"
        if better["high_fixed"] < 0
        else "cannot be told from expecting no gain at all"
    )
    display(
        picture,
        rows,
        Markdown(
            f"On these datasets the forecast {verdict}: it misses by less, by {interval_words(better)}. The size of a batch's luck was set on seven "
            "datasets of this book under two embedders, some of which may be those above: that the interval holds on them is no independent proof."
        ),
    )
else:
    display(Markdown("No moment has enough audited texts for a forecast."))

# %% [markdown]
# ## When predictions stand still
#
# How many predictions a batch changed needs no true label, and bounds what it can have done to accuracy on the same texts. Most changes cancel
# out: some predictions become right as others become wrong.

# %% tags=["hide-input"]
if len(changed):
    by_step = found.next_gains(changed)
    share = float(changed["moved"].abs().sum() / changed["changed"].sum())
    quiet, loud = by_step.iloc[0], by_step.iloc[-1]

    def of_step(row: pd.Series) -> str:
        return f"{points(row['mean'], row['low'], row['high'])} where it had changed {row['step']}"

    said = (
        f"The next batch brought {of_step(quiet)}"
        + (f", and {of_step(loud)}" if len(by_step) > 1 else "")
        + f". Accuracy itself moved by {percent(share)} of the predictions that changed."
    )
    display(
        figures.changes_beside_gains(
            changed,
            "stopping-changes",
            alt=f"""Two scatter plots over the share of predictions that a batch changed: what accuracy did by the same batch, within the bound that
            holds on the texts predicted, and by the next. {said}""",
            caption=f"""{said} Each mark is a batch of a seed; accuracy is that on the test side. Dashed: the bound, if all
            changes went one way.""",
        ),
        table(
            pd.DataFrame(
                {
                    "predictions changed": row["step"],
                    "batches": f"{row['n']:.0f}",
                    "seeds": f"{row['n_seeds']:.0f}",
                    "accuracy moved by": f"{100 * row['moved']:.1f} points",
                    "next batch brought": points(row["mean"], row["low"], row["high"]),
                    "least and most": f"{points(row['least'])}, {points(row['most'])}",
                }
                for _, row in by_step.iterrows()
            )
        ),
        Markdown(
            "Seeds of two datasets count as two. Predictions that stand still say that more labels *of this kind* change little, not that "
            "they are right: a head can be steadily wrong on texts that no label is like."
        ),
    )
else:
    display(Markdown("One batch has nothing before it to compare with."))

# %% [markdown]
# ## What the audit costs
#
# A text drawn at random teaches the head less than one that was chosen. Beside each trial the same number of labels was
# chosen by the strategy alone, from the same seed.

# %% tags=["hide-input"]
cost = found.audit_cost(trials)
at_last = cost[cost["cycle"] == batches - 1]


def costs(rows: pd.DataFrame, dataset: str | None) -> str:
    some = rows if dataset is None else of(rows, dataset)
    return interval_words(both_intervals(some).iloc[0])


whole = both_intervals(cost).iloc[0]
display(
    table(
        pd.DataFrame(
            {
                "dataset": "all" if dataset is None else plain(dataset),
                "all batches": costs(cost, dataset),
                f"{batches * k} labels": costs(at_last, dataset),
            }
            for dataset in where
        )
    ),
    Markdown(
        f"Test accuracy without an audit minus that with one, paired by seed. On these datasets the audit costs {here(cost)} over all batches"
        + (
            "."
            if whole["low_fixed"] > 0 or whole["high_fixed"] < 0
            else "; with these seeds it cannot be told whether that is anything at all."
        )
    ),
)

# %% [markdown]
# ## What you see
#
# This is what `alutils progress` prints, after the last batch of one seed:

# %% tags=["hide-input"]
report = one_report(
    report_dataset,
    embedders[0],
    strategies[0],
    0,
    batches,
    k,
    audited(k),
    initial_pools[0],
    pool_size,
    test_size,
)
truth = trials[
    trials["dataset"].eq(report_dataset)
    & first
    & trials["variant"].eq(APART)
    & trials["seed"].eq(0)
    & trials["cycle"].eq(batches - 1)
]
came = truth.iloc[0] if len(truth) else None
Markdown(
    f"{plain(report_dataset)}, {plain(embedders[0])}:\n\n```text\n{report}\n```\n\n"
    + (
        ""
        if came is None
        else f"In truth the head was right on {percent(came['rest_accuracy'])} of the texts without a label and {percent(came['test_accuracy'])} of "
        f"the test texts, and the next {k} labels brought {points(came['gain'])} there."
    )
)

# %% [markdown]
# ## Limits
#
# - The truth is that of one pool and one test side for each dataset; seeds draw other choices and other audits from them. What
#   is forecast is a gain on the test side, which is itself a sample, so that the forecast has to hold that luck too.
# - Nothing here says when labels are worth their price. That is for those who pay.
# - Texts that come later and are of another kind are outside of every estimate: a pile tells of texts like itself.
# - The audit is honest as long as its texts are labelled as carefully as the others, and none is skipped because it is hard.
#
# The methods: Wilson's interval for a share {cite:p}`wilson1927`; power laws for the curve {cite:p}`figueroa2012`; changed predictions as a
# sign {cite:p}`bloodgood2009`; why labels that were chosen mislead {cite:p}`farquhar2021`.
#
# For texts of your own the command is `alutils progress`, as [the page on your own texts](../book/your_texts.md) shows.
