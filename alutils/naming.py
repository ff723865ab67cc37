"""Strategies and heads by name, with other parameters where wanted: ``power_margin(beta=2)``."""

from __future__ import annotations

import ast
import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import pydantic

from alutils.errors import UserError, unknown

Part = TypeVar("Part")


def find(kind: str, name: str, known: Mapping[str, Part]) -> Part:
    """Return the part of this name, set up as the name says.

    Parameters
    ----------
    kind : str
        What it is, in the singular, for messages: ``"strategy"``.
    name : str
        A key of `known`, alone or with parameters in brackets: ``bald(passes=20, dropout=0.25)``.
    known : mapping of str to object
        Parts at their defaults.

    Returns
    -------
    object
        The one in `known`, or a copy of it with other parameters.

    Raises
    ------
    UserError
        If there is no such part, or the parameters do not suit it.
    """
    base, given = split(name, kind)
    if base in known:
        return configure(name, known[base], given, kind)
    alike = [key for key in known if _letters(key) == _letters(base)]
    if alike:
        raise UserError(f"there is no {kind} {base!r}: did you mean {alike[0]!r}?")
    raise unknown(kind, base, known)


def _letters(name: str) -> str:
    """Return a name without signs and capitals; k-means++ ends in plus plus."""
    return re.sub("[^a-z0-9]", "", name.lower().replace("+", "plus"))


def split(name: str, kind: str = "strategy") -> tuple[str, dict[str, Any]]:
    """Take a name and the parameters in its brackets apart.

    Raises
    ------
    UserError
        If the brackets do not hold ``parameter=value`` pairs.

    Examples
    --------
    >>> split("margin"), split("bald(passes=20, dropout=0.25)")
    (('margin', {}), ('bald', {'passes': 20, 'dropout': 0.25}))
    """
    base, bracket, rest = name.partition("(")
    if not bracket:
        return name, {}
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        assert isinstance(call, ast.Call) and not call.args
        given = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        assert None not in (word.arg for word in call.keywords) and len(given) == len(call.keywords)
    except (SyntaxError, ValueError, AssertionError, RecursionError, MemoryError) as error:
        hint = "" if rest.endswith(")") else ", and put quotes around a name that holds a comma"
        raise UserError(
            f"{kind} {name!r} is not understood: write parameters as in {base}(name=value){hint}"
        ) from error
    return base, given


def configure(name: str, part: Part, given: Mapping[str, Any], kind: str = "strategy") -> Part:
    """Return the part with these parameters instead of its defaults.

    Raises
    ------
    UserError
        If it has no such parameter, or not with such a value.
    """
    if not given:
        return part
    base = name.partition("(")[0]
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        raise UserError(f"{kind} {name!r}: {base} has no parameters")
    parameters = [f.name for f in dataclasses.fields(part)]
    for key in given:
        if key not in parameters:
            raise unknown(f"parameter of {base}", key, parameters)
    try:
        # Checks the types of plain dataclasses too.
        values = {key: getattr(part, key) for key in parameters} | dict(given)
        made = pydantic.TypeAdapter(type(part)).validate_python(values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        message = f"{first['loc'][0]} cannot be {first['input']!r}: {first['msg'].lower()}"
        raise UserError(f"{kind} {name!r}: {message}") from error
    for key, value in given.items():
        taken = getattr(made, key)
        if isinstance(taken, float) and not math.isfinite(taken):
            raise UserError(f"{kind} {name!r}: {key} cannot be {value!r}: it should be finite")
        if taken != value or isinstance(taken, bool) != isinstance(value, bool):
            raise UserError(f"{kind} {name!r}: {key} cannot be {value!r}: write {taken!r}")
    return made
