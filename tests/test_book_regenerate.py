"""How to regenerate a page: the command gives the parameters of its run, whatever they are."""

from __future__ import annotations

import shlex
from pathlib import Path

from nbformat.v4 import new_markdown_cell, new_notebook

from alutils.book.regenerate import add_section, command
from alutils.parameters import parse_cli, read, validate
from tests.book_parts import write_notebook

PARAMETERS = """\
seeds: int = 5  # runs
texts: list[str] = ["a"]  # any
sizes: dict[str, int] | None = None  # by name
word: str = "null"  # one"""

RECORD = {"git": {"commit": "0123456789abcdef", "dirty": False}}


def typed(source: Path, values: dict[str, object], archive: str | None = None) -> list[str]:
    """The words of the command, as a shell takes them apart."""
    return shlex.split(command(source, values, archive).replace("\\\n", " "))


def test_the_command_gives_every_value_back(tmp_path: Path) -> None:
    source = write_notebook(tmp_path, "curves", parameters=PARAMETERS)
    values: dict[str, object] = {
        "seeds": 3,
        "texts": ["it's", 'a "b" $HOME `ls`', "x: y", "- z #", "line\n```\nline", "é"],
        "sizes": {"a b": 1},
        "word": "\u202e \x07 \U000e0001 \u2028",
    }
    assert all(line.isprintable() for line in command(source, values).split("\n"))
    assert len(command(source, values).split("\n")) == 5
    words = typed(source, values)
    assert words[:3] == [".venv/bin/alutils", "run-notebook", "curves"]
    rest = words[3:]
    pairs = [(rest[i + 1], rest[i + 2]) for i in range(0, len(rest), 3) if rest[i] == "-p"]
    assert len(pairs) == 4
    assert validate(source, parse_cli(pairs)) == values


def test_defaults_are_left_out_and_the_archive_comes_first(tmp_path: Path) -> None:
    source = write_notebook(tmp_path, "curves", parameters=PARAMETERS)
    values = {each.name: each.default for each in read(source)}
    assert typed(source, values) == [".venv/bin/alutils", "run-notebook", "curves"]
    assert typed(source, values, "data/x y")[0] == "ALUTILS_ARCHIVE=data/x y"


def test_the_section_ends_the_notebook_and_has_the_parameters(tmp_path: Path) -> None:
    source = write_notebook(tmp_path, "curves", parameters=PARAMETERS)
    table = new_markdown_cell("THE TABLE")
    table.id = "parameter-table"
    notebook = new_notebook(cells=[table, new_markdown_cell("the end")])
    values = {each.name: each.default for each in read(source)}
    add_section(notebook, source, {**RECORD, "parameters": values}, "data/x", "3 min and 9 MB")
    assert [cell.id for cell in notebook.cells][-1] == "regenerate"
    assert len(notebook.cells) == 2
    text = notebook.cells[-1].source
    assert text.startswith("## How to regenerate this") and text.endswith("THE TABLE")
    assert "Made at commit `01234567` from the archive." in text
    assert "The cells of this page took 3 min and 9 MB of memory." in text
