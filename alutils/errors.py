"""Errors a person can act on.

Anything a user can cause is raised as `UserError`: one sentence that says what is wrong, where,
and what to do instead. The command line prints that sentence and exits with code 2; a traceback
always means a fault of ours.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from alutils.spelling import printable

CELLS_SHOWN = 5
"""Cells that are named for each reason for which some failed."""

LONGEST = 1500
"""Characters of a sentence: a name that is quoted in one may be a whole file."""

NAMES, NAME = 40, 60
"""Names of which one may be chosen that a sentence lists, and characters of each."""


class UserError(Exception):
    r"""Something the user can mend. The message is one clear sentence.

    Parameters
    ----------
    sentence : str
        May quote anything: what steers a terminal is spelt out, the middle of what is very long
        left out.

    Examples
    --------
    >>> str(UserError("there is no file \x1b[2J.csv"))
    'there is no file \\x1b[2J.csv'
    """

    def __init__(self, sentence: str) -> None:
        lines = map(_short, printable(sentence, keep="\n").split("\n"))
        super().__init__("\n".join(lines))


def _short(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    kept = LONGEST // 2 - 5
    return f"{line[:kept]} […] {line[-kept:]}"


class BookFailed(RuntimeError):
    """A book, or a notebook, that could not be made. The message says what and where."""


class NotReproduced(RuntimeError):
    """A number that comes out otherwise than it is on record. The message says which."""


class CellsFailed(RuntimeError):
    """Some cells, or what is measured of them, failed; all others are finished and kept.

    Parameters
    ----------
    reasons : mapping
        Why each failed, by cell or by name.
    hint : str
        What can be done, as a last line.
    noun : str
        What failed, in the singular.

    Attributes
    ----------
    reasons : dict
        The same.
    """

    def __init__(self, reasons: Mapping[Any, str], hint: str = "", *, noun: str = "cell") -> None:
        self.reasons = dict(reasons)
        cells: dict[str, list[Any]] = defaultdict(list)
        for cell, reason in self.reasons.items():
            cells[reason].append(cell)
        noun += "" if len(self.reasons) == 1 else "s"
        lines = [f"{len(self.reasons):,} {noun} failed; all others are finished and kept:"]
        for reason, alike in sorted(cells.items(), key=lambda item: -len(item[1])):
            lines += [f"  {reason}", *(f"    {cell}" for cell in alike[:CELLS_SHOWN])]
            if len(alike) > CELLS_SHOWN:
                lines.append(f"    and {len(alike) - CELLS_SHOWN:,} more")
        super().__init__("\n".join([*lines, *filter(None, [hint])]))


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
    hint = f"did you mean {near[0]!r}?" if near else f"choose from {_listed(names)}"
    return UserError(f"there is no {kind} {name!r}: {hint}")


def _listed(names: list[str]) -> str:
    shown = ", ".join(printable(name, NAME) for name in names[:NAMES])
    more = f" and {len(names) - NAMES:,} more" if len(names) > NAMES else ""
    return f"{shown}{more}"
