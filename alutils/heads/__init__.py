"""Heads: the classifiers trained on labelled embeddings, by name.

To add one, write a class with the contract of `Head` and name it in `HEADS`.
"""

from __future__ import annotations

from alutils.errors import unknown
from alutils.heads.base import FittedHead, Head
from alutils.heads.scaling import scale
from alutils.heads.softmax import FittedSoftmax, SoftmaxRegression

__all__ = [
    "HEADS",
    "FittedHead",
    "FittedSoftmax",
    "Head",
    "SoftmaxRegression",
    "get",
    "names",
    "scale",
]

HEADS: dict[str, Head] = {head.name: head for head in (SoftmaxRegression(),)}


def names() -> list[str]:
    """List the names of the heads there are."""
    return sorted(HEADS)


def get(name: str) -> Head:
    """Return the head of this name.

    Raises
    ------
    UserError
        If there is none.

    Examples
    --------
    >>> get("softmax")
    SoftmaxRegression(C=0.1, tolerance=1e-06)
    """
    if name not in HEADS:
        raise unknown("head", name, HEADS)
    return HEADS[name]
