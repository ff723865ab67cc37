"""The page about the study says what this very build ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat.v4 as nbf

from alutils.book import records, studied

SIZES = {"initial_size": 50, "query_size": 50, "cycles": 8, "seeds": 3}
RUN = {"datasets": ["trec6"], "embedders": ["lsa"], **SIZES}


def staged(root: Path, **pages: dict[str, Any]) -> Path:
    """Lay out executed notebooks with their records, as a build does."""
    (root / "notebooks").mkdir(parents=True)
    (root / "book").mkdir()
    chapters = "".join(f"- file: notebooks/{name}\n" for name in pages)
    (root / "_toc.yml").write_text(f"root: book/index\nchapters:\n{chapters}")
    for name, parameters in pages.items():
        notebook = nbf.new_notebook(cells=[nbf.new_markdown_cell(f"# Page {name}")])
        (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook))
        inputs = {"datasets": {each: ["a1"] for each in parameters.get("datasets", [])}}
        record = {"parameters": parameters, "inputs": inputs, "seeds": [0, 1, 2]}
        (root / "notebooks" / f"{name}.run.json").write_text(json.dumps(record))
    return root


def test_pages_that_ran_cells_are_counted_and_others_left_out(tmp_path: Path) -> None:
    datasets = ["trec6", "trec6+copies(0.5)", "subj"]
    page = {"datasets": datasets, "embedders": ["lsa"], "strategies": ["random", "badge"], **SIZES}
    root = staged(tmp_path, one=page, text={"profile": "quick"})
    studied.write_table(root)
    rows = (root / "book" / studied.TABLE).read_text().splitlines()[2:]
    assert rows == ["| [Page one](../notebooks/one.ipynb) | 2 | 1 | 2 | 50 to 400, by 50 | 3 |"]
    records.write_table(root)
    told = (root / "book" / records.TABLE).read_text()
    # Two datasets, in three forms; no embedding.
    assert "| [Page one](../notebooks/one.ipynb) | 2 |  | 3 |" in told


def test_pages_stand_in_the_order_of_the_book(tmp_path: Path) -> None:
    root = staged(tmp_path, second=RUN, first=RUN)
    for written in records, studied:
        written.write_table(root)
        lines = (root / "book" / written.TABLE).read_text().splitlines()[2:]
        assert [line.split("]")[0] for line in lines] == ["| [Page second", "| [Page first"]


def test_a_build_without_cells_says_so(tmp_path: Path) -> None:
    root = staged(tmp_path, text={"profile": "quick"})
    studied.write_table(root)
    assert "No page" in (root / "book" / studied.TABLE).read_text()


def test_labels_of_several_initial_sizes() -> None:
    assert studied.labels({**SIZES, "initial_size": [20, 50]}) == "20 to 370 or 50 to 400, by 50"
