"""Commands as a page shows them: what was typed, what was printed, how long it took."""

from __future__ import annotations

import contextlib
import io
import shlex
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from alutils.cli import app
from alutils.spelling import printable


@dataclass(frozen=True)
class Transcript:
    """What a command did. ``str()`` is what a terminal would show, and can be typed again.

    Attributes
    ----------
    command : str
        As it was typed.
    printed : str
        On both streams, in order.
    seconds : float
        By the clock, without the start of Python.
    """

    command: str
    printed: str
    seconds: float

    def __str__(self) -> str:
        # No line is broken here: a page does that, at its own width.
        lines = [f"$ {self.command}", *self.printed.splitlines()]
        return "\n".join(map(printable, lines))


def run(command: str, folder: Path) -> Transcript:
    """Run a command of `alutils` in this process.

    Parameters
    ----------
    command : str
        ``alutils ...``, as in a shell.
    folder : pathlib.Path
        Where it runs, so that names of files are as short as people would type them.

    Raises
    ------
    UserError
        As of the command.
    ValueError
        If it is another program.
    """
    program, *words = shlex.split(command)
    if program != "alutils":
        raise ValueError(f"only alutils runs here, not {program!r}")
    printed = io.StringIO()
    start = time.perf_counter()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
    ):
        # They would name files of this machine, and some are there only because a kernel runs it.
        warnings.simplefilter("ignore")
        app(words, standalone_mode=False)
    return Transcript(command, printed.getvalue(), time.perf_counter() - start)
