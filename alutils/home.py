"""Where alutils keeps what it downloads and computes: one folder, safe to delete, safe to share."""

from __future__ import annotations

import os
from pathlib import Path

from alutils.errors import UserError


def home() -> Path:
    """Return the folder for downloads, embeddings and results.

    Returns
    -------
    pathlib.Path
        ``$ALUTILS_HOME``, or ``alutils`` in the user's cache folder. Everything below it can be
        computed again; nothing below it is ever silently stale, because every entry is named by
        a hash of what it depends on.

    Raises
    ------
    UserError
        If the folder is in the home of a user who does not exist, or in a ring of links.
    """
    for variable, below in (("ALUTILS_HOME", ""), ("XDG_CACHE_HOME", "alutils")):
        if chosen := os.environ.get(variable):
            try:
                return Path(chosen).expanduser().resolve() / below
            except RuntimeError as error:
                raise UserError(
                    f"{variable} is {chosen!r}, which leads nowhere: mend or unset it"
                ) from error
    try:
        return Path("~/.cache").expanduser().resolve() / "alutils"
    except RuntimeError as error:
        raise UserError(
            "you have no home folder here: set ALUTILS_HOME to a folder you can write to"
        ) from error
