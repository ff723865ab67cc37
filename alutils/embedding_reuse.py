"""Shards that another entry of the store has already: the same texts, by the same embedder.

A shard is computed from its own texts alone, so one that another entry has is, bit for bit, what
would be computed: as after a job that was interrupted. That takes an embedder that looks at one
text at a time; who uses this module must know that it does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from alutils.embedding_shards import spans

NOTE = "shards"  # what an entry notes beside it, in the order of its shards


def digests(texts: Sequence[str]) -> list[str]:
    """Return a digest of the texts of each shard.

    Examples
    --------
    >>> one, two = digests(["a"] * 1024), digests(["a"] * 1025)
    >>> one == two[:1], len(two)
    (True, 2)
    """
    found = []
    for start, stop in spans(len(texts)):
        content = json.dumps(texts[start:stop], ensure_ascii=True).encode()
        found.append(hashlib.sha256(content).hexdigest())
    return found


def most_alike(
    folder: Path, fields: Mapping[str, Any], wanted: Sequence[str]
) -> tuple[Mapping[str, Any], list[int]]:
    """Find the entry that has most shards of one that is to be made.

    Parameters
    ----------
    folder : pathlib.Path
        The store.
    fields : mapping
        Key fields of the entry that is to be made.
    wanted : sequence of str
        Digests of its shards.

    Returns
    -------
    mapping, list of int
        Key fields of that entry, and which shards it has at the same place; none if none has any.
    """
    best: tuple[Mapping[str, Any], list[int]] = ({}, [])
    for meta in _metas(folder):
        theirs, known = meta["fields"], meta["notes"].get(NOTE, [])
        if theirs.get("embedder") == fields["embedder"]:
            pairs = enumerate(zip(wanted, known, strict=False))
            same = [at for at, (ours, other) in pairs if ours == other]
            best = max(best, (theirs, same), key=lambda each: len(each[1]))
    return best


def _metas(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(filter(Path.is_file, folder.glob("*/meta.json"))):
        try:
            meta = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(meta["fields"], dict) and isinstance(meta["notes"], dict):
                yield meta
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue  # damaged, or set aside: the store says so when it is asked for
