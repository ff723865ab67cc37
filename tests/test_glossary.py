"""The glossary has the words of the project, and every one of them is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GLOSSARY = (ROOT / "book" / "glossary.md").read_text()
TERMS = re.findall(r"^(\w[\w ]*)$", GLOSSARY.partition("{glossary}")[2], re.MULTILINE)


def test_terms_are_there_once() -> None:
    assert len(TERMS) > 30
    assert len(set(TERMS)) == len(TERMS)


@pytest.mark.parametrize(
    "word",
    [
        *("dataset", "embedder", "embedding", "pool", "labelled", "unlabelled", "head"),
        *("initial pool selection", "query strategy", "cycle", "run", "cell", "study", "profile"),
        *("AULC", "budget", "seed", "query"),
    ],
)
def test_the_words_of_the_design_are_explained(word: str) -> None:
    assert word in TERMS


@pytest.mark.parametrize("term", TERMS)
def test_every_term_is_used(term: str) -> None:
    pages = [*(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.py")]
    texts = [page.read_text() for page in pages if page.stem != "glossary"]
    assert any(re.search(rf"\b{term}", text, re.IGNORECASE) for text in texts)


def test_pages_link_to_terms_that_are_there() -> None:
    linked = re.compile(r"\{term\}`(?:[^`<]*<)?([^`>]+)>?`")
    for page in [*(ROOT / "book").glob("*.md"), *(ROOT / "notebooks").glob("*.py")]:
        assert set(linked.findall(page.read_text())) <= set(TERMS), page
