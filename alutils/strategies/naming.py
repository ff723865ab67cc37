"""Strategies by name, with other parameters where wanted: ``power_margin(beta=2)``."""

from __future__ import annotations

import ast
import dataclasses
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
        raise unknown("strategy", base, known)
    return configure(name, known[base], given)


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
        assert None not in (word.arg for word in call.keywords)
    except (SyntaxError, ValueError, AssertionError, RecursionError, MemoryError) as error:
        raise UserError(
            f"strategy {name!r} is not understood: write parameters as in bald(passes=20)"
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
    parameters: list[str] = []
    if dataclasses.is_dataclass(strategy) and not isinstance(strategy, type):
        parameters = [f.name for f in dataclasses.fields(strategy)]
        if set(given) <= set(parameters):
            try:
                return dataclasses.replace(strategy, **given)
            except pydantic.ValidationError as error:
                first = error.errors()[0]
                message = f"{first['loc'][0]} cannot be {first['input']!r}: {first['msg'].lower()}"
                raise UserError(f"strategy {name!r}: {message}") from error
    wrong = next(key for key in given if key not in parameters)
    raise unknown(f"parameter of {strategy.name}", wrong, parameters)
