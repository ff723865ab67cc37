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
# # Every claim, and how to check it
#
# One row for each claim or question of this book: the page that tests it, what it came to, and what it costs to compute it
# again. Below stand the numbers that the verdicts rest on. All of it is worked out anew when this page is made.
# Two of the reviewers' questions have no row: Q10, whether it goes beyond one label per text, is not answered here, and Q13,
# Margin or BADGE, is answered with C2.

# %% tags=["parameters"]
profile: str = "quick"  # the study whose claims are listed

# %% tags=["hide-input"]
import dataclasses
from html import escape
from pathlib import Path

import pandas as pd
from IPython.display import HTML, Markdown

from alutils import archive, claims
from alutils.figures import plain, table
from alutils.figures.amounts import data_size
from alutils.findings import Number
from alutils.findings.words import several
from alutils.page_needs import needs_of_page, page_parameters
from alutils.progress import duration
from alutils.spelling import in_markdown

root = Path()
known = claims.read_claims(root)
found = claims.find_all(root, profile)
parameters = page_parameters(root, profile)
archived = archive.in_force()
complete = archived is not None and (archived.folder / claims.ON_RECORD).is_file()
recorded = claims.on_record(archived.folder) if complete else {}


def effort(page: str) -> str:
    """What the cells of a page took; pages share many of them."""
    grids = needs_of_page(page, parameters[page]).grids
    if not grids:
        return "no cells"
    seconds, memory = claims.costs_of(archived.costs, grids)
    return f"{duration(seconds)}, {data_size(memory)}"


def row(claim: claims.Claim) -> str:
    cells = [
        f"[{claim.id}. {in_markdown(claim.says)}]({claim.page}.ipynb)",
        found[claim.id].verdict,
        f"`{claim.command}`",
        *([effort(claim.page)] if archived else []),
    ]
    return f"| {' | '.join(cells)} |"


columns = [
    "claim",
    "verdict",
    "computed again with",
    *(["cells take, on one core"] if archived else []),
]
lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
Markdown("\n".join([*lines, *(row(claim) for claim in known if claim.id in found)]))

# %% [markdown]
# ## The numbers
#
# The same numbers are computed whenever the book is made; a click on a claim shows its own. *Interval over* says what was drawn
# again for an interval: seeds within these datasets, or datasets; empty where a number has none.

# %% tags=["hide-input"]
Markdown(
    "*On record* is what was found when the study was archived, *now* is what this build of the book has computed from the archived "
    "records; `alutils verify` refuses any that differ. *Allowed elsewhere* is how far a number may move when every cell is computed "
    "again on another machine, whose processor adds in another order: half its interval; without one, one point or a tenth."
    if recorded
    else "Here they were computed once, *now*: nothing is on record to compare with."
)

# %% tags=["hide-input"]


def old_words(number: Number, old: dict[str, object]) -> str:
    """A number on record, in the unit of the one beside it."""
    if number.kind == "points":
        return f"{100 * old['value']:+.2f} points".replace("-", "−")
    if number.kind == "plain":
        return f"{old['value']:+.3f}".replace("-", "−")
    return str(dataclasses.replace(number, value=old["value"]))


def allowed_words(number: Number, old: dict[str, object]) -> str:
    """How far a number may move, in the same unit."""
    allowed = claims.tolerance(old)
    return f"{100 * allowed:.2f} points" if number.kind in ("points", "share") else f"{allowed:.3g}"


def line(number: Number, old: dict[str, object] | None) -> dict[str, str]:
    here = {"number": number.label, "now": str(number), "interval over": number.unit}
    if old:
        here["on record"] = old_words(number, old)
        here["allowed elsewhere"] = allowed_words(number, old)
    return here


for claim in known:
    numbers = found[claim.id].numbers if claim.id in found else {}
    old = recorded.get(claim.id, {}).get("numbers", {})
    if numbers:
        rows = pd.DataFrame(line(number, old.get(key)) for key, number in numbers.items())
        title = f"{claim.id}. {claim.says} ({several(len(numbers), 'number')})"
        display(
            HTML(
                f'<details class="numbers"><summary>{escape(title)}</summary>'
                f"{table(rows.fillna('')).to_html()}</details>"
            )
        )

# %% [markdown]
# ## Check it yourself
#
# ```bash
# make verify PROFILE=offline        # the claims, and a sample of cells from raw texts
# .venv/bin/alutils verify --profile offline --all --mirror /path/to/folder
# ```

# %% tags=["hide-input"]
Markdown(
    claims.check(found, recorded, exactly=True).capitalize() + "."
    if recorded
    else f"The results of the profile {plain(profile)} are not archived, or not all of them: nothing is on record to compare with."
)
