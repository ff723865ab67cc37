"""Pages offer the narrow picture where there is one, and fetch it from the book."""

from __future__ import annotations

from pathlib import Path

from alutils.book import pages
from alutils.book.phone import offer_narrow

CSS = Path(__file__).parents[1] / "book" / "_static" / "custom.css"
IMAGE = '<img alt="a &gt; b" src="../_images/{}.svg" />'


def test_a_page_offers_the_narrow_picture_of_a_figure(tmp_path: Path) -> None:
    book, figures = tmp_path / "html", tmp_path / "figures"
    for folder in book / "_images", book / "notebooks", figures / "curves":
        folder.mkdir(parents=True)
    for name in "lines", "map":
        (book / "_images" / f"{name}.svg").write_text("wide")
    for name in "lines", "lines-narrow", "gone-narrow":
        (figures / "curves" / f"{name}.svg").write_text(name)
    page = book / "notebooks" / "curves.html"
    page.write_text(f"<p>{IMAGE.format('lines')}</p><p>{IMAGE.format('map')}</p>")
    offer_narrow(book, figures)
    source = '<source media="(max-width: 600px)" srcset="../_images/lines-narrow.svg">'
    expected = f"<p><picture>{source}{IMAGE.format('lines')}</picture></p>"
    assert page.read_text() == expected + f"<p>{IMAGE.format('map')}</p>"
    assert (book / "_images" / "lines-narrow.svg").read_text() == "lines-narrow"
    assert not (book / "_images" / "gone-narrow.svg").exists()
    assert pages.problems(page.read_text()) == []
    assert "@media (max-width: 600px)" in CSS.read_text()
