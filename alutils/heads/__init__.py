"""Heads: the classifiers trained on labelled embeddings, by name.

To add one, write a class with the contract of `Head` and name it in `HEADS`.
"""

from __future__ import annotations

from alutils.errors import UserError
from alutils.heads.base import FittedHead, Head
from alutils.heads.mlp import FittedMlp, Mlp
from alutils.heads.scaling import scale
from alutils.heads.softmax import FittedSoftmax, SoftmaxRegression
from alutils.naming import find

__all__ = [
    "HEADS",
    "FittedHead",
    "FittedMlp",
    "FittedSoftmax",
    "Head",
    "Mlp",
    "SoftmaxRegression",
    "get",
    "names",
    "scale",
]

HEADS: dict[str, Head] = {head.name: head for head in (SoftmaxRegression(), Mlp())}


def names() -> list[str]:
    """List the names of the heads there are."""
    return sorted(HEADS)


def get(name: str) -> Head:
    """Return the head of this name, such as ``mlp`` or ``softmax(C=1)``.

    Raises
    ------
    UserError
        If there is none, or it has no such parameter or not with such a value.

    Examples
    --------
    >>> get("softmax")
    SoftmaxRegression(C=0.1, tolerance=1e-06)
    >>> get("mlp(hidden=64)").hidden
    64
    """
    head = find("head", name, HEADS)
    if isinstance(head, SoftmaxRegression):
        for parameter in ("C", "tolerance"):
            if (value := getattr(head, parameter)) <= 0:
                raise UserError(f"head {name!r}: {parameter} should be above 0, but is {value:g}")
    return head
