"""An archive gives back what a study had, and says which code no longer stands behind it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from alutils import archive, archiving, inputs, quality, reproduction, study
from alutils.archive import CELL_FIELDS, cells_of
from alutils.errors import NotReproduced, UserError
from alutils.home import home
from alutils.results import ResultsStore
from alutils.statistics import METRICS
from alutils.study import Grid, run_study
from tests.archives import forge

ROOT = Path(__file__).parent.parent

GRID = Grid(
    datasets=["icd10_chapters"],
    embedders=["hashing", "lsa"],
    initial_pools=["random", "coreset"],
    strategies=["random", "typiclust"],
    initial_size=[10, 15],
    query_size=10,
    cycles=2,
    seeds=3,
    pool_size=200,
    test_size=50,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_study(GRID, workers=1)
    folder = tmp_path_factory.mktemp("archive")
    found = archiving.write(folder, "tiny", [GRID], ROOT)
    assert (found.cells, found.missing) == (16, 0)
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def sorted_records(table: pd.DataFrame) -> pd.DataFrame:
    keys = [*CELL_FIELDS, "seed", "cycle"]
    return table.sort_values(keys, ignore_index=True)[[*keys, "n_labelled", *METRICS]]


def test_an_archive_has_the_records_to_five_decimals(made: Path) -> None:
    stored, archived = sorted_records(run_study(GRID)), archive.read(made).records
    again = sorted_records(archived)
    pd.testing.assert_frame_equal(stored.drop(columns=METRICS), again.drop(columns=METRICS))
    assert (stored[METRICS] - again[METRICS]).abs().to_numpy().max() <= 0.5e-5 + 1e-6
    assert set(cells_of(archived)) == set(GRID.cells())
    assert set(cells_of(archived).values()) == {3}
    assert (archived["classes_seen"] >= 1).all()
    assert (archived["classes_seen"] <= archived["n_labelled"]).all()


def test_cells_of_all_texts_are_not_those_of_a_sample(made: Path) -> None:
    whole = GRID.model_copy(update={"pool_size": None, "test_size": None})
    found = archive.read(made)
    assert not len(found.of(whole.cells(), 1))
    both = [*whole.cells(), *GRID.cells()]
    assert len(found.of(both, 3)) == len(found.of(GRID.cells(), 3)) > 0


def test_no_text_and_no_path_is_in_it(made: Path) -> None:
    assert "chosen" not in archive.read(made).records
    words = (made / "run.json").read_text()
    assert str(home()) not in words and str(ROOT) not in words
    texts = {"dataset", "embedder", "initial_pool", "strategy", "head"}
    for table in (archive.read(made).records, archive.read(made).quality):
        assert {name for name in table if pd.api.types.is_string_dtype(table[name])} <= texts


def test_costs_of_cells_and_embeddings(made: Path) -> None:
    costs = archive.read(made).costs
    assert (costs["stage"] == "cell").sum() == 16
    # Embeddings that an older store had say nothing of what they took.
    assert set(costs.loc[costs["stage"] == "embedding", "embedder"]) <= {"hashing", "lsa"}
    assert (costs[["wall_seconds", "peak_memory_bytes"]] > 0).all(axis=None)
    run = archive.read(made).run
    total = costs.loc[costs["stage"] == "cell", "cpu_seconds"].sum()
    assert run["stages"]["cell"]["cpu_seconds"] == pytest.approx(total, abs=0.1)
    assert run["runs"] == 48 and run["seeds"] == [0, 1, 2]


def test_a_study_takes_from_the_archive_what_it_has(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(made))
    monkeypatch.setattr(study, "requests_for", lambda _: pytest.fail("texts were read"))
    monkeypatch.setattr(quality, "open_problems", lambda _: pytest.fail("texts were read"))
    some = GRID.model_copy(update={"embedders": ["lsa"], "initial_size": 15, "seeds": 2})
    records = run_study(some)
    assert set(cells_of(records)) == set(some.cells())
    assert sorted(records["seed"].unique()) == [0, 1]
    assert quality.measure_quality(some)["embedder"].tolist() == ["lsa"]
    assert "all cells from the archive" in capsys.readouterr().err


def test_a_notebook_notes_the_same_texts_and_vectors_whether_computed_or_archived(
    made: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = []
    for folder, archived in (tmp_path / "computed", ""), (tmp_path / "archived", str(made)):
        folder.mkdir()
        monkeypatch.setenv("ALUTILS_FIGURES", str(folder))
        monkeypatch.setenv("ALUTILS_ARCHIVE", archived)
        run_study(GRID)
        found.append(inputs.noted(folder))
    sha256 = found[1].pop("archive")
    assert found[0] == found[1]
    assert found[0]["seeds"] == {"in cells": ["3"]}
    assert list(found[0]["datasets"]) == ["icd10_chapters"]
    assert list(found[0]["embeddings"]) == ["icd10_chapters / hashing", "icd10_chapters / lsa"]
    of_run = hashlib.sha256((made / "run.json").read_bytes()).hexdigest()
    assert set(sha256) == set(archive.FILES) and sha256["run.json"] == [of_run]


@pytest.mark.parametrize("name", ["records", "quality", "costs"])
def test_a_table_that_is_not_what_was_archived_is_refused(copy: Path, name: str) -> None:
    table = pd.read_parquet(copy / f"{name}.parquet")
    table.to_parquet(copy / f"{name}.parquet", compression="none")  # the same, in other bytes
    with pytest.raises(UserError, match=rf"{name}\.parquet is not the file that was archived"):
        archive.read(copy)


def test_what_it_lacks_is_computed(
    copy: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = pd.read_parquet(copy / "records.parquet")
    forge(copy, "records", table[table["strategy"] != "typiclust"])
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(copy))
    records = run_study(GRID, workers=1, store=ResultsStore(tmp_path / "results"))
    assert set(cells_of(records)) == set(GRID.cells())
    assert len(list((tmp_path / "results").iterdir())) == 8  # cells of typiclust


def test_a_folder_that_is_no_archive_is_one_sentence(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (copy / "run.json").unlink()
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(copy))
    with pytest.raises(UserError, match=r"no archive of results, since it has no run\.json"):
        run_study(GRID)


def test_an_archive_is_reproduced(made: Path) -> None:
    report = reproduction.reproduce(archive.read(made), sample=5, workers=1)
    assert (report.identical, report.close, report.verifiable) == (5, 0, 16)
    assert "5 of 16 cells computed again" in str(report)
    assert not (made / reproduction.CONFIRMED).exists()  # nothing has changed


@pytest.mark.parametrize("harm", ["one metric", "all of a cell", "a cycle"])
def test_a_forged_archive_is_found(copy: Path, harm: str) -> None:
    table = pd.read_parquet(copy / "records.parquet")
    cell = (table["strategy"] == "typiclust") & (table["initial_size"] == 15)
    if harm == "one metric":
        table.loc[table.index[cell][0], "log_loss"] += 1e-3
    elif harm == "all of a cell":
        table.loc[cell, "accuracy"] += 0.02
    else:
        table = table[~(cell & (table["cycle"] == 1))]
    forge(copy, "records", table)
    if harm == "one metric":  # what the cell is about is still right
        report = reproduction.reproduce(archive.read(copy), sample=None, workers=1)
        assert (report.identical, report.close) == (15, 1)
        assert "another path" in str(report)
    else:
        with pytest.raises(NotReproduced, match="typiclust: its mean AULC differs by"):
            reproduction.reproduce(archive.read(copy), sample=None, workers=1)


def test_other_texts_are_refused(copy: Path) -> None:
    run = json.loads((copy / "run.json").read_text())
    run["data"]["icd10_chapters"] = "0" * 64
    (copy / "run.json").write_text(json.dumps(run))
    with pytest.raises(NotReproduced, match="texts of icd10_chapters are not those"):
        reproduction.reproduce(archive.read(copy), sample=2, workers=1)


def test_changed_code_is_named_until_it_is_verified(copy: Path) -> None:
    run = json.loads((copy / "run.json").read_text())
    module = next(name for name in run["code"] if name.endswith("typiclust"))
    run["code"][module] = "another"
    (copy / "run.json").write_text(json.dumps(run))
    changed = archive.read(copy)
    assert reproduction.changed_code(changed) == [module]
    # However small the sample, a cell that the changed code computes is in it.
    reproduction.reproduce(changed, sample=1, workers=1)
    assert reproduction.changed_code(changed) == []
    assert json.loads((copy / reproduction.CONFIRMED).read_text())[0]["cells"] >= 1


def test_the_archive_of_the_repository_is_known_to_be_of_this_code() -> None:
    changed = reproduction.changed_code(archive.read(ROOT / "data" / "results" / "offline"))
    assert not changed, "run `alutils verify --profile offline`, and commit verified.json"


def test_datasets_that_cannot_be_had_are_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALUTILS_MIRROR", raising=False)
    table = pd.read_parquet(copy / "records.parquet")
    other = table.assign(dataset=table["dataset"].astype(str).replace("icd10_chapters", "trec6"))
    forge(copy, "records", pd.concat([table.assign(dataset=table["dataset"].astype(str)), other]))
    report = reproduction.reproduce(archive.read(copy), sample=1, workers=1)
    assert report.not_here == {"trec6": 16} and report.verifiable == 16
    assert "not verifiable here, for want of their texts: trec6 (16)" in str(report)
    forge(copy, "records", other)
    archive.read.cache_clear()
    with pytest.raises(UserError, match="no dataset of the archive can be had here"):
        reproduction.reproduce(archive.read(copy), sample=1, workers=1)


def test_an_archive_grows(copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = archive.read(copy)
    monkeypatch.setattr(archiving, "home", lambda: tmp_path)  # a store without those cells
    wider = GRID.model_copy(update={"initial_pools": ["random", "coreset", "kmeans"]})
    new = GRID.model_copy(update={"initial_pools": ["kmeans"], "strategies": ["random"]})
    run_study(new, workers=1, store=ResultsStore(tmp_path / "results"))
    found = archiving.write(copy, "tiny", [wider], ROOT)
    assert (found.cells, found.missing) == (20, 4)
    grown = archive.read(copy)
    assert set(cells_of(grown.records)) == {*GRID.cells(), *new.cells()}
    kept = sorted_records(grown.of(GRID.cells(), 3))
    pd.testing.assert_frame_equal(kept, sorted_records(before.records), atol=1e-6)
    assert (grown.costs["stage"] == "cell").sum() == 20
    (origin,) = grown.run["grown_from"]
    assert origin == {
        "written": before.run["written"],
        "cells": 16,
        "commit": before.run["git"]["commit"],
    }


def test_an_archive_of_code_that_changed_does_not_grow_unseen(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = json.loads((copy / "run.json").read_text())
    run["code"]["alutils.loop"] = "another"
    (copy / "run.json").write_text(json.dumps(run))
    monkeypatch.setattr(archiving, "home", lambda: tmp_path)
    with pytest.raises(UserError, match=r"16 cells .* \(alutils.loop\): run alutils verify first"):
        archiving.write(copy, "tiny", [GRID], ROOT)


def test_cells_of_other_texts_do_not_stay(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = json.loads((copy / "run.json").read_text())
    run["data"]["icd10_chapters"] = "0" * 64
    (copy / "run.json").write_text(json.dumps(run))
    monkeypatch.setattr(archiving, "home", lambda: tmp_path)
    with pytest.raises(UserError, match="there are no results of 'tiny' yet"):
        archiving.write(copy, "tiny", [GRID], ROOT)
