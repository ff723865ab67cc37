"""Where alutils keeps what it downloads and computes: one folder, safe to delete, safe to share."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """Return the folder for downloads, embeddings and results.

    Returns
    -------
    pathlib.Path
        ``$ALUTILS_HOME``, or ``alutils`` in the user's cache folder. Everything below it can be
        computed again; nothing below it is ever silently stale, because every entry is named by
        a hash of what it depends on.
    """
    if chosen := os.environ.get("ALUTILS_HOME"):
        return Path(chosen).expanduser().resolve()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser().resolve() / "alutils"
