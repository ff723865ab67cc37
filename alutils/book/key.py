"""Where a run comes from: the few words that stand beside each of its figures and in its record."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from alutils.provenance import git_state

PACKAGE = Path(__file__).parents[1]


def run_key(source: Path, values: Mapping[str, object]) -> str:
    """Name a run by what its figures are a function of.

    Parameters
    ----------
    source : pathlib.Path
        The notebook's source.
    values : mapping of str to object
        Every parameter, validated.

    Returns
    -------
    str
        Hash of the source, the parameters, alutils with its catalogue, and the archive in force,
        if any. Neither the machine, nor the hour, nor the commit is part of it: but for times that
        were measured, two runs of one key show the same figures.
    """
    archive = os.environ.get("ALUTILS_ARCHIVE")
    parts = {
        "source": hashlib.sha256(source.read_bytes()).hexdigest(),
        "parameters": dict(values),
        "code": _files_hash(path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".yaml"}),
        "archive": _files_hash(Path(archive).glob("*")) if archive else None,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def run_label(source: Path, values: Mapping[str, object]) -> dict[str, object]:
    """Tell what made the figures of a run: notebook, number of parameters, key and commit."""
    return {
        "notebook": source.stem,
        "parameters": len(values),
        "key": run_key(source, values),
        "git": git_state(source.parent),
    }


def _files_hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
