"""CPU seconds of one query for every strategy, ours and those of peers, on one thread.

Ours are measured as they are used: R replicates advance together, and what depends on the pool
alone is kept. A query that keeps anything is therefore made again on the same `Geometry`, with
other random numbers; the first minus the second is the cost *once per pool*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from alutils import strategies
from alutils.geometry import Geometry
from alutils.speed import ONCE, OURS
from alutils.streams import stream
from benchmarks import limits as least
from benchmarks import peers
from benchmarks.measure import Limits, Row, cpu_seconds, guarded, repeat, row
from benchmarks.problem import DATASET, Problem, draw

QUERY = "query"


def measure(problem: Problem, limits: Limits) -> Iterator[Row]:
    """Measure every registered strategy, each followed by its peers."""
    tiny = draw(problem.shape.tiny())
    for name in strategies.names():
        yield from ours(name, problem, tiny, limits)
        for peer in peers.of(name):
            yield theirs(name, peer, problem, tiny, limits)


def ours(name: str, problem: Problem, tiny: Problem, limits: Limits) -> Iterator[Row]:
    """Measure one of our strategies: a row for its query, and one for what it keeps, if it does."""
    shape = problem.shape

    def query(where: Problem, geometry: Geometry, turn: int) -> None:
        streams = [stream(f"query {turn}", DATASET, s) for s in range(shape.replicates)]
        strategies.select(name, where.selection(geometry), shape.query_size, streams)

    def turn(number: int) -> dict[str, float]:
        geometry = problem.geometry()
        before = _kept(geometry)
        first = cpu_seconds(lambda: query(problem, geometry, 2 * number)) / shape.replicates
        if _kept(geometry) == before:
            return {QUERY: first}
        again = cpu_seconds(lambda: query(problem, geometry, 2 * number + 1)) / shape.replicates
        return {QUERY: again, ONCE: max(first - again, 0.0)}

    outcome = guarded(
        lambda: repeat(turn, limits.patience),
        replace(limits, calls=2 * shape.replicates),
        warm=lambda: query(tiny, tiny.geometry(), 0),
    )
    turns = outcome.value or [{}]
    for part in (QUERY, ONCE) if ONCE in turns[0] else (QUERY,):
        seconds = [spent[part] for spent in turns if spent]
        work = least.of(name, part, shape)
        yield row(
            shape, "strategy", name, OURS, seconds, part=part, replicates=shape.replicates,
            implementation=type(strategies.get(name)).__name__, memory_bytes=outcome.memory_bytes,
            flops=work and work.flops, bytes_moved=work and work.bytes, note=outcome.note,
        )  # fmt: skip


def _kept(geometry: Geometry) -> int:
    """How much a geometry holds: its attributes, and the entries of those that are mappings."""
    held = vars(geometry).values()
    return len(held) + sum(len(each) for each in held if isinstance(each, dict))


def theirs(name: str, peer: peers.Peer, problem: Problem, tiny: Problem, limits: Limits) -> Row:
    """Measure a peer's version of one of our strategies, for one replicate."""
    k = problem.shape.query_size

    def work() -> list[tuple[float, int]]:
        query = peer.prepare(problem, k)
        found: list[np.ndarray] = []
        spent = repeat(lambda turn: cpu_seconds(lambda: found.append(query(turn))), limits.patience)
        distinct = [len(np.unique(rows)) for rows in found]
        return list(zip(spent, distinct, strict=True))

    outcome = guarded(work, limits, warm=lambda: peer.prepare(tiny, k)(0))
    turns = outcome.value or []
    fewest = min((distinct for _, distinct in turns), default=k)
    return row(
        problem.shape, "strategy", name, peer.system, [spent for spent, _ in turns],
        implementation=peer.implementation, memory_bytes=outcome.memory_bytes,
        note=outcome.note if fewest == k else f"returned {fewest} distinct rows of {k}",
    )  # fmt: skip
