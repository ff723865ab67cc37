"""What names a run: everything its figures depend on, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from alutils.book import key


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "curves.py"
    path.write_text("1 + 1\n")
    return path


def test_a_run_is_named_by_source_parameters_code_and_archive(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALUTILS_ARCHIVE", raising=False)
    keys = [key.run_key(source, {"seeds": 5})]
    keys.append(key.run_key(source, {"seeds": 6}))
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "records.parquet").write_bytes(b"1")
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(archive))
    keys.append(key.run_key(source, {"seeds": 5}))
    (archive / "records.parquet").write_bytes(b"2")
    keys.append(key.run_key(source, {"seeds": 5}))
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr(key, "PACKAGE", package)
    keys.append(key.run_key(source, {"seeds": 5}))
    (package / "strategies.py").write_text("")
    keys.append(key.run_key(source, {"seeds": 5}))
    source.write_text("1 + 2\n")
    keys.append(key.run_key(source, {"seeds": 5}))
    assert len(set(keys)) == len(keys)


def test_a_run_keeps_its_name_elsewhere_and_in_another_order(source: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "curves.py"
    other.parent.mkdir()
    other.write_text(source.read_text())
    name = key.run_key(source, {"seeds": 5, "cycles": 2})
    assert key.run_key(other, {"cycles": 2, "seeds": 5}) == name
    assert key.run_label(source, {"seeds": 5, "cycles": 2})["key"] == name
