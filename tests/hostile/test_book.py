"""A book about hostile texts: the real page on own texts, and one that echoes whatever it is given.

What is looked at is the HTML that is published: once as text, and once in a browser if one is here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from alutils.book import build_book, pages
from alutils.spelling import shown
from alutils.tables import Table, write_table
from tests.book_parts import REPOSITORY, write_book, write_notebook
from tests.chromium import CHROMIUM, needs_chromium

HACK = "document.documentElement.setAttribute('hacked','yes');document.title='HACKED'"
TEXTS = [
    f"<script>{HACK}</script>",
    f'<img src=x onerror="{HACK}">',
    f"</td></table></figure><svg onload={HACK}>",
    f"```{{raw}} html\n<script>{HACK}</script>\n```",
    f"\n\n```{{raw}} html\n<script>{HACK}</script>\n```\n",
    "\n\n```{include} ../../secret.txt\n```\n\n<!-- ",
    f"{{raw}}`<script>{HACK}</script>` {{eval}}`1+1` {{code}}`x`",
    f"[a link](javascript:{HACK}) ![a picture](javascript:{HACK}) <javascript:{HACK}>",
    "$x^2$ $$\\begin{x}$$ \\(y\\) %%latex",
    f"{HACK} \u202e\u2066 reversed\u2069 \x1b[31mred \x00\x07 | cell | \u2028 line",
    "--> ]]> <!-- <![CDATA[ &lt;script&gt; &#x202e; <?php ?> {{ 1+1 }} :::{note}",
    "*stars* _lines_ # title\n# Title\n---\n- item\n> quote",
]
# A name of a file has neither slash nor NUL.
NAME = f"<img src=x onerror={HACK}>`{{raw}}`[x](javascript:y)$\u202e\n<b>.csv".replace("/", "")

ECHO = """\
import pandas as pd
from IPython.display import Markdown
from alutils import figures
from alutils.cli.transcript import Transcript
from alutils.figures import names, plain, table

display(table(pd.DataFrame({word: [word] for word in words})))
display(pd.DataFrame({word: [word] for word in words if word.isprintable()}))
display(Markdown(f"On {names([dataset])}: **{plain(dataset)}**, and by {plain(embedder)}."))
display(Markdown(f"# {plain(dataset)}"))
points = pd.DataFrame({"x": range(len(words)), "y": 0, "kind": "labelled", "class": words})
display(figures.proposal_map(
    points, "echo-map", alt=f"A map of {plain(dataset)}", caption=f"Texts of {plain(dataset)}."
))
if len(short := figures.unwritten(points)):
    display(table(short))
floor = pd.DataFrame({"dataset": dataset, "embedder": embedder, "n_labelled": [1, 2], "mean": 0.5,
                      "low": 0.4, "high": 0.6})
display(figures.learning_curves(floor, {dataset: 0.3}, "echo-curves", alt="a", caption="c"))
for word in words:
    print(Transcript(f"alutils {word}", word, 1.0))"""

PARAMETERS = """\
dataset: str = "trec6"  # what is echoed
embedder: str = "minilm"  # what else
words: list[str] = []  # texts"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the HTML."""
    folder = tmp_path_factory.mktemp("hostile")
    root = write_book(folder / "checkout")
    (folder / "secret.txt").write_text("TOP SECRET")
    write_notebook(root / "notebooks", "echo", ECHO, title="# Echo", parameters=PARAMETERS)
    shutil.copy(REPOSITORY / "notebooks" / "your_data.py", root / "notebooks")
    (root / "notebooks" / "curves.py").unlink()
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nparts:\n- caption: Pages\n  chapters:\n"
        "  - file: notebooks/echo\n  - file: notebooks/your_data\n"
    )
    for name in "your_texts.md", "index.md":
        (root / "book" / name).write_text("# A page\n")
    (root / "notebooks" / "your_data.py").write_text(
        (root / "notebooks" / "your_data.py")
        .read_text()
        .replace("(../book/your_texts.md)", "(../book/index.md)")
        .replace("(story.ipynb)", "(echo.ipynb)")
        .replace("(stopping.ipynb)", "(echo.ipynb)")
    )
    (root / "book" / "your_texts.md").unlink()
    n = 150
    texts = [f"{TEXTS[row % len(TEXTS)]} {row} {'ab'[row % 2] * 9}" for row in range(n)]
    texts[7] += " long" * 400_000
    labels = [TEXTS[row % 2] if row < 110 else "" for row in range(n)]
    ids = [f"{TEXTS[row % len(TEXTS)]} {row}" for row in range(n)]
    path = folder / NAME
    write_table(path, Table({TEXTS[0]: texts, TEXTS[1]: labels, TEXTS[3]: ids}))
    build_book(
        root,
        {
            "echo": {
                "dataset": f"file:{path}?text={TEXTS[0]}",
                "embedder": f"folder:{TEXTS[1]}".replace("/", ""),
                "words": TEXTS,
            },
            "your_data": {
                "file": str(path), "text": TEXTS[0], "label": TEXTS[1], "id_column": TEXTS[3],
                "embedder": "hashing", "strategies": ["margin"], "seeds": 2, "budget": 30,
                "query_size": 10, "initial_size": 10,
            },
        },
        workers=2,
    )  # fmt: skip
    return root / "_build" / "html"


