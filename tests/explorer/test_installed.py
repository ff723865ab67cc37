"""The scripts of the page for exploring results: in its head, and nowhere else in a book."""

from __future__ import annotations

from pathlib import Path

import pytest

from alutils.book import explorer as pages_of
from alutils.book.pages import check, problems


def test_scripts_are_on_one_page_and_not_in_its_text(book: Path) -> None:
    text = (book / pages_of.PAGE).read_text()
    head, body = text.split("</head>")
    assert [f'src="{address}"' in head for address in pages_of.SCRIPTS] == [True] * 7
    assert "<script" not in body
    assert "<noscript><p>Read &lt;the&gt; tables.</p></noscript>" in body
    assert "<script" not in (book / "notebooks" / "cost.html").read_text()
    check(book)
    assert len(problems(text)) == 7  # anywhere else these scripts are unknown


@pytest.mark.parametrize("address", [*pages_of.SCRIPTS, "../_static/doctools.js", "data:,alert(1)"])
def test_no_text_can_bring_a_script_even_there(address: str) -> None:
    page = "<html><head></head><body><article>{}</article></body></html>"
    tag = f'<script src="{address}"></script>'
    assert len(problems(page.format(tag), pages_of.SCRIPTS)) == 1
    assert problems(page.format(f"</article>{tag}<article>"), pages_of.SCRIPTS)
    assert problems(page.format("</article><script>alert(1)</script>"), pages_of.SCRIPTS)


@pytest.mark.parametrize(
    "address", ["../explorer/../x.js", "../_static/../x.js", "../_images/x.js", "x.js", "data:,x"]
)
def test_a_script_of_unknown_origin_is_refused(address: str) -> None:
    (problem,) = problems(f"<head><script src='{address}'></script></head>", pages_of.SCRIPTS)
    assert problem.startswith("loads")


def test_a_book_without_the_page_stays_as_it_is(tmp_path: Path) -> None:
    pages_of.install(tmp_path / "source", tmp_path)
    assert not list(tmp_path.iterdir())
