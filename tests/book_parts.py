"""Small notebooks and a small book for the tests of the book builder."""

from __future__ import annotations

import shutil
from pathlib import Path

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
import json, os, sys
from pathlib import Path

print("a line for the terminal", file=sys.stderr)
folder = Path(os.environ["ALUTILS_FIGURES"])
(folder / "lines.svg").write_text(
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><path d="M0 0L9 9"/></svg>'
)
(folder / "lines.csv").write_text("labels,accuracy\\n10,0.5\\n")


class Figure:
    def _repr_mimebundle_(self, include=None, exclude=None):
        path = f"figures/{folder.name}/lines"
        alt = json.dumps('A line: it "rises" & ends')
        text = f"```{{figure}} {path}.svg\\n---\\nname: fig-lines\\nalt: {alt}\\n---\\n"
        text += "It rises.\\n\\n"
        text += f"{{download}}`Data (CSV) <{path}.csv>`\\n```"
        return {"text/plain": "lines", "text/html": "FOR JUPYTER", "text/markdown": text}


Figure()"""


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
    shutil.copy(REPOSITORY / "_config.yml", root)
    for name in "_static", "_templates":
        shutil.copytree(REPOSITORY / "book" / name, root / "book" / name)
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\n"
        "parts:\n- caption: Experiments\n  chapters:\n  - file: notebooks/curves\n"
    )
    (root / "book" / "index.md").write_text(
        "# The question\n\n"
        "See {numref}`fig-lines` in {doc}`../notebooks/curves`, for $5 or alutils.py.\n"
    )
    table = 'import pandas\npandas.DataFrame({"accuracy": [0.5]})'
    write_notebook(root / "notebooks", "curves", FIGURE, table, title="# Learning curves")
    return root
