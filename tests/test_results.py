"""The results store: whole or absent, never stale, more seeds without computing twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils.cell import Cell
from alutils.errors import UserError
from alutils.results import Provenance, ResultsStore, missing_seeds

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


@pytest.mark.parametrize("harm", ["flip", "truncate", "swap", "empty"])
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
    else:
        path.write_bytes(data)
    assert store.read(PROVENANCE) is None
    assert not path.exists() and path.with_suffix(".damaged").exists()
    assert str(path) in capsys.readouterr().err


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
