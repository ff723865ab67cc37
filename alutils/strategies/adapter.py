"""Pool strategies of scikit-activeml under the contract of ours: ``skactiveml:Clue``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from threadpoolctl import threadpool_limits
from torch import Tensor

from alutils.errors import UserError, unknown
from alutils.strategies.adapter_classes import PREFIX, asks_for, find
from alutils.strategies.base import Selection


@dataclass(frozen=True)
class SkactivemlStrategy:
    """A pool strategy of scikit-activeml, at its own defaults unless the name says otherwise.

    It is given the scaled pool in float64, the labels, the unlabelled rows as candidates, a seed
    from the replicate's stream, and the replicate's head as a classifier that is fitted already
    and whose embedding of a row is the row itself. A committee is ten default heads, each fitted
    to a bootstrap sample of the labelled rows. What it raises is passed on as one sentence; so is
    anything but k distinct unlabelled rows.

    Parameters
    ----------
    name : str
        As typed.
    class_name : str
        A class of ``skactiveml.pool``.
    parameters : mapping of str to object
        Of its constructor.
    version : str
        Of scikit-activeml; like the other parameters it is part of the key of results.
    needs_head : bool
        Whether its query asks for a classifier or a committee.

    Notes
    -----
    Needs: scikit-activeml. With a head run Badge, BatchBALD, Clue, ContrastiveAL, DropQuery,
    Falcun, GreedyBALD, ProbabilisticAL (given a ``metric``), QueryByCommittee and
    UncertaintySampling; without one CoreSet, CostEmbeddingAL, GreedySamplingX, MaxHerding,
    ProbCover, Quire, RandomSampling and TypiClust.

    Cost: theirs, one replicate after another, and a copy of the pool in float64. MaxHerding,
    ProbCover and Quire hold N x N matrices.

    Weak when: defaults are meant for vectors of unit norm, as the radii of ProbCover are: rows of
    the scaled pool have norms of about √D. TypiClust can choose a row twice where clusters are
    empty.

    Differs: Clue, DropQuery and CostEmbeddingAL draw from NumPy's global random state; it is
    seeded for the time of a query, and then put back.

    References
    ----------
    Kottke, Herde, Minh, Benz, Mergard, Roghman, Sandrock and Sick, scikit-activeml: a library and
    toolbox for active learning algorithms, Preprints 2021.
    """

    name: str
    class_name: str
    parameters: Mapping[str, Any]
    version: str
    needs_head: bool

    def query(self, selection: Selection, k: int, streams: Sequence[Generator]) -> Tensor:
        """Choose as `QueryStrategy.query` describes, or raise a `UserError`."""
        points = selection.pool.double().cpu().numpy()
        points.flags.writeable = False  # shared by the replicates, and perhaps the pool itself
        with threadpool_limits(1):  # sums of several threads differ from run to run
            rows = [self._choose(selection, r, points, k, s) for r, s in enumerate(streams)]
        return torch.as_tensor(np.stack(rows), device=selection.pool.device)

    def _choose(
        self, selection: Selection, r: int, points: np.ndarray, k: int, stream: Generator
    ) -> np.ndarray:
        from alutils.strategies.adapter_head import model_for  # it imports scikit-activeml

        unlabelled, seed = ~selection.labelled[r], int(stream.integers(2**31 - 1))
        labels = selection.labels[r].double().masked_fill(unlabelled, torch.nan).cpu().numpy()
        free = unlabelled.nonzero()[:, 0].cpu().numpy()
        cls, setup = find(self.class_name), {**self.parameters, "random_state": seed}
        if "classes" in inspect.signature(cls).parameters:
            setup["classes"] = list(range(selection.n_classes))
        model = model_for(asks_for(cls), selection, r, stream)
        try:
            with _global_state(seed):
                found = cls(**setup).query(points, labels, candidates=free, batch_size=k, **model)
            rows = np.asarray(found, dtype=np.int64)
        except UserError:
            raise
        except Exception as error:
            reason = " ".join(str(error).split()) or "no reason given"
            raise UserError(
                f"{self.name} failed in scikit-activeml ({type(error).__name__}): {reason}"
            ) from error
        usable = len(np.intersect1d(rows, free))
        if rows.shape != (k,) or usable < k:
            raise UserError(
                f"{self.name} returned {rows.size:,} rows, {usable:,} of them distinct and "
                f"unlabelled, when asked for {k:,}: choose another strategy"
            )
        return rows


@contextmanager
def _global_state(seed: int) -> Iterator[None]:
    """Seed NumPy's global random state, and put it back as it was."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def adapt(name: str, class_name: str, given: Mapping[str, Any]) -> SkactivemlStrategy:
    """Return the strategy that runs a class of scikit-activeml.

    Parameters
    ----------
    name : str
        As typed.
    class_name : str
        What stands behind the prefix.
    given : mapping of str to object
        Parameters of its constructor.

    Returns
    -------
    SkactivemlStrategy

    Raises
    ------
    UserError
        If the class is not there or cannot be run here, or has no such parameter.
    """
    cls = find(class_name)
    set_here = {"classes", "missing_label", "random_state"}
    parameters = [p for p in inspect.signature(cls).parameters if p not in set_here]
    for parameter in given:
        if parameter not in parameters:
            raise unknown(f"parameter of {PREFIX}{class_name}", parameter, parameters)
    if class_name == "ProbabilisticAL" and not given.get("metric"):
        raise UserError(
            f"{name} counts the labels around a row by a kernel: name one, as in "
            f"{PREFIX}ProbabilisticAL(metric='rbf')"
        )
    import skactiveml

    needs_head = asks_for(cls) is not None
    return SkactivemlStrategy(name, class_name, dict(given), skactiveml.__version__, needs_head)
