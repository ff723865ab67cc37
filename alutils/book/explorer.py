"""The scripts of the page for exploring results: on that page, in its head, and nowhere else."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

PAGE = Path("notebooks", "explore.html")
"""The page, within the rendered book."""

FOLDER = "explorer"

OWN = ("choices.js", "numbers.js", "tables.js", "drawing.js", "controls.js")
"""The scripts in ``book/explorer``, each after those that it needs."""

SCRIPTS = [f"../{FOLDER}/{name}" for name in ("plotly.min.js", "index.js", *OWN)]
"""What the page loads, in order; data of a dataset follow when they are asked for."""


def install(staging: Path, rendered: Path) -> None:
    """Put the scripts into the rendered book, if it has the page.

    Jupyter Book would load what lies in its folders for static files on every page, and a notebook
    cannot be let to bring scripts, because texts of others stand in notebooks. So they are added
    here, where no text of a page ends up.

    Parameters
    ----------
    staging : pathlib.Path
        The source of the book, with its executed notebooks and their files.
    rendered : pathlib.Path
        Folder of the HTML.
    """
    page = rendered / PAGE
    if not page.exists():
        return
    folder = rendered / FOLDER
    numbers = staging / "notebooks" / "figures" / PAGE.stem / FOLDER
    shutil.copytree(numbers, folder)
    shutil.copytree(staging / "book" / FOLDER, folder, dirs_exist_ok=True)
    plotly = files("plotly") / "package_data" / "plotly.min.js"
    (folder / "plotly.min.js").write_bytes(plotly.read_bytes())
    tags = [f'<link rel="stylesheet" href="../{FOLDER}/explorer.css">']
    tags += [f'<script defer src="{address}"></script>' for address in SCRIPTS]
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("</head>", "\n".join([*tags, "</head>"]), 1), encoding="utf-8")
