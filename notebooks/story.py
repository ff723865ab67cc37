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
# # A pile of texts, sorted: the whole way
#
# Somebody has a few thousand texts in one file, in no order, and wants them sorted by topic. Nobody has the time to read them all.
# So a person reads a few hundred, a classifier learns from these, and it sorts the rest. *Which* few hundred, and *when is it enough*?
# This page goes the whole way with the real commands: all that they print below was printed, and every number was measured, when
# this page was made.
#
# Only the person is not real. In this dataset the right topics are known, and a small program looks them up; now and then it
# passes on a text, as people do. That is why the page can say at the end how right everything was, which somebody with
# real work would not know.

# %% tags=["parameters"]
dataset: str = "trivia_lists"  # where the texts come from
embedder: str = "minilm"  # what turns them into vectors
strategy: str | None = None  # what chooses texts; null takes what the commands take by themselves
batch_size: int = 100  # texts the person is asked about at a time
budget: int = 600  # texts the person is asked about in all
passes: float = 0.02  # share of texts on which the person passes
seconds_per_label: float = 10.0  # what a person takes for one text: an assumption, not measured
pool_size: int = 3000  # texts in the pile
test_size: int = 1000  # further texts, which are not in the pile
seeds: int = 5  # times everything is repeated, to count the labels saved

# %% tags=["hide-input"]
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Markdown

import alutils
from alutils import datasets, embedders, figures
from alutils.advice.rule import shipped
from alutils.cli.transcript import run
from alutils.errors import UserError
from alutils.figures import count, duration, percent, plain, points, short_seconds, signed, table
from alutils.findings.words import several
from alutils.inputs import note
from alutils.labelling import read_pile
from alutils.labelling.answers import read_ours, with_answers
from alutils.labelling.audit import audit_prefix
from alutils.rehearsals.person import answer_table, answer_tasks, person
from alutils.rehearsals.rounds import random_labels, replay
from alutils.rehearsals.truth import Truth, told
from alutils.rehearsals.worth import band, worth
from alutils.tables import Table, write_table

if batch_size < 1 or budget % batch_size or budget < 2 * batch_size:
    raise UserError(
        f"budget {budget} is not two or more batches of batch_size {batch_size}: change one of them"
    )
if seeds < 1:
    raise UserError(f"seeds is {seeds}, but with none there is nothing to compare")
data = datasets.sampled(dataset, pool_size, test_size)
note("datasets", [(dataset, data.fingerprint)])
texts, labels = list(data.pool_texts), [data.classes[label] for label in data.pool_labels]
if len(texts) < 3 * budget:
    raise UserError(
        f"{dataset} has {len(texts):,} texts here, too few to see what a budget of {budget:,} saves: "
        f"give a third of them or less"
    )
by = strategy or shipped().strategy.fixed
says = person(texts, labels, passes)
room = tempfile.TemporaryDirectory(prefix="story-")  # gone when the page is done
folder = Path(room.name)
write_table(folder / "texts.csv", Table({"text": texts}))
done = []


def command(name, *words, show=True):
    """Run a command of alutils in the folder, and show what a terminal would."""
    words = [name, "texts.csv", *words]
    if embedder != "minilm":
        words.append(f"--embedder {shlex.quote(embedder)}")
    if name == "select" and strategy is not None:
        words.append(f"--strategy {shlex.quote(strategy)}")
    if name == "select" and batch_size != 100:
        words.append(f"-k {batch_size}")
    done.append(run(f"alutils {' '.join(words)}", folder))
    if show:
        print(done[-1])


def seconds(name):
    return [each.seconds for each in done if each.command.split()[1] == name]


def rows_of(file, columns, rows):
    """Show rows of a table that a command wrote, with long texts cut."""
    found = read_ours(folder / file).take(rows).columns
    return table(
        pd.DataFrame(
            {name: [textwrap.shorten(v or "", 260) for v in found[name]] for name in columns}
        )
    )


def in_hand(*files):
    """Read the pile and its answers as the commands do."""
    pile = read_pile(folder / "texts.csv")
    for file in files:
        pile = with_answers(pile, folder / file)
    return pile


Markdown(
    f"**The pile** is a file, `texts.csv`: {count(len(texts))} texts ([{plain(dataset)}](catalogue.ipynb)) in one column, to be sorted into {len(data.classes)} topics. If a person "
    f"takes {seconds_per_label:g} seconds for a text, which is our guess, all of them take {duration(len(texts) * seconds_per_label)}. A few of the texts:"
)

