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
# One row for each claim or question of this book: the page that tests it, what it came to, the numbers that the verdict
# rests on, and what it costs to compute them again. All of it is worked out anew when this page is made.

# %% tags=["parameters"]
profile: str = "quick"  # the study whose claims are listed

# %% tags=["hide-input"]
import dataclasses
from pathlib import Path

import pandas as pd
from IPython.display import Markdown

from alutils import archive, claims
from alutils.figures import plain, table
from alutils.figures.amounts import data_size
from alutils.findings import Number
from alutils.page_needs import needs_of_page, page_parameters
from alutils.progress import duration

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
    if archived is None or not grids:
        return ""
    seconds, memory = claims.costs_of(archived.costs, grids)
    return f"{duration(seconds)} on one core, {data_size(memory)}"


table(
    pd.DataFrame(
        {
            "claim": f"{c.id}. {c.says}",
            "verdict": found[c.id].verdict,
            "computed again with": c.command,
            **({"cells take": effort(c.page)} if archived else {}),
        }
        for c in known
        if c.id in found
    )
)

# %% [markdown]
# ## The numbers
#
# The same numbers are computed whenever the book is made. *Interval over* says what was drawn again for an interval: seeds within
# these datasets, or datasets; empty where a number has none.

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
    """A number on record, and how far it may move, in the unit of the one beside it."""
    if number.kind == "points":
        return f"{100 * old['value']:+.2f} points".replace("-", "−")
    if number.kind == "plain":
        return f"{old['value']:+.3f}".replace("-", "−")
    return str(dataclasses.replace(number, value=old["value"]))


def allowed_words(number: Number, old: dict[str, object]) -> str:
    allowed = claims.tolerance(old)
    return f"{100 * allowed:.2f} points" if number.kind in ("points", "share") else f"{allowed:.3g}"


rows = []
for c in known:
    for key, number in found[c.id].numbers.items() if c.id in found else ():
        old = recorded.get(c.id, {}).get("numbers", {}).get(key)
        rows.append(
            {
                "claim": c.id,
                "number": number.label,
                "now": str(number),
                "interval over": number.unit,
                **(
                    {
                        "on record": old_words(number, old),
                        "allowed elsewhere": allowed_words(number, old),
                    }
                    if old
                    else {}
                ),
            }
        )
table(pd.DataFrame(rows).fillna(""))

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
