"""The command that puts two runs or profiles side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alutils.cli.options import Root
from alutils.progress import say

Name = typer.Argument(
    help="A profile, the folder of an archive, or a notebook that was run (.ipynb).",
    show_default=False,
)


def compare_runs(
    a: Annotated[str, Name],
    b: Annotated[str, Name],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the page goes, ending in .html.")
    ] = None,
    metric: Annotated[
        str, typer.Option(help="Whose area under the curve is compared.")
    ] = "accuracy",
    root: Root = Path(),
) -> None:
    """Put two runs, profiles or archives side by side on a page; nothing is computed."""
    from alutils import comparison
    from alutils.comparison.words import summary
    from alutils.errors import UserError, unknown
    from alutils.figures import slug
    from alutils.statistics import METRICS

    if metric not in METRICS:
        raise unknown("metric", metric, METRICS)
    root = root.resolve()
    path = output or root / "_build" / "compare" / f"{slug(f'{a}-{b}')}.html"
    if path.suffix != ".html":
        raise UserError(f"the page {path} is no HTML: give the name of a file that ends in .html")
    sides = [comparison.read_side(root, name) for name in (a, b)]
    found = comparison.compare(sides[0], sides[1], metric)
    comparison.write_page(path, sides[0], sides[1], found, metric)
    for sentence in summary(found, metric):
        say(sentence)
    print(path)
