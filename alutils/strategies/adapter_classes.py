"""Which classes of scikit-activeml there are, and why some cannot be run here."""

from __future__ import annotations

import inspect
from typing import Any

from alutils.errors import UserError, unknown

PREFIX = "skactiveml:"
PINNED = "1.0.1"
MODELS = ("clf", "estimator", "ensemble")

# Parameters of a query for which there is nothing here to give, and what is said about it.
_REFUSED = {
    "reg": "it is for regression, and labels here are classes",
    "discriminator": "it trains a classifier of its own, to tell labelled from unlabelled rows",
    "ignore_partial_fit": "it trains a classifier for every candidate and class",
    "query_kwargs": "it wraps another strategy, which a name cannot hold",
    "annotators": "it chooses among annotators, and here each text has one label",
}
_REFUSED_CLASSES = {
    "EpistemicUncertaintySampling": "it knows some of scikit-activeml's own classifiers only",
    "FourDs": "it reads the mixture in a classifier of scikit-activeml's own",
}


def find(class_name: str) -> Any:
    """Return a class of ``skactiveml.pool``.

    Parameters
    ----------
    class_name : str
        Such as ``Clue``.

    Returns
    -------
    type

    Raises
    ------
    UserError
        If scikit-activeml is not there, or has no such class, or it cannot be run here.
    """
    classes = _classes()
    if class_name not in classes:
        raise unknown("scikit-activeml strategy", class_name, runnable())
    if reason := _why_refused(classes[class_name]):
        raise UserError(f"{PREFIX}{class_name} cannot be run here: {reason}")
    return classes[class_name]


def runnable() -> list[str]:
    """Return the names of the classes that can be run here."""
    return [name for name, cls in _classes().items() if not _why_refused(cls)]


def asks_for(cls: Any) -> str | None:
    """Return the parameter of the query of a class that takes a trained model, if it has one."""
    asked = inspect.signature(cls.query).parameters
    return next((model for model in MODELS if model in asked), None)


def _classes() -> dict[str, Any]:
    try:
        from skactiveml import pool  # here, because it takes seconds
    except ImportError as error:
        raise UserError(
            f"strategies named {PREFIX} need the package scikit-activeml ({error}): "
            f"pip install scikit-activeml=={PINNED}"
        ) from error
    offered = [(n, getattr(m, n)) for m in (pool, pool.multiannotator) for n in m.__all__]
    return {name: cls for name, cls in offered if hasattr(cls, "query")}


def _why_refused(cls: Any) -> str | None:
    asked = inspect.signature(cls.query).parameters
    reasons = (reason for parameter, reason in _REFUSED.items() if parameter in asked)
    return _REFUSED_CLASSES.get(cls.__name__) or next(reasons, None)
