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
# # Does Margin spike, and is BADGE more robust?
#
# The paper's abstract states that the best query strategy depends on the quality of the embedding: Margin spikes on single
# datasets, BADGE is more robust (C2). One of its reviewers found that Margin looked strongest in the curves while the text
# said BADGE, and asked what the numbers say, with their uncertainty (Q13). Both strategies start here from the same initial
# pools, seed by seed, and ask for the same numbers of labels.

# %% tags=["parameters"]
datasets: list[str] = ["icd10_chapters"]  # datasets to compare on
embedders: list[str] = ["hashing", "lsa", "wordllama", "minilm"]  # embedders to compare
initial_pools: list[str] = [
    "random"
]  # ways to choose the first points; results are averaged over them
strategies: list[str] = ["random", "margin", "badge"]  # query strategies; this page needs all three
initial_size: int = 50  # labels in the initial pool
query_size: int = 50  # labels added by each later cycle
cycles: int = 8  # heads fitted and evaluated per run
seeds: int = 5  # replicates of every run
pool_size: int | None = 2000  # pool texts sampled from each dataset; null takes all
test_size: int | None = 1000  # test texts sampled from each dataset; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import figures, quality, statistics
from alutils.errors import UserError
from alutils.figures import names, plain, points, table
from alutils.findings import judging, rival_gains
from alutils.findings import margin_and_badge as found_here
from alutils.findings.words import several
from alutils.study import Grid, run_study

if missing := {"random", "margin", "badge"} - set(strategies):
    raise UserError(
        f"strategies lacks {sorted(missing)[0]!r}: this page compares margin and badge, and both "
        "with random"
    )
if len(set(embedders)) < 2:
    raise UserError("embedders needs at least two, because this page compares embedders")
if cycles < 2:
    raise UserError("cycles needs at least two, because the first makes no query")
grid = Grid(
    datasets=datasets,
    embedders=embedders,
    initial_pools=initial_pools,
    strategies=["random", "margin", "badge"],
    initial_size=initial_size,
    query_size=query_size,
    cycles=cycles,
    seeds=seeds,
    pool_size=pool_size,
    test_size=test_size,
)
measured = quality.measure_quality(grid)
order = quality.embedder_order(measured)
records = run_study(grid)
finding = found_here.finding(records, measured)
finding

# %% [markdown]
# The claim holds when all three parts hold, and does not hold when one of them does not. *Spikes*: the largest gain of Margin
# over Random, among all pairs of dataset and embedder, is above that of BADGE. *Robust*: the smallest gain of BADGE is
# above that of Margin. *Depends on quality*: BADGE minus Margin changes between the worst and the best embedding of a dataset,
# in either direction. Differences of less than half a point do not matter.

# %% tags=["hide-input"]
duel, gain = rival_gains.duel(records), rival_gains.gains(records)
units = rival_gains.head_to_head(duel)
units = statistics.arrange(units, dataset=datasets, embedder=order)
counts = rival_gains.counts(units)
dots = statistics.intervals(gain, "difference", ["dataset", "strategy", "embedder"])
dots = statistics.arrange(dots, dataset=datasets, strategy=["margin", "badge"], embedder=order)
cases = rival_gains.cases(gain)
at = {(r.case, r.strategy): r for r in cases.itertuples()}


def where(row: object) -> str:
    return f"{plain(row.dataset)} under {plain(row.embedder)}"


def case_words(case: str) -> str:
    return " and ".join(
        f"{points(at[case, s].observed)} for {plain(s)} ({where(at[case, s])})"
        for s in ("margin", "badge")
    )


figures.rivals(
    dots,
    units,
    "margin-and-badge",
    alt=f"""Two panels, a line for each of {several(len(datasets), "dataset")}. Left: gains of Margin and BADGE over Random, one mark for
    each of {len(order)} embedders; the best case is {case_words("best")}, the worst {case_words("worst")}. Right: a map of BADGE
    minus Margin; BADGE is ahead in {counts["win"]} of {len(units)} pairs, Margin in {counts["loss"]}.""",
    caption=f"""Margin's best case minus BADGE's is {finding.numbers["spikes"]}; BADGE's worst case minus Margin's is
    {finding.numbers["robust"]}. Of {len(units)} pairs, BADGE is ahead in {counts["win"]} and Margin in {counts["loss"]} (bold),
    {counts["equivalent"]} are shown to differ by less than half a point (=), {counts["undecided"]} are undecided (grey).""",
)

