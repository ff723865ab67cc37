"""Query strategies: one contract, one registry, one module per family."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator
from torch import Tensor

from alutils.errors import UserError
from alutils.naming import find, split
from alutils.strategies.adapter import adapt
from alutils.strategies.adapter_classes import PREFIX
from alutils.strategies.alfa_mix import AlfaMix
from alutils.strategies.badge import Badge
from alutils.strategies.bait import Bait
from alutils.strategies.bald import Bald
from alutils.strategies.base import QueryStrategy, Selection
from alutils.strategies.clustermargin import ClusterMargin
from alutils.strategies.coreset import CoreSet
from alutils.strategies.drop_query import DropQuery
from alutils.strategies.facility import FacilityLocation
from alutils.strategies.falcun import Falcun
from alutils.strategies.herding import MaxHerding, UncertaintyHerding
from alutils.strategies.kmeans import KMeans
from alutils.strategies.kmeanspp import KMeansPlusPlus
from alutils.strategies.kmedoids import KMedoids
from alutils.strategies.powermargin import PowerMargin
from alutils.strategies.probcover import ProbCover
from alutils.strategies.random import Random
from alutils.strategies.tcm import Tcm
from alutils.strategies.typiclust import TypiClust
from alutils.strategies.uncertainty import Entropy, LeastConfidence, Margin

__all__ = ["QueryStrategy", "Selection", "get", "head_free_names", "names", "select"]

# To add a strategy: write its module, import it above, and list it here.
_REGISTERED: tuple[QueryStrategy, ...] = (
    Random(),
    LeastConfidence(),
    Margin(),
    Entropy(),
    Bald(),
    PowerMargin(),
    ClusterMargin(),
    Badge(),
    Bait(),
    Falcun(),
    DropQuery(),
    AlfaMix(),
    UncertaintyHerding(),
    Tcm(),
    CoreSet(),
    ProbCover(),
    MaxHerding(),
    FacilityLocation(),
    TypiClust(),
    KMeans(),
    KMeansPlusPlus(),
    KMedoids(),
)
_STRATEGIES = {strategy.name: strategy for strategy in _REGISTERED}


def names() -> list[str]:
    """Return the names of all strategies."""
    return list(_STRATEGIES)


def head_free_names() -> list[str]:
    """Return the names of the strategies that can also choose the initial pool."""
    return [name for name, strategy in _STRATEGIES.items() if not strategy.needs_head]


def get(name: str) -> QueryStrategy:
    """Return the strategy of this name, such as ``margin`` or ``power_margin(beta=2)``.

    ``skactiveml:Clue`` is the class ``Clue`` of scikit-activeml, if that is installed.

    Raises
    ------
    UserError
        If there is none, and the message names the nearest; or if it has no such parameter.
    """
    if name.startswith(PREFIX):
        base, given = split(name)
        return adapt(name, base.removeprefix(PREFIX), given)
    if name.lower().startswith("skact"):
        base = name.partition("(")[0]
        raise UserError(
            f"there is no strategy {base!r}: classes of scikit-activeml are written {PREFIX}Clue"
        )
    return find("strategy", name, _STRATEGIES)


def select(name: str, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
    """Let a strategy choose, and check what it chose.

    Parameters
    ----------
    name : str
        Name of the strategy, as in `get`.
    selection : Selection
        What the strategy may look at.
    k : int
        Rows to choose in each replicate.
    streams : sequence of numpy.random.Generator
        One per replicate.

    Returns
    -------
    torch.Tensor
        Distinct unlabelled rows of the pool, int64, shape (R, k).

    Raises
    ------
    UserError
        If the name is unknown, k is not between 1 and the number of unlabelled rows, or the
        strategy needs a head and there is none.
    RuntimeError
        If the strategy breaks its contract.
    """
    return choose(get(name), selection, k, streams)


def choose(
    strategy: QueryStrategy, selection: Selection, k: int, streams: Sequence[Generator]
) -> Tensor:
    """Do what `select` does, for a strategy that need not be registered."""
    if k < 1:
        raise UserError(f"{strategy.name} cannot choose {k} points: ask for at least 1")
    free = int((~selection.labelled).sum(dim=1).min())
    if k > free:
        raise UserError(
            f"{strategy.name} cannot choose {k:,} points: only {free:,} of the pool's "
            f"{len(selection.pool):,} rows are unlabelled, ask for fewer"
        )
    if strategy.needs_head and selection.head is None:
        raise UserError(
            f"{strategy.name} needs a trained head and cannot choose the initial pool: "
            f"choose from {', '.join(head_free_names())}"
        )
    rows = strategy.query(selection, k, streams)
    expected = (len(selection.labelled), k)
    if rows.shape != expected:
        raise RuntimeError(
            f"{strategy.name} returned shape {tuple(rows.shape)} instead of {expected}"
        )
    if selection.labelled.gather(1, rows).any():
        raise RuntimeError(f"{strategy.name} chose a row that is already labelled")
    ordered = rows.sort(dim=1).values
    if (ordered[:, 1:] == ordered[:, :-1]).any():
        raise RuntimeError(f"{strategy.name} chose a row twice")
    return rows
