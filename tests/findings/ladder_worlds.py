"""Small worlds of ladders in which it is known who is best, and whether ladders agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

TOP = "minilm"

#: Probe accuracy below the top, of every rung.
FALLS: Mapping[str, float] = {
    "minilm": 0.0,
    "minilm+noise(1)": 0.06,
    "minilm+noise(4)": 0.20,
    "minilm+pca(64)": 0.05,
    "minilm+pca(8)": 0.20,
}

Gain = Callable[[str, str, float], float]


def world(
    gain: Gain,
    *,
    falls: Mapping[str, float] = FALLS,
    strategies: Sequence[str] = ("margin", "badge", "typiclust"),
    datasets: int = 8,
    seeds: int = 3,
    noise: float = 0.001,
    random: Callable[[str, float], float] = lambda embedder, fall: 0.7 - fall,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and qualities: ``gain(strategy, embedder, fall)`` over Random's level, and noise."""
    rng = np.random.default_rng(0)
    rows, measured = [], []
    for d in range(datasets):
        for embedder, fall in falls.items():
            measured.append(
                {
                    "dataset": f"d{d}",
                    "embedder": embedder,
                    "probe_accuracy": 0.85 + 0.01 * d - fall,
                    "neighbour_accuracy": 0.80 + 0.01 * d - fall,
                    "effective_rank": 100.0,
                    "largest_class": 0.3,
                    "contaminated": False,
                }
            )
            for seed in range(seeds):
                level = random(embedder, fall)
                for strategy in ["random", *strategies]:
                    own = 0.0
                    if strategy != "random":
                        own = gain(strategy, embedder, fall) + noise * rng.normal()
                    for cycle in range(2):
                        n = 50 * (cycle + 1)
                        rows.append((f"d{d}", embedder, strategy, seed, cycle, n, level + own))
    columns = ["dataset", "embedder", "strategy", "seed", "cycle", "n_labelled", "accuracy"]
    records = pd.DataFrame(rows, columns=columns).assign(
        initial_pool="random", initial_size=50, query_size=50, cycles=2, pool_size=500,
        test_size=200, head="softmax",
    )  # fmt: skip
    return records, pd.DataFrame(measured)
