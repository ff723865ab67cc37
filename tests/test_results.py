"""The results store: whole or absent, never stale, more seeds without computing twice."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils.cell import Cell
from alutils.errors import UserError
from alutils.results import Provenance, ResultsStore, keep, missing_seeds, write_atomically

CELL = Cell("trec6", "minilm", "random", "badge", 10, 10, 2)
PROVENANCE = Provenance(CELL, "data", "embedding", {"alutils.loop": "1"})


def records(seeds: list[int], accuracy: float = 0.5) -> pd.DataFrame:
    rows = [
        {
            **CELL.fields(),
            "seed": seed,
            "cycle": cycle,
            "accuracy": accuracy,
            "chosen": np.arange(cycle + 1, dtype=np.int32),
        }
        for seed in seeds
        for cycle in range(2)
    ]
    return pd.DataFrame(rows)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    assert store.read(PROVENANCE) is None
    store.write(PROVENANCE, records([0, 1]))
    pd.testing.assert_frame_equal(store.read(PROVENANCE), records([0, 1]), check_dtype=False)


def test_more_seeds_are_added_and_none_counts_twice(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    store.write(PROVENANCE, records([0, 1]))
    assert missing_seeds(store.read(PROVENANCE), [0, 1, 2, 3]) == [2, 3]
    store.write(PROVENANCE, records([1, 2, 3], accuracy=0.9))  # another process had computed 1 too
    table = store.read(PROVENANCE)
    assert table is not None
    assert table["seed"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"data": "other"}, "the data changed"),
        ({"embedding": "other"}, "the embeddings changed"),
        ({"code": {"alutils.loop": "2"}}, "code changed: alutils.loop"),
    ],
)
def test_nothing_is_silently_stale(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    store = ResultsStore(tmp_path)
    store.write(PROVENANCE, records([0]))
    later = replace(PROVENANCE, **change)  # type: ignore[arg-type]
    assert store.read(later) is None
    assert store.reason_missing(later) == reason
    assert store.reason_missing(replace(PROVENANCE, cell=replace(CELL, cycles=3))) == "new"


@pytest.mark.parametrize("harm", ["flip", "truncate", "swap", "empty", "folder", "pipe"])
def test_damage_is_named_set_aside_and_not_counted(
    tmp_path: Path, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ResultsStore(tmp_path)
    path = store.write(PROVENANCE, records([0]))
    data = bytearray(path.read_bytes())
    if harm == "flip":
        data[len(data) // 2] ^= 1
    elif harm == "truncate":
        data = data[:-7]
    elif harm == "empty":
        data = bytearray()
    if harm == "swap":  # a whole file, in the place of another cell's
        other = replace(PROVENANCE, cell=replace(CELL, strategy="margin"))
        moved = store.write(other, records([0]))
        path.unlink()
        path = path.with_name(moved.name)
        moved.rename(path)
    elif harm in ("folder", "pipe"):
        path.unlink()
        (os.mkfifo if harm == "pipe" else os.mkdir)(path)
        assert store.reason_missing(replace(PROVENANCE, data="other")) == "new"
    else:
        path.write_bytes(data)
    assert store.read(PROVENANCE) is None
    assert not path.exists() and path.with_suffix(".damaged").exists()
    assert str(path) in capsys.readouterr().err
    assert store.reason_missing(PROVENANCE) == "its file was damaged"
    assert store.reason_missing(replace(PROVENANCE, data="other")) != "its file was damaged"


def refusing(error: OSError) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise error

    return refuse


@pytest.mark.parametrize(("method", "says"), [("read_bytes", "read"), ("replace", "set aside")])
def test_a_store_that_is_not_yours_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, says: str
) -> None:
    store = ResultsStore(tmp_path)
    store.write(PROVENANCE, records([0])).write_bytes(b"truncated")
    # Patched, because tests may run as root, who may do anything.
    monkeypatch.setattr(Path, method, refusing(PermissionError(13, "Permission denied")))
    with pytest.raises(UserError, match=rf"{says}.*Permission denied.*ALUTILS_HOME"):
        store.read(PROVENANCE)


@pytest.mark.parametrize("method", ["read_bytes", "replace"])
def test_two_processes_may_set_the_same_file_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    store = ResultsStore(tmp_path)
    store.write(PROVENANCE, records([0])).write_bytes(b"truncated")
    # What the second of them meets: the first has moved the file.
    monkeypatch.setattr(Path, method, refusing(FileNotFoundError(2, "No such file")))
    assert store.read(PROVENANCE) is None


def test_a_cell_has_one_lock_and_another_has_its_own(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    other = replace(PROVENANCE, data="other")
    with store.locked(PROVENANCE) as first, store.locked(other, wait=False) as second:
        assert first and second
        with store.locked(PROVENANCE, wait=False) as again:
            assert not again
    with store.locked(PROVENANCE, wait=False) as free:
        assert free


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    left = store.write(PROVENANCE, records([0])).with_name(".writing-abc")
    left.write_bytes(b"half")
    with store.locked(PROVENANCE):
        assert not left.exists()
        left.write_bytes(b"of a writer that lives, since it holds the lock")
        with store.locked(PROVENANCE, wait=False) as again:
            assert not again and left.exists()
    left = tmp_path / "quality" / ".writing-abc"
    keep(left.parent, "a", ".json", b"{}")
    left.write_bytes(b"half")
    keep(left.parent, "b", ".json", b"{}")
    assert sorted(path.suffix for path in left.parent.iterdir()) == ["", ".json", ".json"]


@pytest.mark.parametrize("foreign", [b"no table", None])
def test_a_file_that_is_no_result_is_set_aside(tmp_path: Path, foreign: bytes | None) -> None:
    store = ResultsStore(tmp_path)
    folder = store.write(PROVENANCE, records([0])).parent
    if foreign is None:
        buffer = io.BytesIO()
        records([1]).to_parquet(buffer)
        foreign = buffer.getvalue()
    path = keep(folder, "1-1", ".parquet", foreign)
    table = store.read(PROVENANCE)
    assert table is not None and table["seed"].tolist() == [0, 0]
    assert not path.exists() and path.with_suffix(".damaged").exists()


def test_a_half_written_file_is_not_seen(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    path = store.write(PROVENANCE, records([0]))
    (path.parent / ".writing-abc").write_bytes(b"half")
    table = store.read(PROVENANCE)
    assert table is not None and len(table) == 2


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocker = tmp_path / "store"
    blocker.write_text("a file where a folder should be")
    with pytest.raises(UserError, match="cannot write a result"):
        ResultsStore(blocker).write(PROVENANCE, records([0]))
    with (
        pytest.raises(UserError, match="cannot write a result"),
        ResultsStore(blocker).locked(PROVENANCE),
    ):
        pytest.fail("there is no lock to hold")


def test_seeds_that_came_in_any_order_are_read_in_order(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    store.write(PROVENANCE, records([2, 10]))
    store.write(PROVENANCE, records([0, 3]))
    table = store.read(PROVENANCE)
    assert table is not None
    assert table["seed"].tolist() == [0, 0, 2, 2, 3, 3, 10, 10]
    assert table["cycle"].tolist() == [0, 1] * 4


def test_the_reason_is_what_changed_since_the_newest_result(tmp_path: Path) -> None:
    store = ResultsStore(tmp_path)
    code = {"alutils.loop": "1", "alutils.gone": "1"}
    old = store.write(replace(PROVENANCE, data="older"), records([0]))
    new = store.write(replace(PROVENANCE, code=code), records([0]))
    os.utime(old, ns=(1, 1))
    os.utime(new, ns=(2, 2))
    assert store.reason_missing(PROVENANCE) == "code changed: alutils.gone"


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        assert not list(tmp_path.glob("*.parquet")), "a half-written file has its final ending"
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)  # called: the data is on the disk before the name is
    with pytest.raises(OSError, match="disk full"):
        write_atomically(tmp_path / "a.parquet", b"data")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("field", list(Cell.__dataclass_fields__))
def test_every_field_makes_another_cell(field: str) -> None:
    cell = Cell("d", "e", "i", "s", 1, 2, 3, 4, 5, "h")
    other = "x" if isinstance(getattr(cell, field), str) else 99
    assert replace(cell, **{field: other}).id != cell.id
