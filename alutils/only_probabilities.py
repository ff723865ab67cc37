"""Choosing by a classifier that gives probabilities and nothing else: which strategies can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from alutils import strategies
from alutils.errors import UserError
from alutils.geometry import Geometry
from alutils.given_head import GivenHead, MoreThanProbabilities
from alutils.streams import stream


class Withheld(Tensor):
    """Labels that must not be looked at: with them a strategy would fit heads of its own.

    Only slices may be taken, as `Selection.replicate` does.
    """

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Refuse whatever is done with them."""
        if func is Tensor.__getitem__ and isinstance(args[1], slice):
            return super().__torch_function__(func, types, args, kwargs or {})
        raise MoreThanProbabilities


def choose(
    name: str,
    pool: Tensor,
    labelled: Tensor,
    head: GivenHead,
    geometry: Geometry,
    k: int,
    streams: Sequence[Generator],
) -> Tensor:
    """Let a strategy choose that looks at nothing of a head but its probabilities.

    Parameters
    ----------
    name : str
        Name of the strategy.
    pool, labelled, geometry
        As in `Selection`, with R = 1.
    head : GivenHead
        Probabilities of the pool's rows.
    k, streams
        As for `strategies.select`.

    Returns
    -------
    torch.Tensor
        As from `strategies.select`.

    Raises
    ------
    UserError
        If the strategy looks at more; the message names those that do not.
    """
    try:
        return _try(name, pool, labelled, head, geometry, k, streams)
    except MoreThanProbabilities:
        enough = names()
        raise UserError(
            f"{name} looks at more than class probabilities, which are all that a given head "
            f"tells: leave head out, or choose with {', '.join(enough[:-1])} or {enough[-1]}"
        ) from None


def names() -> list[str]:
    """Return the strategies that look at nothing of a head but its probabilities.

    Found by trying each on a small problem.

    Examples
    --------
    >>> {"margin", "badge", "bait"} <= set(names()), "alfa_mix" in names()
    (True, False)
    """
    draws = stream("trial", "", 0)
    pool = torch.as_tensor(draws.normal(size=(40, 4)))
    head = GivenHead(pool, torch.as_tensor(draws.dirichlet([1.0, 1.0], size=40)))
    labelled = torch.arange(40)[None] < 20
    found = []
    for name in strategies.names():
        if strategies.get(name).needs_head:
            try:
                _try(name, pool, labelled, head, Geometry(pool, "", [0]), 3, [draws])
            except MoreThanProbabilities:
                continue
            found.append(name)
    return found


def _try(
    name: str,
    pool: Tensor,
    labelled: Tensor,
    head: GivenHead,
    geometry: Geometry,
    k: int,
    streams: Sequence[Generator],
) -> Tensor:
    labels = torch.full(labelled.shape, -1).as_subclass(Withheld)
    n_classes = head.table.shape[1]
    selection = strategies.Selection(pool, labelled, labels, n_classes, head, geometry)
    return strategies.select(name, selection, k, streams)
