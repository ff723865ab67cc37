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
# # How fast is it, compared with other packages?
#
# Every strategy of this project, one query at a time, beside two packages that have some of them, scikit-activeml
# {cite:p}`kottke2021` and small-text {cite:p}`schroder2023`; the head beside that of scikit-learn {cite:p}`pedregosa2011`; a whole run beside the loop that people write themselves. Everything was measured in one run of one
# command, on one thread, in CPU seconds. This page shows what that command wrote: it measures nothing itself.

# %% tags=["parameters"]
results: str | None = (
    None  # a file that `python -m benchmarks` wrote; null takes the full measurement, else the quick one
)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from IPython.display import Markdown

from alutils import figures, speed
from alutils.errors import UserError
from alutils.figures import count, names, plain, sizes, speed_table, table, times

measured = speed.read(results)
about, machine = measured.about, measured.about["machine"]
commit = (about["git"] or {"commit": "unknown"})["commit"][:10]
edited = ", edited since" if (about["git"] or {}).get("dirty") else ""
packages = ["torch", "scikit-learn", "scikit-activeml", "small-text"]
Markdown(
    f"This is a **{about['kind']}** measurement of {about['date']}, commit {commit}{edited}, on {machine['platform']}, "
    f"{machine['processor']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.0f} GiB; Python {about['python']}, "
    + ", ".join(f"{name} {about['packages'][name]}" for name in packages)
    + ". Seconds are those of that machine; ratios carry over better to other machines."
)

# %% [markdown]
# ## One query
#
# Ours are measured as they are used in this book: replicates advance together, and the time is divided by their number. What
# depends on the pool alone, such as a clustering, is computed once and kept; the ratio to a peer counts it in full, as if
# there were only one query. Peers run one seed, with their own defaults, on the same embeddings, with a classifier
# fitted beforehand. All of them compute the probabilities that they look at. Where a paper leaves something open, two
# implementations may not choose the same rows.

# %% tags=["hide-input"]
queries = speed.compare(measured, "strategy")
rivals = queries[queries["system"] != speed.OURS]
counted = rivals.dropna(subset="ratio")
if counted.empty:
    raise UserError("no query of a peer was measured: run python -m benchmarks with all its tasks")
slower = counted[counted["ratio"] < 1]
far = counted.sort_values("ratio").iloc[-1]
ours = queries[queries["system"] == speed.OURS]


def listed(rows: pd.DataFrame, column: str | None = None) -> str:
    found = [
        f"{plain(r['item'])} in {r['system']}" + (f" ({r[column]})" if column else "")
        for r in rows.to_dict("records")
    ]
    return "; ".join(dict.fromkeys(found))


verdict = (
    f"Of {ours['item'].nunique()} strategies {rivals['item'].nunique()} have a peer. Of {len(counted)} comparisons, ours takes less in {len(counted) - len(slower)}; the median ratio is "
    f"{times(counted['ratio'].median())}, the largest {times(far['ratio'])} ({plain(far['item'])} in {far['system']})."
    + (f" The peer is faster in {len(slower)}: {listed(slower)}." if len(slower) else "")
)
figures.costs(
    queries,
    "speed-queries",
    alt=f"""Dot plot on a logarithmic scale of the CPU seconds of one query, a line for each of {ours["item"].nunique()} strategies,
    with marks for this project, for
    {" and ".join(dict.fromkeys(rivals["system"]))}, and for the least possible. Ours take from {ours["seconds"].min():.2g} s
    ({plain(ours.loc[ours["seconds"].idxmin(), "item"])}) to {ours["seconds"].max():.2g} s ({plain(ours.loc[ours["seconds"].idxmax(), "item"])}).""",
    caption=verdict,
)

# %% tags=["hide-input"]
for _, shape in queries.groupby(speed.SHAPE, sort=False):
    first = shape.iloc[0]
    display(
        Markdown(
            f"**{sizes(first)}**: {first['query_size']} rows are chosen, {count(int(first['labelled']))} are labelled, "
            f"{first['replicates']} replicates advance together. Memory is the peak beside what was there before, "
            "for all replicates."
        ),
        table(speed_table(shape)),
    )
    failed = shape[shape["seconds"].isna()]
    if len(failed):
        display(
            Markdown(
                f"No result: {listed(failed, 'note')}. One replicate was given {about['limit_seconds']:g} s and "
                f"{about['limit_memory_bytes'] / 2**30:.0f} GiB."
            )
        )

