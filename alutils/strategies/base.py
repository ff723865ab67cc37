"""The contract of a query strategy, and what a strategy may look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry import Geometry

if TYPE_CHECKING:
    from alutils.heads import FittedHead


CHUNK = 4096  # rows whose probabilities are summarised at once


@dataclass(frozen=True)
class Selection:
    """What a strategy may look at; the leading axis R counts replicates (seeds).

    Parameters
    ----------
    pool : torch.Tensor
        Scaled embeddings, shape (N, D), shared by the replicates.
    labelled : torch.Tensor
        Boolean, shape (R, N): rows whose label is known.
    labels : torch.Tensor
        int64, shape (R, N): class of each labelled row, -1 elsewhere.
    n_classes : int
        Number of classes C.
    head : FittedHead or None
        The heads fitted to the labelled rows; None while the initial pool is chosen.
    geometry : Geometry
        What depends on the pool alone; may outlive the selection.
    """

    pool: Tensor
    labelled: Tensor
    labels: Tensor
    n_classes: int
    head: FittedHead | None
    geometry: Geometry

    @cached_property
    def _probabilities(self) -> Tensor:
        if self.head is None:
            raise ValueError("there are no probabilities without a head")
        return self.head.probabilities(self.pool)

    def probabilities(self) -> Tensor:
        """Class probabilities of every pool row, shape (R, N, C), computed once, on demand."""
        return self._probabilities

    def summary(self, of: Callable[[Tensor], Tensor]) -> Tensor:
        """One number for each row from its class probabilities, which are never held all at once.

        Parameters
        ----------
        of : callable
            Turns probabilities (..., C) into numbers (...).

        Returns
        -------
        torch.Tensor
            Shape (R, N).
        """
        if self.head is None:
            raise ValueError("there are no probabilities without a head")
        return torch.cat([of(self.head.probabilities(p)) for p in self.pool.split(CHUNK)], dim=1)

    def replicate(self, r: int) -> Selection:
        """Return what may be looked at in one replicate, a selection with R = 1."""
        return Selection(
            pool=self.pool,
            labelled=self.labelled[r : r + 1],
            labels=self.labels[r : r + 1],
            n_classes=self.n_classes,
            head=None if self.head is None else self.head.replicate(r),
            geometry=self.geometry.replicate(r),
        )


class QueryStrategy(Protocol):
    """A way to choose the next rows to label.

    Attributes
    ----------
    name : str
        Name in the registry.
    needs_head : bool
        Whether `Selection.head` must be there. A strategy that needs none also serves as
        initial pool selection.
    """

    @property
    def name(self) -> str:
        """Name in the registry."""

    @property
    def needs_head(self) -> bool:
        """Whether the strategy looks at the head."""

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose k distinct unlabelled rows in each replicate.

        Parameters
        ----------
        selection : Selection
            What may be looked at.
        k : int
            Rows to choose: at least 1, at most the unlabelled rows of any replicate.
        streams : sequence of numpy.random.Generator
            One per replicate; the only source of random numbers. What a replicate chooses
            depends on its own stream, never on the other replicates.

        Returns
        -------
        torch.Tensor
            Pool rows, int64, shape (R, k).
        """
