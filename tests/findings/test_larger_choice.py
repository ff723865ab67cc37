"""Whether the embedder or the strategy decides more: by a paired interval, if it can be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alutils.findings.larger_choice import larger_choice

CELL = {"head": "softmax", "initial_pool": "random", "initial_size": 10, "query_size": 10}


def areas(of_embedder: list[float], of_strategy: float) -> pd.DataFrame:
    """AULC on some datasets: what the good embedder adds on each, and what BADGE adds."""
    rng = np.random.default_rng(0)
    added = {"random": 0.0, "margin": of_strategy / 2, "badge": of_strategy}
    return pd.DataFrame(
        {
            **CELL,
            "dataset": f"d{place}",
            "embedder": embedder,
            "strategy": strategy,
            "seed": seed,
            "aulc": 0.4 + (embedder == "good") * lead + gain + 0.001 * rng.standard_normal(),
        }
        for place, lead in enumerate(of_embedder)
        for embedder in ("bad", "good")
        for strategy, gain in added.items()
        for seed in range(5)
    )


@pytest.mark.parametrize(
    ("of_embedder", "of_strategy", "words"),
    [
        ([0.2, 0.25, 0.3, 0.2], 0.02, "The embedder decides more than the strategy."),
        ([0.01, 0.02, 0.01, 0.015], 0.1, "The strategy decides more than the embedder."),
        ([0.0, 0.1, -0.05, 0.2], 0.05, "cannot be told"),
    ],
)
def test_the_headline_follows_the_interval(
    of_embedder: list[float], of_strategy: float, words: str
) -> None:
    found = larger_choice(areas(of_embedder, of_strategy), "bad", "good")
    assert words in found.headline
    assert found.strategy == "badge"
    assert found.of_strategy["mean"] == pytest.approx(of_strategy, abs=0.002)
    assert found.of_embedder["mean"] == pytest.approx(np.mean(of_embedder), abs=0.002)
    more = found.of_embedder["mean"] - found.of_strategy["mean"]
    assert found.more["mean"] == pytest.approx(more, abs=1e-9)
    assert list(found.single["embedder"]) == pytest.approx(of_embedder, abs=0.002)
    assert "d3 +" in found.caution and "guesses" in found.caution  # four datasets are few


def test_what_few_datasets_show_is_counted() -> None:
    found = larger_choice(areas([0.0, 0.1, -0.05, 0.2], 0.05), "bad", "good")
    assert found.headline.startswith("On 2 of 4 datasets")
    assert not larger_choice(areas([0.2] * 5, 0.01), "bad", "good").caution


def test_one_dataset_tells_nothing() -> None:
    assert "cannot be told" in larger_choice(areas([0.2], 0.01), "bad", "good").headline
