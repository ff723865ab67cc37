"""Greedy coverage the slow and obvious way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def distances(points: np.ndarray) -> np.ndarray:
    return np.sqrt(((points[:, None] - points[None]) ** 2).sum(axis=2))


def coverage(similar: np.ndarray, weights: np.ndarray, rows: Sequence[int]) -> float:
    """Sum over points of the similarity to the most similar of these rows."""
    return float(weights @ similar[:, list(rows)].max(axis=1)) if len(rows) else 0.0


def check_greedy(
    similar: np.ndarray,
    weights: np.ndarray,
    labelled: Sequence[int],
    chosen: Sequence[int],
    rounding: float = 1e-9,
) -> None:
    """Each choice raises the coverage as much as any unlabelled row would."""
    taken = list(labelled)
    for row in chosen:
        assert row not in taken
        reached = {
            other: coverage(similar, weights, [*taken, other])
            for other in range(len(similar))
            if other not in taken
        }
        best = max(reached.values())
        assert reached[row] >= best - rounding * max(abs(best), 1)
        taken.append(row)


def check_strategy(
    query: Callable[[], np.ndarray], similar: np.ndarray, labelled: Sequence[Sequence[int]]
) -> None:
    for rows, chosen in zip(labelled, query(), strict=True):
        check_greedy(similar, np.ones(len(similar)), rows, chosen.tolist())
