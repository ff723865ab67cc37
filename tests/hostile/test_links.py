"""Folders of ours that are links: followed when read, never a way to harm what they lead to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils.cell import Cell
from alutils.datasets import hub
from alutils.embedding_store import EmbeddingStore, Matrices, Shard, key_of
from alutils.errors import UserError
from alutils.results import Provenance, ResultsStore
from tests.hostile.test_files_of_the_project import MIRRORED

FIELDS = {"texts": "a"}
PROVENANCE = Provenance(Cell("d", "e", "random", "margin", 2, 2, 1), "texts", "vectors", {"m": "1"})
RECORDS = pd.DataFrame({"seed": [0], "cycle": [0]})


def compute(shards: Sequence[Shard], advance: Callable[[int], None]) -> Matrices:
    for shard in shards:
        rows = shard.stop - shard.start
        yield shard, [np.ones((rows, 2), np.float32) for _ in shard.which]


def made(store: EmbeddingStore) -> np.ndarray:
    return store.get_or_compute([FIELDS], 3, compute, "embedding")[0].embeddings


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "precious.txt").write_text("precious")
    (folder / "embeddings.npy").write_text("precious")
    return folder


def untouched(folder: Path) -> bool:
    """Whether what was there is as it was; a folder of ours may have been added."""
    return all(
        (folder / name).read_text() == "precious" for name in ("precious.txt", "embeddings.npy")
    )


def test_stores_may_be_links(tmp_path: Path) -> None:
    for name in "embeddings", "results":
        (tmp_path / f"real {name}").mkdir()
        (tmp_path / name).symlink_to(tmp_path / f"real {name}")
    assert (made(EmbeddingStore(tmp_path / "embeddings")) == 1).all()
    assert EmbeddingStore(tmp_path / "real embeddings").get(FIELDS) is not None
    ResultsStore(tmp_path / "results").write(PROVENANCE, RECORDS)
    assert ResultsStore(tmp_path / "real results").read(PROVENANCE) is not None


@pytest.mark.parametrize("ending", ["", ".partial", ".new"])
def test_an_entry_that_is_a_link_harms_nothing(
    tmp_path: Path, elsewhere: Path, ending: str
) -> None:
    store = EmbeddingStore(tmp_path / "store")
    store.folder.mkdir()
    (store.folder / f"{key_of(FIELDS)}{ending}").symlink_to(elsewhere)
    try:
        assert (made(store) == 1).all()
    except UserError as error:
        assert "cannot write the embedding store" in str(error)
    assert untouched(elsewhere)


def test_a_lock_that_is_a_link_empties_nothing(tmp_path: Path, elsewhere: Path) -> None:
    store = EmbeddingStore(tmp_path / "store")
    store.folder.mkdir()
    (store.folder / f".{key_of(FIELDS)}.lock").symlink_to(elsewhere / "precious.txt")
    try:
        made(store)
    except UserError as error:
        assert "cannot write" in str(error)
    assert untouched(elsewhere)


def test_a_result_that_is_a_link_is_set_aside_as_one(tmp_path: Path, elsewhere: Path) -> None:
    store = ResultsStore(tmp_path / "results")
    path = store.write(PROVENANCE, RECORDS)
    path.unlink()
    path.symlink_to(elsewhere / "precious.txt")
    assert store.read(PROVENANCE) is None
    assert untouched(elsewhere) and path.with_suffix(".damaged").is_symlink()


def test_a_mirror_may_be_a_link_and_a_broken_one_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real" / "owner" / "name"
    real.mkdir(parents=True)
    rows = {"text": ["a", "b", "c"], "label": [0, 1, 0], "name": ["x", "y", "x"]}
    pd.DataFrame(rows).to_parquet(real / "a file.parquet")
    (real / "train.parquet").symlink_to("a file.parquet")
    (tmp_path / "mirror").symlink_to(tmp_path / "real")
    monkeypatch.setenv("ALUTILS_MIRROR", str(tmp_path / "mirror"))
    assert MIRRORED.hub is not None
    assert hub.read(MIRRORED, MIRRORED.hub).classes == ("x", "y")
    (tmp_path / "mirror").unlink()
    (tmp_path / "mirror").symlink_to(tmp_path / "mirror")  # to itself
    with pytest.raises(UserError, match="not a folder"):
        hub.read(MIRRORED, MIRRORED.hub)
