"""What no implementation could beat: the arithmetic and the memory traffic a query must have.

Each model counts, for one of R replicates, floating-point operations and bytes that the strategy
needs as it is defined here, with everything else free: no sorting, no drawing, no second pass.
Divided by what this machine's core can do at its best, that is a lower bound on the seconds. The
pool is read once for all replicates, so each is charged its share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from alutils.geometry.farthest import FIRST_CENTRES
from alutils.geometry.kmeans import SEEDING_ROWS, TRIALS
from alutils.strategies.bait import OVERSAMPLING
from alutils.strategies.bald import Bald
from alutils.strategies.drop_query import DropQuery
from alutils.strategies.tcm import Tcm
from alutils.strategies.typiclust import MAX_CLUSTERS
from benchmarks.measure import cpu_seconds
from benchmarks.problem import Shape

FLOAT = 4


class Work(NamedTuple):
    """What must be done for one replicate."""

    flops: float
    bytes: float

    def __add__(self, other: object) -> Work:
        """Add up two pieces of work."""
        assert isinstance(other, Work)
        return Work(self.flops + other.flops, self.bytes + other.bytes)


def of(name: str, part: str, shape: Shape) -> Work | None:
    """Return the least work of a part of a strategy, or None where no model is given."""
    model = _MODELS.get((name.partition("(")[0], part))
    return model(shape) if model else None


def peak_flops(size: int = 1536) -> float:
    """Measure float32 operations per second: the best of some large matrix products."""
    a, b = torch.rand(size, size), torch.rand(size, size)
    return 2 * size**3 / min(cpu_seconds(lambda: a @ b) for _ in range(5))


def peak_bandwidth(megabytes: int = 128) -> float:
    """Measure bytes per second: the best of some copies, read and written, beyond any cache."""
    source = torch.rand(megabytes * 2**20 // FLOAT)
    target = torch.empty_like(source)
    target.copy_(source)  # the first touch is the system's time
    return 2 * megabytes * 2**20 / min(cpu_seconds(lambda: target.copy_(source)) for _ in range(7))


def _draws(s: Shape) -> Work:
    """One random number for each row, written and read."""
    return Work(0, 2 * FLOAT * s.rows)


def _pool(s: Shape) -> Work:
    """Read the pool once for all replicates."""
    return Work(0, FLOAT * s.rows * s.dim / s.replicates)


def _probabilities(s: Shape) -> Work:
    """One product of the pool with the weights; N x C probabilities written and read again."""
    return _pool(s) + Work(2 * s.rows * s.dim * s.classes, 2 * FLOAT * s.rows * s.classes)


def _badge(s: Shape) -> Work:
    """Probabilities; then every row against each of k centres, by embedding and by residual."""
    return _probabilities(s) + Work(2 * s.rows * s.query_size * (s.dim + s.classes), 0) + _pool(s)


def _coreset(s: Shape) -> Work:
    """Every row against the centres that all rows meet; each choice against all centres."""
    everyone = s.rows * min(s.labelled, FIRST_CENTRES)
    choices = s.query_size * (s.labelled + s.query_size / 2)
    return _pool(s) + Work(2 * s.dim * (everyone + choices), 0)


def _kmeans(clusters: int, s: Shape) -> Work:
    """Compare the seeding's candidates with its sample, and assign all rows once."""
    sample = min(s.rows, SEEDING_ROWS * clusters)
    products = sample * TRIALS * clusters + s.rows * clusters
    return _pool(s) + Work(2 * s.dim * products, FLOAT * s.rows * clusters)


def _clusters(s: Shape) -> int:
    return min(s.labelled + s.query_size, MAX_CLUSTERS, s.rows)


def _typiclust(s: Shape) -> Work:
    """All pairs within k clusters of average size."""
    size, visited = s.rows / _clusters(s), min(s.query_size, _clusters(s))
    return Work(2 * s.dim * visited * size**2, FLOAT * visited * size * s.dim)


def _centres(s: Shape) -> Work:
    return _kmeans(_clusters(s), s)


def _seeding(s: Shape) -> Work:
    """Every row against every labelled and chosen one."""
    return _pool(s) + Work(2 * s.rows * s.dim * (s.labelled + s.query_size), 0)


def _dropout(passes: int, s: Shape) -> Work:
    """For every pass a random byte per entry, written and read, and a product."""
    return Work(passes * 2 * s.rows * s.dim * s.classes, passes * 2 * s.rows * s.dim)


def _bait(s: Shape) -> Work:
    """Build the Fisher matrix of the pool; then two products with the pool for each step."""
    steps = (2 * OVERSAMPLING - 1) * s.query_size
    fisher = Work(s.rows * s.dim**2, 0)  # symmetric
    return _probabilities(s) + fisher + Work(4 * s.rows * s.dim * steps, 0)


def _falcun(s: Shape) -> Work:
    """Every row's probabilities against those of each choice."""
    return _probabilities(s) + Work(2 * s.rows * s.classes * s.query_size, 0)


def _pairs(s: Shape) -> Work:
    """All pairs of rows, each once, for all replicates together."""
    return _pool(s) + Work(s.rows**2 * s.dim / s.replicates, 0)


def _everyone_for_everyone(s: Shape) -> Work:
    """All pairs once, and for each replicate what every row would do for every other."""
    return _pairs(s) + Work(3 * s.rows**2, 0)


def _tcm(s: Shape) -> Work:
    """As TypiClust or as Margin, as there are few labels or many."""
    return _typiclust(s) if s.labelled < Tcm().per_class * s.classes else _probabilities(s)


_MODELS: dict[tuple[str, str], Callable[[Shape], Work]] = {
    ("random", "query"): _draws,
    ("least_confidence", "query"): _probabilities,
    ("margin", "query"): _probabilities,
    ("entropy", "query"): _probabilities,
    ("bald", "query"): lambda s: _dropout(Bald().passes, s),
    ("power_margin", "query"): _probabilities,
    ("cluster_margin", "query"): _probabilities,
    ("cluster_margin", "once per pool"): _pairs,
    ("badge", "query"): _badge,
    ("bait", "query"): _bait,
    ("falcun", "query"): _falcun,
    ("drop_query", "query"): lambda s: _probabilities(s) + _dropout(DropQuery().passes, s),
    ("alfa_mix", "query"): _probabilities,
    ("uncertainty_herding", "query"): lambda s: _probabilities(s) + _everyone_for_everyone(s),
    ("tcm", "query"): _tcm,
    ("tcm", "once per pool"): _centres,
    ("coreset", "query"): _coreset,
    ("prob_cover", "query"): _draws,
    ("prob_cover", "once per pool"): lambda s: _kmeans(max(s.classes, 2), s) + _pairs(s),
    ("max_herding", "query"): _everyone_for_everyone,
    ("facility_location", "query"): _everyone_for_everyone,
    ("kmeans", "query"): lambda s: _kmeans(s.query_size, s),
    ("kmeans_plus_plus", "query"): _seeding,
    ("kmedoids", "query"): _everyone_for_everyone,
    ("typiclust", "query"): _typiclust,
    ("typiclust", "once per pool"): _centres,
}
