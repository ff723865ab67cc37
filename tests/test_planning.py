"""Plans: counts by hand, planted rates found again, errors honest, and nothing touched."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import cli, datasets, figures, planning
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.planning import model as models
from alutils.planning.sizes import side_of, sized
from alutils.spending import PARTS
from alutils.study import Grid
from tests.cost_tables import RATES, cells, planted, write_archive

ROOT = Path(__file__).parent.parent

GRID = Grid(
    datasets=["icd10_chapters", "sst2"],
    embedders=["hashing", "minilm", "minilm_layer0"],
    strategies=["random", "badge"],
    initial_size=50,
    query_size=50,
    cycles=4,
    seeds=5,
    pool_size=2000,
    test_size=1000,
)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ALUTILS_ARCHIVE", raising=False)


def calibrated(**options: float) -> planning.CostModel:
    return planning.calibrate(planted(options or None), "planted", "a processor")


def test_sizes_come_from_the_catalogue() -> None:
    def texts(*of: str | int | None) -> tuple[int, bool]:
        side = side_of(*of)  # type: ignore[arg-type]
        return side.texts, side.known

    assert texts("icd10_chapters", "pool", 2000) == (2000, True)
    assert texts("icd10_chapters", "pool", None) == (36144, True)
    assert texts("banking77", "pool", 10_000) == (9992, True)
    assert texts("trec6", "test", 2000) == (500, True)
    assert texts("ag_news", "pool", 10_000) == (10_000, True)  # of 120,000 rows
    assert texts("ag_news", "pool", 119_000) == (119_000, False)  # before duplicates
    assert texts("toxicity", "pool", 10_000) == (10_000, False)
    assert texts("file:mine.csv", "pool", None) == (10_000, False)


def test_work_of_one_run_counted_cycle_by_cycle() -> None:
    cell = Cell("icd10_chapters", "hashing", "random", "badge", 200, 50, 4, 2000, 1000)
    found = models.work(sized([cell])).iloc[0]
    labels = [200, 250, 300, 350]  # beyond the 256 dimensions in the end
    assert found["fit_span"] == sum(n * min(n, 256) ** 2 for n in labels)
    assert found["fit_classes"] == sum(n * min(n, 256) * 22 for n in labels)
    assert found["test_classes"] == 4 * 1000 * 256 * 22
    assert found["query_pool"] == 3 * 2000 * 256
    assert found["query_classes"] == 3 * 2000 * 256 * 22
    shorter = Cell("sst2", "minilm", "random", "badge", 10, 10, 1)
    together = models.work(sized([cell, shorter]))
    pd.testing.assert_series_equal(together.iloc[0], found)
    assert together.iloc[1]["fit_span"] == 10**3 and together.iloc[1]["query_pool"] == 0


def test_planted_rates_are_found_again_whatever_the_clock_did() -> None:
    for clock in (1.0, 1.7):
        found = planning.calibrate(planted(clock=clock), "", "")
        assert found.error is not None
        assert found.error.datasets == 3
        assert found.error.cells == pytest.approx(1, rel=1e-3)
        assert found.error.total == pytest.approx(1, rel=1e-3)
        for name, rates in RATES["query"].items():
            assert found.query[name]["query_pool"] == pytest.approx(rates["query_pool"], rel=0.02)
        table = sized(cells())
        truth = models.measured_cells(planted())
        np.testing.assert_allclose(found.seconds(table)[PARTS], truth[PARTS], rtol=1e-3)


def test_rows_in_another_order_give_the_same_model() -> None:
    shuffled = planted().sample(frac=1, random_state=3)
    one, other = calibrated(), planning.calibrate(shuffled, "planted", "a processor")
    table = sized(cells())
    np.testing.assert_allclose(one.seconds(table), other.seconds(table), rtol=1e-6)


def test_a_dataset_that_is_different_shows_in_the_error() -> None:
    error = calibrated(sst2=3.0).error
    assert error is not None
    assert error.total == pytest.approx(3, rel=0.05)
    assert error.cells > 2


def test_one_dataset_says_nothing_of_its_error() -> None:
    costs = planted()
    found = planning.calibrate(costs[costs["dataset"] == "sst2"], "", "")
    assert found.error is None
    plan = planning.make({"a": [GRID]}, found)
    text = str(planning.blocks(plan, found, workers=2, cores=2, root=Path("nowhere")))
    assert "only one dataset" in text


def test_what_was_never_measured() -> None:
    found = calibrated()
    one = Cell("sst2", "minilm", "random", "bait", 50, 50, 4, 2000, 1000)

    def query(strategy: str) -> float:
        cell = Cell("sst2", "minilm", "random", strategy, 50, 50, 4, 2000, 1000)
        return float(found.seconds(sized([cell]))["query"].iloc[0])

    assert one.strategy not in found.query
    # k-means was timed as an initial pool: it takes as long for a query; it is the slowest here.
    assert query("kmeans") == pytest.approx(3 * 5e-8 * 2000 * 384, rel=1e-3)
    assert query("bait") == query("skactiveml:Clue") == query("kmeans")
    assert query("badge(temperature=2)") == query("badge")
    assert found.seconds_per_text("minilm", "trec6") == pytest.approx(4e-3)
    weights = {"minilm": 22_713_216, "bert_base": 109_482_240}
    expected = 4e-3 * weights["bert_base"] / weights["minilm"]
    assert found.seconds_per_text("bert_base", "trec6") == pytest.approx(expected)
    assert found.seconds_per_text("lsa", "trec6") is None


def test_cells_are_counted_once_and_layers_share_a_pass() -> None:
    more = GRID.model_copy(update={"strategies": ["badge", "margin"], "seeds": 7})
    plan = planning.make({"first": [GRID], "page": [], "second": [more]}, None)
    assert plan.notebooks.set_index("notebook")[["cells", "new_cells", "runs", "new_runs"]].to_dict(
        "index"
    ) == {
        "first": {"cells": 12, "new_cells": 12, "runs": 60, "new_runs": 60},
        "page": {"cells": 0, "new_cells": 0, "runs": 0, "new_runs": 0},
        # Six cells are new with seven seeds each; six have five seeds already.
        "second": {"cells": 12, "new_cells": 6, "runs": 84, "new_runs": 6 * 7 + 6 * 2},
    }
    assert len(plan.cells) == 18
    assert plan.cells["seeds"].sum() == plan.notebooks["new_runs"].sum() == 114
    assert plan.seconds.isna().all()
    passes = plan.passes.set_index(["dataset", "embedder"])
    assert len(passes) == 4
    assert passes.loc[("sst2", "minilm"), "texts"] == 3000
    assert passes.loc[("sst2", "minilm"), "bytes"] == 3000 * (384 + 384) * 4
    assert passes.loc[("sst2", "hashing"), "bytes"] == 3000 * 256 * 4
    flops = 2 * 22_713_216 * 3000 * 256
    assert passes.loc[("sst2", "minilm"), "gpu_seconds"] == pytest.approx(flops / 1e14)
    assert np.isnan(passes.loc[("sst2", "hashing"), "gpu_seconds"])


def test_seconds_of_a_study_are_those_of_its_cells_and_passes() -> None:
    plan = planning.make({"a": [GRID]}, calibrated())
    truth = planted()
    wanted = truth.merge(
        plan.cells[["dataset", "embedder", "initial_pool", "strategy", "cycles"]].drop_duplicates()
    )
    wanted = wanted[wanted["initial_pool"] == "random"]
    known = plan.cells["embedder"] != "minilm_layer0"
    assert plan.seconds[known].sum() == pytest.approx(wanted["cpu_seconds"].sum(), rel=1e-3)
    assert plan.passes["core_seconds"].sum() == pytest.approx(2 * 3000 * (1e-4 + 4e-3))


def test_memory_grows_with_all_that_is_held() -> None:
    def held(**fields: int | str) -> float:
        cell = Cell(**{**cells()[0].fields(), **fields})  # type: ignore[arg-type]
        return float(models.memory(sized([cell]), pd.Series([10.0])).iloc[0])

    base = held()
    assert held(pool_size=4000) > base
    assert held(embedder="minilm") > base
    assert held(cycles=20) > base
    assert held(dataset="banking77") > base
    found = calibrated()
    counted = models.memory(sized(cells()), pd.Series(5.0, range(len(cells()))))
    assert 6e8 - counted.max() <= found.memory <= 6e8 - counted.min()


def test_what_has_results_already(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(write_archive(tmp_path / "archive", planted())))
    wanted = {"a": [GRID, GRID.model_copy(update={"cycles": 5})]}
    first = GRID.cells()[0]
    folder = tmp_path / "home" / "results" / first.id / "a_key"
    folder.mkdir(parents=True)
    (folder / "0-4-abc.parquet").touch()
    plan = planning.make(wanted, None)
    # The layer of the ladder and the longer runs are not in the archive.
    assert plan.cells["archived"].sum() == 8
    assert plan.cells.loc[plan.cells["archived"], "embedder"].isin(["hashing", "minilm"]).all()
    assert plan.cells["stored"].sum() == 1
    more = planning.make({"a": [GRID.model_copy(update={"seeds": 6})]}, None)
    assert more.cells["archived"].sum() == 0


def test_the_best_costs_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert planning.find(tmp_path) is None
    path = write_archive(tmp_path / "elsewhere", planted())
    small = planted()
    write_archive(tmp_path / "data" / "results" / "small", small[small["dataset"] == "sst2"])
    here = planning.find(tmp_path)
    assert here is not None and here.error is None  # one dataset: it is the archive's
    write_archive(tmp_path / "data" / "results" / "large", planted())
    here = planning.find(tmp_path)
    assert here is not None and here.error is not None
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(path))
    assert planning.find(tmp_path / "other") is not None


def test_a_budget_that_no_pool_can_meet_is_refused() -> None:
    with pytest.raises(UserError, match="but there are 500"):
        planning.make({"a": [GRID.model_copy(update={"pool_size": 500, "cycles": 30})]}, None)
    with pytest.raises(UserError, match="did you mean 'sst2'"):
        planning.make({"a": [GRID.model_copy(update={"datasets": ["sst3"]})]}, None)


def test_a_profile_for_gpus_is_planned_for_one_and_more() -> None:
    large = GRID.model_copy(update={"embedders": ["minilm", "nv_embed_v2"], "datasets": ["fnc1"]})
    found = calibrated()
    plan = planning.make({"a": [large]}, found)
    seconds = 2 * 7.85e9 * 3000 * 512 / 1e14
    assert plan.passes.set_index("embedder").loc["nv_embed_v2", "gpu_seconds"] == seconds
    parts = planning.blocks(plan, found, workers=4, cores=2, root=Path("nowhere"))
    shown = {row["with"]: row for row in parts[-2]}  # type: ignore[union-attr]
    assert [name for name in shown if "GPU" in name] == [
        "1 GPU, a worker each",
        "8 GPUs, a worker each",
        "64 GPUs, a worker each",
    ]
    # A pass is never divided: two passes cannot use more than two GPUs.
    assert shown["8 GPUs, a worker each"]["embedding"] == figures.duration(seconds)
    assert "16 GB on each GPU" in str(shown["1 GPU, a worker each"]["memory"])
    notes = str(parts[-1])
    assert "100 TFLOP/s" in notes and "fnc1" in notes and "4,096 dimensions (384)" in notes
    assert "No cell was timed on a GPU" in notes


def test_the_benchmark_says_how_far_beyond_can_be_trusted() -> None:
    from alutils import speed

    rows = [
        {"task": "strategy", "item": "badge", "part": "query", "seconds": 2e-9 * 1e4 * 100},
        {"task": "strategy", "item": "typiclust", "part": "query", "seconds": 0.0},
        {"task": "strategy", "item": "typiclust", "part": speed.ONCE, "seconds": 15 * 4e-8 * 1e6},
        {"task": "head", "item": "head", "part": "fit", "seconds": 2e-10 * 100**3 * 2},
    ]
    shape = {"rows": 10_000, "dim": 100, "classes": 0, "labelled": 100, "query_size": 100}
    about = {"peak_flops": 1.0, "peak_bandwidth": 1.0}
    made = speed.of(about, [{**shape, "system": speed.OURS, **row} for row in rows])
    # The first two are met exactly; the fit took twice as long, and is one of three.
    assert models.beyond(calibrated(), made) == pytest.approx(1 + 0.8, rel=0.02)


def alutils(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *given: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["alutils", *given])
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def no_network(*_: object, **__: object) -> socket.socket:
    raise AssertionError("a plan went to the network")


def project(tmp_path: Path, notebooks: str) -> str:
    """A project with the notebooks of this one and a profile of its own."""
    folder = tmp_path / "project" / "data" / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(f"about: A test.\nnotebooks: {notebooks}")
    (tmp_path / "project" / "notebooks").symlink_to(ROOT / "notebooks")
    return str(tmp_path / "project")


GIVEN = """{
  embedding_quality: {datasets: [sst2], embedders: [minilm], seeds: 2},
  initial_pool: {datasets: [sst2], embedders: [minilm, hashing], seeds: 2},
  catalogue: {}}"""


def test_a_plan_touches_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "load", lambda *_: pytest.fail("texts were read"))
    monkeypatch.setattr(socket, "socket", no_network)
    root = project(tmp_path, GIVEN)
    code, out, err = alutils(capsys, monkeypatch, "plan", "mine", "--root", root)
    assert (code, err) == (0, "")
    assert not (tmp_path / "home").exists()
    assert out.startswith("Profile mine: A test.\n")
    assert "No times" in out and "computes no cells" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["embedding_quality", "1", "1", "2", "2", "1", "cell"] in lines
    assert ["all,", "each", "cell", "once", "9", "9", "18", "18"] in lines


def test_times_come_from_the_archive_and_shrink_with_workers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, GIVEN)
    write_archive(Path(root) / "data" / "results" / "other", planted())
    words_given = ("plan", "mine", "--root", root, "--workers", "4")
    code, out, _ = alutils(capsys, monkeypatch, *words_given)
    assert code == 0
    assert "72 cells of the study 'tiny', archived 2026-01-02" in out
    assert "each of 3 datasets predicted from the others" in out
    assert "\n1 worker," in out and "\n4 workers," in out and "GPU" not in out


def test_a_profile_of_pages_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, "{catalogue: {}}")
    code, out, _ = alutils(capsys, monkeypatch, "plan", "mine", "--root", root)
    assert code == 0
    assert "No notebook of this profile computes cells." in out


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("{embedding_quality: {datasets: [sst3]}}", "did you mean 'sst2'"),
        ("{embedding_qualty: {}}", "did you mean 'embedding_quality'"),
        ("{embedding_quality: {seedz: 2}}", "did you mean 'seeds'"),
        ("{embedding_quality: {cycles: 900}}", "lower initial_size"),
    ],
)
def test_mistakes_are_found_before_anything_runs(
    given: str,
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = project(tmp_path, given)
    code, out, err = alutils(capsys, monkeypatch, "plan", "mine", "--root", root)
    assert (code, out) == (2, "")
    assert sentence in err and err.count("\n") == 1
