"""Commands that make pages: a whole book, or one notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from alutils.cli.options import (
    Mirror,
    ProfileName,
    RetryFailed,
    Root,
    Scheduler,
    TrustRemoteCode,
    Workers,
    environment,
    use_archive,
    where,
)
from alutils.cli.studies import compute
from alutils.errors import UserError
from alutils.progress import say


def build_the_book(
    profile: ProfileName = "quick",
    root: Root = Path(),
    workers: Workers = None,
    scheduler: Scheduler = None,
    retry_failed: RetryFailed = False,
    mirror: Mirror = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Run a profile, or take what its archive in data/results has, and build the book from it."""
    from alutils.book import build_book
    from alutils.effort import effort_of_pages
    from alutils.execution import available_workers

    environment(mirror, trust_remote_code)
    use_archive(root, profile)
    notebooks = compute(root, profile, where(workers, scheduler), retry_failed=retry_failed)
    effort = effort_of_pages(root, profile)
    page = build_book(root, notebooks, workers or available_workers(), effort)
    say("The book is ready. Open it in a browser:")
    print(page)


def pack_release(
    tag: Annotated[
        str | None, typer.Option(help="Refuse a tag that is not the version: v0.1.0.")
    ] = None,
    root: Root = Path(),
) -> None:
    """Pack the built book, the archived results and their checksums into one file in dist/."""
    from alutils.release import check_tag, write_release

    if tag is not None:
        check_tag(root, tag)
    print(write_release(root))


def run_one_notebook(
    context: typer.Context,
    name: str,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the executed notebook goes.")
    ] = None,
    root: Root = Path(),
    mirror: Mirror = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Run one notebook with new parameters: `alutils run-notebook initial_pool -p seeds 10`."""
    from alutils.book import run_notebook, source
    from alutils.parameters import parse_cli

    given = parse_cli(_pairs(context.args))
    environment(mirror, trust_remote_code)
    target = output or root / "_build" / "runs" / f"{name}.ipynb"
    print(run_notebook(source(root, name), given, target))


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    """Take ``-p NAME VALUE -p NAME VALUE ...`` apart."""
    pairs, rest = [], list(words)
    while rest:
        option, name, value = (*rest, "-p", "-p")[:3]
        if option != "-p":
            raise UserError(
                f"{option!r} is not understood: write each parameter as -p NAME VALUE, a value "
                "with spaces in quotes; options are listed by alutils run-notebook --help"
            )
        if "=" in name:
            wanted = " ".join(name.split("=", 1))
            raise UserError(f"-p {name} is not understood: write it with a space, -p {wanted}")
        if name == "-p" or value == "-p":
            what = "a -p has no name" if name == "-p" else f"parameter {name!r} has no value"
            raise UserError(f"{what}: write each parameter as -p NAME VALUE")
        pairs.append((name, value))
        del rest[:3]
    return pairs
