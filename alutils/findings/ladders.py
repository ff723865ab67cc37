"""Ladders: one backbone whose embeddings are made worse step by step, each ladder in its own way.

The embeddings as they are stand on the top rung of every ladder. What changes along a ladder
cannot come from another model or from other texts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from alutils.catalogue.steps import EMBEDDER_STEPS, split_steps
from alutils.embedders import entry_of
from alutils.errors import UserError

LAYERS = "layers"

_MORE_IS_WORSE = {"noise", "whiten"}


@dataclass(frozen=True)
class Ladder:
    """One way to make embeddings worse.

    Parameters
    ----------
    name : str
        ``"layers"``, or the name of a step of `alutils.catalogue.steps`.
    rungs : tuple of str
        Embedders from the top, which is not made worse, to the most severe dose.
    """

    name: str
    rungs: tuple[str, ...]

    @property
    def top(self) -> str:
        """The embedder as it is."""
        return self.rungs[0]

    @property
    def bottom(self) -> tuple[str, ...]:
        """The lower half of the rungs below the top: more than the last, where little is left."""
        return self.rungs[-math.ceil((len(self.rungs) - 1) / 2) :]


def dose(embedder: str) -> tuple[str, float]:
    """Return the ladder of an embedder and how far down it stands, in the unit of its ladder.

    Examples
    --------
    >>> dose("minilm+noise(0.5)"), dose("minilm_layer2"), dose("minilm")
    (('noise', 0.5), ('layers', 2.0), ('', 0.0))
    """
    _, steps = split_steps(embedder, EMBEDDER_STEPS)
    layer = entry_of(embedder).layer
    if steps and (layer is not None or len(steps) > 1):
        raise UserError(
            f"{embedder} is made worse in several ways, so it stands on no ladder: leave it out"
        )
    if steps:
        return steps[0].name, steps[0].value
    return ("", 0.0) if layer is None else (LAYERS, float(layer))


def dose_words(embedder: str) -> str:
    """Write how strong the dose of an embedder is.

    Examples
    --------
    >>> dose_words("minilm+noise(0.5)"), dose_words("minilm+pca(64)"), dose_words("minilm")
    ('0.5 times the signal', '64 dimensions', 'as it is')
    """
    kind, value = dose(embedder)
    words = {
        "": "as it is",
        LAYERS: f"hidden state {value:.0f}",
        "bits": f"{value:.0f} bit{'' if value == 1 else 's'} an entry",
        "noise": f"{value:g} times the signal",
        "whiten": f"spread to the power {1 - value:g}",
    }
    return words.get(kind, f"{value:.0f} dimensions")


def ladders_of(embedders: Iterable[str]) -> list[Ladder]:
    """Find the ladders among some embedders of one backbone.

    Parameters
    ----------
    embedders : iterable of str
        Names, in any order.

    Returns
    -------
    list of Ladder
        Layers first, then as steps are listed in the catalogue.

    Raises
    ------
    UserError
        If there is more than one backbone, if it is not among the embedders itself, if none is
        made worse, or one in several ways.

    Examples
    --------
    >>> for ladder in ladders_of(["minilm+pca(8)", "minilm", "minilm_layer1", "minilm+pca(64)"]):
    ...     print(ladder.name, ladder.rungs[1:], ladder.bottom)
    layers ('minilm_layer1',) ('minilm_layer1',)
    pca ('minilm+pca(64)', 'minilm+pca(8)') ('minilm+pca(8)',)
    """
    found: dict[str, list[tuple[float, str]]] = {}
    tops = set()
    for name in dict.fromkeys(embedders):
        kind, value = dose(name)
        base, _ = split_steps(name, EMBEDDER_STEPS)
        tops.add(entry_of(name).backbone or base)
        found.setdefault(kind, []).append((value if kind in _MORE_IS_WORSE else -value, name))
    if len(tops) > 1:
        raise UserError(
            f"embedders come from several backbones ({', '.join(sorted(tops))}): keep those of "
            "one, because a ladder changes nothing else"
        )
    (top,) = tops
    if "" not in found:
        raise UserError(f"embedders lacks {top!r}, the top rung of every ladder: add it")
    kinds = [kind for kind in (LAYERS, *EMBEDDER_STEPS) if kind in found]
    if not kinds:
        raise UserError(
            f"embedders has {top!r} alone: add some that are made worse, such as '{top}+noise(1)'"
        )
    return [Ladder(kind, (top, *(name for _, name in sorted(found[kind])))) for kind in kinds]


def on_ladders(table: pd.DataFrame, ladders: Sequence[Ladder]) -> pd.DataFrame:
    """Add to rows the ``ladder`` of their embedder; rows of the top come once for each.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``embedder``.
    ladders : sequence of Ladder
        As returned by `ladders_of`.

    Returns
    -------
    pandas.DataFrame
        With ``ladder`` and ``place``, 0 on the top rung, in the order of ladders and rungs.
    """
    rungs = pd.DataFrame(
        (ladder.name, place, name) for ladder in ladders for place, name in enumerate(ladder.rungs)
    )
    rungs.columns = pd.Index(["ladder", "place", "embedder"])
    return rungs.merge(table, on="embedder")
