"""Evidence beyond records: measured once, kept, archived, and measured again to see."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from alutils import archive, archiving, evidence, reproduction, study
from alutils.archive import CELL_FIELDS, cells_of
from alutils.errors import NotReproduced, UserError
from alutils.mechanism import initial_pools
from alutils.study import Grid, run_study
from tests.archives import forge

ROOT = Path(__file__).parent.parent

GRID = Grid(
    datasets=["icd10_chapters"],
    embedders=["lsa"],
    initial_pools=["random", "typiclust"],
    strategies=["random"],
    initial_size=20,
    query_size=10,
    cycles=1,
    seeds=3,
    pool_size=300,
    test_size=60,
)
KIND = "initial_pools"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_study(GRID, workers=1)
    folder = tmp_path_factory.mktemp("archive")
    archiving.write(folder, "tiny", [GRID], ROOT, {KIND: [GRID]})
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "copy"))


def test_every_cell_and_seed_is_measured() -> None:
    table = evidence.evidence(KIND, GRID, workers=1)
    assert list(table)[: len(CELL_FIELDS)] == CELL_FIELDS
    assert cells_of(table) == dict.fromkeys(GRID.cells(), 3)


def test_what_was_measured_is_not_measured_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = evidence.evidence(KIND, GRID, workers=1)
    monkeypatch.setattr(initial_pools, "measure", lambda *_: pytest.fail("measured again"))
    pd.testing.assert_frame_equal(evidence.evidence(KIND, GRID, workers=1), before)
    with pytest.raises(pytest.fail.Exception, match="measured again"):
        evidence.evidence(KIND, GRID.model_copy(update={"seeds": 2}), workers=1)


def test_wrong_names_are_refused_before_anything_is_measured() -> None:
    with pytest.raises(UserError, match="no dataset 'icd10'"):
        evidence.evidence(KIND, GRID.model_copy(update={"datasets": ["icd10"]}))


def test_an_archive_has_it_to_five_decimals(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = evidence.evidence(KIND, GRID, workers=1)
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(made))
    monkeypatch.setattr(study, "requests_for", lambda _: pytest.fail("texts were read"))
    archived = evidence.evidence(KIND, GRID)
    keys = [*CELL_FIELDS, "seed", "variant"]
    one, two = (t.sort_values(keys, ignore_index=True) for t in (measured, archived))
    pd.testing.assert_frame_equal(one, two, atol=1.5e-5, rtol=0, check_dtype=False)
    assert set(evidence.code_of(KIND)) <= set(archive.read(made).run["code"])


def test_a_kind_or_cell_that_it_lacks_is_measured(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = copy / f"{archive.EVIDENCE}{KIND}.parquet"
    table = pd.read_parquet(file)
    forge(copy, file.stem, table[table["initial_pool"] != "typiclust"])
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(copy))
    assert cells_of(evidence.evidence(KIND, GRID, workers=1)) == dict.fromkeys(GRID.cells(), 3)
    file.unlink()
    archive.read.cache_clear()
    assert cells_of(evidence.evidence(KIND, GRID, workers=1)) == dict.fromkeys(GRID.cells(), 3)


def test_it_is_verified_with_the_archive(made: Path) -> None:
    report = reproduction.reproduce(archive.read(made), sample=6, workers=1)
    assert report.evidence == (
        "2 of 2 cells measured again for the initial pools: 2 agree in every mean",
    )
    assert report.evidence[0] in str(report)


@pytest.mark.parametrize("harm", ["value", "row"])
def test_forged_evidence_is_found(copy: Path, harm: str) -> None:
    file = copy / f"{archive.EVIDENCE}{KIND}.parquet"
    table = pd.read_parquet(file)
    rows = table.index[table["initial_pool"] == "typiclust"]
    if harm == "value":
        table.loc[rows, "accuracy"] += 0.02
        said = r"evidence initial_pools, .*typiclust.*: the mean of accuracy differs by 0\.02"
    else:
        table = table.drop(rows[0])
        said = "rows or values are missing"
    forge(copy, file.stem, table)
    with pytest.raises(NotReproduced, match=said):
        reproduction.reproduce(archive.read(copy), sample=6, workers=1)


def test_changed_code_of_evidence_is_named(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = archive.read(copy)
    assert reproduction.changed_code(old) == []
    own = evidence.code_of(KIND)
    changed = {**own, f"alutils.mechanism.{KIND}": "another"}
    monkeypatch.setattr(evidence, "code_of", lambda _: changed)
    assert reproduction.changed_code(old) == [f"alutils.mechanism.{KIND}"]
