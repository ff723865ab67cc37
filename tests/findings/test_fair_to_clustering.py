"""Whether clustering strategies owe their gains to clusters, in worlds where that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alutils.findings import fair_to_clustering as fair
from tests.findings.worlds import runs

DATASETS = [f"d{i}" for i in range(9)]
SPACES = ["minilm", "minilm+whiten(1)", "minilm+noise(4)"]
STRATEGIES = ["random", "margin", "typiclust", "kmeans"]


def queries(level: dict[tuple[str, str], float], **kwargs: float) -> pd.DataFrame:
    return runs(
        lambda _, space, strategy: level.get((space, strategy), 0.0),
        datasets=DATASETS,
        embedders=SPACES,
        strategies=STRATEGIES,
        **kwargs,  # type: ignore[arg-type]
    )


def pools() -> pd.DataFrame:
    """Runs that differ in their initial pools: TypiClust gains two points, and none whitened."""
    table = queries({("minilm", "typiclust"): 0.02, ("minilm+noise(4)", "typiclust"): 0.02})
    table = table[table["strategy"].isin(["random", "typiclust"])]
    return table.assign(initial_pool=table["strategy"], strategy="margin")


UNFAIR = {("minilm", "typiclust"): 0.04, ("minilm", "kmeans"): 0.02, ("minilm", "margin"): 0.01}
FAIR = {(space, strategy): 0.02 for space in SPACES for strategy in STRATEGIES[1:]}
ALL_LOSE = {("minilm", strategy): 0.03 for strategy in STRATEGIES[1:]}


@pytest.mark.parametrize(
    ("level", "verdict"),
    [(UNFAIR, "holds"), (FAIR, "does not hold"), (ALL_LOSE, "does not hold")],
    ids=["clusters were the gain", "nothing lost", "what margin loses too"],
)
def test_verdicts(level: dict[tuple[str, str], float], verdict: str) -> None:
    found = fair.finding(queries(level), pools())
    assert found.verdict == verdict
    assert set(found.numbers) == {f"{s}_{k}" for s in SPACES[1:] for k in ("queries", "pools")}


def test_numbers_by_hand() -> None:
    found = fair.finding(queries(UNFAIR, noise=0.0), pools())
    # The mean loss of both clustering strategies is three points, that of Margin one.
    assert found.numbers["minilm+whiten(1)_queries"].value == pytest.approx(0.02)
    assert found.numbers["minilm+whiten(1)_pools"].value == pytest.approx(0.02, abs=0.002)
    assert found.numbers["minilm+noise(4)_pools"].value == pytest.approx(0, abs=0.002)
    assert "gain +3.0 points" in found.sentence and "Margin +1.0 points" in found.sentence


def test_too_much_noise_cannot_tell() -> None:
    rng = np.random.default_rng(0)
    wild = dict(zip(DATASETS, rng.normal(0, 0.05, 9), strict=True))
    table = runs(
        lambda dataset, space, strategy: (
            wild[dataset] if (space, strategy) == ("minilm", "typiclust") else 0.0
        ),
        datasets=DATASETS,
        embedders=SPACES,
        strategies=STRATEGIES,
    )
    found = fair.finding(table, pools())
    assert found.verdict == "cannot tell"
    assert "Cannot tell: needs" in found.sentence


def test_the_order_of_rows_changes_nothing() -> None:
    table = queries(UNFAIR)
    mixed = table.sample(frac=1, random_state=0).sort_values("embedder", kind="stable")
    one, two = (fair.finding(each, pools()).numbers for each in (table, mixed))
    assert {k: v.value for k, v in one.items()} == pytest.approx(
        {k: v.value for k, v in two.items()}
    )


def test_grids_differ_in_what_is_compared() -> None:
    parameters = {
        "datasets": ["trec6"],
        "embedders": SPACES,
        "strategies": STRATEGIES,
        "initial_pools": ["random", "typiclust"],
        "initial_size": 10,
        "query_size": 10,
        "cycles": 3,
        "pool_cycles": 2,
        "seeds": 2,
        "pool_size": 100,
        "test_size": 50,
    }
    strategies, starts = fair.grids(parameters)
    assert strategies.strategies == STRATEGIES and strategies.initial_pools == ["random"]
    assert starts.strategies == ["margin"] and starts.cycles == 2
