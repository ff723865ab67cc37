"""`embed`: embeddings of any texts, through the same store as those of a dataset."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from alutils.datasets import Dataset
from alutils.embedders import embed as embed_dataset
from alutils.errors import UserError
from alutils.inputs import note


def embed(
    texts: Iterable[str], embedder: str = "minilm", *, trust_remote_code: Collection[str] = ()
) -> NDArray[np.float32]:
    """Embed texts, or open what was embedded before.

    A long job reports its progress and, if it is stopped, goes on where it was when called again.
    Identical texts are embedded once. The same texts in the same order are found in the store
    (``ALUTILS_HOME``). Texts are kept by the thousand: if some are added at the end, or one is
    changed, the other thousands are not embedded again (with ``lsa`` all are).

    Parameters
    ----------
    texts : iterable of str
        N texts: a list, a column of pandas or an array.
    embedder : str
        Name of the catalogue, or ``folder:PATH`` for a sentence-transformers folder of your own,
        with steps such as ``minilm+pca(64)`` or without. Steps, and ``lsa``, are fitted to these
        texts.
    trust_remote_code : collection of str
        Embedders that may run Python code from their repository.

    Returns
    -------
    numpy.ndarray
        Shape (N, D), float32, in the order of `texts`. Without steps, rows have length 1 (0 if a
        text has no word that the embedder knows). If all texts differ it is a read-only memory map
        of the store's file, else a copy in memory.

    Raises
    ------
    UserError
        If a text is none, or empty, or the embedder does not exist or cannot be had.

    Examples
    --------
    >>> vectors = embed(["my card was declined", "where is my refund", "my card was declined"],
    ...                 "hashing")
    >>> vectors.shape, bool((vectors[0] == vectors[2]).all())
    ((3, 256), True)
    """
    given = _check(texts)
    if not isinstance(embedder, str):
        raise UserError(
            "embedder must be the name of one, such as 'minilm', but is of type "
            f"{type(embedder).__name__}"
        )
    places: dict[str, int] = {}
    rows = [places.setdefault(text, len(places)) for text in given]
    pile = Dataset(
        name="your texts",
        pool_texts=tuple(places),
        pool_labels=np.full(len(places), -1),
        test_texts=(),
        test_labels=np.full(0, -1),
        classes=(),
        duplicates_removed=len(given) - len(places),
    )
    found = embed_dataset(pile, [embedder], trust_remote_code=trust_remote_code, growing=True)
    note("datasets", [(pile.name, pile.fingerprint)])
    note("embeddings", [(f"{pile.name} / {embedder}", found[embedder].fingerprint)])
    vectors: NDArray[np.float32] = found[embedder].pool
    return vectors if len(places) == len(rows) else vectors[rows]


def _check(texts: Iterable[str]) -> list[str]:
    one_column = getattr(texts, "ndim", 1) == 1
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable) or not one_column:
        raise UserError(
            f"texts must be a list or one column of texts, but are of type {type(texts).__name__}"
        )
    given = list(texts)
    if not given:
        raise UserError("there are no texts: give at least one")
    for row, text in enumerate(given):
        if not isinstance(text, str):
            raise UserError(
                f"row {row:,} is no text but {text!r:.40}: leave it out, or turn it into a text"
            )
        if not text.strip():
            raise UserError(f"the text of row {row:,} is empty: leave it out")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UserError(
                f"the text of row {row:,} has half a character at position {error.start} "
                f"({text[error.start]!r}): read it again with the right encoding, or leave it out"
            ) from error
    return [str(text) for text in given]
