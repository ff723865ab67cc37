"""Typed parameters of a notebook: read without running it, checked before a kernel starts.

Papermill accepts any name and any type. A notebook of ours has exactly one cell tagged
``parameters`` which holds nothing but annotated assignments with literal values and a comment::

    # %% tags=["parameters"]
    seeds: int = 5  # runs per cell
    pool_size: int | None = None  # texts in the pool; null takes them all

That cell is the only description there is: checks, messages and the table on the page come from it.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import GenericAlias
from typing import Annotated, Any, Literal

import jupytext
from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from alutils import yaml_text
from alutils.errors import UserError, unknown


@dataclass(frozen=True)
class Kind:
    """What values a parameter takes: for pydantic, and in words for people."""

    type: Any
    one: str
    many: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of a notebook.

    Attributes
    ----------
    name : str
        Name of the variable in the notebook.
    annotation : str
        The annotation as written: ``"int | None"``.
    default : object
        The value it has unless another is given.
    description : str
        The comment behind or above the assignment; empty without one.
    kind : Kind
        What the annotation allows.
    """

    name: str
    annotation: str
    default: object
    description: str
    kind: Kind


def _exponent(value: object) -> object:
    """Read ``1e-3`` as the number it is: YAML 1.1 takes it for a text."""
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+", value, re.ASCII):
        return float(value)
    return value


# what a notebook's own code can hold: more digits than this cannot even be printed
_INT = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_FLOAT = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_exponent)]
_SIMPLE = {
    "int": Kind(_INT, "a whole number", "whole numbers"),
    "float": Kind(_FLOAT, "a number", "numbers"),
    "str": Kind(str, "a text", "texts"),
    "bool": Kind(bool, "true or false", "true or false values"),
}
_NONE = Kind(None, "null", "nulls")


def _literal(values: list[object]) -> Kind:
    # pydantic compares literals with ==, which would let True pass for 1 and 1.0 for 1
    def same_type(value: object) -> object:
        if not any(type(value) is type(known) and value == known for known in values):
            raise ValueError("not one of the values")
        return value

    words = ", ".join(map(repr, values))
    literal: Any = Literal
    kind: Any = Annotated[literal[tuple(values)], BeforeValidator(same_type)]
    return Kind(kind, f"one of {words}", f"values out of {words}")


def _kind(node: ast.expr) -> Kind:
    """Turn an annotation into a `Kind`; raises ValueError for one that parameters cannot have."""
    match node:
        case ast.Name(id=name) if name in _SIMPLE:
            return _SIMPLE[name]
        case ast.Constant(value=None):
            return _NONE
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            a, b = _kind(left), _kind(right)
            return Kind(a.type | b.type, f"{a.one} or {b.one}", f"{a.many} or {b.many}")
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            each = _kind(item)
            alias = GenericAlias(list, (each.type,))
            return Kind(alias, f"a list of {each.many}", f"lists of {each.many}")
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, value])):
            keys, values = _kind(key), _kind(value)
            words = f"from {keys.many} to {values.many}"
            alias = GenericAlias(dict, (keys.type, values.type))
            return Kind(alias, f"a mapping {words}", f"mappings {words}")
        case ast.Subscript(value=ast.Name(id="Literal"), slice=items):
            nodes = items.elts if isinstance(items, ast.Tuple) else [items]
            return _literal([ast.literal_eval(node) for node in nodes])
    raise ValueError("its annotation is none of int, float, str, bool, None, list, dict, Literal")


