import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from alutils.book.convert import convert
from alutils.errors import UserError
from alutils.parameters import validate
from tests.book_parts import write_notebook


def test_two_conversions_are_the_same_bytes(tmp_path: Path) -> None:
    source = write_notebook(tmp_path, "curves", "1", "1")
    first, second = (nbformat.writes(convert(source, validate(source, {}))) for _ in range(2))
    assert first == second
    ids = [cell["id"] for cell in json.loads(first)["cells"]]
    assert len(set(ids)) == len(ids)  # also of two cells with the same text


def test_a_cell_id_changes_with_its_text_alone(tmp_path: Path) -> None:
    before = convert(write_notebook(tmp_path, "curves", "1", "2"), validate_defaults())
    after = convert(write_notebook(tmp_path, "curves", "1", "3"), validate_defaults())
    same = [a.id == b.id for a, b in zip(before.cells, after.cells, strict=True)]
    assert same == [True] * (len(same) - 1) + [False]


def validate_defaults() -> dict[str, object]:
    return {"seeds": 5, "datasets": ["icd10_chapters"]}


def test_parameters_are_one_table_and_no_code(tmp_path: Path) -> None:
    source = write_notebook(tmp_path, "curves", "1")
    notebook = convert(source, validate(source, {"seeds": 7, "datasets": ["a<b"]}))
    table, cell = notebook.cells[1:3]
    assert "remove-cell" in cell.metadata["tags"]
    assert "parameters" in cell.metadata["tags"]
    assert '<code>7</code> <span class="default">(default <code>5</code>)' in table.source
    assert "[a&lt;b]" in table.source
    assert "runs per &lt;cell&gt;" in table.source
    assert "\n\n" not in table.source  # a blank line would end the HTML block


def test_a_notebook_without_parameters_has_no_table(tmp_path: Path) -> None:
    source = write_notebook(tmp_path, "curves", "1", parameters="# none")
    assert all("run-parameters" not in cell.source for cell in convert(source, {}).cells)


def test_the_header_must_name_a_kernel(tmp_path: Path) -> None:
    source = tmp_path / "curves.py"
    source.write_text('# %% tags=["parameters"]\nseeds: int = 1\n')
    with pytest.raises(UserError, match="needs a kernelspec"):
        convert(source, {"seeds": 1})


def test_plain_papermill_runs_a_converted_notebook(tmp_path: Path) -> None:
    source = write_notebook(tmp_path, "curves", "print(seeds + 1)")
    nbformat.write(convert(source, validate(source, {})), tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "-p", "seeds", "41"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True)
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert notebook.cells[-1].outputs[0].text == "42\n"
