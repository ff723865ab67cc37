import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from alutils import datasets
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.datasets import hub
from alutils.datasets.assembly import comparable
from alutils.errors import UserError
from tests.test_catalogue_datasets import minimal

MIRRORED = ["ag_news_small", "banking77", "sst2", "subj", "trec6"]


def entry(**origin):
    pair = len(origin.get("text", ["text"])) > 1
    fields = minimal(hub={"id": "owner/name", **origin})
    if pair:
        fields["pair_separator"] = " | "
    return DatasetEntry.model_validate({"name": "mine", **fields})


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("ALUTILS_MIRROR", str(tmp_path))
    return tmp_path / "owner" / "name"


def put(folder, **splits):
    folder.mkdir(parents=True, exist_ok=True)
    for split, columns in splits.items():
        pd.DataFrame(columns).to_parquet(folder / f"{split}.parquet")


def read(found):
    return hub.read(found, found.hub)


@pytest.mark.mirror
@pytest.mark.parametrize("name", MIRRORED)
def test_real_datasets_are_what_the_catalogue_says(name):
    dataset = datasets.load(name)  # raises where sizes or classes differ
    keys = [comparable(text) for text in dataset.pool_texts + dataset.test_texts]
    assert len(keys) == len(set(keys))
    assert set(dataset.pool_labels) == set(range(len(dataset.classes)))


@pytest.mark.mirror
def test_real_labels_match_their_names():
    dataset = datasets.load("trec6")
    row = dataset.test_texts.index("How far is it from Denver to Aspen ?")
    assert dataset.classes[dataset.test_labels[row]] == "numeric value"
    news = datasets.load("ag_news_small")
    row = next(i for i, text in enumerate(news.pool_texts) if "Olympic gold" in text)
    assert news.classes[news.pool_labels[row]] == "Sports"


def test_numbers_with_names_in_the_entry(mirror):
    put(mirror, train={"text": ["a", "b"], "label": [1, 0]}, test={"text": ["c"], "label": [1]})
    source = read(entry(class_names=["no", "yes"]))
    assert source.classes == ("no", "yes")
    assert source.pool.labels.tolist() == [1, 0]
    assert source.test.labels.tolist() == [1]


def test_numbers_with_names_in_a_column(mirror):
    columns = {"text": ["a", "b"], "label": [5, 2], "label_text": ["five", "two"]}
    put(mirror, train=columns, test={"text": ["c"], "label": [2], "label_text": ["two"]})
    source = read(entry(label_text="label_text"))
    assert source.classes == ("two", "five")
    assert source.pool.labels.tolist() == [1, 0]


def test_names_as_labels(mirror):
    put(
        mirror,
        train={"text": ["a", "b"], "label": ["y", "x"]},
        test={"text": ["c"], "label": ["y"]},
    )
    source = read(entry())
    assert source.classes == ("x", "y")
    assert source.pool.labels.tolist() == [1, 0]
    assert np.asarray(read(entry(class_names=["y", "x"])).pool.labels).tolist() == [0, 1]


def test_pairs_are_joined_and_configurations_have_folders(mirror):
    put(
        mirror / "cfg",
        train={"q": ["a", "b"], "s": ["c", None], "label": [0, 1]},
        test={"q": ["x"], "s": ["y"], "label": [1]},
    )
    source = read(entry(config="cfg", text=["q", "s"], class_names=["no", "yes"]))
    assert list(source.pool.texts) == ["a | c", "b | "]


@pytest.mark.parametrize(
    ("columns", "origin", "message"),
    [
        ({"text": ["a"], "lab": [0]}, {}, "no column 'label', only text, lab"),
        (
            {"text": ["a"], "label": [-1]},
            {"class_names": ["n", "y"]},
            "label -1, which is no class",
        ),
        ({"text": ["a", "b"], "label": [0, None]}, {"class_names": ["n", "y"]}, "label None"),
        (
            {"text": ["a", "b"], "label": [0, 0], "label_text": ["n", "y"]},
            {"label_text": "label_text"},
            "is called both 'n' and 'y'",
        ),
    ],
)
def test_wrong_tables_are_refused(mirror, columns, origin, message):
    put(mirror, train=columns, test={"text": ["c"], "label": [0], "label_text": ["n"]})
    with pytest.raises(UserError, match=message):
        read(entry(**origin))


def test_wrong_columns_name_the_file_of_the_mirror(mirror):
    columns = {"text": ["a"], "label": [0]}
    put(mirror, train=columns, test={"text": ["c"], "lab": [0]})
    with pytest.raises(UserError, match=r"test\.parquet of the mirror has no column") as error:
        read(entry())
    assert str(mirror / "test.parquet") in str(error.value)
    assert "catalogue" not in str(error.value)


def test_wrong_columns_on_the_hub_are_the_catalogues_matter(monkeypatch):
    monkeypatch.setenv("ALUTILS_MIRROR", "")
    monkeypatch.setattr(hub, "_commit", lambda *_: "commit")
    monkeypatch.setattr(hub, "_download", lambda *_: pa.table({"text": ["a"], "lab": [0]}))
    with pytest.raises(UserError, match=r"split train of owner/name has no .*catalogue"):
        read(entry())


def test_damaged_mirror_file(mirror):
    put(mirror, train={"text": ["a"], "label": [0]}, test={"text": ["c"], "label": [0]})
    (mirror / "test.parquet").write_bytes(b"not parquet")
    with pytest.raises(UserError, match=r"cannot read .*test.parquet of the mirror"):
        read(entry())


@pytest.mark.parametrize("place", ["none", "~no-such-user", "~no-such-user/mirror"])
def test_mirror_that_is_no_folder(monkeypatch, tmp_path, place):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALUTILS_MIRROR", place)
    with pytest.raises(UserError, match="is not a folder"):
        datasets.load("trec6")


def test_a_mirror_with_the_wrong_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ALUTILS_MIRROR", str(tmp_path))
    rows = {"text": [str(i) for i in range(80)], "label": list(range(4)) * 20}
    put(tmp_path / "fancyzhx" / "ag_news", train=rows, test=rows)
    with pytest.raises(UserError, match=r"80 rows for the pool where .* says 120,000"):
        datasets.load("ag_news")


@pytest.mark.parametrize("name", ["banking77", "sst2"])
def test_neither_hub_nor_mirror_is_one_sentence(name):
    # In a process of its own, because the hub's client reads its settings when imported.
    settings = {"HF_HUB_OFFLINE": "1", "HF_HOME": os.devnull, "ALUTILS_MIRROR": ""}
    code = (
        "from alutils import datasets\nfrom alutils.errors import UserError\n"
        f"try: datasets.load({name!r})\nexcept UserError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "connect to huggingface.co, or put train.parquet and test.parquet into" in done.stdout
    assert done.stdout.count("\n") == 1
