"""Fingerprints of code: a result names the code that made it, comments left out."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Iterable
from pathlib import Path

from alutils.errors import UserError

_FILES = [path for path in Path(__file__).resolve().parent.rglob("*.py") if path.is_file()]
_SEEN = {path: path.stat().st_mtime_ns for path in _FILES}
"""When each file of alutils was last written, as this process began. Not compared with the clock,
which may be behind that of the machine the files come from."""

LEFT_OUT = {
    # These decide no number.
    "alutils",
    "alutils.errors",
    "alutils.execution",
    "alutils.home",
    "alutils.progress",
    # A file's texts and labels are part of what is hashed, however they were read.
    "alutils.tables",
    "alutils.tables.values",
    # The registries import everything there is; a cell depends on what it uses.
    "alutils.heads",
    "alutils.strategies",
}


def code_fingerprint(modules: Iterable[str]) -> dict[str, str]:
    """Hash the code of some modules and of every alutils module that they import.

    Parameters
    ----------
    modules : iterable of str
        Dotted names, such as ``"alutils.loop"``.

    Returns
    -------
    dict of str to str
        Module name to hash, sorted by name. Comments, docstrings and layout do not count: two
        sources with the same hash compute the same numbers.
    """
    found: dict[str, str] = {}
    waiting = [name for name in modules if name not in LEFT_OUT]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name], imports = _module(name)
        waiting.extend(i for i in imports if i not in LEFT_OUT)
    return dict(sorted(found.items()))


@functools.cache
def package_fingerprint() -> str:
    """Hash the sources of all of alutils, as they lie on this machine."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.relative_to(Path(__file__).parent).as_posix().encode() + b"\0")
        digest.update(source_fingerprint(path.read_text(encoding="utf-8")).encode())
    return digest.hexdigest()[:16]


def source_fingerprint(source: str) -> str:
    """Hash Python source by its syntax tree, without docstrings.

    Examples
    --------
    >>> source_fingerprint("x = 1  # one") == source_fingerprint('x=1')
    True
    """
    return _fingerprint_tree(ast.parse(source))


@functools.cache
def _module(name: str) -> tuple[str, tuple[str, ...]]:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None, name
    path = Path(spec.origin).resolve()
    if path.stat().st_mtime_ns != _SEEN.get(path):
        raise UserError(
            f"{path} changed after this process had read it, so its results would bear the name of "
            "code that did not compute them: start again (in a notebook, restart the kernel)"
        )
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports.append(node.module)
            imports.extend(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            imports.extend(alias.name for alias in node.names)
    return _fingerprint_tree(tree), tuple(i for i in imports if _is_module(i))


def _is_module(name: str) -> bool:
    if name.split(".")[0] != "alutils":
        return False
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a function of a module, not a module
        return False


def _fingerprint_tree(tree: ast.AST) -> str:
    return hashlib.sha256(repr(_canonical(tree)).encode()).hexdigest()[:16]


def _canonical(node: object) -> object:
    """Write a syntax tree as nested tuples that every Python version writes alike."""
    if isinstance(node, list):
        return tuple(_canonical(item) for item in node if not _is_text(item))
    if not isinstance(node, ast.AST):
        return node
    # Versions differ in the empty fields they add, so those are left out.
    fields = ((name, _canonical(value)) for name, value in ast.iter_fields(node))
    return (type(node).__name__, *(field for field in fields if field[1] not in (None, ())))


def _is_text(node: object) -> bool:
    """Tell whether a statement is a bare string: a docstring, or one below a constant."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
