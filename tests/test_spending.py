"""What was spent: nothing is lost between records, cells and runs."""

from __future__ import annotations

import pandas as pd
import pytest

from alutils.cell import Cell
from alutils.spending import COLUMNS, PARTS, of_cells, per_run


def records() -> pd.DataFrame:
    """Two cells of three cycles; the first has two seeds, and a third that was added later."""
    rows = []
    batches = {"a": [((0, 1), 12.0, 6.0, 5e8), ((2,), 4.0, 4.0, 7e8)], "b": [((0,), 2.0, 1.0, 3e8)]}
    for strategy, parts in batches.items():
        cell = Cell("sst2", "lsa", "random", strategy, 10, 10, 3, None, 100)
        for seeds, wall, cpu, peak in parts:
            whole = {
                "cell_wall_seconds": wall,
                "cell_cpu_seconds": cpu,
                "cell_peak_memory_bytes": peak,
            }
            for seed in seeds:
                for cycle in range(3):
                    took = {"fit_seconds": 0.5, "query_seconds": 0.1 if cycle else 0.2}
                    rows.append({**cell.fields(), "seed": seed, "cycle": cycle, **took, **whole})
    return pd.DataFrame(rows)


def test_a_cell_is_the_sum_of_its_batches() -> None:
    table = of_cells(records().sample(frac=1, random_state=1)).set_index("strategy")
    assert list(table["stage"]) == ["cell", "cell"]
    a, b = table.loc["a"], table.loc["b"]
    assert (a["seeds"], a["wall_seconds"], a["cpu_seconds"]) == (3, 16.0, 10.0)
    assert a["peak_memory_bytes"] == 7e8
    assert a["fit_seconds"] == pytest.approx(3 * 3 * 0.5)
    assert a["initial_seconds"] == pytest.approx(3 * 0.2)
    assert a["query_seconds"] == pytest.approx(3 * 2 * 0.1)
    assert (b["seeds"], b["wall_seconds"], b["cpu_seconds"]) == (1, 2.0, 1.0)
    assert pd.isna(a["pool_size"]) and a["test_size"] == 100


def test_parts_of_a_run_sum_to_its_share_of_the_processor() -> None:
    costs = of_cells(records()[COLUMNS])
    runs = per_run(costs).set_index("strategy")
    assert runs["run"].to_dict() == {"a": pytest.approx(10 / 3), "b": pytest.approx(1.0)}
    pd.testing.assert_series_equal(runs[PARTS].sum(axis=1), runs["run"], check_names=False)
    # The clock ran twice as long as the processor worked.
    assert runs.loc["b", "fit"] == pytest.approx(1.5 / 2)
    assert runs.loc["b", "initial"] == pytest.approx(0.2 / 2)
    assert runs.loc["b", "query"] == pytest.approx(0.2 / 2)
    assert (per_run(costs)["seeds"] * per_run(costs)["run"]).sum() == pytest.approx(11.0)


def test_embeddings_are_no_cells() -> None:
    costs = pd.concat([of_cells(records()), pd.DataFrame([{"stage": "embedding"}])])
    assert len(per_run(costs)) == 2
