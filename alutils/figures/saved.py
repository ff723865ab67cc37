"""A figure on disk: the picture, the data behind it, and words for those who cannot see it."""

from __future__ import annotations

import html
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from PIL import Image

from alutils.figures.narrow import ENDING, narrow
from alutils.spelling import shown
from alutils.tables.spreadsheet import guard

plt.rcParams["svg.hashsalt"] = "alutils"  # without it, no two builds give the same file
plt.rcParams["text.parse_math"] = False  # a name with two dollars is no formula
DPI = 150  # of the PNG


@dataclass(frozen=True)
class Figure:
    """A saved figure. As the last value of a notebook cell it shows itself.

    Parameters
    ----------
    name : str
        File name without ending, unique in the book.
    folder : pathlib.Path
        Where ``name.svg``, ``name.png`` and ``name.csv`` are.
    alt : str
        What the picture shows, for those who cannot see it.
    caption : str
        Markdown of one line; states the finding.
    """

    name: str
    folder: Path
    alt: str
    caption: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Show an image to Jupyter, and a figure directive to the book."""
        relative = f"figures/{self.folder.name}/{self.name}"
        markdown = (
            f"```{{figure}} {relative}.svg\n---\nname: fig-{self.name}\n"
            f"alt: {json.dumps(self.alt, ensure_ascii=False)}\n---\n{self.caption}\n\n"
            f"{_files(relative, self.name)}{made_by(self.folder.name)}\n```"
        )
        svg = (self.folder / f"{self.name}.svg").read_text(encoding="utf-8")
        picture = svg[svg.index("<svg") :]
        page = (
            f'<figure role="img" aria-label="{html.escape(self.alt)}">{picture}'
            f"<figcaption>{html.escape(self.caption)}</figcaption></figure>"
        )
        return {"text/plain": self.alt, "text/html": page, "text/markdown": markdown}


def _files(relative: str, name: str) -> str:
    """Write the links to the files of a figure, as MyST.

    The picture that a page shows lies in ``_images`` anyway; a ``{download}`` would make a copy.
    """
    return (
        f'<a class="reference download internal" href="../_images/{name}.svg" download>'
        '<code class="xref download"><span class="pre">SVG</span></code></a> · '
        f"{{download}}`PNG <{relative}.png>` · {{download}}`Data (CSV) <{relative}.csv>`"
    )


def made_by(page: str) -> str:
    """Tell which run made the figures of this process; nothing outside of a run.

    Parameters
    ----------
    page : str
        Name of the executed notebook, beside which the record of its run lies.

    Returns
    -------
    str
        Notebook, commit and key from ``$ALUTILS_RUN``, and links to the record, which says the
        same, and to the parameters.
    """
    if "ALUTILS_RUN" not in os.environ:
        return ""
    run = json.loads(os.environ["ALUTILS_RUN"])
    words = [f"notebook {run['notebook']}"]
    if run["git"]:
        words.append(f"commit {run['git']['commit'][:10]}" + ", edited" * run["git"]["dirty"])
    words.append(f'run <a href="{quote(page)}.run.json">{run["key"]}</a>')
    if run["parameters"]:
        words.append('<a href="#run-parameters">parameters</a>')
    return f'<br><span class="made-by">Made by {" · ".join(words)}</span>'


def slug(name: str) -> str:
    """Write a name without the signs that files and addresses of pages do not bear.

    Examples
    --------
    >>> slug("picks-bald(passes=20)")
    'picks-bald-passes-20'
    """
    return re.sub(r"[^\w.-]+", "-", name).strip("-")


def save(
    figure: mpl.figure.Figure,
    name: str,
    *,
    alt: str,
    caption: str,
    data: pd.DataFrame,
    phone: Callable[[], mpl.figure.Figure] | None = None,
) -> Figure:
    """Write a figure as SVG and PNG with the data behind it as CSV, and close it.

    Where it can be read on a phone with its panels under each other, ``NAME-narrow.svg`` is written
    too, which pages show there.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to write.
    name : str
        File name without ending; what file names do not bear becomes a dash.
    alt, caption : str
        As in `Figure`; line breaks are taken out.
    data : pandas.DataFrame
        The values that were drawn.
    phone : callable, optional
        Draws the same in a way that has room on a phone, where panels under each other are not
        enough; closed too.

    Returns
    -------
    Figure
        Shows itself in a notebook. Files go to the folder ``$ALUTILS_FIGURES``, or ``figures``.
    """
    name = slug(name)
    folder = Path(os.environ.get("ALUTILS_FIGURES", "figures"))
    folder.mkdir(parents=True, exist_ok=True)
    _write(figure, folder / f"{name}.svg")
    # What the first picture found out about places holds for the second, in half the time
    layout = figure.get_layout_engine()
    figure.set_layout_engine("none")
    _write(figure, folder / f"{name}.png")
    figure.set_layout_engine(layout)
    small = phone() if phone else figure
    if narrow(small):
        small.set_layout_engine("none")
        _write(small, folder / f"{name}{ENDING}.svg")
    for drawn in (figure, small):
        plt.close(drawn)
    _guarded(data).to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    return Figure(name, folder, *(shown(" ".join(words.split())) for words in (alt, caption)))


def _write(figure: mpl.figure.Figure, path: Path) -> None:
    """Write one picture that says neither when nor by what it was written: the bytes stay."""
    if path.suffix == ".svg":
        figure.savefig(path, metadata={"Date": None}, facecolor="white", bbox_inches="tight")
        return
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", facecolor="white", bbox_inches="tight", dpi=DPI)
    # With 256 colours, all that a figure has, a file is a third as large.
    picture = Image.open(drawn).convert("RGB").quantize(dither=Image.Dither.NONE)
    picture.save(path, optimize=True, dpi=(DPI, DPI))


def _guarded(data: pd.DataFrame) -> pd.DataFrame:
    """Guard what a spreadsheet would compute: classes and files have the names that people gave."""
    columns = [c if pd.api.types.is_numeric_dtype(c) else c.map(guard) for _, c in data.items()]
    return pd.concat(columns, axis=1).rename(columns=guard) if columns else data
