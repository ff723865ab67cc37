"""Which initial pool is best: planted orders, ties, and numbers computed by other means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import initial_pool_methods as methods
from alutils.findings import pool_effects
from tests.findings.pool_tables import (
    DATASETS,
    few_resamples,  # noqa: F401
    qualities,
    records,
)

pytestmark = pytest.mark.usefixtures("few_resamples")

PAPER = {"coreset": (-0.05, 0.0), "typiclust": (0.02, 0.0)}


def found(effects: dict[str, tuple[float, float]], **options: object) -> methods.Finding:
    table = records({**PAPER, **effects}, **options)  # type: ignore[arg-type]
    return methods.finding(table, qualities(list(table["dataset"].unique())))


@pytest.mark.parametrize(
    ("kmeans", "kmedoids", "verdict"),
    [
        ((0.05, 0.0), (0.0, 0.0), "holds"),
        ((0.02, 0.0), (0.0, 0.0), "does not hold"),
        ((-0.1, 0.0), (0.0, 0.0), "does not hold"),
    ],
)
def test_planted_orders_are_found(
    kmeans: tuple[float, float], kmedoids: tuple[float, float], verdict: str
) -> None:
    finding = found({"kmeans": kmeans, "kmedoids": kmedoids})
    assert finding.verdict == verdict, finding.sentence
    assert "The best of the named ones here is TypiClust" in finding.sentence
    if verdict == "holds":
        assert "better: k-means, not better: k-medoids" in finding.sentence.replace(";", ",")


def test_few_datasets_cannot_tell() -> None:
    finding = found({"kmeans": (0.05, 0.0)}, datasets=DATASETS[:3])
    assert finding.verdict == "cannot tell"
    assert "needs about 3 more datasets" in finding.sentence  # one method: 2 / 2**6 is below 0.05
    single = found({"kmeans": (0.05, 0.0)}, datasets=DATASETS[:1], seeds=1)
    assert single.verdict == "cannot tell"
    assert "more than one dataset" in single.sentence


def test_the_order_of_rows_changes_nothing() -> None:
    table = records({**PAPER, "kmeans": (0.05, 0.0), "kmedoids": (0.01, 0.0)})
    first = methods.finding(table, qualities())
    second = methods.finding(table.sample(frac=1, random_state=0), qualities())
    assert first.test == second.test
    assert first.numbers["kmeans_gain"].value == pytest.approx(second.numbers["kmeans_gain"].value)


def test_ranks_and_differences_by_hand() -> None:
    table = records({**PAPER, "kmeans": (0.03, 0.1)}, noise=0.02, spread=0.02, cycles=3)
    finding = methods.finding(table, qualities())
    wide = table.pivot_table("accuracy", ["dataset", "embedder", "seed", "cycle"], "initial_pool")
    wide = wide.unstack("cycle")
    areas = pd.DataFrame({p: wide[p] @ np.array([0.25, 0.5, 0.25]) for p in wide.columns.levels[0]})
    units = areas.groupby(["dataset", "embedder"]).mean()
    ranks = units.rank(axis=1, ascending=False).mean()
    for pool, rank in ranks.items():
        assert finding.numbers[f"{pool}_rank"].value == pytest.approx(rank)
    statistic = stats.friedmanchisquare(*units.to_numpy().T).statistic
    assert f"chi² = {statistic:.1f}" in finding.test
    rival = areas[list(methods.NAMED)].mean().idxmax()
    assert methods.rival(methods.early_areas(table)) == rival
    gap = (areas["kmeans"] - areas[rival]).mean()
    assert finding.numbers["kmeans_gain"].value == pytest.approx(gap)


def test_twins_are_found() -> None:
    table = records({**PAPER, "kmeans": (0.03, 0.0)})
    copy = table[table["initial_pool"] == "kmeans"].assign(initial_pool="kmedoids")
    assert methods.twins(pd.concat([table, copy])) == [("kmeans", "kmedoids")]
    assert methods.twins(table) == []


def test_wins_losses_and_ties_are_counted_per_dataset_and_embedder() -> None:
    table = records(
        {"coreset": (-0.05, 0.0), "typiclust": (0.05, 0.0), "kmeans": (0.0, 0.0)},
        noise=0.001,
        spread=0,
    )
    counted = methods.outcomes_table(pool_effects.early_gains(table)).set_index("initial_pool")
    assert counted.loc["typiclust", ["win", "n"]].tolist() == [24, 24]
    assert counted.loc["coreset", "loss"] == 24
    assert counted.loc["kmeans", "equivalent"] == 24