PAGES = ("echo", "your_data")


class Words(HTMLParser):
    """The words of the article of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.text = 0, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag == "article"

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "article"

    def handle_data(self, data: str) -> None:
        if self.inside and self.cdata_elem is None:
            self.text += data


def words_of(page: str) -> str:
    words = Words()
    words.feed(page)
    return words.text


@pytest.mark.parametrize("name", PAGES)
def test_texts_are_words_of_the_page_and_nothing_else(book: Path, name: str) -> None:
    page = (book / "notebooks" / f"{name}.html").read_text()
    assert pages.problems(page) == []
    words = words_of(page)
    assert "TOP SECRET" not in page
    assert f"<script>{HACK}</script>" in words and f'onerror="{HACK}"' in words
    assert "\\u202e" in words
    assert not re.search("[\0-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)


def test_an_echo_has_every_text(book: Path) -> None:
    words = " ".join(words_of((book / "notebooks" / "echo.html").read_text()).split())
    for text in TEXTS:
        line = " ".join(shown(" ".join(text.split(" "))).split())
        assert line in words, text


def test_pictures_are_sound_and_without_code(book: Path) -> None:
    pictures = list(book.rglob("_images/*.svg"))
    assert len(pictures) >= 4
    for path in pictures:
        tree = ElementTree.parse(path)
        for node in tree.iter():
            assert node.tag.rpartition("}")[2] not in {"script", "foreignObject", "a"}
            assert not [name for name in node.attrib if name.startswith("on")]
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", path.read_text())


@pytest.mark.parametrize(
    "text",
    [
        *TEXTS[:3],
        "<a href=' javascript:x'>x</a>",
        "<iframe></iframe>",
        "<form action=x></form>",
        "<meta http-equiv=refresh content='0;url=x'>",
        "<object data='data:text/html,x'></object>",
        "<script>kernelName = 'python3';alert(1)</script>",
    ],
)
def test_the_gate_sees_a_text_that_became_code(book: Path, text: str) -> None:
    page = (book / "notebooks" / "echo.html").read_text()
    assert pages.problems(page.replace("</h1>", f"</h1>{text}"))


def in_a_browser(page: Path, room: Path) -> str:
    """Return what a page is after a browser has run whatever there is to run."""
    options = ["--headless", "--disable-gpu", "--no-sandbox", "--virtual-time-budget=3000"]
    done = subprocess.run(
        [CHROMIUM, *options, f"--user-data-dir={room}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@needs_chromium
@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_in_a_browser(book: Path, name: str, tmp_path: Path) -> None:
    path = book / "notebooks" / f"{name}.html"
    dom = in_a_browser(path, tmp_path / "room")
    assert "</article>" in dom and "<title>HACKED" not in dom
    assert not re.search(r"<html[^>]*hacked", dom)
    # Else it would prove nothing: the same text, let through, is run.
    harmed = path.with_name(f"harmed-{name}.html")
    harmed.write_text(path.read_text().replace("</h1>", f"</h1>{TEXTS[1]}", 1))
    try:
        dom = in_a_browser(harmed, tmp_path / "another")
    finally:
        harmed.unlink()
    assert "<title>HACKED" in dom and re.search(r"<html[^>]*hacked", dom)
