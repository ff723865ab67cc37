"""The page of costs: its tables add up to what was planted, whatever the order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alutils import figures
from alutils.findings import cost
from tests.cost_tables import SEEDS, measured, planted


def test_stages_sum_to_the_whole() -> None:
    costs = planted()
    table = cost.stages(costs).set_index("stage")
    assert set(table.index) == set(cost.STAGES)
    assert table["seconds"].sum() == pytest.approx(costs["cpu_seconds"].sum())
    assert table["share"].sum() == pytest.approx(1)
    cells = costs[costs["stage"] == "cell"]
    assert table.loc["query", "seconds"] == pytest.approx(cells["query_seconds"].sum())
    # Three datasets of 3,000 texts at a tenth of a millisecond and at four.
    assert table.loc["embedding", "seconds"] == pytest.approx(3 * 3000 * (1e-4 + 4e-3))
    assert table.loc["embedding", "peak_memory_bytes"] == 1.5e9
    assert table.loc["fit", "peak_memory_bytes"] == 6e8


def test_layers_share_a_pass() -> None:
    table = cost.embeddings(planted()).set_index("embedder")
    assert table["texts_per_second"].to_dict() == {
        "minilm": pytest.approx(250),
        "minilm_layer0": pytest.approx(250),
        "hashing": pytest.approx(10_000),
    }
    assert table.loc["minilm", "seconds"] == pytest.approx(3 * 3000 * 4e-3 / 2)
    assert table.loc["minilm", "shared_by"] == 2
    assert list(table.index)[-1] == "hashing"


def test_the_setting_that_compares_most_strategies() -> None:
    costs = planted()
    few = costs["cycles"] == 4
    cells = cost.main_cells(costs[~(few & (costs["strategy"] == "badge"))])
    assert set(cells["cycles"]) == {9} and set(cells["initial_pool"]) == {"random"}
    assert len(cells) == 3 * 2 * 3
    only = cost.main_cells(costs[few])  # fewer cells, and another size
    assert set(only["cycles"]) == {4}


def test_strategies_are_averaged_over_the_same_cells() -> None:
    costs = planted()
    gone = (costs["strategy"] == "badge") & (costs["embedder"] == "minilm")
    cells = cost.main_cells(costs[~gone])
    assert set(cells["embedder"]) == {"hashing"}
    assert set(cells["strategy"]) == {"random", "badge", "typiclust"}


def test_a_run_by_strategy_and_dataset_by_hand() -> None:
    costs = planted()
    table = cost.by_dataset(cost.main_cells(costs), measured())
    assert list(dict.fromkeys(table["dataset"])) == ["sst2", "kjv_genres", "icd10_chapters"]
    assert table["strategy"].iloc[0] == "typiclust"
    here = table[(table["strategy"] == "typiclust") & (table["dataset"] == "sst2")].iloc[0]
    # One query on 2,000 texts of 256 and of 384 dimensions; the median of two is their mean.
    assert here["query_ms"] == pytest.approx(1000 * 4e-8 * 2000 * (256 + 384) / 2)
    rows = costs[(costs["strategy"] == "typiclust") & (costs["dataset"] == "sst2")]
    rows = rows[(rows["initial_pool"] == "random") & (rows["cycles"] == 9)]
    assert here["run"] == pytest.approx(np.median(rows["cpu_seconds"] / SEEDS))
    assert here["total"] == pytest.approx(rows["cpu_seconds"].sum())


def test_order_of_rows_does_not_matter() -> None:
    one, other = planted(), planted().sample(frac=1, random_state=5)
    for tell in (cost.stages, cost.embeddings, cost.by_initial_pool, cost.dearest):
        pd.testing.assert_frame_equal(tell(one), tell(other), check_like=True)
    first = cost.by_dataset(cost.main_cells(one), measured())
    second = cost.by_dataset(cost.main_cells(other), measured())
    pd.testing.assert_frame_equal(first, second)
    pd.testing.assert_frame_equal(cost.growth(one, measured()), cost.growth(other, measured()))


def test_the_dearest_cells_come_first() -> None:
    costs = planted()
    table = cost.dearest(costs, 3)
    largest = costs.loc[costs["stage"] == "cell", "cpu_seconds"].nlargest(3)
    assert table["cell"].tolist() == pytest.approx(largest.tolist())


def test_initial_pools_take_what_was_planted() -> None:
    table = cost.by_initial_pool(planted()).set_index("initial_pool")
    assert list(table.index) == ["kmeans", "random"]
    assert table.loc["kmeans", "least"] == pytest.approx(1000 * 5e-8 * 2000 * 256)
    assert table.loc["kmeans", "most"] == pytest.approx(1000 * 5e-8 * 2000 * 384)


def test_growth_compares_cells_that_differ_in_one_size() -> None:
    costs = planted()
    costs = costs[costs["strategy"].isin(["typiclust"]) | (costs["stage"] == "embedding")]
    table = cost.growth(costs, measured()).set_index("what")
    assert list(table.index) == ["classes", "dimensions", "labels"]
    assert tuple(table.loc["classes", ["low", "high"]]) == (2, 22)
    assert table.loc["classes", "query"] == pytest.approx(1)  # TypiClust asks for no probability
    assert table.loc["dimensions", "query"] == pytest.approx(384 / 256)
    assert tuple(table.loc["labels", ["low", "high"]]) == (200, 450)
    assert table.loc["labels", "query"] == pytest.approx(1)  # each query takes the same
    assert table.loc["labels", "fit"] > 4
    whole = costs.assign(pool_size=np.nan, test_size=np.nan)
    pd.testing.assert_frame_equal(cost.growth(whole, measured()).set_index("what"), table)
    # One cell with far more labels has hardly a pair: it does not stand for all.
    odd = costs["cycles"].eq(9) & costs["dataset"].eq("sst2") & costs["embedder"].eq("hashing")
    odd &= costs["initial_pool"] == "random"
    longer = costs.assign(cycles=costs["cycles"].mask(odd, 30))
    assert tuple(
        cost.growth(longer, measured()).set_index("what").loc["labels", ["low", "high"]]
    ) == (
        200,
        450,
    )
    alone = costs[(costs["dataset"] == "sst2") & (costs["embedder"] == "hashing")]
    assert list(cost.growth(alone[alone["cycles"] == 4], measured())["what"]) == []


@pytest.mark.parametrize(
    ("times", "cores", "verdict"),
    [(1.0, 2, "holds"), (1e4, 2, "does not hold"), (1e4, 10_000, "holds")],
)
def test_a_night_is_enough_or_not(times: float, cores: int, verdict: str) -> None:
    costs = planted()
    spent = ["wall_seconds", "cpu_seconds"]
    found = cost.finding(costs.assign(**{name: times * costs[name] for name in spent}), cores)
    assert found.verdict == verdict
    hours = times * costs["cpu_seconds"].sum() / 3600
    assert found.numbers["core_hours"].value == pytest.approx(hours)
    assert f"{figures.duration(3600 * hours)} of one core" in found.sentence
    assert "72 cells (360 runs)" in found.sentence


def test_one_long_cell_keeps_everybody_waiting() -> None:
    costs = planted()
    costs.loc[0, ["wall_seconds", "cpu_seconds"]] = 9 * 3600.0
    assert cost.finding(costs, 1000).verdict == "does not hold"


def test_the_costs_of_one_page_are_not_called_those_of_the_study() -> None:
    costs = planted()
    page, study = cost.finding(costs, 2, whole=False), cost.finding(costs, 2)
    assert "this page" in page.question and "study" not in page.question
    assert "the whole study" in study.question and "other pages" not in study.test
    assert page.verdict == study.verdict
