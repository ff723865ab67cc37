"""A command as a page shows it: what was typed, what it printed, how long it took."""

from __future__ import annotations

import contextlib
import io
import shlex
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

from alutils.cli import app

WIDTH = 96  # characters that fit on a line of a page


@dataclass(frozen=True)
class Transcript:
    """What a command did. ``str()`` is what a terminal would show.

    Attributes
    ----------
    command : str
        As it was typed.
    printed : str
        On both streams, in order.
    seconds : float
        By the clock, without what Python needs to start.
    """

    command: str
    printed: str
    seconds: float

    def __str__(self) -> str:
        typed = textwrap.wrap(self.command, WIDTH - 4, break_on_hyphens=False)
        lines = [f"$ {typed[0]}", *(f"    {rest}" for rest in typed[1:])]
        lines = [f"{line} \\" for line in lines[:-1]] + lines[-1:]
        for line in self.printed.splitlines():
            lines += textwrap.wrap(line, WIDTH, subsequent_indent="  ") or [""]
        return "\n".join(lines)


def run(command: str, folder: Path) -> Transcript:
    """Run a command of `alutils` in this process.

    Parameters
    ----------
    command : str
        ``alutils ...``, as in a shell.
    folder : pathlib.Path
        Working directory: names of files stay as short as a person would type them.

    Raises
    ------
    UserError
        As of the command.
    """
    program, *words = shlex.split(command)
    assert program == "alutils"
    printed = io.StringIO()
    start = time.perf_counter()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        app(words, standalone_mode=False)
    return Transcript(command, printed.getvalue(), time.perf_counter() - start)
