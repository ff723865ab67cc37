"""Names with steps: ``minilm+noise(0.5)`` is an embedder of the catalogue, made worse on purpose.

A step changes one thing and leaves the rest as it was, so that what follows from it can be seen:
quality turned like a knob. Steps follow the name of an embedder or a dataset, each with a plus
sign. What they do stands in `alutils.embedders.degrade` and `alutils.datasets.altered`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from alutils.errors import UserError, unknown


@dataclass(frozen=True)
class Kind:
    """What may be written for a step.

    Parameters
    ----------
    does : str
        What it does, in words that go on after "a step that".
    low, high : float
        Range of its value.
    whole : bool
        Whether the value has to be a whole number.
    """

    does: str
    low: float
    high: float
    whole: bool = False


EMBEDDER_STEPS: Mapping[str, Kind] = {
    "noise": Kind(
        "adds Gaussian noise of the same size in all directions, this many times as large as the "
        "root mean square of the pool's entries around their mean",
        1e-3,
        1e3,
    ),
    "pca": Kind("keeps this many principal axes of the pool", 1, 1e5, whole=True),
    "projection": Kind("projects on this many random directions", 1, 1e5, whole=True),
    "bits": Kind(
        "rounds every entry to this many bits; one bit keeps its sign alone", 1, 8, whole=True
    ),
    "whiten": Kind(
        "divides along each principal axis of the pool by this power of its standard deviation: "
        "with 1 all axes are equal",
        1e-3,
        1,
    ),
}

DATASET_STEPS: Mapping[str, Kind] = {
    "label_noise": Kind(
        "gives this share of the pool's labels another class, any other alike", 1e-3, 0.9
    ),
    "label_confusion": Kind(
        "gives this share of the pool's labels the class that is most like their own by its words",
        1e-3,
        0.9,
    ),
    "imbalance": Kind(
        "thins the classes of the pool, from the largest, which stays, to the smallest, which is "
        "then this many times smaller; those between fall geometrically",
        1,
        1e4,
    ),
    "copies": Kind("replaces this share of the pool by copies of other texts of it", 1e-3, 0.99),
}


@dataclass(frozen=True)
class Step:
    """One step of a name.

    Parameters
    ----------
    name : str
        Which.
    value : float
        How much.
    """

    name: str
    value: float

    def __str__(self) -> str:
        return f"{self.name}({self.value:g})"


def base_name(name: str) -> str:
    """Return a name without its steps.

    Examples
    --------
    >>> base_name("minilm+pca(64)+noise(0.5)"), base_name("file:a+b.csv?text=body")
    ('minilm', 'file:a+b.csv?text=body')
    """
    known = "|".join([*EMBEDDER_STEPS, *DATASET_STEPS])
    return re.sub(rf"(\+({known})\([^()+]*\))+$", "", name)


def same_texts(dataset: str) -> str:
    """Return the dataset that has the same texts, without steps that change labels alone.

    Examples
    --------
    >>> same_texts("trec6+copies(0.5)+label_noise(0.1)"), same_texts("trec6")
    ('trec6+copies(0.5)', 'trec6')
    """
    base, steps = split_steps(dataset, DATASET_STEPS)
    return "+".join([base, *(str(step) for step in steps if not step.name.startswith("label_"))])


def split_steps(name: str, kinds: Mapping[str, Kind]) -> tuple[str, tuple[Step, ...]]:
    """Take a name and its steps apart.

    Parameters
    ----------
    name : str
        Such as ``minilm+noise(0.5)``.
    kinds : mapping of str to Kind
        The steps that there are for it.

    Returns
    -------
    tuple of str and tuple of Step
        The name without steps, and the steps in the order in which they are written.

    Raises
    ------
    UserError
        If a step is unknown, or its value is not one that it takes.

    Examples
    --------
    >>> split_steps("minilm+pca(64)+bits(1)", EMBEDDER_STEPS)
    ('minilm', (Step(name='pca', value=64.0), Step(name='bits', value=1.0)))
    """
    base = base_name(name)
    if not base.startswith(("file:", "folder:")):  # a path may hold a plus sign of its own
        base = name.partition("+")[0]
    written = name[len(base) :].split("+")[1:]
    return base, tuple(_step(name, text, kinds) for text in written)


def _step(name: str, text: str, kinds: Mapping[str, Kind]) -> Step:
    match = re.fullmatch(r"([a-z_]+)(?:\(([^()]*)\))?", text)
    if match is None:
        raise UserError(f"{name!r}: {text!r} is no step: write steps as in minilm+noise(0.5)")
    which, given = match.groups()
    if which not in kinds:
        raise unknown("step", which, kinds)
    kind = kinds[which]
    try:
        value = float(given or "")
    except ValueError:
        value = float("nan")
    fits = kind.low <= value <= kind.high and (value == int(value) or not kind.whole)
    if not fits:
        wanted = "a whole number" if kind.whole else "a number"
        raise UserError(
            f"{name!r}: {which} needs {wanted} from {kind.low:g} to {kind.high:g} in its brackets, "
            f"since it {kind.does}"
        )
    step = Step(which, value)
    if str(step) != text:  # one thing has one name, or it would be computed twice
        raise UserError(f"{name!r}: write {step} instead of {text}")
    return step
