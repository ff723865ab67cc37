"""What a dataset is once loaded: texts with one class each, in a pool and a test split."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from alutils.errors import UserError
from alutils.streams import stream, stream_label

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Texts with one class label each, split into pool and test.

    Attributes
    ----------
    name : str
        The name it was loaded by.
    pool_texts, test_texts : tuple of str
        N and M texts; no text is there twice, up to white space and letter case.
    pool_labels, test_labels : ndarray of int64, shape (N,) and (M,)
        Index of each text's class in `classes`. Read-only.
    classes : tuple of str
        Names of the classes.
    duplicates_removed : int
        How many rows of the source were dropped so that no text is there twice (or empty).
    provenance : str
        Where the texts came from, with version or commit.
    fingerprint : str
        SHA-256 over texts, labels, split and class names, 64 hex digits.
    """

    name: str
    pool_texts: tuple[str, ...]
    pool_labels: Labels
    test_texts: tuple[str, ...]
    test_labels: Labels
    classes: tuple[str, ...]
    duplicates_removed: int
    provenance: str = ""
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        self.pool_labels.setflags(write=False)
        self.test_labels.setflags(write=False)
        object.__setattr__(self, "fingerprint", _fingerprint(self))

    def sample(self, pool_size: int | None = None, test_size: int | None = None) -> Dataset:
        """Return a smaller dataset, the same one at every call.

        Parameters
        ----------
        pool_size, test_size : int or None
            How many texts to keep, at random. None, or more than there are: all of them. The
            smaller of two samples is part of the larger one.

        Raises
        ------
        UserError
            If a size is less than 1.
        """
        generator = stream("sample", stream_label(self.name), 0)
        pool = _keep(generator, len(self.pool_texts), pool_size, "pool")
        test = _keep(generator, len(self.test_texts), test_size, "test")
        return replace(
            self,
            pool_texts=tuple(self.pool_texts[row] for row in pool),
            pool_labels=self.pool_labels[pool],
            test_texts=tuple(self.test_texts[row] for row in test),
            test_labels=self.test_labels[test],
        )


def _keep(generator: np.random.Generator, size: int, wanted: int | None, side: str) -> Labels:
    if wanted is not None and wanted < 1:
        raise UserError(f"the {side} size must be at least 1, not {wanted}")
    # Drawn in full whatever is wanted: samples are nested, and the two sides independent.
    order = generator.permutation(size).astype(np.int64)
    return np.sort(order[: size if wanted is None else wanted])


def _fingerprint(dataset: Dataset) -> str:
    digest = hashlib.sha256()

    def add(texts: Iterable[str]) -> None:
        for text in texts:
            content = text.encode("utf-8")
            digest.update(len(content).to_bytes(8, "little"))
            digest.update(content)
        digest.update(b"\xff" * 8)  # no length is this large: marks the end of a list

    add(dataset.classes)
    for texts, labels in (
        (dataset.pool_texts, dataset.pool_labels),
        (dataset.test_texts, dataset.test_labels),
    ):
        add(texts)
        digest.update(labels.astype("<i8").tobytes())
    return digest.hexdigest()
