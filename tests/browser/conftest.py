"""Which book is visited: the one that BROWSER_BOOK names, or a small one, built here."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alutils.book import build_book
from tests.book_parts import write_book, write_notebook
from tests.browser import structure

GIVEN = os.environ.get("BROWSER_BOOK")
SMALL = ["index", "book/index", "notebooks/curves", "notebooks/pictures", "search", "genindex"]

PROSE = """\
# The question

| strategy | gain |
|---|---|
| Margin | {numref}`fig-dots` |

:::{note}
See {doc}`../notebooks/curves`.
:::

## A command

```bash
alutils book --profile quick --root a-folder-with-a-very-long-name --and-more --and-more-words-yet
```
"""

PICTURES = """\
import matplotlib.pyplot as plt
import pandas as pd
from alutils import figures
from alutils.cli.transcript import Transcript

rows = pd.DataFrame({"strategy": ["Random", "Margin"], "labels": [100, 200], "gain": [0.0, 0.02]})
picture, axes = plt.subplots()
axes.scatter(rows["labels"], rows["gain"])
alt = "Two dots: Random gains nothing from 100 labels, Margin 0.02 from 200."
display(figures.save(picture, "dots", alt=alt, caption="Margin gains.", data=rows))
display(figures.table(rows))
display(Transcript("alutils datasets", "trec6  ready", 1.0))"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "page" in metafunc.fixturenames:
        names = structure.pages(Path(GIVEN)) if GIVEN else [f"{name}.html" for name in SMALL]
        metafunc.parametrize("page", names)


def build(root: Path) -> Path:
    """Build a small book with each kind of thing that pages have; return the folder of its HTML."""
    write_book(root)
    (root / "book" / "index.md").write_text(PROSE)
    contents = root / "_toc.yml"
    contents.write_text(contents.read_text() + "  - file: notebooks/pictures\n")
    pictures = write_notebook(root / "notebooks", "pictures", PICTURES, title="# Pictures")
    pictures.write_text(
        pictures.read_text().replace("# %%\nimport", '# %% tags=["hide-input"]\nimport')
    )
    return build_book(root, {"curves": {}, "pictures": {"seeds": 3}}, workers=2).parent


@pytest.fixture(scope="session")
def two_books(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same small book, built twice in two places."""
    folders = [tmp_path_factory.mktemp(name) / "checkout" for name in ("one", "another")]
    with ThreadPoolExecutor() as pool:
        return list(pool.map(build, folders))


@pytest.fixture(scope="session")
def book(request: pytest.FixtureRequest) -> Path:
    """The folder of the HTML."""
    return Path(GIVEN) if GIVEN else request.getfixturevalue("two_books")[0]
