"""The numbers of the page for exploring results, as its scripts have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from alutils import explorer, statistics
from alutils.archive import Archive
from alutils.explorer.numbers import AREA, orders, summarise
from alutils.explorer.scripts import index_of
from alutils.findings import query_strategies
from tests.explorer.conftest import DATASETS, EMBEDDERS


def script(book: Path, name: str) -> Any:
    return json.loads((book / "explorer" / name).read_text().split("=", 1)[1].rstrip(";\n"))


def place(index: dict[str, Any], kind: str, name: str) -> int:
    return next(i for i, each in enumerate(index[kind]) if each["name"] == name)


def cell_of(book: Path, **fields: str) -> dict[str, Any]:
    """Return the cell that scripts have of some names, with the setting that is shown first."""
    index = script(book, "index.js")
    kinds = {"dataset": "datasets", "embedder": "embedders", "strategy": "strategies"}
    at = {field: place(index, kinds[field], name) for field, name in fields.items()}
    at |= {"setting": 0, "head": 0, "initial_pool": place(index, "initial_pools", "random")}
    cells = script(book, f"data-{index['datasets'][at['dataset']]['file']}.js")
    (found,) = [cell for cell in cells if all(cell[k] == v for k, v in at.items())]
    return dict(found)


def test_numbers_are_those_of_the_other_pages(book: Path, records: pd.DataFrame) -> None:
    here = records[(records["cycles"] == 16) & records["dataset"].isin(DATASETS)]
    areas = query_strategies.compared(here)
    gains = query_strategies.gains(areas)
    assert len(gains) == 72
    for row in gains.itertuples():
        found = cell_of(book, dataset=row.dataset, embedder=row.embedder, strategy=row.strategy)[
            "metrics"
        ][0]["strategy"]
        if row.strategy == "random":
            continue
        assert found["mean"][-1] == pytest.approx(1e5 * row.mean, abs=0.51)
        assert found["half"][-1] == pytest.approx(1e5 * (row.high - row.mean), abs=0.51)
    one = here[(here["dataset"] == "kjv_genres") & (here["embedder"] == "lsa")]
    badge = one[one["strategy"] == "badge"]
    curve = statistics.intervals(badge, "macro_f1", ["n_labelled"])
    numbers = cell_of(book, dataset="kjv_genres", embedder="lsa", strategy="badge")["metrics"][2]
    assert numbers["mean"][:-1] == pytest.approx(list(1e5 * curve["mean"]), abs=0.51)
    assert numbers["half"][:-1] == pytest.approx(
        list(1e5 * (curve["high"] - curve["mean"])), abs=0.51
    )


def test_ranks_follow_from_orders(records: pd.DataFrame) -> None:
    here = records[(records["cycles"] == 16) & (records["embedder"] == "minilm")]
    cells = explorer.cells_of(here)
    found = summarise(here, cells, "accuracy")
    means = found[found["cycle"] == AREA].set_index("cell")["mean"]
    places = cells.assign(order=orders(means, cells, "strategy", "accuracy"))
    ranks = places.groupby("dataset")["order"].rank().groupby(cells["strategy"]).mean()
    expected = statistics.friedman_test(statistics.aulc(here)).ranks
    assert ranks.to_dict() == expected.to_dict()
    # With two classes, three strategies make the same choices and share a rank.
    assert places["order"].nunique() < places["strategy"].nunique() <= 12


def test_where_lower_is_better_ranks_and_verdicts_turn_round(records: pd.DataFrame) -> None:
    here = records[(records["cycles"] == 16) & (records["embedder"] != "hashing")]
    cells = explorer.cells_of(here)
    found = summarise(here, cells, "log_loss")
    areas = found[found["cycle"] == AREA].set_index("cell")
    said = areas["strategy_verdict"]
    assert (areas.loc[said == "better", "strategy_high"] < 0).all()
    assert (areas.loc[said == "worse", "strategy_low"] > 0).all()
    assert {"better", "worse"} <= set(said.dropna())
    order = orders(areas["mean"], cells, "strategy", "log_loss")
    best = areas["mean"].groupby([cells["dataset"], cells["embedder"]]).idxmin()
    assert (order[best] == 0).all()


def test_what_has_no_random_to_compare_with_has_no_difference(records: pd.DataFrame) -> None:
    here = records[records["cycles"] == 5].assign(pool_size=None)  # the whole pool
    cells = explorer.cells_of(here)
    found = summarise(here, cells, "accuracy").merge(cells.reset_index(names="cell"), on="cell")
    pools = found[found["initial_pool"] != "random"]
    assert pools["strategy_mean"].isna().all()
    assert pools["initial_pool_mean"].notna().all()


def test_one_seed_leaves_no_interval(
    records: pd.DataFrame, study: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    one = records[(records["seed"] == 0) & (records["dataset"] == "movie_sentiment")]
    explorer.write(one, study.quality, instead="")
    cells = script(tmp_path, "data-0.js")
    assert all(half is None for half in cells[0]["metrics"][0]["half"])
    assert {cell["metrics"][0]["strategy"].get("verdict") for cell in cells} <= {"undecided", None}


def test_the_same_results_are_the_same_bytes(
    records: pd.DataFrame, study: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = records[(records["embedder"] == "lsa") & (records["cycles"] == 5)]
    texts = []
    for name in "one", "two":
        monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path / name))
        folder = explorer.write(some, study.quality, instead="").folder
        texts.append({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert texts[0] == texts[1]


def test_embedders_are_ordered_by_means_over_the_same_datasets(
    records: pd.DataFrame, study: Archive
) -> None:
    cells = explorer.cells_of(records)
    named = [each["name"] for each in index_of(cells, study.quality)["embedders"]]
    means = study.quality.pivot(index="dataset", columns="embedder", values="probe_accuracy")
    assert named == list(means[EMBEDDERS].dropna().mean().sort_values().index)
    worst, best = named[0], named[-1]
    easy = study.quality[study.quality["embedder"] == worst].head(1)
    more = pd.concat([study.quality, easy.assign(dataset="easy", probe_accuracy=99.0)])
    assert [each["name"] for each in index_of(cells, more)["embedders"]][-1] == best
