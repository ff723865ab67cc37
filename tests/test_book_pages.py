from pathlib import Path

import pytest

from alutils.book import GateRefused
from alutils.book.pages import check, problems


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/mathjax.js"></script>',
        '<script async="async" src="//cdn.example/mathjax.js"></script>',
        '<link rel="stylesheet" href="https://fonts.example/css">',
        '<link rel="preload" as="font" href="http://fonts.example/a.woff">',
        '<img alt="x" src="https://example/x.png">',
        '<iframe src="https://example/"></iframe>',
        "<style>@import 'https://fonts.example/css';</style>",
        "<style>p { background: url(//example/x.png) }</style>",
        '<p style="background: url(https://example/x.png)">',
        '<img src="local.svg">',
    ],
)
def test_what_a_page_may_not_hold(text: str) -> None:
    assert len(problems(f"<html><body>{text}</body></html>")) == 1


def test_what_a_page_may_hold() -> None:
    text = """
    <link rel="canonical" href="https://example.org/book"><script src="../_static/x.js"></script>
    <a href="https://example.org">a link is followed by people</a><img alt="It rises" src="a.svg">
    <img alt="" src="decoration.svg"><code>url(https://example.org)</code>
    """
    assert problems(text) == []


def test_check_names_page_and_address(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "a.html").write_text('<script src="https://cdn.example/m.js"></script>')
    (tmp_path / "b.css").write_text("@import url('https://fonts.example/css');")
    with pytest.raises(GateRefused) as error:
        check(tmp_path)
    first, second = str(error.value).splitlines()
    assert first.startswith("page book/a.html fetches https://cdn.example/m.js")
    assert second == "style b.css fetches https://fonts.example/css from the network"
