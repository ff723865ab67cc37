"""King James Bible: verse -> genre of the book it is in."""

from __future__ import annotations

import ast

from alutils.errors import UserError

# Number of the last book of each genre, in the order of the 66 books.
GENRES = {
    5: "law",
    17: "history",
    22: "wisdom",
    27: "major prophets",
    39: "minor prophets",
    43: "gospels",
    44: "history",  # Acts
    65: "letters",
    66: "apocalypse",
}


def parse(content: bytes) -> list[tuple[str, str]]:
    """Read (verse, genre of its book) from the source of a Python module, without running it.

    Parameters
    ----------
    content : bytes
        The module: one call whose arguments are the whole text, and for every verse (book,
        chapter and verse as one number, ``bbcccvvv``) where it starts and ends.

    Raises
    ------
    UserError
        If the module does not have this shape.
    """
    try:
        call = ast.parse(content).body[-1].value  # type: ignore[attr-defined]
        text, starts, ends = (ast.literal_eval(argument) for argument in call.args[1:4])
        return [
            (text[start : ends[verse]].strip(), _genre(verse // 1_000_000))
            for verse, start in starts.items()
        ]
    except (SyntaxError, ValueError, AttributeError, TypeError, KeyError, IndexError) as error:
        raise UserError(f"the King James Bible is not in the expected shape: {error}") from error


def _genre(book: int) -> str:
    return next(genre for last, genre in GENRES.items() if book <= last)
