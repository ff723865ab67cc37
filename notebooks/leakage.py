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
# # Does anything ever see the test side?
#
# One of the paper's reviewers asked whether anything that selects or tunes sees the test side (Q12). It is easy to promise that
# nothing does. Here it is tested, for every strategy of this project, each time this page is made: a run is made as it is, and again with
# the test side *poisoned*. Its vectors become random numbers a hundred times as long, its labels are shuffled. A strategy that does not look
# there chooses the same rows. And once more with every label of the pool made wrong that no choice has paid for: a strategy sees the labels
# that it asked for, and no other.

# %% tags=["parameters"]
dataset: str = "icd10_chapters"  # where the texts come from
embedder: str = "hashing"  # what turns them into vectors
strategies: list[str] | None = None  # strategies to check; null checks all there are
initial_size: int = 20  # labels in the initial pool
query_size: int = 20  # rows each query chooses
cycles: int = 3  # heads fitted; one query less is made
seeds: int = 2  # replicates of every run
pool_size: int | None = 500  # pool texts sampled; null takes all
test_size: int | None = 200  # test texts sampled; null takes all

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import heads
from alutils import strategies as registry
from alutils.errors import UserError
from alutils.figures import names, plain, table
from alutils.findings import leakage

shown = list(dict.fromkeys(strategies or registry.names()))
if cycles < 2:
    raise UserError("cycles must be at least 2, because without a query no strategy chooses")
problem, checked, controls, others = leakage.examine(
    dataset, embedder, shown, initial_size, query_size, cycles, seeds, pool_size, test_size
)
Markdown(
    f"{len(checked)} strategies on {plain(dataset)}, embedded by {plain(embedder)}: {len(problem.pool_labels):,} texts in the pool, "
    f"{len(problem.test_labels):,} on the test side, {initial_size} first labels, then {cycles - 1} times {query_size}, {seeds} seeds."
)

# %% tags=["hide-input"]
leakage.finding(checked, controls, others)

# %% [markdown]
# ## Strategy by strategy
#
# Rows chosen in the run as it is, and how many of them are others when the test side is poisoned, and when hidden labels are
# wrong. A strategy that needs no head also chooses the initial pool of its run; the others start from a random one. The last column
# says whether the poison arrived: whether it changed every accuracy that the loop measured.

# %% tags=["hide-input"]


def compared(rows: int, differing: int) -> str:
    return f"{differing:,} of {rows:,}"


def lines(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "strategy": plain(row.strategy),
            "initial pool": plain(row.initial_pool),
            "test side poisoned: first rows that differ": compared(
                row.initial_rows, row.test_initial
            ),
            "queried rows that differ": compared(row.query_rows, row.test_query),
            "hidden labels wrong: rows that differ": compared(
                row.initial_rows + row.query_rows, row.hidden_initial + row.hidden_query
            ),
            "poison arrived": "yes" if row.arrived else "no",
        }
        for row in found.itertuples()
    )


table(lines(checked))

# %% [markdown]
# ## Can the check fail?
#
# A check that nobody can fail says nothing. These strategies leak by design, and go through the same check. A strategy is handed no
# test side, so each of them had to be given it behind the loop's back. The first takes the rows nearest to the test side; the second is
# a leak as people make it, tuned on the accuracy on the test side; the third knows labels that it never asked for.

# %% tags=["hide-input"]
table(lines(controls).assign(caught=["yes" if caught else "NO" for caught in controls["caught"]]))

# %% [markdown]
# ## What else could leak
#
# Choices are not the only way. What is computed from data before or beside them is checked too, on the same poisoned test side; copies of
# a text are looked for among all texts of the dataset, up to white space and letter case.

# %% tags=["hide-input"]
table(
    others.assign(passed=["yes" if passed else "NO" for passed in others["passed"]]).rename(
        columns={
            "what": "what could leak",
            "prevented": "what prevents it",
            "result": "checked here",
            "passed": "as it should be",
        }
    )
)

# %% [markdown]
# Near copies remain: two texts that differ by a word can stand on both sides, for all strategies alike. No parameter is tuned on the
# test side or on labels held out: those of the head and of the strategies are constants of the code. What a strategy still adapts (a
# radius, a temperature), it adapts during its run, from the pool and the labels it has, and so it went through the check above.

# %% tags=["hide-input"]


def written(thing: object) -> str:
    fields = {k: v for k, v in vars(thing).items() if k != "name" and not k.startswith("_")}
    return ", ".join(f"{key} = {value}" for key, value in fields.items())


parts = [("head", heads.get("softmax")), *((plain(name), registry.get(name)) for name in shown)]
rows = [(who, written(part)) for who, part in parts if written(part)]
bare = [name for name in shown if not written(registry.get(name))]
display(
    table(pd.DataFrame(rows, columns=["part", "constants"])),
    Markdown(f"Without any parameter: {names(bare)}."),
)

# %% [markdown]
# ## What no check of choices can see
#
# An embedder that was trained on a dataset with its labels carries them in its vectors. Where that is known, the catalogue says
# so; such pairs are marked *contaminated*, and pages show results with and without them. A model whose training data are not
# published in full may be contaminated without being listed.

# %% tags=["hide-input"]
marked = leakage.trained_on()
display(
    table(
        pd.DataFrame(
            {
                "dataset": plain(row.dataset),
                "embedders trained on it": names(row.embedders),
                "how that is known": row.basis,
            }
            for row in marked.itertuples()
        )
    )
    if len(marked)
    else Markdown("The catalogue knows of no such pair."),
    Markdown(
        f"{sum(map(len, marked['embedders']))} pairs on {len(marked)} datasets."
        + (
            f" The pair of this page, {plain(dataset)} and {plain(embedder)}, is "
            + (
                "one of them."
                if any(
                    row.dataset == dataset and embedder in row.embedders
                    for row in marked.itertuples()
                )
                else "not one of them."
            )
        )
    ),
)
