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
PAPER = "rauch2025"  # what the book grows from
IN_PASSING = re.compile(
    r"\b(\w+)(?:[\s#]+(?:et al\.|and[\s#]+[A-Z][\w-]+),?)[\s#]+\(?((?:19|20)\d\d)\b"
)


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


def pages() -> list[Path]:
    return [*(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.py")]


def cited() -> set[str]:
    """Keys that pages cite."""
    groups = [re.findall(r"\{cite:\w+\}`([^`]+)`", page.read_text()) for page in pages()]
    return {key for keys in groups for several in keys for key in several.split(",")}


def in_passing() -> set[tuple[str, str]]:
    """Last names and years of what is named by these alone: Efron and Stein 1981."""
    texts = [path.read_text() for path in [*pages(), *(ROOT / "alutils").rglob("*.py")]]
    texts += [dataset_entry(name).remarks for name in dataset_names()]
    found = [each for text in texts for each in IN_PASSING.findall(text)]
    return {(words(name), year) for name, year in found}


def test_who_is_named_with_a_year_is_there(bibliography: BibliographyData) -> None:
    there = {
        (words(" ".join(author.last_names)), entry.fields["year"])
        for entry in bibliography.entries.values()
        for author in entry.persons["author"]
    }
    assert len(in_passing()) > 20
    assert in_passing() <= there


def test_nothing_is_there_that_no_one_names(bibliography: BibliographyData) -> None:
    sources = [words(source) for source in named()]
    for key, entry in bibliography.entries.items():
        title, year = words(entry.fields["title"]), entry.fields["year"]
        last = [words(" ".join(each.last_names)) for each in entry.persons["author"]]
        found = any(
            title in source and year in source and any(name in source for name in last)
            for source in sources
        )
        by_name = any((name, year) in in_passing() for name in last)
        assert found or by_name or key in cited(), key


def test_citations_have_their_entry(bibliography: BibliographyData) -> None:
    assert PAPER in cited()
    assert cited() <= set(bibliography.entries)
