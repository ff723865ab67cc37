"""Every command that a page shows is there, with the options that it is shown with."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from alutils.cli import app

ROOT = Path(__file__).parent.parent
SHOWN = re.compile(r"^\s*(?:\.venv/bin/)?(alutils [a-z].*)$|`(alutils [^`\n]+)`", re.MULTILINE)
PAGES = [*(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.py"), ROOT / "README.md"]


def shown(text: str) -> list[str]:
    whole = re.sub(r"^# ?", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    return [line or inline for line, inline in SHOWN.findall(whole)]


def unknown(command: str) -> list[str]:
    """What a command line names that there is not."""
    words = shlex.split(command, comments=True)[1:]
    here = everything = typer.main.get_command(app)
    while words and words[0] in getattr(here, "commands", {}):
        here = here.commands[words.pop(0)]
    if here is everything:
        return words[:1]
    options = {option for each in here.params for option in (*each.opts, *each.secondary_opts)}
    if here.name == "run-notebook":
        options.add("-p")  # a parameter of the notebook
    return [each for each in words if each.startswith("-") and each not in options]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_can_be_typed(page: Path) -> None:
    assert [(each, unknown(each)) for each in shown(page.read_text()) if unknown(each)] == []


def test_a_wrong_command_would_be_seen() -> None:
    assert sum(len(shown(page.read_text())) for page in PAGES) > 50
    assert unknown("alutils slect texts.csv") == ["slect"]
    assert unknown("alutils progress texts.csv -o labels.csv --label x") == ["-o"]
    assert unknown("alutils run-notebook speed -p results mine.json  # --here") == []
