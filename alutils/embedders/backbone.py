"""From a catalogue entry to a function that embeds texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.embedders import classical, static, transformer

Vectors = Callable[[Sequence[int], Sequence[str], Callable[[int], None]], list[np.ndarray]]


def open_backbone(
    backbone: EmbedderEntry, entries: Sequence[EmbedderEntry], pool_texts: Sequence[str]
) -> tuple[list[dict[str, Any]], Vectors]:
    """Return what identifies each entry, and the function that computes some of them.

    Parameters
    ----------
    backbone : EmbedderEntry
        The model; it is loaded when the first text is embedded.
    entries : sequence of EmbedderEntry
        What of it is wanted: itself, or its layers.
    pool_texts : sequence of str
        What `lsa` is fitted on.

    Returns
    -------
    tuple
        For each entry what its vectors depend on besides the texts; and
        ``vectors(which, texts, advance)``, which gives a matrix for each index into `entries`.
    """
    if backbone.kind == "transformer":
        model = transformer.Transformer(backbone, [entry.layer for entry in entries])
        return [transformer.identity(backbone, entry) for entry in entries], model.vectors
    assert backbone.dim is not None
    simple: static.Static | classical.Lsa | classical.Hashing
    if backbone.kind == "static":
        identity, simple = static.identity(backbone), static.Static(backbone)
    elif backbone.kind == "lsa":
        identity, simple = classical.identity(backbone), classical.Lsa(pool_texts, backbone.dim)
    else:
        identity, simple = classical.identity(backbone), classical.Hashing(backbone.dim)

    def vectors(
        which: Sequence[int], texts: Sequence[str], advance: Callable[[int], None]
    ) -> list[np.ndarray]:
        out = simple.vectors(texts)
        advance(len(texts))
        return [out for _ in which]

    return [identity], vectors