# %% tags=["hide-input"]
ahead = int((units["mean"] < 0).sum())
same_source = ["movie_sentiment", "sst2"]
Markdown(
    f"**Why Margin can look strongest.** Its mean is above BADGE's in {ahead} of {len(units)} pairs; its lead has an "
    f"interval above zero, and not all of it below half a point, in {counts['loss']}. A curve without an interval shows the "
    "first count."
    + (
        f" {plain(same_source[0]).capitalize()} and {plain(same_source[1])} come from the same source of reviews, so these datasets are not fully independent."
        if set(same_source) <= set(datasets)
        else ""
    )
    + (
        ""
        if seeds > 1
        else " **One seed gives no interval: on this page nothing can be told apart.**"
    )
)

# %% [markdown]
# ## Head to head
#
# BADGE minus Margin in {term}`AULC`, averaged over the embedders, with the interval over seeds on each dataset. On the last line the
# outer interval has datasets drawn again (other datasets like these), the inner one seeds alone. *Ahead* means an interval
# that excludes zero and is not wholly within half a point of it; *equivalent*, an interval wholly within half a point.

# %% tags=["hide-input"]
by_dataset = rival_gains.head_to_head(duel, ["dataset"]).set_index("dataset")
words = {
    "win": "BADGE",
    "loss": "Margin",
    "equivalent": "equivalent",
    "undecided": "cannot tell",
}
lines = [
    {
        "dataset": plain(d),
        "BADGE minus Margin": points(*by_dataset.loc[d, ["mean", "low", "high"]]),
        "ahead": words[by_dataset.loc[d, "outcome"]],
        **{
            f"embedders: {word}": int(
                (units.loc[units["dataset"] == d, "outcome"] == outcome).sum()
            )
            for outcome, word in words.items()
        },
    }
    for d in datasets
]
effect = judging.both_intervals(duel).iloc[0]
if len(datasets) > 1:
    lines.append(
        {
            "dataset": "all datasets",
            "BADGE minus Margin": judging.interval_words(effect),
            "ahead": words[statistics.outcomes(effect.to_frame().T, judging.MARGIN).iloc[0]],
            **{f"embedders: {word}": int(counts[outcome]) for outcome, word in words.items()},
        }
    )
tests = rival_gains.tests(duel)
display(
    table(pd.DataFrame(lines)),
    Markdown(
        "Wilcoxon's signed-rank test of BADGE minus Margin (seeds averaged first): "
        + "; ".join(
            f"{judging.signed_rank_words(row)}, median {points(row['median'])}"
            for _, row in tests.iterrows()
        )
        + ". Embedders of one dataset resemble each other, which the test on dataset x embedder does not know: it is the "
        "generous one, the test on datasets the cautious one."
    ),
)

# %% [markdown]
# The same difference in accuracy at single numbers of labels, averaged over datasets and embedders: an area can hide a
# strategy that is ahead early and behind late.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "labels": figures.count(int(row["n_labelled"])),
            "BADGE minus Margin, accuracy": judging.interval_words(row),
        }
        for _, row in rival_gains.along_the_curve(records).iterrows()
    )
)

# %% [markdown]
# ## Spikes and robustness
#
# The largest of many means is likely to be one whose noise was high: as a best case it promises too much, and a worst case too
# little. So seeds are drawn again many times, for all embedders of a dataset alike, the extreme is found anew in every resample, and
# what resampling adds is taken off (both numbers are shown). The last column says in how many resamples the extreme is where it
# was seen. Extremes speak of these datasets only, since others may hold a case that these know nothing of. The spread, the
# standard deviation of the gains over dataset x embedder, has an interval for other datasets too.

# %% tags=["hide-input"]
labels = {"best": "best case", "worst": "worst case", "spread": "spread"}
sides = {
    "best": "Margin minus BADGE",
    "worst": "BADGE minus Margin",
    "spread": "Margin minus BADGE",
}


def plain_points(row: object, low: str, high: str) -> str:
    return points(row.mean, getattr(row, low), getattr(row, high))


