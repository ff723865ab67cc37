"""Where a run comes from: the few words that stand beside each of its figures and in its record."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from alutils.fingerprint import package_fingerprint
from alutils.provenance import git_state


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
        Hash of the source, the parameters, the code of alutils and the archive in force, if any.
        Two runs of one key show the same figures: neither the machine, nor the hour, nor the commit
        is part of it.
    """
    parts = {
        "source": hashlib.sha256(source.read_bytes()).hexdigest(),
        "parameters": dict(values),
        "code": package_fingerprint(),
        "archive": _archive_in_force(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def origin(source: Path, values: Mapping[str, object]) -> dict[str, object]:
    """Tell what made the figures of a run: notebook, number of parameters, key and commit."""
    return {
        "notebook": source.stem,
        "parameters": len(values),
        "key": run_key(source, values),
        "git": git_state(source.parent),
    }


def _archive_in_force() -> str | None:
    """Hash the files of the archive from which studies take results, or None without one."""
    folder = os.environ.get("ALUTILS_ARCHIVE")
    if not folder or not Path(folder).is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(Path(folder).iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
