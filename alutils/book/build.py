"""From a checkout to a book: run the notebooks, pass the gate, render, publish."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from alutils.book import crate, explorer, front, gate, pages, records, studied
from alutils.book.execute import Job, run_jobs
from alutils.book.finish import finish
from alutils.book.phone import offer_narrow
from alutils.errors import BookFailed, UserError, unknown
from alutils.parameters import validate
from alutils.progress import say
from alutils.yaml_text import parse


def sources(root: Path) -> dict[str, Path]:
    """Return the notebooks of a checkout: name -> py:percent source."""
    return {path.stem: path for path in sorted((root / "notebooks").glob("*.py"))}


def source(root: Path, name: str) -> Path:
    """Return the source of the notebook called `name`, or a UserError with the nearest name."""
    known = sources(root)
    if not known:
        raise UserError(
            f"there are no notebooks in {root / 'notebooks'}: run this from the project's folder, "
            "or name that with --root"
        )
    if name not in known:
        raise unknown("notebook", name, known)
    return known[name]


def build_book(
    root: Path,
    notebooks: Mapping[str, Mapping[str, object]],
    workers: int,
    effort: Mapping[str, str] | None = None,
) -> Path:
    """Run the notebooks and build the book from what they show.

    Parameters
    ----------
    root : pathlib.Path
        The checkout: ``_config.yml``, ``_toc.yml``, ``book/`` and ``notebooks/``.
    notebooks : mapping of str to mapping
        Parameters by notebook name; what is not given keeps its default.
    workers : int
        How many notebooks run at the same time.
    effort : mapping of str to str, optional
        What the cells of a notebook took, by its name: its page says so.

    Returns
    -------
    pathlib.Path
        First page of the book, ``_build/html/index.html``. A book built earlier stays as it is
        unless this one is complete.

    Raises
    ------
    UserError
        If a parameter, a page or a notebook is wrong or missing (nothing has run then), or a
        notebook raised one.
    BookFailed
        If a notebook failed, the gate refused one, or a page did not render.
    """
    began, root = records.Began(), root.resolve()
    values = {name: validate(source(root, name), given) for name, given in notebooks.items()}
    _check_contents(root, set(values))
    about = crate.citation(root)
    build = root / "_build"
    build.mkdir(exist_ok=True)
    try:
        with FileLock(build / ".lock", timeout=0):
            staging = _stage(root, build)
            jobs = [
                Job(source(root, name), each, staging / "notebooks" / f"{name}.ipynb")
                for name, each in values.items()
            ]
            run_jobs(jobs, workers, root)
            gate.check(job.output for job in jobs)
            records.write_table(staging)
            studied.write_table(staging)
            finish(jobs, staging, root, effort or {})
            say("rendering the book")
            rendered = _render(staging, build)
            offer_narrow(rendered, staging / "notebooks" / "figures")
            front.complete(rendered)
            explorer.install(staging, rendered)
            pages.check(rendered)
            records.publish(staging / "notebooks", rendered, root, began)
            crate.describe(rendered, about)
            return _publish(rendered, build / "html") / "index.html"
    except Timeout:
        raise UserError(f"another build is at work in {build}: wait until it has ended") from None


def _check_contents(root: Path, names: set[str]) -> None:
    """Find out before hours of computing that the table of contents cannot be filled."""
    try:
        contents = parse((root / "_toc.yml").read_text(encoding="utf-8"))
        files = [contents["root"]]
        for part in contents.get("parts", []):
            files += [chapter["file"] for chapter in part["chapters"]]
        files = [str(file) for file in files]
    except OSError:
        raise UserError(
            f"there is no book in {root}: run this where _toc.yml lies, or say where it is"
        ) from None
    except (UserError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"_toc.yml is no table of contents with a root and parts of chapters ({error}): mend it"
        ) from None
    listed = {Path(file).name for file in files if file.startswith("notebooks/")}
    if listed != names:
        name = sorted(listed ^ names)[0]
        raise UserError(
            f"_toc.yml lists notebook {name!r}, but no parameters are given for it: add it to the "
            "profile, with {} to keep its defaults"
            if name in listed
            else f"notebook {name!r} has no page in the book: add notebooks/{name} to _toc.yml"
        )
    for file in files:
        if not file.startswith("notebooks/") and not (root / f"{file}.md").exists():
            raise UserError(f"_toc.yml lists {file}, but there is no {file}.md: write it")


def _stage(root: Path, build: Path) -> Path:
    """Lay out what Jupyter Book sees, from nothing: a page deleted at the source is gone here."""
    staging = build / "source"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    for name in "_config.yml", "_toc.yml":
        shutil.copy2(root / name, staging)
    shutil.copytree(root / "book", staging / "book")
    # Pages quote the code and the catalogue instead of repeating them.
    quoted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(root / "alutils", staging / "alutils", ignore=quoted)
    return staging


def _render(staging: Path, build: Path) -> Path:
    """Run Jupyter Book on the staged pages; warnings are errors. Returns the folder of the HTML."""
    work = build / "render"  # from nothing: pages that Sphinx finds unchanged would not warn again
    shutil.rmtree(work, ignore_errors=True)
    log = build / "logs" / "jupyter-book.log"
    log.parent.mkdir(exist_ok=True)
    command = [
        *(sys.executable, "-P", "-c", "from jupyter_book.cli.main import main; main()"),
        *("build", str(staging), "--path-output", str(work), "-W", "-n", "--keep-going"),
    ]
    with log.open("w") as stream:
        done = subprocess.run(
            command,
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=build,
            env={**os.environ, "NO_COLOR": "1"},
        )
    html = work / "_build" / "html"
    if done.returncode or not (html / "index.html").exists():
        text = re.sub(r"\x1b\[[\d;]*m", "", log.read_text()).replace(f"{staging}/", "")
        lines = [line for line in text.splitlines() if line.strip()]
        faults = [line for line in lines if "WARNING" in line or "ERROR" in line]
        words = "\n".join((faults or lines)[-15:])
        raise BookFailed(f"jupyter-book could not render the book ({log}):\n{words}")
    return html


def _publish(rendered: Path, published: Path) -> Path:
    """Put the new book where the old one was; at no time is there half a book."""
    old = published.with_name("html.old")
    shutil.rmtree(old, ignore_errors=True)
    if published.exists():
        published.rename(old)
    rendered.rename(published)
    shutil.rmtree(old, ignore_errors=True)
    return published
