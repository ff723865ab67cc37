"""Text of others on its way to a terminal, a page or a sentence: what steers is spelt out."""

from __future__ import annotations

import re
import unicodedata


def printable(text: str, length: int | None = None, *, keep: str = "") -> str:
    r"""Return text that is safe to print: what steers a terminal or a reader's eye is spelt out.

    Parameters
    ----------
    text : str
        Anything.
    length : int, optional
        Where to cut it.
    keep : str
        Characters that stay as they are.

    Examples
    --------
    >>> printable("plain \x1b[31mred\u202e")
    'plain \\x1b[31mred\\u202e'
    """
    cut = text if length is None or len(text) <= length else text[: length - 1] + "…"
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(c if c in keep else _printable_character(c) for c in cut)


def _printable_character(character: str) -> str:
    # Cc, Cf, Cs, Co, Cn: control, format (bidirectional marks), surrogate, private, unassigned;
    # Zl, Zp: line and paragraph separators.
    category = unicodedata.category(character)
    if category[0] != "C" and category not in ("Zl", "Zp"):
        return character
    return character.encode("unicode_escape").decode("ascii")


_STEERING = {
    *range(0x20), *range(0x7F, 0xA0),  # control characters
    *range(0xD800, 0xE000),  # halves of surrogate pairs, which no file of a page can hold
    0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A),  # direction, lines
    0xFEFF, 0xFFFE, 0xFFFF,
}  # fmt: skip
_SPELT = {code: chr(code).encode("unicode_escape").decode() for code in _STEERING} | {
    ord(space): space for space in "\t\n"
}


def shown(text: str) -> str:
    r"""Return text as a page may show it: nothing in it changes the direction of what follows.

    Less is spelt out than by `printable`: joiners stay, which Persian and emoji need.

    Examples
    --------
    >>> shown("a\u202eb\0"), shown("خوش\u200cحال")
    ('a\\u202eb\\x00', 'خوش\u200cحال')
    """
    return text.translate(_SPELT)


_MARKUP = str.maketrans("<>`[]{}*|\\", "‹›ˋ❲❳❴❵∗¦∖")  # what the font of pictures has, too


def without_markup(text: str) -> str:
    r"""Return text that means nothing to Markdown or HTML: signs of markup are others like them.

    For names that stand in sentences, captions and pictures alike, where no one way of escaping
    is right.

    Examples
    --------
    >>> without_markup("a<b>`x`\u202e.csv"), without_markup("my_reviews (1).csv")
    ('a‹b›ˋxˋ∖u202e.csv', 'my_reviews (1).csv')
    """
    return " ".join(shown(text).split()).translate(_MARKUP)


def in_markdown(text: str) -> str:
    r"""Return text as Markdown that shows it, on one line, and obeys nothing in it.

    Examples
    --------
    >>> print(in_markdown("*a*\n<b>"))
    \*a\* \<b\>
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(shown(text).split()))
