"""What pages name, as proof or to look at, is there. Links to sections are Sphinx's to check."""

from __future__ import annotations

import re

from tests.book_parts import REPOSITORY

FOLDERS = r"(?:tests|data|alutils|benchmarks|\.binder)/[\w/.-]+\.\w+"
NAMED = re.compile(rf"`({FOLDERS}|[A-Z]+\.(?:md|cff)|constraints\.txt|environment\.yml)`")


def test_every_file_that_a_page_names_is_there() -> None:
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "book").glob("*.md")]
    pages += (REPOSITORY / "notebooks").glob("*.py")
    named = {(page.name, name) for page in pages for name in NAMED.findall(page.read_text())}
    assert len([name for page, name in named if page == "checklist.py"]) > 6
    made = {"data/benchmarks/quick.json", "data/benchmarks/full.json"}  # by their commands
    for page, name in sorted(named):
        example = re.search("[A-Z]{4}", name) and "/" in name  # NAME.yaml
        assert example or name in made or (REPOSITORY / name).exists(), f"{page} names {name}"
