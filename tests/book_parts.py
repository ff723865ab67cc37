"""Small notebooks and a small book for the tests of the book builder."""

from __future__ import annotations

import shutil
from pathlib import Path

from alutils.book.records import TABLE

REPOSITORY = Path(__file__).parents[1]

HEADER = """\
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

"""

PARAMETERS = """\
seeds: int = 5  # runs per <cell>
datasets: list[str] = ["icd10_chapters"]  # datasets by name"""

FIGURE = """\
import sys
import matplotlib.pyplot as plt
import pandas as pd
from alutils.figures.saved import save

print("a line for the terminal", file=sys.stderr)
data = pd.DataFrame({"labels": [10, 20], "accuracy": [0.5, 0.75]})
figure, axis = plt.subplots(figsize=(2, 1))
axis.plot(data["labels"], data["accuracy"])
save(figure, "lines", alt='A line: it "rises" & ends', caption="It rises.", data=data)"""


READ = {
    "datasets": [("icd10_chapters", "a1"), ("trec6+copies(0.5)", "a2")],
    "embeddings": [("icd10_chapters / minilm_layer1", "b1"), ("icd10_chapters / lsa", "b2")],
}


def write_notebook(
    folder: Path, name: str, *cells: str, title: str = "# Title", parameters: str = PARAMETERS
) -> Path:
    """Write a py:percent source: a title, the parameter cell, then code cells."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "# %% [markdown]\n# " + title.replace("\n", "\n# ") + "\n\n"
    text += f'# %% tags=["parameters"]\n{parameters}\n'
    text += "".join(f"\n# %%\n{cell}\n" for cell in cells)
    path = folder / f"{name}.py"
    path.write_text(HEADER + text)
    return path


def write_book(root: Path) -> Path:
    """Write a checkout with one prose page and one notebook, set up as the real book is."""
    for name in "book", "alutils":
        (root / name).mkdir(parents=True)
    for name in "_config.yml", "CITATION.cff":
        shutil.copy(REPOSITORY / name, root)
    for name in "_static", "_templates":
        shutil.copytree(REPOSITORY / "book" / name, root / "book" / name)
    shutil.copy(REPOSITORY / "book" / "references.bib", root / "book")
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\n"
        "parts:\n- caption: Experiments\n  chapters:\n  - file: notebooks/curves\n"
    )
    (root / "book" / "index.md").write_text(
        "# The question\n\n"
        "See {numref}`fig-lines` in {doc}`../notebooks/curves`, for $5 or alutils.py.\n\n"
        f"```{{include}} {TABLE}\n```\n"
    )
    table = 'import pandas\npandas.DataFrame({"accuracy": [0.5]})'
    read = f"from alutils.inputs import note\nfor kind, found in {READ}.items(): note(kind, found)"
    write_notebook(root / "notebooks", "curves", FIGURE, table, read, title="# Learning curves")
    return root