# %% [markdown]
# ## What the hardware allows
#
# The column *ours / least possible* divides the time of a query, what is computed once included, by what one core would need at its best for the arithmetic
# and the memory traffic that the strategy cannot do without: the product of the pool with the head's weights, one
# reading of the pool shared by the replicates, products with the centres chosen or, where a strategy compares all pairs of texts,
# those. Sorting and drawing random numbers count for nothing, storing the numbers does. Where work is skipped that
# provably changes nothing, the column can fall below one.

# %% tags=["hide-input"]
bounded = ours[ours["least"] > 0].sort_values("over_least")
Markdown(
    f"Measured in the same run: {about['peak_flops'] / 1e9:.0f} billion float32 operations a second in a large matrix product, "
    f"{about['peak_bandwidth'] / 1e9:.1f} GB a second in a large copy. "
    + (
        f"Nearest to what that allows is {plain(bounded.iloc[0]['item'])} ({times(bounded.iloc[0]['over_least'])}), farthest "
        f"{plain(bounded.iloc[-1]['item'])} ({times(bounded.iloc[-1]['over_least'])})."
        if len(bounded)
        else ""
    )
)

# %% [markdown]
# ## One head
#
# The same softmax regression, solved by us for several replicates at once and by scikit-learn one by one, to an equally small
# gradient. The AdamW loop is what most projects run instead: 200 epochs over a `DataLoader`, whether or not that has converged.

# %% tags=["hide-input"]
heads = speed.compare(measured, "head")
for _, shape in heads.groupby(["dim", "classes"], sort=False):
    first = shape.iloc[0]
    display(
        Markdown(f"**{first['dim']} dimensions, {first['classes']} classes**"),
        table(speed_table(shape, "labelled")),
    )

# %% [markdown]
# ## A whole run
#
# Fit, evaluate on the test side, query with BADGE, and again: this project's loop with all seeds together, against the loop
# that people write around scikit-activeml's `Badge` and scikit-learn's `LogisticRegression`. Seconds are for one seed.

# %% tags=["hide-input"]
runs = speed.compare(measured, "run")
for shape in [group for _, group in runs.groupby(speed.SHAPE, sort=False)]:
    mine, other = (
        shape[(shape["system"] == speed.OURS) == which].iloc[0] for which in (True, False)
    )
    display(
        Markdown(
            f"{sizes(mine)}, {mine['note']}: {mine['seconds']:.2f} s for each of {mine['replicates']} seeds here, "
            + (
                f"{other['seconds']:.0f} s with {other['system']} ({other['note']}), **{times(other['ratio'])}** as long."
                if other["seconds"] > 0
                else f"{other['note']} with {other['system']}."
            )
        )
    )

# %% tags=["hide-input"]
pools = speed.compare(measured, "growth")
if len(pools):
    largest = pools["rows"].max()
    last = pools[pools["rows"] == largest]
    spent = ", ".join(f"{plain(r['item'])} {r['whole']:.2f} s" for r in last.to_dict("records"))
    slopes = {
        item: np.polyfit(np.log(here["rows"]), np.log(here["whole"]), 1)[0]
        for item, here in pools.groupby("item", sort=False)
    }
    powers = ", ".join(f"{slope:.2f} ({plain(item)})" for item, slope in slopes.items())
    display(
        Markdown(
            "## As the pool grows\n\nOne query on pools of more and more texts. A straight line at 45 degrees is "
            "time in proportion to the pool."
        ),
        figures.growth(
            pools,
            "speed-growth",
            alt=f"""Lines on logarithmic scales: CPU seconds of one query over the size of the pool, for
            {names(pools["item"].unique())}. At {count(int(largest))} texts: {spent}.""",
            caption=f"""At {count(int(largest))} texts: {spent}. Time grows with the number of texts to the power of {powers}.""",
        ),
    )
else:
    display(Markdown("How time grows with the pool is part of the full measurement."))

# %% [markdown]
# ## Measure again
#
# ```bash
# make bench                          # a few minutes; writes data/benchmarks/quick.json
# python -m benchmarks --full         # an hour or more; writes data/benchmarks/full.json
# python -m benchmarks --rows 2000 --dim 768 --classes 10 --output mine.json
# alutils run-notebook speed -p results mine.json
# ```
#
# Peers are the packages themselves, at the versions named above, each call in a process of its own with a limit on time and
# memory. A call beyond a limit is listed as such. The code is in `benchmarks/`, a module for each task.
