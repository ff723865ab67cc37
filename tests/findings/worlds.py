"""Small worlds of runs in which the answer is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

DATASETS = ["d1", "d2", "d3", "d4"]
EMBEDDERS = ["e1", "e2", "e3"]
STRATEGIES = ["random", "margin", "badge", "coreset", "typiclust", "tcm"]


def runs(
    level: Callable[[str, str, str], float],
    *,
    datasets: Sequence[str] = DATASETS,
    embedders: Sequence[str] = EMBEDDERS,
    strategies: Sequence[str] = STRATEGIES,
    seeds: int = 8,
    noise: float = 0.004,
    seed: int = 0,
) -> pd.DataFrame:
    """Records of three cycles whose AULC is a level of its own, the luck of a seed, and noise."""
    rng = np.random.default_rng(seed)
    rows = []
    for dataset in datasets:
        luck = rng.normal(size=seeds) * noise
        for embedder in embedders:
            for strategy in strategies:
                for run in range(seeds):
                    own = 0 if strategy == "random" else noise * rng.normal()
                    value = 0.6 + level(dataset, embedder, strategy) + luck[run] + own
                    rows += [
                        (dataset, embedder, strategy, run, cycle, 10 * (cycle + 1), value)
                        for cycle in range(3)
                    ]
    columns = ["dataset", "embedder", "strategy", "seed", "cycle", "n_labelled", "accuracy"]
    table = pd.DataFrame(rows, columns=columns)
    sizes = {"initial_size": 10, "query_size": 10, "cycles": 3, "pool_size": 100, "test_size": 50}
    return table.assign(initial_pool="random", head="softmax", **sizes)


def measured(records: pd.DataFrame, two_classes: Sequence[str] = ()) -> pd.DataFrame:
    """What is known of each pair."""
    pairs = records[["dataset", "embedder"]].drop_duplicates(ignore_index=True)
    classes = [2 if name in two_classes else 5 for name in pairs["dataset"]]
    return pairs.assign(n_classes=classes, contaminated=False)


def order(strategy: str) -> int:
    """Place of a strategy in the list."""
    return STRATEGIES.index(strategy)
