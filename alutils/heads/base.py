"""What a head is: the classifier trained on labelled embeddings, for all replicates at once."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class FittedHead(Protocol):
    """R trained classifiers over the same C classes.

    Attributes
    ----------
    classes_seen : torch.Tensor
        Shape (R, C), bool: the classes with at least one label in that replicate.
    """

    @property
    def classes_seen(self) -> Tensor:
        """Which classes each replicate has seen."""
        ...

    def probabilities(self, points: Tensor) -> Tensor:
        """Predict the class probabilities of points.

        Parameters
        ----------
        points : torch.Tensor
            Shape (M, D), scaled as the pool was.

        Returns
        -------
        torch.Tensor
            Shape (R, M, C); rows sum to 1, and classes not seen have probability exactly 0.
        """
        ...

    def replicate(self, r: int) -> FittedHead:
        """Return one replicate's classifier, as a head with R = 1.

        For points that differ between replicates, as under dropout.
        """
        ...

    def distance_to_flip(self, points: Tensor) -> Tensor:
        """Measure how far points must move until another class is predicted.

        Each moves along the gradient, at the point, of the log-loss of its predicted class.

        Parameters
        ----------
        points : torch.Tensor
            Shape (M, D).

        Returns
        -------
        torch.Tensor
            Euclidean lengths, shape (R, M); infinity where no length changes the prediction.
        """
        ...


@runtime_checkable
class Head(Protocol):
    """A way to train classifiers on labelled embeddings.

    Attributes
    ----------
    name : str
        Its name in the registry and in results.
    """

    @property
    def name(self) -> str:
        """Name in the registry."""
        ...

    def fit(
        self,
        pool: Tensor,
        rows: Tensor,
        labels: Tensor,
        n_classes: int,
        warm: FittedHead | None = None,
    ) -> FittedHead:
        """Train one classifier per replicate.

        Parameters
        ----------
        pool : torch.Tensor
            Shape (N, D), the scaled embeddings, shared by all replicates.
        rows : torch.Tensor
            Shape (R, L), int64: the labelled rows of the pool, for each replicate.
        labels : torch.Tensor
            Shape (R, L), int64: their classes, from 0 to `n_classes` - 1.
        n_classes : int
            Number of classes C of the dataset, seen or not.
        warm : FittedHead, optional
            The head of the cycle before, as a start. A head of another kind is ignored.

        Returns
        -------
        FittedHead
            R trained classifiers.
        """
        ...
