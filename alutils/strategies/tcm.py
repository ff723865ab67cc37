"""TCM: typical rows while labels are few, uncertain ones afterwards."""

from __future__ import annotations

from collections.abc import Sequence

import pydantic
import torch
from numpy.random import Generator
from pydantic.dataclasses import dataclass
from torch import Tensor

from alutils.strategies.base import Selection
from alutils.strategies.typiclust import TypiClust
from alutils.strategies.uncertainty import Margin


@dataclass(frozen=True)
class Tcm:
    """TypiClust while there are few labels per class, Margin from then on.

    As long as there are fewer than `per_class` labels for each class of the dataset, on average
    over all its classes, seen or not, a batch is chosen by TypiClust; later ones are chosen by
    Margin. A batch is never divided: what counts is the number of labels before it.

    Parameters
    ----------
    per_class : float
        Labels per class at which it changes over. 0 is Margin throughout.

    Notes
    -----
    Needs: embeddings at first, a head afterwards.

    Cost: that of TypiClust before the change and that of Margin after it.

    Weak when: the change comes too early, since Margin then looks at borders that few labels
    have drawn; or too late, since labels are then spent on texts that the head already knows.

    Differs: in the paper the moment of change depends on the size of the budget and of a batch,
    by numbers that were not at hand here. Labels per class mean the same whatever these are; the
    default is ours.

    References
    ----------
    Doucet, Estermann, Aczel and Wattenhofer, Bridging diversity and uncertainty in active
    learning with self-supervised pre-training, ICLR 2024 workshop on practical machine learning
    for low resource settings.
    """

    per_class: pydantic.NonNegativeFloat = 5.0
    name = "tcm"
    needs_head = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, in the order of the strategy in charge."""
        few = self.per_class * selection.n_classes
        typical = [n < few for n in selection.labelled.sum(dim=1).tolist()]
        if len(set(typical)) == 1:
            return (TypiClust() if typical[0] else Margin()).query(selection, k, streams)
        return torch.cat(
            [self.query(selection.replicate(r), k, [stream]) for r, stream in enumerate(streams)]
        )
