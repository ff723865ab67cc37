"""What a hostile or broken file may hold, and what a reader may do about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from alutils.errors import UserError
from alutils.spelling import printable

# A quarter of the profile's cases: 25 by default, 4,000 with --hypothesis-profile=thorough.
cases = settings(
    max_examples=settings.default.max_examples // 4,
    deadline=timedelta(minutes=1),  # nothing of these sizes may take long, on a busy machine either
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

LONGEST = 2000  # characters of a sentence that somebody is to read


def read_or_refused(read: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Return what a reader returns, None if it refuses in one sentence that can be printed."""
    try:
        return read(*args, **options)
    except UserError as error:
        sentence = str(error)
        assert sentence and len(sentence) < LONGEST, f"{len(sentence)} characters"
        assert printable(sentence) == sentence, ascii(sentence)
        return None


# Texts that mean something to some reader: markup, formulas, numbers that are none, YAML, paths.
TOKENS = [
    *("", " ", "\0", "\x1b[31m", "\u202e", "\u2028", "\x85", "\r", "\n", "\t", "\ufeff", "\ud800"),
    *("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-2", "'=1", '"', "'"),
    *("NaN", "Infinity", "-Infinity", "1e999", "null", "true", "9" * 5000, "-0", "1_000", "0x1"),
    *("2024-99-99", "!!python/object/apply:os.system [true]", "!!bool x", "&a [*a]", "*b", "<<: x"),
    *("../../etc/passwd", "/etc/passwd", "~nobody/x", "C:\\x", "[" * 3000, "{" * 3000, "- " * 3000),
    *("[&a [1]" + ", *a" * 40 + "]", "x: " * 50, "? ", "%YAML 9.9", "---\n---", "\x00\x01\x02"),
]
tokens = st.sampled_from(TOKENS) | st.text(max_size=8)

whole = st.integers() | st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**30, -1, 0])
plain = st.none() | st.booleans() | whole | st.floats() | tokens
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tokens, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """Return a file's content with a few places cut, doubled, overwritten or filled in."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        stop = draw(st.integers(start, min(len(content), start + 40)))
        put = draw(
            st.binary(max_size=4)
            | tokens.map(lambda text: text.encode("utf-8", "surrogatepass"))
            | st.just(content[start:stop] * 2)
        )
        content = content[:start] + put + content[stop:]
        if draw(st.integers(0, 9)) == 0:
            content = content[: draw(st.integers(0, len(content)))]
    return content


@st.composite
def changed(draw: st.DrawFn, content: Any) -> Any:
    """Return plain data in which one value, somewhere, is another, missing or added."""
    if isinstance(content, dict) and content and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(content)))
        match draw(st.integers(0, 7)):
            case 0:
                return {k: v for k, v in content.items() if k != key}
            case 1:
                return {**content, draw(tokens): draw(anything)}
        return {**content, key: draw(changed(content[key]))}
    if isinstance(content, list) and content and draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(content) - 1))
        return [*content[:at], draw(changed(content[at])), *content[at + 1 :]]
    return draw(anything)


def json_bytes(content: object) -> bytes:
    """Write JSON as somebody hostile might: NaN and half surrogate pairs included."""
    return json.dumps(content).encode()
