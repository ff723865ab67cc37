"""Which book is visited: the one that BROWSER_BOOK names, or a small one, built here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from alutils.book import build_book
from tests.book_parts import write_book, write_notebook
from tests.browser import structure

GIVEN = os.environ.get("BROWSER_BOOK")
SMALL = ["index", "notebooks/pictures", "search"]

PROSE = """\
# The question

| strategy | gain |
|---|---|
| Margin | {numref}`fig-dots` |

:::{note}
See {doc}`../notebooks/pictures`.
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
    if GIVEN and not (Path(GIVEN) / "index.html").exists():
        raise pytest.UsageError(f"there is no book in {GIVEN}: build it with make book")
    if "page" in metafunc.fixturenames:
        names = structure.pages(Path(GIVEN)) if GIVEN else [f"{name}.html" for name in SMALL]
        metafunc.parametrize("page", names)


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the HTML; a small book has each kind of thing that pages have."""
    if GIVEN:
        return Path(GIVEN).resolve()
    root = write_book(tmp_path_factory.mktemp("browser") / "checkout")
    (root / "book" / "index.md").write_text(PROSE)
    (root / "notebooks" / "curves.py").unlink()
    contents = root / "_toc.yml"
    contents.write_text(contents.read_text().replace("notebooks/curves", "notebooks/pictures"))
    pictures = write_notebook(root / "notebooks", "pictures", PICTURES, title="# Pictures")
    cell = '# %% tags=["hide-input"]\nimport'
    pictures.write_text(pictures.read_text().replace("# %%\nimport", cell))
    return build_book(root, {"pictures": {"seeds": 3}}, workers=1).parent
