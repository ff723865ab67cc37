"""Embeddings of any texts."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import alutils
from alutils.datasets import Dataset
from alutils.embedders import classical
from alutils.embedders import embed as embed_dataset
from alutils.errors import UserError

TEXTS = ["my card was declined", "where is my refund", "a new card please", "hello"]


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "store"))


@pytest.mark.parametrize("name", ["hashing", "lsa", "hashing+pca(2)", "hashing+bits(1)"])
def test_vectors_are_those_of_a_dataset(name):
    zeros = np.zeros(4, dtype=np.int64)
    data = Dataset("toy", tuple(TEXTS), zeros, ("a text",), zeros[:1], ("a",), 0)
    found = alutils.embed(TEXTS, name)
    assert found.dtype == np.float32
    assert (found == embed_dataset(data, [name])[name].pool).all()


def test_order_and_repeats_are_kept():
    distinct = alutils.embed(TEXTS, "hashing")
    repeated = alutils.embed([TEXTS[i] for i in (2, 0, 2, 1, 3, 0)], "hashing")
    assert (repeated == distinct[[2, 0, 2, 1, 3, 0]]).all()


def test_a_text_is_embedded_once_and_found_again(monkeypatch):
    seen = []
    vectors = classical.Hashing.vectors

    def counting(self, texts):
        seen.extend(texts)
        return vectors(self, texts)

    monkeypatch.setattr(classical.Hashing, "vectors", counting)
    first = alutils.embed([*TEXTS, *TEXTS], "hashing")
    assert sorted(seen) == sorted(TEXTS)
    assert (alutils.embed([*TEXTS, *TEXTS], "hashing") == first).all()
    assert len(seen) == 4


@pytest.mark.parametrize("name", ["hashing", "lsa", "hashing+pca(2)"])
def test_of_a_pile_that_grows_only_what_is_new_is_embedded(name, monkeypatch, tmp_path, capsys):
    texts = [f"{TEXTS[i % 4]} number {i} of {i % 7}" for i in range(2500)]
    later = [*texts, "one more text"]
    later[1500] = "corrected text"
    kind = classical.Lsa if name == "lsa" else classical.Hashing
    vectors, seen = kind.vectors, []

    def counting(self, texts):
        seen.extend(texts)
        return vectors(self, texts)

    monkeypatch.setattr(kind, "vectors", counting)
    alutils.embed(texts, name)
    seen.clear()
    capsys.readouterr()
    grown = alutils.embed(later, name)
    # The first 1,024 are as they were; in the second and third thousand something is new.
    assert seen == (later if name == "lsa" else later[1024:])
    assert ("1,024 of 2,501 texts are done already" in capsys.readouterr().err) == (name != "lsa")
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "empty"))
    assert (alutils.embed(later, name) == grown).all()


def test_a_damaged_entry_gives_nothing_to_a_later_one(tmp_path):
    texts = [f"text {i} {TEXTS[i % 4]}" for i in range(1500)]
    alutils.embed(texts, "hashing")
    (path,) = (tmp_path / "store" / "embeddings").glob("*/embeddings.npy")
    path.write_bytes(path.read_bytes()[:-4] + b"oops")
    nothing = tmp_path / "store" / "embeddings" / "nothing"
    nothing.mkdir()
    (nothing / "meta.json").write_text("{")
    grown = alutils.embed([*texts, "more"], "hashing")
    assert (grown == alutils.embed(["more", *texts], "hashing")[[*range(1, 1501), 0]]).all()


def test_distinct_texts_are_a_memory_map_and_repeated_ones_are_not():
    mapped = alutils.embed(TEXTS, "hashing")
    assert isinstance(mapped, np.memmap)
    assert not mapped.flags.writeable
    assert alutils.embed([*TEXTS, TEXTS[0]], "hashing").flags.writeable


@pytest.mark.parametrize(
    "form",
    [
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: pd.Series(texts, index=[9, 7, 5, 3]),
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pd.Series(texts, dtype="category"),
        lambda texts: pd.Index(texts),
        iter,
    ],
)
def test_any_sequence_will_do(form):
    assert (alutils.embed(form(TEXTS), "hashing") == alutils.embed(TEXTS, "hashing")).all()


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "there are no texts"),
        ("one text", "but are of type str"),
        (5, "but are of type int"),
        (None, "but are of type NoneType"),
        (pd.DataFrame({"a": TEXTS}), "one column of texts, but are of type DataFrame"),
        (np.array([TEXTS]), "but are of type ndarray"),
        (np.array("a"), "but are of type ndarray"),
        ([*TEXTS, None], "row 4 is no text but None"),
        (pd.Series([*TEXTS, np.nan]), "row 4 is no text but nan"),
        ([b"a"], "row 0 is no text but b'a'"),
        ([*TEXTS, ""], "text of row 4 is empty"),
        ([*TEXTS, " \n\u3000"], "text of row 4 is empty"),
        (["a", "b\ud800"], r"text of row 1 has half a character at position 1 \('\\ud800'\)"),
    ],
)
def test_bad_texts_are_named(texts, message):
    with pytest.raises(UserError, match=message) as caught:
        alutils.embed(texts, "hashing")
    assert "\n" not in str(caught.value)


def test_an_unknown_embedder_is_named():
    with pytest.raises(UserError, match="did you mean 'minilm'"):
        alutils.embed(TEXTS, "minilmm")
    with pytest.raises(UserError, match="embedder must be the name of one"):
        alutils.embed(TEXTS, None)


def test_importing_the_package_loads_nothing_slow():
    code = (
        "import sys, alutils; assert {'embed', 'explain'} <= set(alutils.__all__); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'sklearn', 'pandas')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
