"""A pool of any size, made from real embeddings: the only way here to have a million rows.

Row i is ``a + SPREAD * (b - c)``, brought to length 1, of embeddings a, b and c drawn at random
from the same side of a dataset; its class is that of a. The differences of real embeddings have
their spectrum, which independent noise in every dimension would not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from alutils.datasets import sampled
from alutils.embedders import embed
from alutils.embedding_store import EmbeddingStore, Fields, Matrices, Shard
from alutils.loop import Problem
from alutils.streams import stream

DATASET, EMBEDDER = "icd10_chapters", "minilm"
SAMPLE = 5_000, 2_000  # real texts of pool and test side: those that the offline study has embedded
SPREAD = 0.25
RECIPE = 1  # counts up when the same fields would give other rows


def enlarged(
    rows: int,
    test: int,
    store: EmbeddingStore,
    *,
    dataset: str = DATASET,
    embedder: str = EMBEDDER,
    sample: tuple[int, int] = SAMPLE,
) -> tuple[Problem, Fields]:
    """Make a large problem of a small one, and keep its embeddings as an embedder's are kept.

    Parameters
    ----------
    rows, test : int
        Rows N of the pool and M of the test side.
    store : EmbeddingStore
        Where the matrix (N + M, D) is put, or found if it is there.
    dataset, embedder : str
        What is enlarged, as the catalogue names it.
    sample : tuple of int
        Texts of its pool and its test side that are embedded.

    Returns
    -------
    tuple of Problem and mapping
        The problem, and the key fields under which the store has its embeddings.
    """
    real = embed(sampled(dataset, *sample), [embedder])[embedder]
    sides = (real.pool, real.dataset.pool_labels, rows), (real.test, real.dataset.test_labels, test)
    origins = [
        stream(f"origins {side}", dataset, 0).integers(len(vectors), size=size)
        for side, (vectors, _, size) in enumerate(sides)
    ]

    def compute(shards: Sequence[Shard], advance: Callable[[int], None]) -> Matrices:
        for shard in shards:
            draws = stream(f"rows from {shard.start}", dataset, 0)
            found = []
            for side, (vectors, _, _) in enumerate(sides):
                first = side * rows
                a = origins[side][max(shard.start - first, 0) : max(shard.stop - first, 0)]
                b, c = draws.integers(len(vectors), size=(2, len(a)))
                found.append(vectors[a] + np.float32(SPREAD) * (vectors[b] - vectors[c]))
            moved = np.concatenate(found)
            yield shard, [moved / np.linalg.norm(moved, axis=1, keepdims=True)]
            advance(shard.stop - shard.start)

    fields = {
        "embedding": real.fingerprint,
        "rows": [rows, test],
        "spread": SPREAD,
        "recipe": RECIPE,
    }
    label = f"enlarging {dataset} to {rows:,} rows"
    [entry] = store.get_or_compute([fields], rows + test, compute, label)
    pool_labels, test_labels = (
        known[origin] for (_, known, _), origin in zip(sides, origins, strict=True)
    )
    path = store.folder / entry.key / "embeddings.npy"
    names, keys = (dataset, embedder), (entry.key, entry.key)
    n_classes = len(real.dataset.classes)
    return Problem(*names, path, pool_labels, test_labels, n_classes, *keys), fields