# %% tags=["hide-input"]
rows_of("texts.csv", ["text"], [len(texts) * part // 6 for part in range(6)])

# %% [markdown]
# ## The first batch: nothing is known yet
#
# Without any label there is nothing to learn from. So the first command looks at the texts alone. It *embeds* them: each text becomes a
# point, and texts that mean similar things lie close together. Then it picks texts that stand for many others. One in ten is drawn
# at random instead, because later only those can tell how good the classifier is: texts that were chosen are not like the rest.
#
# Some people label in a spreadsheet, others in a tool. This batch goes to [Label Studio](https://labelstud.io).

# %% tags=["hide-input"]
names = "" if any("," in name for name in data.classes) else ", ".join(data.classes)
named = [f"--classes {shlex.quote(names)}"] if names else []
command("select", "--for label-studio", *named, "-o batch_1.json")

# %% [markdown]
# The person imports `batch_1.json`, pastes `batch_1.xml` as the labelling interface, labels, and exports the project as JSON. (Our stand-in writes
# the same export.) With that file, the first report:

# %% tags=["hide-input"]
answer_tasks(folder / "batch_1.json", folder / "export.json", says)
command("progress", "--labels export.json")

# %% [markdown]
# Of such a report the intervals matter most. They are wide, because very few labels so far were drawn at random (the *audited* ones).
# They are the beginning of one random order of the whole pile. Where a strategy has chosen one of the next texts of that order already,
# it counts with them, so there can be a few more than a tenth.
#
# ## The second batch: a classifier helps to choose
#
# Now there is a classifier, if a poor one. The next texts are those that should teach it most. They go into a table for any
# spreadsheet, `to_label.csv`.

# %% tags=["hide-input"]
command("select", "--labels export.json", "-o to_label.csv")

# %% [markdown]
# Some of its rows and columns. `al_why` tells what speaks for reading a text: what the classifier makes of it, how many texts are like it
# and how many of these have a label, and the nearest text that has one.

# %% tags=["hide-input"]
drawn = np.array(read_ours(folder / "to_label.csv").columns["al_audit"]) == "yes"
rows_of(
    "to_label.csv",
    ["text", "label", "al_guess", "al_why"],
    [*np.flatnonzero(drawn)[:1], *np.flatnonzero(~drawn)[:4]],
)

# %% [markdown]
# The person fills in the column `label`, or passes by writing anything into `al_skip`, and saves the file. Then the *same* command is
# given again: it reads the answers and adds the next batch to the file. So it goes on, with a look at `progress` now and then. All
# batches, with what the commands took (the first `select` also embeds the texts, if that was never done before):

# %% tags=["hide-input"]
# LSA and the steps of a name learn from the texts of the pile; else a text has its vector by itself.
learns = embedders.entry_of(embedder).kind == "lsa" or "+" in embedder
further = (
    embedders.embed(data, [embedder])[embedder].test
    if learns
    else alutils.embed(data.test_texts, embedder)
)
truth = Truth(labels, further, [data.classes[label] for label in data.test_labels])
vectors = alutils.embed(texts, embedder)
batches = budget // batch_size
story = [told(in_hand("export.json"), vectors, truth)]
for batch in range(2, batches + 1):
    if batch > 2:
        command("select", "--labels export.json", "-o to_label.csv", show=False)
    answer_table(folder / "to_label.csv", says)
    command("progress", "--labels export.json", "--labels to_label.csv", show=False)
    story.append(told(in_hand("export.json", "to_label.csv"), vectors, truth))
story = pd.DataFrame(story)


def estimate(row):
    if np.isnan(row.estimate):
        return "not known yet"
    return f"{row.estimate:.0%} ({row.low:.0%} to {row.high:.0%})".replace("%", " %")


table(
    pd.DataFrame(
        {
            "batch": row.Index + 1,
            "labels so far": count(int(row.n_labelled)),
            "passed": count(int(row.passed)),
            "select took, s": short_seconds(seconds("select")[row.Index]),
            "progress took, s": short_seconds(seconds("progress")[row.Index]),
            "its estimate for texts without a label": estimate(row),
        }
        for row in story.itertuples()
    )
)

# %% [markdown]
# When is it enough? No program can know what a label is worth to somebody. This is what there is to decide by, the report after the
# last batch:

# %% tags=["hide-input"]
print(done[-1])

# %% [markdown]
# ## Sorted
#
# One more command writes the whole pile: `al_label` is what the person said, or else the likeliest topic, with how sure of it the classifier is.

# %% tags=["hide-input"]
command("predict", "--labels export.json", "--labels to_label.csv", "-o sorted.csv")

# %% tags=["hide-input"]
ends = read_ours(folder / "sorted.csv").columns
given = np.array(ends["al_given"]) == "yes"
sure = np.array([float(each or np.nan) for each in ends["al_confidence"]])
surest = np.argsort(-sure, kind="stable")[: int((~given).sum())]  # NaN comes last
rows_of(
    "sorted.csv",
    ["text", "al_label", "al_confidence", "al_given"],
    [np.argmax(given), *surest[np.linspace(0, len(surest) - 1, 5).astype(int)]],
)

# %% [markdown]
# ## What was true
#
# Here the person's story ends. But since the right topics are known, we can look. How sure the classifier is tells where to trust it:

# %% tags=["hide-input"]
right = np.array(ends["al_label"], object) == np.array(labels, object)
parts = {
    "a person gave the label": given,
    "at least 80 % sure": ~given & (sure >= 0.8),
    "50 to 80 % sure": ~given & (sure >= 0.5) & (sure < 0.8),
    "less than 50 % sure": ~given & (sure < 0.5),
}
table(
    pd.DataFrame(
        {
            "texts of which": name,
            "number": count(int(rows.sum())),
            "of the pile": percent(rows.mean()),
            "right": percent(right[rows].mean()),
            "sure on average": percent(sure[rows].mean()) if np.isfinite(sure[rows]).any() else "",
        }
        for name, rows in parts.items()
        if rows.any()
    )
)

# %% tags=["hide-input"]
least_sure, unsure = [(name, rows) for name, rows in parts.items() if rows.any()][-1]
checked = story.dropna(subset="estimate")
inside = (checked["low"] <= checked["rest"]) & (checked["rest"] <= checked["high"])
Markdown(
    f"**{percent(right.mean())} of the pile is sorted rightly**, after {several(int(given.sum()), 'label')}. Of the texts that nobody labelled it is {percent(right[~given].mean())}; "
    f"the last report had said {estimate(story.iloc[-1])}. In this run the truth was inside the interval {int(inside.sum())} of {several(len(inside), 'time')}. "
    f"Of the {count(int((~right).sum()))} texts in a wrong place, {count(int((unsure & ~right).sum()))} are among the {count(int(unsure.sum()))} of which the "
    f"classifier is {least_sure}. To read those as well would take {duration(int(unsure.sum()) * seconds_per_label)}, and leave {percent((right | unsure).mean())} right."
)

# %% [markdown]
# ## Was it worth choosing?
#
# The other way needs no program: label texts in random order. So everything above was repeated, with other random numbers each time, and
# beside each repetition stands a random order in which the same stand-in labels more and more texts. (The labels that `select` draws at
# random are counted like all others.)

# %% tags=["hide-input"]
pile, many = in_hand(), range(seeds)
chosen = pd.concat(
    replay(pile, vectors, truth, says, batches=batches, k=batch_size, strategy=strategy, seed=seed)
    for seed in many
)
sizes = [budget * step // 6 for step in range(1, 13)]
rival = pd.concat(random_labels(pile, vectors, truth, says, sizes, seed=seed) for seed in many)
here, new = (worth(chosen, rival, value) for value in ("sorted", "new"))
reached, n_chosen, needed = here.by_seed[["reached", "n_labelled", "needed"]].mean()
least = "at least " if here.bounded else ""
summary = {
    "better": f"Choosing saves {least}{here.saved['mean']:,.0f} labels",
    "worse": f"Choosing costs {-here.saved['mean']:,.0f} labels",
    "undecided": f"Whether choosing saves labels cannot be told from {several(seeds, 'seed')}",
}[here.verdict]
figures.told_and_saved(
    story.assign(true=story["rest"]),
    pd.concat(
        [
            band(rival, "n_labelled", "sorted").assign(way="random"),
            band(chosen, "batch", "sorted").assign(way="chosen"),
            story[["n_labelled"]].assign(mean=story["sorted"], way="this run"),
        ],
        ignore_index=True,
    ),
    {"reached": reached, "n_labelled": n_chosen, "needed": np.nan if here.bounded else needed},
    by,
    "story-told-and-saved",
    alt=f"""Two panels over the number of labels. Left, texts that nobody labelled: what the reports said, with intervals, from
    {estimate(story.iloc[0])} to {estimate(story.iloc[-1])}, and what was true, from {percent(story["rest"].iloc[0])} to
    {percent(story["rest"].iloc[-1])}. Right, all texts: with chosen labels {percent(reached)} are sorted rightly after
    {n_chosen:,.0f} labels, with random ones after {least}{needed:,.0f}.""",
    caption=f"""{summary}. Left: what the reports said in this run, with 95 % intervals, and what was true. Right: the share of
    the pile that is sorted rightly; lines are means, bands the lowest and the highest of {several(seeds, "seed")}, dots this
    run, which is the first of them.""",
)

# %% tags=["hide-input"]


def in_labels(saved):
    return f"{signed([saved['mean'], saved['low'], saved['high']], 0)} labels"


def in_points(ahead):
    return points(ahead["mean"], ahead["low"], ahead["high"])


Markdown(
    f"**The pile.** With {n_chosen:,.0f} chosen labels {percent(reached)} of the pile is sorted rightly; with random ones that takes {least}{needed:,.0f}. "
    f"The difference is {least}{in_labels(here.saved)}: "
    + {
        "better": f"choosing saves {duration(here.saved['mean'] * seconds_per_label)} of a person's time.",
        "worse": "choosing costs labels here.",
        "undecided": "this cannot be told from no difference.",
    }[here.verdict]
    + f" With equally many labels the difference is {in_points(here.ahead)}."
    + (
        " Part of that is plain: hard texts were read, and need no guess any more."
        if here.verdict == "better"
        else ""
    )
    + "\n\n"
    f"**New texts.** How good is the classifier itself? On {several(len(truth.new_labels), 'further text')} that were never in the pile, choosing makes a difference of "
    f"{in_points(new.ahead)} with equally many labels, and of {'at least ' if new.bounded else ''}{in_labels(new.saved)} for equal accuracy"
    + {
        "better": ": it saves labels there too.",
        "worse": ": it costs labels there.",
        "undecided": ". Whether it saves any there cannot be told.",
    }[new.verdict]
    + "\n\n"
    + (
        f"Intervals are Student's over {several(seeds, 'seed')}, 95 %: they say what other random numbers would do to this same pile. What other texts do is another "
        "question: [Which strategy wins?](query_strategies.ipynb) looks at many datasets."
        if seeds > 1
        else "One seed gives no interval, so nothing is decided here."
    )
)

# %% [markdown]
# ## What it took
#
# Most of the time is the person's. Embedding is the slow part of the rest; it is done once and kept, so that later commands find it there.

# %% tags=["hide-input"]
words = shlex.split(done[-2].command)[1:]  # the last report once more, from a cold start
start = time.perf_counter()
program = "from alutils.cli import main; main()"
subprocess.run([sys.executable, "-c", program, *words], cwd=folder, check=True, capture_output=True)
start_up = time.perf_counter() - start - done[-2].seconds
kept = Path(vectors.filename).parent / "meta.json" if isinstance(vectors, np.memmap) else None
cost = json.loads(kept.read_text())["notes"].get("cost") if kept else None
asked = int(story["n_labelled"].iloc[-1] + story["passed"].iloc[-1])
table(
    pd.DataFrame(
        {
            f"embedding {count(len(texts))} texts, once": duration(
                cost["wall_seconds"] if cost else np.nan
            ),
            "select, each batch (median)": duration(statistics.median(seconds("select"))),
            "progress, each report (median)": duration(statistics.median(seconds("progress"))),
            "predict, the whole pile": duration(seconds("predict")[0]),
            "besides, start of each command (Python and its libraries; measured once)": duration(
                max(start_up, 0)
            ),
            f"a person, {count(asked)} texts, {seconds_per_label:g} s each (assumed)": duration(
                asked * seconds_per_label
            ),
        }.items(),
        columns=["step", "time"],
    )
)

# %% [markdown]
# ## The same in Python
#
# The commands are a cover of functions that anybody can call after `import alutils`. `texts` is a list of texts; `answers` has a label for
# each, or an empty text; `batch` has the number of its batch; `audit` are the rows that were drawn at random. The report is the one from above.

# %% tags=["hide-input"]
pile = in_hand("export.json", "to_label.csv")
answers = [label or "" for label in pile.labels]
batch = np.where(np.array(answers) == "", -1, pile.batch)
order, n_audited = audit_prefix(pile, seed=0)
audit = order[:n_audited]

# %%
embeddings = alutils.embed(texts, embedder)
rows = alutils.select(embeddings, answers, strategy=by, k=3)
for why in alutils.explain(embeddings, answers, rows, texts=texts)["why"]:
    print(why)
print(alutils.when_to_stop(embeddings, answers, audit, batch))

# %% [markdown]
# [Label your own texts](../book/your_texts.md) explains the commands and all that they can read.
