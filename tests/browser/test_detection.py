"""A page that does everything wrong: each rule of the visits sees it."""

from __future__ import annotations

from pathlib import Path

from tests.browser import axe, structure
from tests.browser.site import served
from tests.browser.visits import browser, visit
from tests.chromium import needs_chromium

HARM = """\
<!DOCTYPE html><html lang="en"><head><title>Harm</title>
<meta name="viewport" content="width=device-width">
<style>button:focus {outline: none} .hidden {color: #eee; background: #fff}</style></head><body>
<main><h2>No title</h2><h4>A level too low</h4>
<img src="http://elsewhere.example/picture.png" alt="picture.png"><img src="lost.png" alt="">
<p class="hidden">pale words</p><div style="width: 2000px">wide</div>
<button>first</button><a href="#nowhere">nowhere</a><a href="lost.html">lost</a>
<table><tr><td>1</td></tr></table><table><tr><th>head</th><td>1</td></tr></table></main>
<script>console.warn("a warning"); undefined.property</script></body></html>
"""
SEEN = {
    "console error",
    "console warning",
    "failed request",
    "status 404",
    "focus not seen",
    "too wide",
}
TOLD = {
    "alt says nothing",
    "broken link",
    "head of nothing",
    "heading skips a level",
    "not one h1",
    "table without a name",
    "table without heads",
}


def test_html_alone_tells_much(tmp_path: Path) -> None:
    (tmp_path / "harm.html").write_text(HARM)
    assert {each.rule for each in structure.problems(tmp_path)} == TOLD


@needs_chromium
def test_a_browser_sees_the_rest(tmp_path: Path) -> None:
    (tmp_path / "harm.html").write_text(HARM)
    with served(tmp_path) as site, browser(site) as tabs:
        rules = axe.script()
        seen = {each.rule for each in visit(tabs, "harm.html", "phone", "light", rules)}
        assert seen >= SEEN
        assert not rules or "axe color-contrast (serious)" in seen
        assert site.outside == ["http://elsewhere.example/picture.png"]
