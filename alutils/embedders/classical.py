"""Embedders without a pretrained model: latent semantic analysis, and hashed words as the floor."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import normalize
from threadpoolctl import threadpool_limits

from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.errors import UserError
from alutils.streams import stream

BUCKETS = 2**15
"""Hash buckets for words: 33 MB of projection, and few collisions among common words."""


RECIPE = 1
"""Part of the key of the store. Raise it with any change here that changes a vector: hashing this
code instead would throw hours of GPU time away for a reworded message. A test pins the vectors."""


def identity(entry: EmbedderEntry) -> dict[str, Any]:
    """Return what the vectors depend on besides the texts and their split, for the store's key."""
    return {
        "kind": entry.kind,
        "dim": entry.dim,
        "normalised": True,
        "recipe": RECIPE,
        "scikit-learn": version("scikit-learn"),
    }


class Lsa:
    """TF-IDF and truncated singular value decomposition [1]_, fitted on the pool texts only.

    Parameters
    ----------
    pool_texts : sequence of str
        What it is fitted on, once the first text is embedded. It never sees a test text before
        it embeds it.
    dim : int
        Dimensions. A pool with fewer texts or words than that fills up with zeros.

    References
    ----------
    .. [1] Deerwester et al., "Indexing by Latent Semantic Analysis", JASIS 41(6), 1990.
    """

    def __init__(self, pool_texts: Sequence[str], dim: int) -> None:
        self.pool_texts, self.dim = pool_texts, dim
        self._model: Pipeline | None = None

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: ndarray of shape (len(texts), dim), float32, rows of length 1 or 0."""
        # One thread, because the decomposition is not bitwise the same on two.
        with threadpool_limits(1):
            if self._model is None:
                self._model = self._fit()
            projected = self._model.transform(texts)
        out = np.zeros((len(texts), self.dim), dtype=np.float32)
        out[:, : projected.shape[1]] = normalize(projected)
        return out

    def _fit(self) -> Pipeline:
        tfidf = TfidfVectorizer(sublinear_tf=True)
        try:
            weights = tfidf.fit_transform(self.pool_texts)
        except ValueError as error:
            raise UserError(
                "embedder 'lsa' finds no word in the pool texts: choose another embedder"
            ) from error
        seed = int(stream("lsa", "", 0).integers(2**31))
        svd = TruncatedSVD(min(self.dim, *weights.shape), random_state=seed).fit(weights)
        return make_pipeline(tfidf, svd)


class Hashing:
    """Bag of words hashed into buckets, projected by a fixed Gaussian matrix.

    Parameters
    ----------
    dim : int
        Dimensions.
    """

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._projection: np.ndarray | None = None
        self._words = HashingVectorizer(n_features=BUCKETS, alternate_sign=False, norm="l2")

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts: ndarray of shape (len(texts), dim), float32, rows of length 1 or 0."""
        if self._projection is None:
            draw = stream("hashing projection", "", 0)
            self._projection = draw.standard_normal((BUCKETS, self.dim), dtype=np.float32)
        projected: np.ndarray = normalize(self._words.transform(texts) @ self._projection)
        return projected.astype(np.float32)
