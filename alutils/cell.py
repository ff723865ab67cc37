"""A cell: one point of a study's grid."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Cell:
    """One point of a study's grid; its seeds are run together.

    Parameters
    ----------
    dataset, embedder : str
        Names as in the catalogue, or a dataset of your own (``file:...``).
    initial_pool : str
        Head-free strategy that chooses the first points.
    strategy : str
        Query strategy that chooses all the others.
    initial_size, query_size : int
        Points labelled before the first cycle, and by each later one.
    cycles : int
        Heads fitted and evaluated: the last has seen
        ``initial_size + (cycles - 1) * query_size`` labels.
    pool_size, test_size : int or None
        Size of the fixed random sample of pool and test; None takes all.
    head : str
        Classifier on top of the embeddings.
    """

    dataset: str
    embedder: str
    initial_pool: str
    strategy: str
    initial_size: int
    query_size: int
    cycles: int
    pool_size: int | None = None
    test_size: int | None = None
    head: str = "softmax"

    @property
    def budget(self) -> int:
        """Labels used by the last cycle."""
        return self.initial_size + (self.cycles - 1) * self.query_size

    def fields(self) -> dict[str, Any]:
        """Return the cell as a plain dictionary, the first columns of its records."""
        return asdict(self)

    @property
    def id(self) -> str:
        """Hash of the fields: the cell whatever its data or code."""
        text = json.dumps(self.fields(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{self.dataset} / {self.embedder} / {self.initial_pool} -> {self.strategy}"