table(
    pd.DataFrame(
        {
            "gain over Random": labels[r.case],
            "of": sides[r.case] if r.strategy == "claimed" else plain(r.strategy),
            "as seen": points(r.observed),
            "without bias (interval over seeds)": plain_points(r, "low", "high"),
            "interval over datasets": points(r.mean, r.low_datasets, r.high_datasets).partition(
                "points "
            )[2]
            if r.case == "spread"
            else "",
            "where": "" if r.strategy == "claimed" or r.case == "spread" else where(r),
            "there in": "" if pd.isna(r.share) else figures.percent(r.share) + " of resamples",
        }
        for r in cases.itertuples()
    )
)

# %% [markdown]
# How often is each clearly a bad choice? Combinations in which the gain over Random is shown to be below minus half a point,
# shown not to be, or neither.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "strategy": plain(r.strategy),
            "shown to be below Random": f"{r.below} of {r.n} ({figures.percent(r.below / r.n)})",
            "shown not to be": f"{r.not_below} of {r.n}",
            "undecided": f"{r.undecided} of {r.n}",
            "mean below, whatever the interval": f"{r.seen} of {r.n}",
        }
        for r in rival_gains.below_random(gain).itertuples()
    )
)

# %% [markdown]
# ## Does quality decide between them?
#
# Each dot is one embedder on one dataset, with its interval over seeds. Quality is the accuracy of a linear probe on the pool.

# %% tags=["hide-input"]
ways = rival_gains.quality_table(duel, measured).set_index("way")
with_quality = units.merge(measured, on=["dataset", "embedder"]).rename(
    columns={"probe_accuracy": "quality"}
)
rank = found_here.correlation_words(ways.loc["units"])
line = (
    judging.interval_words(ways.loc["line"])
    if ways["mean"].notna()["line"]
    else "not to be measured here"
)
figures.difference_along_quality(
    with_quality,
    "margin-and-badge-quality",
    xlabel="probe accuracy of the embedding on the pool, %",
    ylabel="BADGE minus Margin, points of AULC",
    alt=f"""Small multiples, one for each of {several(len(datasets), "dataset")}: BADGE minus Margin against the measured quality of
    {len(order)} embedders, with a straight line. The line changes by {line} from the worst to the best embedding, averaged
    over datasets.""",
    caption=f"""From the worst to the best embedding, BADGE minus Margin changes by {line}. Rank correlation over all
    {len(units)} pairs: {rank}.""",
)

# %% tags=["hide-input"]
asked = {
    "line": "change along the line, worst to best embedding of each dataset",
    "ends": f"change from {plain(order[0])} to {plain(order[-1])}",
    "units": "rank correlation with quality over all pairs (interval: datasets drawn again, each with all its embedders)",
    "within": "the same with ranks taken within datasets (interval over seeds)",
}
table(
    pd.DataFrame(
        {
            "BADGE minus Margin against quality": asked[way],
            "found": found_here.correlation_words(row)
            if way in ("units", "within")
            else judging.interval_words(row)
            if pd.notna(row["mean"])
            else "cannot be measured",
        }
        for way, row in ways.iterrows()
    )
)

# %% [markdown]
# ## Without contaminated pairs
#
# An embedder that is known to have been trained on a dataset may owe its quality to it.

# %% tags=["hide-input"]
pairs = measured[measured["contaminated"]]
kept = measured[~measured["contaminated"]]
left = records.merge(kept[["dataset", "embedder"]], on=["dataset", "embedder"])
if pairs.empty:
    display(
        Markdown(
            "No embedder here is known to have been trained on one of these datasets: there is nothing to leave out."
        )
    )
elif left["embedder"].nunique() < 2:
    display(
        Markdown(
            "Without contaminated pairs fewer than two embedders are left: nothing to compare."
        )
    )
else:
    without = found_here.finding(left, kept)
    display(
        Markdown(
            f"Contaminated: {names(f'{plain(r.embedder)} on {plain(r.dataset)}' for r in pairs.itertuples())}. Verdict without them: "
            f"{without.verdict}; with them: {finding.verdict}."
        ),
        table(
            pd.DataFrame(
                {
                    "number": number.label,
                    "all pairs": str(number),
                    "without contaminated pairs": str(without.numbers[key]),
                }
                for key, number in finding.numbers.items()
                if number.unit
            )
        ),
    )
