"""Wheels made to harm: bombs, false sizes, paths and links that lead elsewhere."""

from __future__ import annotations

import bz2
import gzip
import json
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils import wheels
from alutils.datasets import aws, rotten_tomatoes
from alutils.errors import UserError
from alutils.tables import read_table
from tests.hostile.damage import cases, damaged, read_or_refused

ZEROS = 64 * 2**20


def make(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_bomb_with_a_false_size_is_not_inflated(tmp_path: Path) -> None:
    wheel = make(tmp_path / "a.whl", {"p/bomb": bytes(ZEROS)})
    content = wheel.read_bytes()
    wheel.write_bytes(content.replace(ZEROS.to_bytes(4, "little"), (10).to_bytes(4, "little")))
    tracemalloc.start()
    with pytest.raises(UserError, match="damaged"):
        wheels.read_member(wheel, "p/bomb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_what_wheels_are_packed_by_is_unpacked(method: int, tmp_path: Path) -> None:
    wheel = make(tmp_path / "a.whl", {"p/a": b"x" * 100}, method)
    with pytest.raises(UserError, match="packed as no wheel is"):
        wheels.read_member(wheel, "p/a")


@pytest.mark.parametrize(("bytes_", "files"), [(999, 10), (1000, 9)])
def test_a_folder_is_not_larger_than_is_allowed(
    bytes_: int, files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make(tmp_path / "a.whl", {f"p/{n}": bytes(100) for n in range(10)})
    monkeypatch.setattr(wheels, "FOLDER_LIMIT", bytes_)
    monkeypatch.setattr(wheels, "FOLDER_FILES", files)
    with pytest.raises(UserError, match="10 files of 1,000 bytes"):
        wheels.extract_folder(wheel, "p", tmp_path / "p")
    assert list(tmp_path.iterdir()) == [wheel]


def test_a_link_in_a_wheel_is_a_file_of_its_own(tmp_path: Path) -> None:
    wheel, link = tmp_path / "a.whl", zipfile.ZipInfo("p/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    found = wheels.extract_folder(wheel, "p", tmp_path / "p") / "link"
    assert not found.is_symlink() and found.read_text() == "/etc/passwd"


def test_nothing_is_unpacked_through_a_link_that_stands_in_the_way(tmp_path: Path) -> None:
    wheel = make(tmp_path / "a.whl", {"p/a.txt": b"of the wheel"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("precious")
    (tmp_path / ".partial-p").symlink_to(elsewhere)
    with pytest.raises(UserError, match="cannot write"):
        wheels.extract_folder(wheel, "p", tmp_path / "p")
    assert (elsewhere / "a.txt").read_text() == "precious"


def test_a_folder_unpacked_elsewhere_is_compared_and_never_written_through(tmp_path: Path) -> None:
    wheel = make(tmp_path / "a.whl", {"p/a.txt": b"of the wheel"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("precious")
    (tmp_path / "p").symlink_to(elsewhere)
    found = wheels.extract_folder(wheel, "p", tmp_path / "p")
    assert (found / "a.txt").read_bytes() == b"of the wheel" and not found.is_symlink()
    assert (elsewhere / "a.txt").read_text() == "precious"


WHEEL = {"p/a.txt": b"some text " * 20, "p/deep/b.json": b"{}", "q/c": b""}


@cases
@given(data=st.data())
def test_a_damaged_wheel(data: st.DataObject, tmp_path: Path) -> None:
    wheel = make(tmp_path / "a.whl", WHEEL)
    wheel.write_bytes(data.draw(damaged(wheel.read_bytes())))
    read_or_refused(wheels.read_member, wheel, "p/a.txt")
    read_or_refused(wheels.read_members, wheel, "p/*")
    into = tmp_path / data.draw(st.uuids()).hex
    if read_or_refused(wheels.extract_folder, wheel, "p", into) is not None:
        assert all(path.resolve().is_relative_to(into) for path in into.rglob("*"))


STEPS = ["..", ".", "", "a", "C:", "\\", "a\0b", "\u202e", "p"]
NAMES = st.lists(st.sampled_from(STEPS), min_size=1)


@cases
@given(names=st.lists(NAMES.map("/".join), min_size=1, max_size=3, unique=True))
def test_no_name_in_a_wheel_leads_out(names: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "room"
    folder.mkdir(exist_ok=True)
    wheel = make(tmp_path / "a.whl", {f"p/{name}": b"evil" for name in names})
    read_or_refused(wheels.extract_folder, wheel, "p", folder / "p")
    assert {path.name for path in tmp_path.iterdir()} <= {"room", "a.whl"}
    assert {path.name for path in folder.iterdir()} <= {"p", ".p.lock", "p.damaged"}


def test_bombs_inside_of_a_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wheels, "MEMBER_LIMIT", 1000)
    many = json.dumps({"x": "y" * 2000}).encode()
    with pytest.raises(UserError, match="larger than 1,000 bytes"):
        aws.parse({"data/s/1/service-2.json.gz": gzip.compress(many)})
    with pytest.raises(UserError, match="larger than 1,000 bytes"):
        rotten_tomatoes.parse(bz2.compress(many))


def test_a_kilobyte_of_parquet_that_stands_for_a_billion_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    part = pa.table({"text": pa.nulls(10_000_000, pa.string())})
    with pq.ParquetWriter(path, part.schema) as writer:
        for _ in range(3):
            writer.write_table(part)
    assert path.stat().st_size < 100_000
    with pytest.raises(UserError, match="30,000,000 rows"):
        read_table(path, ["text"])


def test_a_little_parquet_in_which_each_row_is_the_same_large_text(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    large = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 2**20])
    pq.write_table(pa.table({"text": large}), path)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(UserError, match="20,000 rows, or columns that are too large"):
        read_table(path, ["text"])
