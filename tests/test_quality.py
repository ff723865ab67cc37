from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import home, quality
from alutils.archive import Archive
from alutils.diagnostics import MEASURES
from alutils.errors import CellsFailed, UserError
from alutils.study import Grid, requests_of

GRID = Grid(
    datasets=["movie_sentiment", "icd10_chapters"],
    embedders=["lsa", "hashing"],
    initial_size=10,
    query_size=10,
    cycles=1,
    seeds=1,
    pool_size=300,
    test_size=50,
)


def test_measured_once_and_ordered_from_worst_to_best(monkeypatch: pytest.MonkeyPatch) -> None:
    table = quality.measure_quality(GRID, workers=1)
    assert len(table) == 4
    order = quality.embedder_order(table)
    means = table.groupby("embedder")["probe_accuracy"].mean()
    assert means[order[0]] <= means[order[1]]
    assert list(dict.fromkeys(table["embedder"])) == order
    assert list(dict.fromkeys(table["dataset"])) == GRID.datasets
    monkeypatch.setattr(quality, "_measure", lambda _: pytest.fail("measured again"))
    assert quality.measure_quality(GRID, workers=1).equals(table)


@pytest.mark.parametrize("harm", ["truncate", "alter", "replace"])
def test_a_damaged_measure_is_named_set_aside_and_measured_again(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    harm: str,
) -> None:
    monkeypatch.setattr(quality, "home", lambda: tmp_path)
    table = quality.measure_quality(GRID, workers=1)
    path = sorted((tmp_path / "quality").glob("*.json"))[0]
    text = path.read_text()
    digit = next(c for c in reversed(text) if c.isdigit())
    at = text.rindex(digit)
    altered = text[:at] + str((int(digit) + 1) % 10) + text[at + 1 :]
    path.write_text({"truncate": text[:20], "alter": altered, "replace": "{}"}[harm])
    capsys.readouterr()
    assert quality.measure_quality(GRID, workers=1).equals(table)
    assert f"{path} was damaged: set aside" in capsys.readouterr().err
    assert path.with_suffix(".damaged").exists() and path.read_text() == text


def test_an_embedding_that_cannot_be_measured_does_not_stop_the_rest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(quality, "home", lambda: tmp_path)
    both = [GRID, GRID.model_copy(update={"test_size": 20})]  # alike but for the test side
    measure = quality.diagnostics.measure

    def broken(pool: quality.diagnostics.Pool) -> object:
        if "icd10" in pool.name:
            raise FloatingPointError("no number")
        return measure(pool)

    monkeypatch.setattr(quality.diagnostics, "measure", broken)
    with pytest.raises(CellsFailed) as caught:
        quality.measure_quality(both, workers=1)
    first, reason, *named = str(caught.value).splitlines()
    assert first == "4 embeddings failed; all others are finished and kept:"
    assert reason.strip() == "FloatingPointError: no number"
    assert "    hashing of icd10_chapters (300 texts in the pool, 20 to test)" in named
    assert len(list((tmp_path / "quality").glob("*.json"))) == 4
    monkeypatch.setattr(quality.diagnostics, "measure", measure)
    assert len(quality.measure_quality(both, workers=1)) == 8


def test_a_folder_that_cannot_be_written_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "quality").write_text("a file where a folder should be")
    monkeypatch.setattr(quality, "home", lambda: tmp_path)
    with pytest.raises(UserError, match=r"cannot write .*quality.*ALUTILS_HOME"):
        quality.measure_quality(GRID, workers=1)


def test_the_test_side_plays_no_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = quality.measure_quality(GRID, workers=1)
    monkeypatch.setattr(quality, "home", lambda: tmp_path)  # forget what was measured
    other = GRID.model_copy(update={"test_size": 20})
    assert home.home() != tmp_path
    after = quality.measure_quality(other, workers=1)
    about_the_test_side = ["test_size", "n_test", "largest_class"]
    for name in set(before) - set(about_the_test_side):
        assert after[name].equals(before[name]), name


def test_the_key_names_texts_vectors_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = requests_of([GRID])[0].problem
    keys = {quality._key(problem)}
    keys.add(quality._key(replace(problem, data_fingerprint="other")))
    keys.add(quality._key(replace(problem, embedding_fingerprint="other")))
    monkeypatch.setattr(quality, "code_fingerprint", lambda _: {"alutils.diagnostics": "other"})
    keys.add(quality._key(problem))
    assert len(keys) == 4


def test_every_measure_and_its_error_have_columns() -> None:
    table = quality.measure_quality(GRID, workers=1)
    for each in MEASURES:
        assert table[each.name].notna().all(), each.name
        # 300 rows are measured whole, so only what draws clusters has an error.
        drawn = table[each.error_name] > 0
        assert each.needs_n_classes or not drawn.any(), each.name
        assert table[each.error_name].notna().all(), each.name


def test_an_archive_from_before_a_measure_keeps_what_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    table = quality.measure_quality(GRID, workers=1)
    new = ["hubness", *(m.error_name for m in MEASURES)]
    old = table[table["dataset"] == "movie_sentiment"].drop(columns=new).assign(probe_accuracy=0.5)
    none, run = pd.DataFrame(), {"data": {}, "embeddings": {}}
    archive = Archive(tmp_path, records=none, quality=old, costs=none, run=run)
    monkeypatch.setattr(quality, "in_force", lambda: archive)
    found = quality.measure_quality(GRID, workers=1)
    assert set(found) == set(table)
    taken = found[found["dataset"] == "movie_sentiment"]
    assert (taken["probe_accuracy"] == 0.5).all() and taken[new].isna().all(axis=None)
    measured = found[found["dataset"] == "icd10_chapters"].set_index("embedder")
    expected = table[table["dataset"] == "icd10_chapters"].set_index("embedder")
    assert np.array_equal(measured.loc[expected.index, new], expected[new])
