"""Named random streams: every random choice says what it depends on.

A stream is named by (purpose, dataset, seed) and nothing else. The same seed therefore gives the
same random initial pool for every strategy, head and embedder, which is what makes comparisons
paired. NumPy generators are used on every device, so that a GPU draws what a CPU draws.
"""

from __future__ import annotations

import hashlib
from pathlib import PurePath

import numpy as np


def stream(purpose: str, dataset: str, seed: int) -> np.random.Generator:
    """Open the random stream with this name, from its beginning.

    Parameters
    ----------
    purpose : str
        What the numbers are for: ``"initial pool"``, ``"query 3"``, ``"clustering"``.
    dataset : str
        Name of the dataset, or any label of the data at hand.
    seed : int
        The replicate.

    Returns
    -------
    numpy.random.Generator
        Two calls with the same arguments give generators that draw the same numbers.

    Examples
    --------
    >>> a, b = stream("query 0", "trec6", 1), stream("query 0", "trec6", 1)
    >>> bool(a.random() == b.random())
    True
    """
    name = "\x1f".join([purpose, dataset, str(int(seed))])
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))


def stream_label(name: str) -> str:
    """Return what a dataset is called in the names of random streams.

    For a dataset of the catalogue this is its name. For your own file it is the name of the file
    without its folder, so that a file split on one machine is split alike on another.

    Examples
    --------
    >>> stream_label("trec6"), stream_label("file:data/reviews.csv?text=body")
    ('trec6', 'file:reviews.csv?text=body')
    """
    if not name.startswith("file:"):
        return name
    path, _, query = name.partition("?")
    return f"file:{PurePath(path.removeprefix('file:')).name}?{query}"