def _comments(code: str) -> dict[int, tuple[str, bool]]:
    """Map a line number to (text of its comment, whether the comment has the line to itself)."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            alone = not token.line[: token.start[1]].strip()
            found[token.start[0]] = (token.string.lstrip("#").strip(), alone)
    return found


def _description(node: ast.AnnAssign, comments: dict[int, tuple[str, bool]]) -> str:
    for line in range(node.end_lineno or node.lineno, node.lineno - 1, -1):
        if line in comments:
            return comments[line][0]
    above: list[str] = []
    line = node.lineno - 1
    while line in comments and comments[line][1]:
        above.insert(0, comments[line][0])
        line -= 1
    return " ".join(above)


def _parameter(node: ast.stmt, comments: dict[int, tuple[str, bool]]) -> Parameter:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr()):
            assert node.value is not None
            try:
                default = ast.literal_eval(node.value)
            except ValueError:
                raise ValueError(f"the value of {name!r} is not a plain literal") from None
            try:
                kind = _kind(annotation)
            except (ValueError, TypeError) as error:
                raise ValueError(f"parameter {name!r} cannot be checked: {error}") from None
            words = _description(node, comments)
            return Parameter(name, ast.unparse(annotation), default, words, kind)
    raise ValueError(
        f"{ast.unparse(node)!r} is not an annotated assignment such as 'seeds: int = 5'"
    )


def read(source: Path) -> list[Parameter]:
    """Read the parameters of a notebook without running any of it.

    Parameters
    ----------
    source : pathlib.Path
        A py:percent notebook.

    Returns
    -------
    list of Parameter
        In the order of the cell.

    Raises
    ------
    UserError
        If the file is missing, or does not have exactly one cell tagged ``parameters`` made of
        annotated assignments whose values fit their annotations.
    """
    try:
        notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    except OSError:
        raise UserError(f"there is no notebook {source}: give a py:percent file") from None
    except UnicodeDecodeError as error:
        raise UserError(f"notebook {source} is not UTF-8 ({error}): save it as UTF-8") from None
    except Exception as error:  # of its header: jupytext lets through what several parsers raise
        words = " ".join(str(error).split())
        raise UserError(f"notebook {source} is no py:percent file: {words}") from None
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1 or cells[0].cell_type != "code":
        raise UserError(
            f"notebook {source.stem!r} needs exactly one code cell tagged 'parameters', "
            f"but {len(cells)} cells have the tag"
        )
    try:
        nodes = [
            node
            for node in ast.parse(cells[0].source).body
            if not (isinstance(node, ast.ImportFrom) and node.module == "typing")
        ]
        comments = _comments(cells[0].source)
        found = [_parameter(node, comments) for node in nodes]
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError) as error:
        words = error.msg if isinstance(error, SyntaxError) else str(error)
        raise UserError(f"the parameter cell of notebook {source.stem!r}: {words}") from None
    for parameter in found:
        _check(source.stem, parameter, parameter.default)
    return found


def validate(source: Path, given: Mapping[str, object]) -> dict[str, object]:
    """Check values against the parameters of a notebook.

    Parameters
    ----------
    source : pathlib.Path
        A py:percent notebook.
    given : mapping of str to object
        Values by parameter name; what is not given keeps its default.

    Returns
    -------
    dict of str to object
        Every parameter of the notebook with its value, in the order of its cell.

    Raises
    ------
    UserError
        For a name the notebook does not have, or a value its annotation does not allow. Nothing
        is converted, save whole numbers and ``1e-3`` where a number is wanted.
    """
    known = {parameter.name: parameter for parameter in read(source)}
    for name in given:
        if name not in known:
            if not known:
                raise UserError(f"notebook {source.stem!r} has no parameters: leave out {name!r}")
            raise UserError(f"notebook {source.stem!r}: {unknown('parameter', str(name), known)}")
    return {
        name: _check(source.stem, parameter, given.get(name, parameter.default))
        for name, parameter in known.items()
    }


def _check(notebook: str, parameter: Parameter, value: object) -> object:
    try:
        adapter = TypeAdapter(parameter.kind.type, config=ConfigDict(strict=True))
        return adapter.validate_python(value)
    except ValidationError:
        pass
    hint = ""
    if parameter.kind.type is str:
        hint = ": to give a text that YAML reads as something else, quote it twice, as in '\"12\"'"
    elif parameter.kind.one.startswith("a list") and isinstance(value, str):
        hint = f": write it as [{value}]" if len(value) < 40 else ": write it in brackets"
    raise UserError(
        f"parameter {parameter.name!r} of notebook {notebook!r} must be {parameter.kind.one}, "
        f"not {_shown(value)}{hint}"
    )


def _shown(value: object) -> str:
    try:
        words = repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits, a deep list
        words = f"a {type(value).__name__} too big to show"
    return words if len(words) <= 80 else f"{words[:77]}..."


def parse_cli(pairs: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Read the values of a command line: ``-p NAME VALUE``, the value in YAML.

    Parameters
    ----------
    pairs : iterable of (str, str)
        Names and the texts given for them.

    Returns
    -------
    dict of str to object
        For `validate`. Only plain data: no YAML tag can build an object.

    Raises
    ------
    UserError
        If a value is no YAML, or a name is given twice.
    """
    values: dict[str, object] = {}
    for name, text in pairs:
        if name in values:
            raise UserError(f"parameter {name!r} is given twice: give it once")
        try:
            values[name] = yaml_text.parse(text)
        except UserError as error:
            raise UserError(
                f"the value {_shown(text)} of parameter {name!r} is no YAML ({error}): "
                "quote it to give a text"
            ) from None
    return values
