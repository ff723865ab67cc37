"""Progress with time left: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from alutils.spelling import printable


def say(message: str) -> None:
    """Print one line for people to standard error, at once; escape sequences are spelt out."""
    print(printable(message, keep="\n"), file=sys.stderr, flush=True)


def several(number: float, noun: str, plural: str | None = None) -> str:
    """Write a number of things.

    Examples
    --------
    >>> several(1, "text"), several(2000, "text"), several(0, "class", "classes")
    ('1 text', '2,000 texts', '0 classes')
    """
    return f"{int(number):,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Write a time span as people do.

    Examples
    --------
    >>> duration(7.31), duration(75), duration(7322)
    ('7 s', '1 min 15 s', '2 h 2 min')
    """
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s" if total % 60 else f"{total // 60} min"
    return f"{total // 3600} h {total % 3600 // 60} min"


class Progress:
    """Report progress of a long job on standard error.

    Nothing is printed for jobs that end within two seconds. On a terminal one line is rewritten;
    elsewhere (a log, CI) a plain line is printed at most every ten seconds.

    Parameters
    ----------
    label : str
        What is being done: ``"embedding icd10_chapters with minilm"``.
    total : int
        Number of units of work.
    unit : str
        Name of the unit, in the plural: ``"texts"``.

    Attributes
    ----------
    note : str
        What else to say in each line, such as ``"2 running"``.

    Examples
    --------
    >>> with Progress("embedding", total=3, unit="texts") as progress:
    ...     progress.advance(3)
    """

    def __init__(self, label: str, total: int, unit: str) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done = 0
        self.note = ""
        self.start = self.last = time.monotonic()
        self.terminal = sys.stderr.isatty()
        self.shown = False

    def advance(self, units: int = 1) -> None:
        """Count `units` more units of work as done."""
        self.done = min(self.done + units, self.total)  # what a worker lost may be done twice
        now = time.monotonic()
        pause = 0.2 if self.terminal else 10.0
        if now - self.start < 2 or now - self.last < pause or self.done >= self.total:
            return
        self.last, self.shown = now, True
        left = (now - self.start) / max(self.done, 1) * (self.total - self.done)
        note = f", {self.note}" if self.note else ""
        done = f"{self.done:,} of {self.total:,} {self.unit}{note}"
        line = f"{self.label}: {done}, {duration(left)} left"
        if self.terminal:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        else:
            say(line)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.terminal and self.shown:
            print("\r\x1b[K", end="", file=sys.stderr)
        spent = time.monotonic() - self.start
        if error is None and spent >= 2:
            say(f"{self.label}: {self.done:,} {self.unit} in {duration(spent)}")
