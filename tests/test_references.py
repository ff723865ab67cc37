"""The bibliography has what docstrings, cards and pages name, and nothing else."""

from __future__ import annotations

import ast
import re
import unicodedata
from pathlib import Path

import pytest
from numpydoc.docscrape import FunctionDoc
from pybtex.database import BibliographyData, parse_file

from alutils.catalogue import dataset_entry, dataset_names
from alutils.diagnostics import MEASURES

ROOT = Path(__file__).parent.parent
PAPER = "rauch2025"  # what the book grows from; pages alone name it


def words(text: str) -> str:
    """Letters and digits alone, without accents."""
    plain = unicodedata.normalize("NFKD", re.sub(r"[{}]", "", text))
    return " ".join(re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower()))


def in_docstrings() -> list[str]:
    """Every section of references in the package."""
    found = []
    for path in sorted((ROOT / "alutils").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                text = ast.get_docstring(node) or ""
                if "References\n---" in text:
                    found.append(" ".join(FunctionDoc(None, doc=text)["References"]))
    return found


@pytest.fixture(scope="module")
def bibliography() -> BibliographyData:
    return parse_file(str(ROOT / "book" / "references.bib"))


def named() -> list[str]:
    """Whatever names a source."""
    cards = [dataset_entry(name).citation for name in dataset_names()]
    return [*in_docstrings(), *cards, *(measure.source for measure in MEASURES)]


def test_every_source_of_the_package_is_there(bibliography: BibliographyData) -> None:
    titles = [words(entry.fields["title"]) for entry in bibliography.entries.values()]
    assert len(in_docstrings()) > 40
    for source in named():
        assert any(title in words(source) for title in titles), source


def cited() -> set[str]:
    """Keys that pages cite."""
    pages = [*(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.py")]
    groups = [re.findall(r"\{cite:\w+\}`([^`]+)`", page.read_text()) for page in pages]
    return {key for keys in groups for several in keys for key in several.split(",")}


def test_nothing_is_there_that_no_one_names(bibliography: BibliographyData) -> None:
    sources = [words(source) for source in named()]
    for key, entry in bibliography.entries.items():
        title, year = words(entry.fields["title"]), entry.fields["year"]
        last = [words(" ".join(each.last_names)) for each in entry.persons["author"]]
        found = any(
            title in source and year in source and any(name in source for name in last)
            for source in sources
        )
        assert found or key == PAPER, key


def test_citations_have_their_entry(bibliography: BibliographyData) -> None:
    assert PAPER in cited()
    assert cited() <= set(bibliography.entries)
