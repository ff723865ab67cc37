"""What a notebook reads: noted where it is read, and put into the record of the notebook.

Outside of a notebook nothing is noted.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

FILE = "inputs.json"

Inputs = dict[str, dict[str, list[str]]]
"""Kind to name to hashes: of one name, several samples may be read."""


def note(kind: str, found: Iterable[tuple[str, str]]) -> None:
    """Note that the notebook which this process runs has read something.

    Parameters
    ----------
    kind : str
        ``"datasets"``, ``"embeddings"``, ``"archive"``, or ``"seeds"``, whose numbers are noted.
    found : iterable of tuple of str and str
        Name and hash of each thing that was read. A file of your own is noted by its name alone:
        records are published, and say nothing of the folders of who made them.
    """
    folder = os.environ.get("ALUTILS_FIGURES")
    new = dict.fromkeys(found)
    if not folder or not new or not Path(folder).is_dir():
        return
    known = noted(Path(folder))
    of_kind = known.setdefault(kind, {})
    for full, digest in new:
        name = _without_folder(full)
        of_kind[name] = sorted({*of_kind.get(name, []), digest})
    text = json.dumps(known, indent=1, sort_keys=True)
    Path(folder, FILE).write_text(text + "\n", encoding="utf-8")


def noted(folder: Path) -> Inputs:
    """Return what the notebook has read whose figures are in `folder`."""
    path = folder / FILE
    found: Inputs = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _without_folder(name: str) -> str:
    """Return ``file:NAME?...`` of ``file:FOLDER/NAME?...``, any other name as it is.

    Examples
    --------
    >>> _without_folder("file:/mnt/texts/reviews.csv?text=a/b"), _without_folder("trec6 / minilm")
    ('file:reviews.csv?text=a/b', 'trec6 / minilm')
    >>> _without_folder("file:/mnt/texts/reviews.csv / minilm")
    'file:reviews.csv / minilm'
    """
    return re.sub(r"^file:(?:(?! / )[^?])*/(?! )", "file:", name)
