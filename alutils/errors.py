"""Errors a person can act on.

Anything a user can cause is raised as `UserError`: one sentence that says what is wrong, where,
and what to do instead. The command line prints that sentence and exits with code 2; a traceback
always means a fault of ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the user can mend. The message is one clear sentence."""


class BookFailed(RuntimeError):
    """A book, or a notebook, that could not be made. The message says what and where."""


class NotReproduced(RuntimeError):
    """A number that comes out otherwise than it is on record. The message says which."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Build the error for a name that is not in a list of known names.

    Parameters
    ----------
    kind : str
        What was asked for, in the singular: ``"dataset"``.
    name : str
        The name that was not found.
    known : iterable of str
        The names that exist.

    Returns
    -------
    UserError
        With the nearest known name, or all of them if none is near, or that there is none.

    Examples
    --------
    >>> str(unknown("strategy", "bagde", ["badge", "margin"]))
    "there is no strategy 'bagde': did you mean 'badge'?"
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if not names:
        return UserError(f"there is no {kind} {name!r}, nor any other")
    hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(names)}"
    return UserError(f"there is no {kind} {name!r}: {hint}")
