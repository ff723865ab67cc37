"""Strategies by name, with other parameters where wanted: ``power_margin(beta=2)``."""

from __future__ import annotations

import ast
import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

import pydantic

from alutils.errors import UserError, unknown
from alutils.strategies.base import QueryStrategy


def find(name: str, known: Mapping[str, QueryStrategy]) -> QueryStrategy:
    """Return the strategy of this name, set up as the name says.

    Parameters
    ----------
    name : str
        A key of `known`, alone or with parameters in brackets: ``bald(passes=20, dropout=0.25)``.
    known : mapping of str to QueryStrategy
        Strategies at their defaults.

    Returns
    -------
    QueryStrategy
        The one in `known`, or a copy of it with other parameters.

    Raises
    ------
    UserError
        If there is no such strategy, or the parameters do not suit it.
    """
    base, given = split(name)
    if base not in known:
        raise _no_such(base, known)
    return configure(name, known[base], given)


def _no_such(base: str, known: Mapping[str, QueryStrategy]) -> UserError:
    """Build the error for a name that is not known, perhaps since it is spelled as in a text."""
    if base.lower().startswith("skact"):
        return UserError(
            f"there is no strategy {base!r}: classes of scikit-activeml are written skactiveml:Clue"
        )
    alike = [name for name in known if _letters(name) == _letters(base)]
    if alike:
        return UserError(f"there is no strategy {base!r}: did you mean {alike[0]!r}?")
    return unknown("strategy", base, known)


def _letters(name: str) -> str:
    """Return a name without signs and capitals; k-means++ ends in plus plus."""
    return re.sub("[^a-z0-9]", "", name.lower().replace("+", "plus"))


def split(name: str) -> tuple[str, dict[str, Any]]:
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
            f"strategy {name!r} is not understood: write parameters as in bald(passes=20){hint}"
        ) from error
    return base, given


def configure(name: str, strategy: QueryStrategy, given: Mapping[str, Any]) -> QueryStrategy:
    """Return the strategy with these parameters instead of its defaults.

    Raises
    ------
    UserError
        If it has no such parameter, or not with such a value.
    """
    if not given:
        return strategy
    if not dataclasses.is_dataclass(strategy) or isinstance(strategy, type):
        raise UserError(f"strategy {name!r}: {strategy.name} has no parameters")
    parameters = [f.name for f in dataclasses.fields(strategy)]
    for key in given:
        if key not in parameters:
            raise unknown(f"parameter of {strategy.name}", key, parameters)
    try:
        made = dataclasses.replace(strategy, **given)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        message = f"{first['loc'][0]} cannot be {first['input']!r}: {first['msg'].lower()}"
        raise UserError(f"strategy {name!r}: {message}") from error
    for key, value in given.items():
        taken = getattr(made, key)
        if isinstance(taken, float) and not math.isfinite(taken):
            raise UserError(f"strategy {name!r}: {key} cannot be {value!r}: it should be finite")
        if taken != value or isinstance(taken, bool) != isinstance(value, bool):
            raise UserError(f"strategy {name!r}: {key} cannot be {value!r}: write {taken!r}")
    return made
