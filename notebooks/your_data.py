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
# # Your own texts: what is active learning worth on them?
#
# You have a pile of texts and can pay for a few hundred labels. This page runs on *your* file:
#
# ```bash
# alutils run-notebook your_data -p file reviews.csv -p text body -p label topic
# ```
#
# The file may be CSV, TSV, JSON Lines or Parquet; nothing of it leaves your machine. Cells of the label column may be empty.
# Texts that have a label are labelled once more, as if nobody knew: by strategies, and at random. That tells what a strategy
# would have saved. For texts that have none, the page proposes which to label next. How to go on, label after label, is in
# [Label your own texts](../book/your_texts.md) and, on real texts from beginning to end, in [A pile of texts, sorted](story.ipynb).

# %% tags=["parameters"]
file: str | None = None  # your texts; null takes a sample that comes with the book
text: str = "text"  # column of the texts
label: str | None = "label"  # column of the labels, empty where not known; null for none
id_column: str | None = None  # column that tells rows apart; null takes their numbers
labels: list[str] = []  # further files with labels: tables, exports of Label Studio or Argilla
encoding: str | None = None  # of text files that are not UTF-8, such as cp1252
embedder: str = "minilm"  # what turns texts into vectors
strategies: list[str] = ["tcm", "margin", "badge"]  # compared with Random; the first one proposes
budget: int = 400  # labels at the end of the replay
query_size: int = 50  # labels added by each later cycle; also the texts that are proposed
initial_size: int = 50  # random labels at the beginning of the replay
seeds: int = 8  # replicates of every run
pool_size: int | None = 2000  # labelled texts that the replay may choose from; null takes all

# %% tags=["hide-input"]
import tempfile
from html import escape
from pathlib import Path

from IPython.display import HTML, Markdown

from alutils import figures, statistics
from alutils.embedders.texts import embed
from alutils.figures import table
from alutils.findings.words import several
from alutils.labelling import propose, read_pile, showing
from alutils.labelling.answers import with_answers
from alutils.labelling.progress import report
from alutils.rehearsals import replay, replay_words, replayed, sample
from alutils.spelling import in_markdown, shown
from alutils.study import run_study

SHOWN = 8  # texts of the proposal
KEPT = 200  # labels that are not hidden, where all are there
sizes = {
    "embedder": embedder,
    "strategies": strategies,
    "budget": budget,
    "query_size": query_size,
    "initial_size": initial_size,
    "seeds": seeds,
    "pool_size": pool_size,
}
replay.check(**sizes)  # before anything takes time
with tempfile.TemporaryDirectory() as folder:
    path = sample.write_sample(Path(folder)) if file is None else Path(file)
    pile = read_pile(path, text, label, id_column, encoding)
for each in labels:
    pile = with_answers(pile, Path(each), encoding)
if file is None:
    display(Markdown(sample.about_sample()))
# Whatever stands in your file is shown, and never obeyed: table, escape and in_markdown see to that.
display(table(showing.contents(pile)))
if pile.remarks:
    display(HTML("".join(f"<p>{escape(shown(each))}.</p>" for each in pile.remarks)))

# %% [markdown]
# ## What would strategies have saved?
#
# Every run begins with the same random labels. Then a strategy asks for more, a batch at a time, and after
# each batch a classifier is fitted and tried on texts that are kept out of it all. The unit of all intervals is the seed: they tell
# what other random beginnings would have given on these texts, and nothing about other texts. Labels saved are those that a
# strategy needs less than Random to be as accurate (−29: it needs 29 more; −∞: it never gets so far in this replay). They are a
# mean over seeds or, where a run never gets so far, a median. A strategy is called better where the interval of its gain is above zero
# and a test agrees that is corrected for the number of strategies (Holm).

# %% tags=["hide-input"]
unable = replay.why_no_replay(pile, initial_size, query_size)
if unable is None:
    grid = replay.replay_grid(pile, **sizes)
    records = run_study(grid)
    curves, gains, saved = (
        replayed.curves(records),
        replayed.gains(records),
        replayed.saved(records),
    )
    display(Markdown(replay_words.replayed_words(pile, grid, budget)))
    display(
        figures.replay_curves(
            statistics.arrange(curves, strategy=[replay.BASELINE, *gains["strategy"]]),
            "your-data-replay",
            alt=replay_words.curves_words(curves),
            caption=replay_words.curves_caption(gains),
        )
    )
    display(table(replay_words.replay_table(gains, saved)))
    told = replay_words.conclusion(gains, saved)
else:
    told = unable
Markdown(told)

# %% [markdown]
# ## What to label next
#
# A strategy proposes a batch of the texts without a label. A tenth of it is drawn at random instead: these labels tell later
# how good the classifier is, because texts that a strategy chose are not like the others.

# %% tags=["hide-input"]
asked = pile
if not len(pile.open_texts()) and not pile.waiting:
    asked = sample.hide_labels(pile, min(KEPT, pile.n_labelled // 2))
    told = (
        "Every text has a label, so nothing is left to ask for. To show what a proposal looks like, all labels but "
        f"{asked.n_labelled:,} are hidden here. "
    )
else:
    told = f"{several(len(pile.open_texts()), 'text')} can be asked for. "
vectors = embed(asked.texts, embedder)
proposal = propose(asked, vectors, strategy=strategies[0], k=query_size)
told += showing.proposed_words(proposal)
remarks = "".join(f"<p>{escape(shown(each))}.</p>" for each in proposal.remarks)
HTML(f"<p>{escape(told)}</p>{remarks}")

# %% tags=["hide-input"]
points = showing.plane(asked, vectors, proposal)
display(
    figures.proposal_map(
        points,
        "your-data-map",
        alt=showing.map_words(points),
        caption=showing.map_caption(points),
    )
)
if len(short := figures.unwritten(points)):
    display(table(short))
if len(proposal.texts):
    display(table(showing.proposed_table(asked, proposal, SHOWN)))

# %% [markdown]
# ## Is it time to stop?
#
# What the labels in hand tell. How far such estimates can be trusted was tried where all labels are known:
# [When to stop](stopping.ipynb).

# %% tags=["hide-input"]
if len(asked.classes) < 2:
    told = ["Nothing can be told before texts of two classes have a label."]
else:
    told = str(report(asked, vectors, more=query_size)).splitlines()
# Lines that are set in belong to the one above them.
Markdown("\n".join(f"{'  ' if line.startswith(' ') else ''}- {in_markdown(line)}" for line in told))

# %% [markdown]
# ## How to go on
#
# The first command writes the batch, with all columns of your file and a reason for each text. Fill in the labels, and give the
# same command again: it reads them and proposes the next. The second says how good it is by now. With
# `-p labels "[reviews_to_label.csv]"` this page reads them too. More is in [Label your own texts](../book/your_texts.md).

# %% tags=["hide-input"]
go_on = showing.commands(
    Path(file or "reviews.csv"),
    text=text,
    label=label,
    id=id_column,
    labels=labels,
    embedder=embedder,
    encoding=encoding,
    strategy=strategies[0],
    k=query_size,
)
HTML(f"<pre>{escape(shown(go_on))}</pre>")
