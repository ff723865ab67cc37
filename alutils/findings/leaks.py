"""Strategies that leak by design: the check of leakage has to catch every one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from numpy.random import Generator
from torch import Tensor

from alutils.loop import Replicates
from alutils.strategies import QueryStrategy, Selection


@dataclass(frozen=True)
class NearestToTest:
    """A leak by design: takes the rows nearest to the mean of the test side's vectors."""

    replicates: Replicates
    name: str = "nearest_to_test_side"
    needs_head: bool = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `alutils.strategies.QueryStrategy` says, but with a look at the test side."""
        far = (selection.pool - self.replicates.test.mean(dim=0)).square().sum(dim=1)
        far = far.expand(selection.labelled.shape).masked_fill(selection.labelled, torch.inf)
        return far.topk(k, largest=False).indices


@dataclass(frozen=True)
class TunedOnTest:
    """A leak as people make it: the more its head gets wrong on the test side, the more it skips.

    Margin, but for the most doubtful rows, of which it skips as many as it has errors.
    """

    replicates: Replicates
    name: str = "tuned_on_test_accuracy"
    needs_head: bool = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `alutils.strategies.QueryStrategy` says, but tuned on the test side."""
        assert selection.head is not None
        said = selection.head.probabilities(self.replicates.test).argmax(dim=2)
        skipped = (said != self.replicates.test_labels).float().mean(dim=1) * k
        top = selection.probabilities().topk(2, dim=2).values
        gap = (top[..., 0] - top[..., 1]).masked_fill(selection.labelled, torch.inf)
        places = skipped.long()[:, None] + torch.arange(k, device=gap.device)
        return gap.argsort(dim=1, stable=True).gather(1, places)


@dataclass(frozen=True)
class KnowsHiddenLabels:
    """Another leak by design: takes rows class by class, by labels that it never asked for."""

    replicates: Replicates
    name: str = "knows_hidden_labels"
    needs_head: bool = True

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `alutils.strategies.QueryStrategy` says, but with a look at the labels."""
        classes = self.replicates.pool_labels.expand(selection.labelled.shape)
        last = classes.max() + 1
        return classes.masked_fill(selection.labelled, int(last)).argsort(dim=1, stable=True)[:, :k]


CONTROLS: Mapping[str, Callable[[Replicates], QueryStrategy]] = {
    each.name: each for each in (NearestToTest, TunedOnTest, KnowsHiddenLabels)
}
"""Strategies that leak, by name; each is made with what it must not see."""

SEES = {"nearest_to_test_side": "test", "tuned_on_test_accuracy": "test"}
"""What a control sees that it must not: the test side, or else hidden labels."""
