"""The records of a build, published with the book: what made each page, and what that took.

Beside every page of a notebook is its record, ``notebooks/NAME.run.json``; ``run.json`` at the top
is the record of the whole build. They alone tell times, so that pages stay the same. What the
numbers were worked out from, the archive, is there too, so that they can be followed to its runs.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat

from alutils import archive
from alutils.catalogue.steps import base_name
from alutils.provenance import all_versions, children_cost, device, environment

TABLE = "records_table.md"

ARCHIVE = "archive"
"""Folder of a rendered book with the archive that it was made from."""

Records = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Began:
    """When a build began, and the CPU time that its process had used by then."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)
    cpu: float = field(default_factory=lambda: _cpu_seconds())


def read(notebooks: Path) -> Records:
    """Return the records of the notebooks of a folder, by their names."""
    paths = sorted(notebooks.glob("*.run.json"))
    return {path.name.removesuffix(".run.json"): json.loads(path.read_text()) for path in paths}


def in_order(staging: Path) -> Records:
    """Read the records of a build in the order that its book has; `staging` as in `write_table`."""
    found = read(staging / "notebooks")
    contents = (staging / "_toc.yml").read_text(encoding="utf-8")
    return {name: found[name] for name in re.findall(r"notebooks/(\w+)", contents)}


def write_table(staging: Path) -> None:
    """Write what the page about records includes: a line for each notebook, in their order.

    Parameters
    ----------
    staging : pathlib.Path
        Sources of the book, with executed notebooks and their records in ``notebooks``.
    """
    lines = ["| page | datasets | embeddings | seeds | record |", "|---|--:|--:|--:|---|"]
    for name, record in in_order(staging).items():
        page = title(staging / "notebooks" / f"{name}.ipynb")
        read_here = record["inputs"]
        # One dataset in several forms, as with wrong labels, is one dataset.
        datasets = {base_name(each) for each in read_here.get("datasets", {})}
        counts = (len(datasets), len(read_here.get("embeddings", {})), len(record["seeds"]))
        numbers = " | ".join(f"{n:,}" if n else "" for n in counts)
        link = f'<a href="../notebooks/{name}.run.json">{name}.run.json</a>'
        lines.append(f"| [{page}](../notebooks/{name}.ipynb) | {numbers} | {link} |")
    if files := _archived():
        links = ", ".join(f'<a href="../{ARCHIVE}/{file.name}">{file.name}</a>' for file in files)
        lines += ["", f"The archive that pages were made from is part of this book: {links}."]
    (staging / "book" / TABLE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _archived() -> list[Path]:
    """Return the files of the archive in force, if there is one."""
    found = archive.in_force()
    return sorted(each for each in found.folder.glob("*.*") if each.is_file()) if found else []


def publish(notebooks: Path, html: Path, root: Path, began: Began) -> None:
    """Put the records into the book, that of the whole build, and the archive in force.

    Parameters
    ----------
    notebooks : pathlib.Path
        Executed notebooks with their records.
    html : pathlib.Path
        The rendered book.
    root : pathlib.Path
        The checkout.
    began : Began
        When and how the build began.
    """
    found = read(notebooks)
    for name in found:
        shutil.copy(notebooks / f"{name}.run.json", html / "notebooks")
    for file in _archived():
        (html / ARCHIVE).mkdir(exist_ok=True)
        shutil.copy(file, html / ARCHIVE)
    costs = ("wall_seconds", "cpu_seconds", "peak_memory_bytes")
    record = {
        "started": began.at.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(time.monotonic() - began.clock, 3),
        "cpu_seconds": round(_cpu_seconds() - began.cpu, 3),
        "peak_memory_bytes": children_cost()["peak_memory_bytes"],
        "device": device(),
        **environment(root),
        "packages": all_versions(),
        "seeds": sorted({seed for each in found.values() for seed in each["seeds"]}),
        "inputs": together([each["inputs"] for each in found.values()]),
        "origins": together([each["origins"] for each in found.values()]),
        "notebooks": {
            name: {
                "record": f"notebooks/{name}.run.json",
                "source_sha256": each["source_sha256"],
                **{cost: each[cost] for cost in costs},
            }
            for name, each in found.items()
        },
    }
    (html / "run.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def together(parts: list[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Merge what several notebooks have read; lists of hashes of one name are united."""
    whole: dict[str, dict[str, Any]] = {}
    for part in parts:
        for kind, things in part.items():
            of_kind = whole.setdefault(kind, {})
            for name, what in things.items():
                known = of_kind.get(name, what)
                of_kind[name] = sorted({*known, *what}) if isinstance(what, list) else known
    return {kind: dict(sorted(things.items())) for kind, things in sorted(whole.items())}


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of those that it started and that have ended."""
    return time.process_time() + float(str(children_cost()["cpu_seconds"]))


def title(path: Path) -> str:
    """Return the title of a notebook: the gate has seen to it that there is one."""
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    title = next(line for line in text.split("\n") if line.startswith("# "))
    return title.removeprefix("# ").strip()
